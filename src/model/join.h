/* SPDX-License-Identifier: MIT */
/*
 * Answers of one view about several runs, side by side in one table with the differences.
 *
 * Rows belong together when their keys are equal: role or name of the task, CPU, kind ... but not
 * what holds within one run only, as thread ids (TABLE_COLUMN_LOCAL): those are left out. Ask the
 * analyses with analysis_args.merge, so that a name is one row in each run; of rows that are equal
 * all the same, the first goes with the first of the other runs, the second with the second. A row
 * that only some runs have stays, with missing cells for the others, except in a matrix
 * (MARK_MATRIX) of a run that knows the row and the column (a CPU whose covered time is given):
 * there it is 0.
 *
 * Runs of unequal length have unequal counts for that reason alone. So what adds up over time
 * (TABLE_COLUMN_ADDS) is divided by covered time (answer.covered, or the row's own where the table
 * has it) and stands there per second, unless .absolute. Nothing is scaled up to a window that was
 * not recorded.
 *
 * A difference is value - value of the baseline, and in % of the baseline's; missing where one of
 * them is, the latter also where the baseline is 0. Points in time, ids and texts have none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/answer.h"

struct join_run {
	const char *name; /* short, of this run alone: model/run_names.h */
	const char *file;
	const struct answer *answer; /* same view and options in all runs, whole (not cut) */
};

struct join_options {
	size_t baseline; /* number of a run */
	bool diff;
	bool absolute;
	bool main_only; /* only the measures that the view's figure shows; else the others are
			   TABLE_COLUMN_WIDE */
};

enum join_kind { JOIN_KEY, JOIN_VALUE, JOIN_DIFF, JOIN_DIFF_PCT };

/* What a column of the joined table is. */
struct join_column {
	enum join_kind kind;
	size_t run; /* whose value or difference; keys: 0 */
	const char *of; /* name of the column in the runs' answers; lent from them */
	bool per_sec; /* divided by covered time */
};

struct join {
	struct table *table; /* columns named switches.A, switches.diff ..., per second
				switches/s.A */
	struct join_column *column; /* of each column */
	char **text; /* names and titles of the columns */
	size_t n_text;
};

/* Can answers like @a be joined? A list of moments cannot: no two runs have a moment in common. */
bool join_possible(const struct answer *a);

/*
 * Join @n >= 1 answers. Rows stand in the order of the baseline, those that it lacks behind the one
 * that they follow in their own run; numbers among the keys rise. Notes of the runs come along
 * under their names. 0, -ENOMEM, or -E2BIG with words; join_done() also after failure.
 */
int join_answers(const struct join_run *run, size_t n, const struct join_options *o,
		 struct join *ret, struct err *e) must_check;
void join_done(struct join *j);
const char *join_kind_name(enum join_kind k); /* the JSON word */
