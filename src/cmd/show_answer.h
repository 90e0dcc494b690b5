/* SPDX-License-Identifier: MIT */
/* The second half of `kymo show`: from options and files to what is printed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"
#include "cmd/selection.h"
#include "cmd/symbols.h"
#include "export/answer_text.h"

#define SHOW_VIEW_OPTIONS_MAX 256
#define SHOW_MAX_RUNS	      64

struct show_args {
	struct selection select;
	const char *cpus;
	bool top_given;
	uint64_t top;
	struct symbol_choice symbols;
	bool merge, self, wide, json, csv;
	const char *sort; /* name of a column */
	/* several runs: */
	bool diff, absolute;
	const char *baseline;
	/* behind the view only: */
	bool help, quiet, verbose;
	_Alignas(16) unsigned char view[SHOW_VIEW_OPTIONS_MAX];
};

/* Answer @view about the files @path[0..n), 1 to SHOW_MAX_RUNS, and print it. Returns the exit
 * status; errors were printed. */
int show_answer(const struct analysis *view, const struct show_args *args, const char *const *path,
		size_t n) must_check;

/* One answer to stdout: as JSON, as CSV (notes go to stderr), or as text. 0 or -errno. */
int show_print(const struct answer *a, const char *name, bool as_json, bool as_csv,
	       const struct answer_text_options *o) must_check;
