/* SPDX-License-Identifier: MIT */
/*
 * Names for the call chains of a recording, as commands make them: the one place where a profile
 * meets the machine's symbols (symbol/symbolizer.h).
 */
#pragma once

#include <stdbool.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"
#include "model/functions.h"
#include "model/profile.h"
#include "model/stream.h"
#include "model/table.h"

struct symbol_choice {
	const char *symfs; /* directory below which the files of modules lie; NULL: / */
	bool none; /* only names that the recording holds */
	bool debuginfod;
	bool inlined; /* FUNCTIONS_INLINED */
	bool lines; /* FUNCTIONS_LINES */
};

/* Entries for a table of options whose struct @holder has the choice as @field. */
#define SYMBOL_OPTIONS(holder, field)                                                             \
	{ .name = "symfs",                                                                        \
	  .type = OPTION_STRING,                                                                  \
	  .arg = "DIR",                                                                           \
	  OPTION_AT(holder, field.symfs),                                                         \
	  .help = "profiles: programs, libraries and their debug files are below DIR" },          \
		{ .name = "no-symbols",                                                           \
		  .type = OPTION_FLAG,                                                            \
		  OPTION_AT(holder, field.none),                                                  \
		  .help = "profiles: only the names that the recording holds" },                  \
		{ .name = "inline",                                                               \
		  .type = OPTION_FLAG,                                                            \
		  OPTION_AT(holder, field.inlined),                                               \
		  .help = "profiles: functions that the compiler inlined too, where there is "    \
			  "debug information" },                                                  \
	{                                                                                         \
		.name = "debuginfod", .type = OPTION_FLAG, OPTION_AT(holder, field.debuginfod),   \
		.help = "profiles: ask the servers in DEBUGINFOD_URLS for what is not found here" \
	}

#define CHAIN_NAMES_NOTES 8

struct chain_names {
	struct profile *profile;
	struct functions *functions;
	char *note[CHAIN_NAMES_NOTES]; /* why names are missing */
	size_t n_notes;
};

/* Read what the samples of @src refer to and name it. 0, or -errno with words; chain_names_done()
 * also after failure. */
int chain_names_init(struct chain_names *n, struct source *src, const struct symbol_choice *choice,
		     struct err *e) must_check;
void chain_names_done(struct chain_names *n);
/* For an analysis of the same source. */
void chain_names_give(const struct chain_names *n, struct analysis_args *args);
/* Under the table of an analysis with .profile. */
void chain_names_notes(const struct chain_names *n, struct table *t);
