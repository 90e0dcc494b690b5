/* SPDX-License-Identifier: MIT */
/* The metrics of a run and all blocks that can be answered from them. */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/block_rows.h"
#include "metric/block_set.h"
#include "model/series_table.h"
#include "model/stream.h"

struct run_blocks { /* owns what it points to */
	struct series_table *table;
	struct block_set *set;
	struct block_rows *
		*rows; /* by block of the set; those of which the run has nothing: no rows */
	unsigned int n;
};

/* -ENOMEM or what the source says, with words. */
int run_blocks_load(struct source *src, struct run_blocks **ret, struct err *e) must_check;
struct run_blocks *run_blocks_free(struct run_blocks *b);
DEFINE_CLEANUP(run_blocks, run_blocks_free)
