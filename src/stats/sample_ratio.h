/* SPDX-License-Identifier: MIT */
/*
 * How many times as much one sample is as another: rank_shift() of the logarithms. Robust against
 * outliers and skew; where runs of both were interleaved, against drift too.
 *
 * Interleaved (both have round numbers): blocks of SAMPLE_RATIO_ROUNDS rounds. Measured on a
 * virtual machine with 2 CPUs and 4 to 5 tasks that wanted them, 700 interleaved pairs of 35 ms
 * runs in windows of 30, b 5 % slower; half width of the 95 % interval of the ratio of wall times:
 * blocks of 2 rounds 3.5 %, of 3 3.1 %, of 5 4.2 %, of 10 6.6 %, one block 8.9 %; signed ranks of
 * pairs 5.9 %, t interval of the pairs' logarithms 7.0 %. Of user times: 0.5 % for all blocks, 0.6
 * % and 1.8 %. Pairs alone waste what the sharp lower edge of run times tells, long blocks let
 * drift in.
 *
 * Not interleaved: one block, for as long as neither has more than SAMPLE_RATIO_BLOCK values.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define SAMPLE_RATIO_ROUNDS 3
#define SAMPLE_RATIO_BLOCK  1000

struct sample_series {
	const double *v;
	const uint32_t *round; /* rising, as long as @v; NULL: not interleaved */
	size_t n;
};

struct sample_ratio {
	double ratio; /* b / a */
	double low, high; /* NaN: too few runs for the level (95 %: fewer than 4 each) */
	double p; /* two-sided, of ratio 1 */
	size_t n; /* values of the shorter one */
};

/* 0, -EDOM: a value is not above 0, so there is no ratio; -EINVAL: nothing to compare; -ENOMEM. */
int sample_ratio(const struct sample_series *a, const struct sample_series *b, double level,
		 struct sample_ratio *ret) must_check;

/*
 * Runs of each that would find a difference of @by (0.01 = 1 %) in 80 of 100 tries, if they spread
 * as those of @r did: the width of the interval falls with the square root of the runs, and the
 * difference has to be (z(level) + z(0.8)) / z(level) half widths. 0: not known.
 */
size_t sample_ratio_needs(const struct sample_ratio *r, double level, double by);
/* The difference that as many runs as @r had find in 80 of 100 tries; NaN: not known. */
double sample_ratio_resolution(const struct sample_ratio *r, double level);
