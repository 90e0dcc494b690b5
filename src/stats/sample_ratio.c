/* SPDX-License-Identifier: MIT */
/* Logarithms, cut into blocks by round. */
#include "stats/sample_ratio.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "stats/distribution.h"
#include "stats/rank_shift.h"

static int logarithms(const struct sample_series *s, double **ret)
{
	auto_free double *v = malloc((s->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		if (!(s->v[i] > 0) || !isfinite(s->v[i]))
			return -EDOM;
		v[i] = log(s->v[i]);
	}
	*ret = steal_ptr(v);
	return 0;
}

/* Where each block of @s begins: @n + 1 places. Rounds from @first to @last are cut evenly, values
 * without rounds by number. */
static void cut(const struct sample_series *s, uint32_t first, uint64_t rounds, size_t n,
		size_t *ret)
{
	size_t at = 0;

	for (size_t i = 0; i <= n; i++) {
		if (!s->round) {
			ret[i] = s->n * i / n;
			continue;
		}
		const uint64_t edge = first + rounds * i / n;

		while (at < s->n && s->round[at] < edge)
			at++;
		ret[i] = at;
	}
}

static size_t n_blocks(const struct sample_series *a, const struct sample_series *b,
		       uint32_t *ret_first, uint64_t *ret_rounds)
{
	if (!a->round || !b->round)
		return (max_of(a->n, b->n) + SAMPLE_RATIO_BLOCK - 1) / SAMPLE_RATIO_BLOCK;
	*ret_first = min_of(a->round[0], b->round[0]);
	*ret_rounds = (uint64_t)max_of(a->round[a->n - 1], b->round[b->n - 1]) - *ret_first + 1;
	/* Not of the span of the rounds, which may have gaps, but of what there is to share out. */
	return max_of(min_of(a->n, b->n) / SAMPLE_RATIO_ROUNDS, (size_t)1);
}

static int shift_of_logs(const struct sample_series *a, const struct sample_series *b, double level,
			 struct rank_shift *ret)
{
	auto_free double *log_a = NULL, *log_b = NULL;
	struct sample_series x = *a, y = *b;
	uint64_t rounds = 0;
	uint32_t first = 0;
	int r = logarithms(a, &log_a);

	if (r >= 0)
		r = logarithms(b, &log_b);
	if (r < 0)
		return r;
	if (!a->round || !b->round)
		x.round = y.round = NULL;
	const size_t n = n_blocks(&x, &y, &first, &rounds);
	auto_free struct rank_block *block = calloc(n, sizeof(*block));
	auto_free size_t *at_a = calloc(n + 1, sizeof(*at_a)), *at_b = calloc(n + 1, sizeof(*at_b));

	if (!block || !at_a || !at_b)
		return -ENOMEM;
	cut(&x, first, rounds, n, at_a);
	cut(&y, first, rounds, n, at_b);
	for (size_t i = 0; i < n; i++)
		block[i] = (struct rank_block){ log_a + at_a[i], log_b + at_b[i],
						at_a[i + 1] - at_a[i], at_b[i + 1] - at_b[i] };
	return rank_shift(block, n, level, ret);
}

int sample_ratio(const struct sample_series *a, const struct sample_series *b, double level,
		 struct sample_ratio *ret)
{
	struct rank_shift s;

	if (!a->n || !b->n)
		return -EINVAL;
	int r = shift_of_logs(a, b, level, &s);

	if (r < 0)
		return r;
	*ret = (struct sample_ratio){ .ratio = exp(s.shift),
				      .low = exp(s.low),
				      .high = exp(s.high),
				      .p = s.p,
				      .n = min_of(a->n, b->n) };
	return 0;
}

/* Half widths that a difference has to be, to be found in 80 of 100 tries. */
static double half_widths(double level)
{
	const double z = normal_quantile(0.5 + level / 2);

	return (z + normal_quantile(0.8)) / z;
}

double sample_ratio_resolution(const struct sample_ratio *r, double level)
{
	return expm1((log(r->high) - log(r->low)) / 2 * half_widths(level));
}

size_t sample_ratio_needs(const struct sample_ratio *r, double level, double by)
{
	const double half = (log(r->high) - log(r->low)) / 2;
	const double times = half * half_widths(level) / log1p(by);
	const double need = ceil((double)r->n * times * times);

	return need > 0 && need < 1e9 ? (size_t)need : 0;
}
