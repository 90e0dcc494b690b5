/* SPDX-License-Identifier: MIT */
/*
 * Drop-ins: the command lines of older tools, run through links of their names to kymo (or as `kymo
 * NAME`). Each is one file ending in its `const struct command` and a word in
 * src/cmd/dropin/meson.build. It maps options and words onto commands of ours and adds nothing of
 * its own.
 */
#pragma once

#include "base/attr.h"
#include "cmd/command.h"

extern const struct command *const dropin_list[]; /* generated, by name, NULL-terminated */

/* By the name under which the program was called: a path before it and ".py" behind it do not
 * count. NULL: none. */
const struct command *dropin_by_name(const char *name);

/* The words of a command line that is put together. */
#define LINE_WORDS_MAX 64
struct line {
	const char *word[LINE_WORDS_MAX + 1];
	unsigned int n;
};

/* Words are lent until line_run(). More than LINE_WORDS_MAX is our mistake. */
void line_add(struct line *l, const char *word);
/* Both, if @value is not NULL. */
void line_option(struct line *l, const char *option, const char *value);
/* Run word 0 as a command of kymo; its exit status. */
int line_run(struct line *l);
