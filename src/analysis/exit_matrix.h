/* SPDX-License-Identifier: MIT */
/*
 * KVM exits as a table with one column per reason, in numeric order, and their total: the rows are
 * groups of tasks.
 */
#pragma once

#include "analysis/exit_counts.h"
#include "base/attr.h"
#include "model/table.h"

/* The columns that name a row stand before those of the reasons. */
#define EXIT_MATRIX_KEYS 2

struct exit_matrix_query {
	const struct table_column *key; /* EXIT_MATRIX_KEYS */
	void (*name)(void *ctx, struct table *t, uint32_t group); /* fills them */
	void *ctx;
};

/* The table, named "kvm", most exits first; a note says how many reasons have no column when there
 * are too many. 0 or -ENOMEM. */
int exit_matrix_make(const struct exit_counts *c, const struct exit_matrix_query *q,
		     struct table **ret) must_check;
