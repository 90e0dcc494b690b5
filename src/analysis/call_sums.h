/* SPDX-License-Identifier: MIT */
/*
 * Weights of a tree of calls: what was sampled in each node itself and below it. Trees are `struct
 * frames` whose modules are function numbers (functions_tree()), or other rows that functions are
 * gathered in. Cost grows with the number of nodes, however deep they stand.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/frames.h"

struct call_sum {
	uint64_t self, total; /* weights */
	uint64_t self_samples, total_samples;
};

/* Totals from .self and .self_samples of the nodes of @tree; the root gets all. */
void call_sums_total(const struct frames *tree, struct call_sum *sum);

/*
 * For each node of @tree: is it the first on its way from the root in row @row_of[function]? Only
 * there its total counts for the row, so that recursion counts once. @ret has room for the nodes;
 * rows are below @n_rows. 0 or -ENOMEM.
 */
int call_outermost(const struct frames *tree, const uint32_t *row_of, size_t n_rows,
		   uint8_t *ret) must_check;
