/* SPDX-License-Identifier: MIT */
/* All differences within blocks, sorted; which of them bound the interval follows from the
 * distribution of how many are above 0 when there is no shift. */
#include "stats/rank_shift.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "stats/distribution.h"
#include "stats/sample.h"

/* Of the number of pairs with b > a when all orders are equally likely. */
struct null {
	double *p; /* exact: probability of 0, 1 ... total; NULL: normal */
	size_t total;
	double sd;
};

/*
 * Probabilities of 0 .. n_a n_b pairs with b > a, for one block. The greatest of all values is a b
 * in n_b of n_a + n_b orders, and then stands above all n_a of the others.
 */
static double *block_null(size_t n_a, size_t n_b)
{
	const size_t room = n_a * n_b + 1;
	/* row[j]: for i of a and j of b, i as far as the outer loop is */
	auto_free double *row = calloc((n_b + 1) * room, sizeof(*row));
	double *ret = malloc(room * sizeof(*ret));

	if (!row || !ret) {
		free(ret);
		return NULL;
	}
	for (size_t j = 0; j <= n_b; j++)
		row[j * room] = 1;
	for (size_t i = 1; i <= n_a; i++) {
		for (size_t j = 1; j <= n_b; j++) {
			double *now = row + j * room; /* of i - 1 so far */
			const double *less = row + (j - 1) * room; /* of i already */
			const double a = (double)i / (double)(i + j), b = 1 - a;

			for (size_t k = i * j + 1; k-- > 0;)
				now[k] = a * now[k] + (k >= i ? b * less[k - i] : 0);
		}
	}
	memcpy(ret, row + n_b * room, room * sizeof(*ret));
	return ret;
}

static double *convolve(const double *x, size_t n_x, const double *y, size_t n_y)
{
	double *ret = calloc(n_x + n_y - 1, sizeof(*ret));

	for (size_t i = 0; ret && i < n_x; i++)
		for (size_t k = 0; k < n_y; k++)
			ret[i + k] += x[i] * y[k];
	return ret;
}

static int null_exact(const struct rank_block *block, size_t n, struct null *ret)
{
	auto_free double *all = malloc(sizeof(*all)), *one = NULL;
	size_t total = 0, one_a = 0, one_b = 0;

	if (!all)
		return -ENOMEM;
	all[0] = 1;
	for (const struct rank_block *b = block; b < block + n; b++) {
		const size_t pairs = b->n_a * b->n_b;

		if (!pairs)
			continue;
		if (!one || b->n_a != one_a || b->n_b != one_b) { /* most are alike */
			free(one);
			one = block_null(b->n_a, b->n_b);
			one_a = b->n_a;
			one_b = b->n_b;
		}
		double *more = one ? convolve(all, total + 1, one, pairs + 1) : NULL;

		if (!more)
			return -ENOMEM;
		free(all);
		all = more;
		total += pairs;
	}
	ret->p = steal_ptr(all);
	return 0;
}

static int null_make(const struct rank_block *block, size_t n, struct null *ret)
{
	double variance = 0;

	*ret = (struct null){ 0 };
	for (const struct rank_block *b = block; b < block + n; b++) {
		ret->total += b->n_a * b->n_b;
		variance += (double)b->n_a * (double)b->n_b * (double)(b->n_a + b->n_b + 1) / 12;
	}
	ret->sd = sqrt(variance);
	return ret->total <= RANK_SHIFT_EXACT ? null_exact(block, n, ret) : 0;
}

/* P(at most @k). */
static double null_cdf(const struct null *d, size_t k)
{
	double sum = 0;

	if (!d->p)
		return normal_cdf(((double)k + 0.5 - (double)d->total / 2) / d->sd);
	for (size_t i = 0; i <= k && i <= d->total; i++)
		sum += d->p[i];
	return min_of(sum, 1.0);
}

/* The greatest k with P(fewer than k) <= @tail; 0: none. */
static size_t critical(const struct null *d, double tail)
{
	double sum = 0;
	size_t k = 0;

	if (!d->p) {
		const double at = (double)d->total / 2 - 0.5 + normal_quantile(tail) * d->sd;

		return at < 0 ? 0 : (size_t)floor(at) + 1;
	}
	while (k <= d->total && (sum += d->p[k]) <= tail)
		k++;
	return k;
}

static double *differences(const struct rank_block *block, size_t n, size_t total)
{
	double *w = malloc(total * sizeof(*w));
	size_t at = 0;

	for (const struct rank_block *b = block; w && b < block + n; b++)
		for (size_t i = 0; i < b->n_a; i++)
			for (size_t k = 0; k < b->n_b; k++)
				w[at++] = b->b[k] - b->a[i];
	if (w)
		sample_sort(w, total);
	return w;
}

int rank_shift(const struct rank_block *block, size_t n, double level, struct rank_shift *ret)
{
	struct null d;
	int r = null_make(block, n, &d);
	auto_free double *p = d.p; /* d's, freed here */
	auto_free double *w = NULL;

	(void)p;
	if (r < 0)
		return r;
	if (!d.total)
		return -EINVAL;
	w = differences(block, n, d.total);
	if (!w)
		return -ENOMEM;
	size_t below = 0, above = 0; /* or at 0 */

	for (size_t i = 0; i < d.total; i++) {
		below += w[i] <= 0;
		above += w[i] >= 0;
	}
	const size_t k = critical(&d, (1 - level) / 2);

	*ret = (struct rank_shift){
		.shift = sample_quantile(w, d.total, 0.5),
		.low = k ? w[k - 1] : NAN,
		.high = k ? w[d.total - k] : NAN,
		.p = min_of(1.0, 2 * null_cdf(&d, min_of(below, above))),
	};
	return 0;
}
