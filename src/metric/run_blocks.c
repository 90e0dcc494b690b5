/* SPDX-License-Identifier: MIT */
/* All blocks of a run. */
#include "metric/run_blocks.h"

#include <errno.h>
#include <stdlib.h>

int run_blocks_load(struct source *src, struct run_blocks **ret, struct err *e)
{
	auto_ptr(run_blocks) b = calloc(1, sizeof(*b));

	if (!b)
		return err_set(e, -ENOMEM, "out of memory");
	int r = series_table_load(src, &b->table, e);

	if (r >= 0)
		r = block_set_load(&b->set, e);
	if (r < 0)
		return r;
	b->rows = calloc((size_t)block_set_n(b->set) + 1, sizeof(struct block_rows *));
	if (!b->rows)
		return err_set(e, -ENOMEM, "out of memory");
	for (; r >= 0 && b->n < block_set_n(b->set); b->n++) {
		r = block_rows_new(block_set_at(b->set, b->n), b->table, &b->rows[b->n], e);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(b);
	return 0;
}

struct run_blocks *run_blocks_free(struct run_blocks *b)
{
	if (b) {
		for (unsigned int i = 0; b->rows && i < b->n; i++)
			block_rows_free(b->rows[i]);
		free(b->rows);
		block_set_free(b->set);
		series_table_free(b->table);
		free(b);
	}
	return NULL;
}
