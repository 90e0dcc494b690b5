/* SPDX-License-Identifier: MIT */
/*
 * Options, declared once. A table of `struct option_spec` gives parsing (getopt_long underneath),
 * --help, the man page's synopsis and option list, and shell completion. Values land in a caller's
 * struct by offset:
 *
 *	struct show_args {
 *		nsec_t from;
 *		bool json;
 *	};
 *	static const struct option_spec show_options[] = {
 *		{ .name = "from", .type = OPTION_DURATION, .arg = "TIME",
 *		  OPTION_AT(struct show_args, from), .help = "begin of the window" },
 *		{ .name = "json", .type = OPTION_FLAG,
 *		  OPTION_AT(struct show_args, json), .help = "answer as JSON" },
 *		{ 0 }
 *	};
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/err.h"

enum option_type {
	OPTION_FLAG = 1, /* bool */
	OPTION_STRING, /* const char *, lent from argv */
	OPTION_CHOICE, /* const char *: one of .choices */
	OPTION_U64, /* uint64_t */
	OPTION_DOUBLE, /* double */
	OPTION_DURATION, /* nsec_t */
	OPTION_SIZE, /* uint64_t bytes */
	OPTION_LIST, /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 32
struct option_list {
	const char *item[OPTION_LIST_MAX];
	unsigned int n;
};

struct option_spec {
	const char *name; /* long name; NULL ends the table */
	char letter; /* short name or 0 */
	enum option_type type;
	const char *arg; /* name of the value in help, NULL for flags */
	const char *help; /* one sentence without full stop */
	const char *const *choices; /* OPTION_CHOICE, NULL-terminated */
	/* OPTION_STRING: the value when none follows, which may then be left out; what begins with
	 * '-' is no value. NULL: it needs one. */
	const char *bare;
	size_t offset;
	ptrdiff_t given_offset; /* of a bool that is set when the option was given; 0 = none */
};
#define OPTION_AT(type, member)	   .offset = offsetof(type, member)
#define OPTION_GIVEN(type, member) .given_offset = offsetof(type, member)

/*
 * Parse @argv[1..]. Non-option words are gathered into @ret_rest (lent from argv; room for argc
 * entries) in order; everything behind "--" too, and *ret_dashdash is the number of words before it
 * (= *ret_n when there was none). With @stop_at_word, the first non-option word ends option
 * parsing. -EINVAL with a message that names the argument. Defaults are what the struct held
 * before.
 */
int option_parse(const struct option_spec *specs, int argc, char **argv, void *args,
		 bool stop_at_word, const char **ret_rest, unsigned int *ret_n,
		 unsigned int *ret_dashdash, struct err *e) must_check;

/* "  -d, --duration TIME   help" lines, wrapped at @width columns. */
void option_help(const struct option_spec *specs, FILE *out, unsigned int width);
/* The same list as roff (.TP items) for a man page. */
void option_man(const struct option_spec *specs, FILE *out);
/* "--json --from= ..." for shell completion. */
void option_words(const struct option_spec *specs, FILE *out);
