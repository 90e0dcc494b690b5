/* SPDX-License-Identifier: MIT */
/*
 * By how much one sample lies above another, by ranks within blocks: estimate, interval and p value
 * for run times, which are skewed, have outliers, and drift with what else the machine does.
 *
 * Values are compared only with those of their own block, measured at about the same time, so that
 * what is common to a block falls out. One block is the test of Wilcoxon, Mann and Whitney; several
 * are the stratified one of van Elteren with equal weights. The interval is the test inverted: the
 * k-th least and greatest of all differences b - a within blocks, and the estimate is their median
 * (Hodges and Lehmann; Lehmann, Nonparametrics, 2.5, 3.3).
 *
 * Null distribution: exact by Mann's and Whitney's recursion per block and convolution of blocks up
 * to RANK_SHIFT_EXACT differences; above the normal one with variance
 * sum of n_a n_b (n_a + n_b + 1) / 12 and a correction for continuity. Differences of 0 count
 * against a finding.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

#define RANK_SHIFT_EXACT 2500

struct rank_block {
	const double *a, *b;
	size_t n_a, n_b;
};

struct rank_shift {
	double shift; /* median of b - a */
	double low, high; /* NaN: too few values for the level */
	double p; /* two-sided */
};

/* 0, -EINVAL (no block has both), or -ENOMEM. Needs 8 bytes for each n_a x n_b. */
int rank_shift(const struct rank_block *block, size_t n, double level,
	       struct rank_shift *ret) must_check;
