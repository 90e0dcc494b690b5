/* SPDX-License-Identifier: MIT */
/* Words and places of *.metrics files. */
#include "metric/metric_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void metric_text_where(const struct metric_text *t, size_t at, unsigned int *line,
		       unsigned int *column)
{
	size_t begin = 0;

	*line = 1;
	at = min_of(at, t->n);
	for (size_t i = 0; i < at; i++) {
		if (t->s[i] != '\n')
			continue;
		++*line;
		begin = i + 1;
	}
	*column = (unsigned int)(at - begin) + 1;
}

int metric_text_place(const struct metric_text *t, size_t at, int code, struct err *e)
{
	unsigned int line, column;

	metric_text_where(t, at, &line, &column);
	if (e)
		(void)err_prefix(e, "%.200s:%u:%u", t->file, line, column);
	return code;
}

int metric_text_mistake(const struct metric_text *t, size_t at, struct err *e, const char *fmt, ...)
{
	char words[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	(void)err_set(e, -EINVAL, "%s", words);
	return metric_text_place(t, at, -EINVAL, e);
}

static bool continues(const struct metric_text *t, size_t at, size_t *ret_n)
{
	if (t->s[at] != '\\')
		return false;
	*ret_n = at + 1 < t->n && t->s[at + 1] == '\r' ? 3 : 2;
	return at + *ret_n <= t->n && t->s[at + *ret_n - 1] == '\n';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct metric_text *t)
{
	size_t n;

	while (t->at < t->n) {
		if (is_blank(t->s[t->at]))
			t->at++;
		else if (continues(t, t->at, &n))
			t->at += n;
		else
			break;
	}
}

bool metric_text_line_ends(struct metric_text *t)
{
	skip_blanks(t);
	return t->at == t->n || t->s[t->at] == '\n' || t->s[t->at] == '#';
}

bool metric_text_next_line(struct metric_text *t)
{
	for (;;) {
		if (!metric_text_line_ends(t))
			return true;
		const char *end = memchr(t->s + t->at, '\n', t->n - t->at);

		if (!end) {
			t->at = t->n;
			return false;
		}
		t->at = (size_t)(end - t->s) + 1;
	}
}

bool metric_text_word(struct metric_text *t, struct metric_word *ret)
{
	size_t n;

	if (metric_text_line_ends(t) || t->s[t->at] == '"')
		return false;
	*ret = (struct metric_word){ .s = t->s + t->at, .at = t->at };
	while (t->at < t->n && !is_blank(t->s[t->at]) && t->s[t->at] != '\n' &&
	       !continues(t, t->at, &n))
		t->at++;
	ret->n = t->at - ret->at;
	if (ret->n == 1 && *ret->s == '=') {
		t->at = ret->at;
		return false;
	}
	return true;
}

bool metric_text_quoted(struct metric_text *t, struct metric_word *ret)
{
	if (metric_text_line_ends(t) || t->s[t->at] != '"')
		return false;
	const char *from = t->s + t->at + 1;
	size_t left = t->n - t->at - 1, n = 0;

	while (n < left && from[n] != '"' && from[n] != '\n')
		n++;
	if (n == left || from[n] != '"')
		return false;
	*ret = (struct metric_word){ .s = from, .n = n, .at = t->at + 1 };
	t->at += n + 2;
	return true;
}

void metric_text_rest(struct metric_text *t, struct metric_word *ret)
{
	size_t n;

	skip_blanks(t);
	*ret = (struct metric_word){ .s = t->s + t->at, .at = t->at };
	while (t->at < t->n && t->s[t->at] != '\n') {
		if (continues(t, t->at, &n)) {
			t->at += n;
			continue;
		}
		if (t->s[t->at] == '#' && t->at > ret->at && is_blank(t->s[t->at - 1]))
			break;
		t->at++;
	}
	ret->n = t->at - ret->at;
}
