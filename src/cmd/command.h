/* SPDX-License-Identifier: MIT */
/*
 * A subcommand: one file ending in its `const struct command`, and a word in src/cmd/meson.build.
 * From the descriptor come dispatch, --help, the man page and completion. Exit: 0 done, 1 failed,
 * 2 usage. Every command also takes --help, --quiet and --verbose; command.c answers those.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/option.h"

struct command_example {
	const char *line;
	const char *what;
};

struct command {
	const char *name;
	const char *summary; /* one line without full stop */
	const char *usage; /* behind the name: "[OPTIONS] FILE" */
	const char *description; /* paragraphs for help and manual, separated by blank lines */
	const struct option_spec *options;
	size_t args_bytes; /* of the struct that the options fill */
	const void *args_default; /* copied before parsing; NULL = zeros */
	const struct command_example *examples; /* ended by { NULL, NULL } */
	void (*extra_help)(
		FILE *out); /* lists that belong to help and manual (views, events), or NULL */
	void (*first_words)(
		FILE *out); /* completion: what the first word may be, by blanks; NULL = a file */
	/*
	 * @args: the filled struct. @word: the words that are no options, lent; the first @n_before
	 * of @n stood before "--". Returns the exit status; errors were printed.
	 */
	int (*run)(void *args, const char **word, unsigned int n, unsigned int n_before);
	bool stop_at_word; /* options end at the first word (record -- CMD) */
	bool hidden; /* maintenance: left out of overview and manual */
	bool dropin; /* called by its own name: dropin/dropin.h */
	bool single_dash; /* -name is as good as --name, as in tools written in Go */
};

#define EXIT_USAGE 2

extern const struct command *const command_table[]; /* generated, by name, NULL-terminated */
const struct command *command_by_name(const char *name);

/* --help, --quiet, --verbose: every command has them; for help, manual and completion. */
extern const struct option_spec command_common_options[];

/* The names that come nearest to @word, "a, b", into @ret of @size bytes; false: none is near. */
bool command_nearest(const char *word, char *ret, size_t size);

/* One line on stderr, with the way to the help behind it unless it names a way; returns EXIT_USAGE.
 */
int command_misused(const char *name, const char *fmt, ...) printf_like(2, 3) must_check;

/* The whole line as it was typed, words joined by blanks, in @b, lent; "" where /proc is not there.
 */
const char *command_line(struct buf *b);

/* Parse and run; @argv[0] is the command's name. Returns the exit status. */
int command_run(const struct command *c, int argc, char **argv);
