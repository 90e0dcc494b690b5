/* SPDX-License-Identifier: MIT */
/* The inside of a set of blocks: shared by what reads files and what looks up. */
#pragma once

#include "base/strpool.h"
#include "metric/block_set.h"

struct block_set {
	struct strpool *pool;
	struct block *block[BLOCKS_MAX];
	unsigned int n;
};
