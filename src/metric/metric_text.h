/* SPDX-License-Identifier: MIT */
/* The words of a *.metrics file, line by line, and messages with file:line:column. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"

struct metric_text {
	const char *file, *s;
	size_t n, at;
};

struct metric_word { /* lent */
	const char *s;
	size_t n, at;
};

/* -EINVAL with "file:line:column: " and the words, for the byte at @at. */
int metric_text_mistake(const struct metric_text *t, size_t at, struct err *e, const char *fmt, ...)
	printf_like(4, 5);
/* The same before words that @e holds already; @code if it holds none. */
int metric_text_place(const struct metric_text *t, size_t at, int code, struct err *e);
void metric_text_where(const struct metric_text *t, size_t at, unsigned int *line,
		       unsigned int *column);

/* To the first word of the next line that has one; false: the text is at its end. */
bool metric_text_next_line(struct metric_text *t);
/* Whether the line has no more. */
bool metric_text_line_ends(struct metric_text *t);
/* The next word up to a blank; false: the line ends, or a '"' or '=' comes by itself. */
bool metric_text_word(struct metric_text *t, struct metric_word *ret);
/* The next text in '"', without them; false: there is none, or it has no end. */
bool metric_text_quoted(struct metric_text *t, struct metric_word *ret);
/* The rest of the line; lines that end in '\' go on, '#' behind a blank begins a comment. */
void metric_text_rest(struct metric_text *t, struct metric_word *ret);
static inline bool metric_word_is(const struct metric_word *w, const char *s)
{
	return strlen(s) == w->n && !memcmp(w->s, s, w->n);
}
