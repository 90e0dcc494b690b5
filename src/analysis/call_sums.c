/* SPDX-License-Identifier: MIT */
/* Sums over trees of calls; a node's number is greater than its parent's. */
#include "analysis/call_sums.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

void call_sums_total(const struct frames *tree, struct call_sum *sum)
{
	size_t n = frames_count(tree);

	for (size_t i = 0; i < n; i++) {
		sum[i].total = sum[i].self;
		sum[i].total_samples = sum[i].self_samples;
	}
	for (uint32_t i = (uint32_t)n - 1; i; i--) {
		struct call_sum *parent = &sum[frames_at(tree, i)->parent];

		parent->total += sum[i].total;
		parent->total_samples += sum[i].total_samples;
	}
}

int call_outermost(const struct frames *tree, const uint32_t *row_of, size_t n_rows, uint8_t *ret)
{
	size_t n = frames_count(tree);
	auto_free uint32_t *first = calloc(n, sizeof(*first)); /* child, 0 = none */
	auto_free uint32_t *next = calloc(n, sizeof(*next)); /* sibling */
	auto_free uint32_t *on_path = calloc(n_rows + 1, sizeof(*on_path));

	if (!first || !next || !on_path)
		return -ENOMEM;
	ret[0] = 0;
	for (uint32_t i = (uint32_t)n - 1; i; i--) {
		uint32_t parent = frames_at(tree, i)->parent;

		next[i] = first[parent];
		first[parent] = i;
	}
	for (uint32_t i = first[0]; i;) {
		ret[i] = !on_path[row_of[frames_at(tree, i)->module]]++;
		if (first[i]) {
			i = first[i];
			continue;
		}
		/* Leave this one, and parents whose last child it was. */
		while (i) {
			on_path[row_of[frames_at(tree, i)->module]]--;
			if (next[i])
				break;
			i = frames_at(tree, i)->parent;
		}
		i = i ? next[i] : 0;
	}
	return 0;
}
