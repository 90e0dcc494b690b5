/* SPDX-License-Identifier: MIT */
/* Moments in two passes, the rest from a sorted copy. */
#include "stats/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "stats/distribution.h"

#define FAR_OUT 3.0

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void sample_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
}

double sample_quantile(const double *sorted, size_t n, double q)
{
	const double at = q <= 0 ? 0 : q >= 1 ? (double)(n - 1) : q * (double)(n - 1);
	const size_t i = (size_t)at;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

static void moments(const double *v, size_t n, double level, struct sample *s)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	s->mean = sum / (double)n;
	s->sd = s->mean_low = s->mean_high = NAN;
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - s->mean) * (v[i] - s->mean);
	s->sd = sqrt(squares / (double)(n - 1));
	const double half =
		student_quantile(0.5 + level / 2, (double)(n - 1)) * s->sd / sqrt((double)n);

	s->mean_low = s->mean - half;
	s->mean_high = s->mean + half;
}

/* The k-th least and the k-th greatest with the greatest k that keeps the level. */
static void median_interval(const double *sorted, size_t n, double level, struct sample *s)
{
	size_t low = 0, high = n / 2 + 1; /* k = low is possible (0: none), k = high is not */

	while (high - low > 1) {
		const size_t k = low + (high - low) / 2;

		if (coin_cdf(k - 1, n) <= (1 - level) / 2)
			low = k;
		else
			high = k;
	}
	s->median_low = low ? sorted[low - 1] : NAN;
	s->median_high = low ? sorted[n - low] : NAN;
}

int sample_describe(const double *v, size_t n, double level, struct sample *ret)
{
	auto_free double *sorted = malloc(n * sizeof(*v));
	struct sample s = { .n = n };

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, v, n * sizeof(*v));
	sample_sort(sorted, n);
	moments(v, n, level, &s);
	s.min = sorted[0];
	s.max = sorted[n - 1];
	s.median = sample_quantile(sorted, n, 0.5);
	s.q1 = sample_quantile(sorted, n, 0.25);
	s.q3 = sample_quantile(sorted, n, 0.75);
	median_interval(sorted, n, level, &s);
	const double range = FAR_OUT * (s.q3 - s.q1);

	for (size_t i = 0; i < n; i++) {
		s.far_low += sorted[i] < s.q1 - range;
		s.far_high += sorted[i] > s.q3 + range;
	}
	*ret = s;
	return 0;
}
