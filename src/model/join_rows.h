/* SPDX-License-Identifier: MIT */
/* Which rows of several runs' tables belong together, and in which order they stand: the first half
 * of model/join.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/answer.h"

#define JOIN_ROW_NONE SIZE_MAX
#define JOIN_ROW_ZERO (SIZE_MAX - 1) /* left out by a matrix that knows its row and column */

struct join_rows {
	size_t n, n_runs;
	size_t *at; /* row of run r in joined row i: at[i * n_runs + r] */
};

/* Does the column @c of a run's table take part in the key? */
bool join_rows_key(const struct table_column *c);
/* The column that plays @role in @a's figure, or UINT32_MAX. */
unsigned int join_rows_part(const struct answer *a, enum figure_role role);

/* Tables of @a[0..n) have the same columns. @grouped: rows that differ in x only stand together. 0
 * or -ENOMEM; join_rows_done() also after failure. */
int join_rows_init(struct join_rows *r, const struct answer *const *a, size_t n, size_t baseline,
		   bool grouped) must_check;
void join_rows_done(struct join_rows *r);

/* A joined row's source that is there: the baseline's first. */
size_t join_rows_source(const struct join_rows *r, size_t row, size_t baseline, size_t *ret_run);
