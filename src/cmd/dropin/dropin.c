/* SPDX-License-Identifier: MIT */
/* Which drop-in, and running commands of ours from it. */
#include "cmd/dropin/dropin.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"

const struct command *dropin_by_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	size_t n = strlen(base);

	if (n > 3 && !strcmp(base + n - 3, ".py"))
		n -= 3;
	for (const struct command *const *c = dropin_list; *c; c++)
		if (strlen((*c)->name) == n && !strncmp((*c)->name, base, n))
			return *c;
	return NULL;
}

void line_add(struct line *l, const char *word)
{
	assert(l->n < LINE_WORDS_MAX);
	l->word[l->n++] = word;
}

void line_option(struct line *l, const char *option, const char *value)
{
	if (!value)
		return;
	line_add(l, option);
	line_add(l, value);
}

int line_run(struct line *l)
{
	char *argv[LINE_WORDS_MAX + 1] = { 0 };
	const struct command *c = command_by_name(l->word[0]);

	assert(c);
	for (unsigned int i = 0; i < l->n; i++)
		argv[i] = (char *)(uintptr_t)l->word[i];
	return command_run(c, (int)l->n, argv);
}
