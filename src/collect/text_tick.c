/* SPDX-License-Identifier: MIT */
/* Texts in the place of files; there are few, so that they are looked for one by one. */
#include "collect/text_tick.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool text_tick_has(const struct text_tick *t, const char *path)
{
	for (unsigned int i = 0; i < t->n; i++)
		if (!strcmp(t->file[i].path, path))
			return true;
	return false;
}

bool text_tick_full(const struct text_tick *t)
{
	return t->n == TEXT_TICK_FILES;
}

static char *without_nuls(const char *text, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		return NULL;
	for (size_t i = 0; i < n; i++)
		copy[i] = text[i] ? text[i] : '\n';
	copy[n] = '\0';
	return copy;
}

int text_tick_add(struct text_tick *t, const char *path, const char *text, size_t bytes, nsec_t end)
{
	assert(!text_tick_full(t));
	struct text_file f = { .path = strdup(path),
			       .text = without_nuls(text, bytes),
			       .end = end };

	if (!f.path || !f.text) {
		free(f.path);
		free(f.text);
		return -ENOMEM;
	}
	t->file[t->n++] = f;
	return 0;
}

const char *text_tick_find(void *tick, const char *path)
{
	const struct text_tick *t = tick;

	for (unsigned int i = 0; i < t->n; i++)
		if (t->file[i].path[0] == '/' && !strcmp(t->file[i].path + 1, path))
			return t->file[i].text;
	return NULL;
}

void text_tick_clear(struct text_tick *t)
{
	for (unsigned int i = 0; i < t->n; i++) {
		free(t->file[i].path);
		free(t->file[i].text);
	}
	t->n = 0;
}
