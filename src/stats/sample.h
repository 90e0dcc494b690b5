/* SPDX-License-Identifier: MIT */
/*
 * What a sample of numbers says: where it lies, how it spreads, and how sure that is. Nothing is
 * left out; values that lie far out are counted, not removed.
 *
 * Sources. sd: n - 1 in the divisor, two passes. Quantiles: type 7 of Hyndman and Fan (Am. Stat.
 * 50, 1996), linear between order statistics. Interval of the mean: mean +- t sd / sqrt(n),
 * Student's t with n - 1 degrees. Interval of the median: order statistics, sign test inverted
 * (Conover, Practical Nonparametric Statistics, 3.2): covers at least the level whatever the
 * distribution. Far out: more than three interquartile ranges beyond the quartiles (Tukey, 1977,
 * "far out").
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

struct sample {
	size_t n;
	double mean, sd, median, min, max, q1, q3; /* sd: NaN for n < 2 */
	double mean_low, mean_high; /* NaN for n < 2 */
	double median_low, median_high; /* NaN where n is too small for the level (95 %: < 6) */
	size_t far_low, far_high;
};

/* Describe @v[0..n), n > 0, finite; intervals at @level (0.95). 0 or -ENOMEM. */
int sample_describe(const double *v, size_t n, double level, struct sample *ret) must_check;

void sample_sort(double *v, size_t n);
/* The @q-quantile (0..1) of @v, which is sorted, n > 0. */
double sample_quantile(const double *sorted, size_t n, double q);
