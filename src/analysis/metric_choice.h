/* SPDX-License-Identifier: MIT */
/*
 * Which of a run's metrics are asked for: blocks by name, and single series where there is no block
 * or raw values are wanted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "metric/run_blocks.h"

struct metric_choice {
	bool *block; /* by number in the set */
	bool *series; /* by place in the table */
	uint32_t n_blocks, n_series; /* how many are chosen */
};

/*
 * @set: words by commas: "default" (also NULL and ""), "all", a block ("disk"; "network" is
 * network-errors too), a collector, a metric or a pattern of metrics ("disk.reads", "cpu.*"). @raw:
 * series instead of blocks. Only what the run has is chosen; a word of which it has nothing is
 * -EINVAL with words that list what there is.
 */
int metric_choice_make(const struct run_blocks *run, const char *set, bool raw,
		       struct metric_choice *ret, struct err *e) must_check;
void metric_choice_done(struct metric_choice *c);
