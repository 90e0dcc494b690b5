/* SPDX-License-Identifier: MIT */
/* One pass, words are written behind each other into memory of the line's length. */
#include "names/words.h"

#include <string.h>

struct words *words_free(struct words *w)
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

int words_split(const char *line, struct words **ret, struct err *e)
{
	auto_ptr(words) w = calloc(1, sizeof(*w));

	if (!w || !(w->text = malloc(strlen(line) + 2)))
		return err_set(e, -ENOMEM, "no memory");
	char *to = w->text;

	for (const char *p = line; *(p += strspn(p, " \t\n"));) {
		if (w->n == WORDS_MAX)
			return err_set(e, -EINVAL, "'%s': more than %d words", line, WORDS_MAX);
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
