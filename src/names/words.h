/* SPDX-License-Identifier: MIT */
/* A command line as words, without a shell: blanks divide, '...' and "..." keep blanks, \ keeps the
 * next byte (not within '...'). Nothing else is special. */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

#define WORDS_MAX 256

struct words {
	char *text; /* where the words lie */
	char *word[WORDS_MAX + 1]; /* NULL behind the last: fit for exec */
	unsigned int n;
};

struct words *words_free(struct words *w);
DEFINE_CLEANUP(words, words_free)

/* -EINVAL with words: nothing in it, a quote that is not closed, too many words; -ENOMEM. */
int words_split(const char *line, struct words **ret, struct err *e) must_check;
