/* SPDX-License-Identifier: MIT */
/* A command line as words, without a shell: blanks divide, '...' and "..." keep blanks, \ keeps the
 * next byte (not within '...'). Nothing else is special. */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

#define COMMAND_LINE_MAX 256

struct command_line {
	char *text; /* where the words lie */
	char *word[COMMAND_LINE_MAX + 1]; /* NULL behind the last: fit for exec */
	unsigned int n;
};

struct command_line *command_line_free(struct command_line *w);
DEFINE_CLEANUP(command_line, command_line_free)

/* -EINVAL with words: nothing in it, a quote that is not closed, too many words; -ENOMEM. */
int command_line_split(const char *line, struct command_line **ret, struct err *e) must_check;
