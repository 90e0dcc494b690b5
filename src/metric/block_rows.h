/* SPDX-License-Identifier: MIT */
/*
 * A block of a run: which rows it has, and their cells for any span of time.
 *
 *	block_rows_new(block, table, &rows, &e);
 *	for (row = 0; row < block_rows_n(rows); row++)
 *		if (block_rows_eval(rows, row, sums, cell))
 *			... cell[column] for block_rows_column(rows, column) ...
 *
 * Rows and what each cell is made of follow from the series that the run has ever had, so they are
 * found once; whether a row is there in a span is found for each. A column for which the run has no
 * metrics, but the numbers of a sadf file that was imported (import/sadf.c: series sadf.PATH.KEY),
 *is these.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/block_set.h"
#include "metric/reading.h"
#include "model/series_sums.h"
#include "model/series_table.h"

struct block_rows; /* opaque */

struct block_column {
	const struct block_item *item;
	const char *title, *json; /* of the item, or CPU0 ... */
	const char *name; /* lower_case */
	uint32_t cpu; /* of blocks across CPUs: SERIES_NO_CPU = all */
};

struct block_row {
	const char *label; /* "sda", "0", "all"; "" = the only one */
	uint32_t cpu; /* of EACH_CPU, else SERIES_NO_CPU */
	bool all; /* all others together */
};

/* @b and @t are lent for its life. A block of which the run has nothing has no rows. */
int block_rows_new(const struct block *b, const struct series_table *t, struct block_rows **ret,
		   struct err *e) must_check;
struct block_rows *block_rows_free(struct block_rows *r);
DEFINE_CLEANUP(block_rows, block_rows_free)

const struct block *block_rows_block(const struct block_rows *r);
uint32_t block_rows_n(const struct block_rows *r);
const struct block_row *block_rows_at(const struct block_rows *r, uint32_t row);
unsigned int block_rows_n_columns(const struct block_rows *r);
const struct block_column *block_rows_column(const struct block_rows *r, unsigned int column);

/* The cells of @row, as many as there are columns. False: the row is not there: no cell has a
 * value, or the block leaves out what was never used. */
bool block_rows_eval(struct block_rows *r, uint32_t row, const struct series_sums *sums,
		     struct reading *ret);
/* Marks (bytes by place in the table) all series that any cell is made of. */
void block_rows_mark(const struct block_rows *r, uint8_t *used);
