/* SPDX-License-Identifier: MIT */
/* The inside of the rows of a block: shared by what finds rows and columns and what makes cells. */
#pragma once

#include "base/idmap.h"
#include "base/strpool.h"
#include "metric/block_rows.h"

struct span { /* of the pool of series */
	uint32_t first, n;
};

struct block_rows {
	const struct block *block;
	const struct series_table *table;
	struct strpool *text;
	struct block_row *row;
	uint32_t n_rows, cap_rows;
	struct idmap known; /* address of a row's pooled label, or CPU -> its row */
	struct block_column *column;
	unsigned int n_columns;
	/*
	 * What cells are made of. A place is a row, or across CPUs a row and a CPU: place = row *
	 * per_row + column. Of each place the spans of all terms of all items, one after the other;
	 * and of each item the series that an imported file has for it, or SERIES_NONE.
	 */
	unsigned int first_term[BLOCK_ITEMS_MAX], n_terms, per_row;
	struct span *term;
	uint32_t *imported;
	struct span *used; /* [row][block.used] */
	uint32_t *pool;
	size_t n_pool, cap_pool;
};

/* One more of @n things of @bytes at @array. */
void *block_rows_room(void *array, size_t n, size_t *cap, size_t bytes);
/* The metric under which importing a sadf file puts a column: sadf.network.net-dev.rxpck. */
uint32_t block_rows_imported(const struct block_rows *r, const char *json);
/* Whether the block has no use for the thing of @s: it is named, or a part of a disk that is there.
 */
bool block_rows_leaves_out(const struct block_rows *r, const struct metric_series *s);
/* Find the series of all cells. */
int block_rows_bind(struct block_rows *r) must_check;
