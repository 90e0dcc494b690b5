/* SPDX-License-Identifier: MIT */
/* One pass, words are written behind each other into memory of the line's length. */
#include "names/command_line.h"

#include <string.h>

struct command_line *command_line_free(struct command_line *w)
{
	if (w) {
		free(w->text);
		free(w);
	}
	return NULL;
}

/* One word from *@p to *@to; both move. NULL or what is wrong. */
static const char *read_word(const char **p, char **to)
{
	char quote = 0, *out = *to;
	const char *s = *p;

	for (; *s && (quote || !strchr(" \t\n", *s)); s++) {
		if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? 0 : *s;
		} else if (*s == '\\' && quote != '\'') {
			if (!*++s)
				return "nothing behind a '\\'";
			*out++ = *s;
		} else {
			*out++ = *s;
		}
	}
	*out++ = '\0';
	*to = out;
	*p = s;
	return quote ? "a quote is not closed" : NULL;
}

int command_line_split(const char *line, struct command_line **ret, struct err *e)
{
	auto_ptr(command_line) w = calloc(1, sizeof(*w));

	if (!w || !(w->text = malloc(strlen(line) + 2)))
		return err_set(e, -ENOMEM, "no memory");
	char *to = w->text;

	for (const char *p = line; *(p += strspn(p, " \t\n"));) {
		if (w->n == COMMAND_LINE_MAX)
			return err_set(e, -EINVAL, "more than %d words in '%.64s...'",
				       COMMAND_LINE_MAX, line);
		w->word[w->n++] = to;
		const char *wrong = read_word(&p, &to);

		if (wrong)
			return err_set(e, -EINVAL, "'%s': %s", line, wrong);
	}
	if (!w->n)
		return err_set(e, -EINVAL, "no command in '%s'", line);
	*ret = steal_ptr(w);
	return 0;
}
