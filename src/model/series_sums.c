/* SPDX-License-Identifier: MIT */
/* Ticks added up. */
#include "model/series_sums.h"

#include <math.h>
#include <stdlib.h>

struct series_sums {
	const struct series_table *table;
	struct series_sum *sum;
	uint32_t *touched; /* places with .n */
	uint32_t n_touched;
	nsec_t time, span;
};

struct series_sums *series_sums_new(const struct series_table *t)
{
	auto_ptr(series_sums) s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->table = t;
	s->sum = calloc((size_t)series_table_n(t) + 1, sizeof(*s->sum));
	s->touched = calloc((size_t)series_table_n(t) + 1, sizeof(*s->touched));
	return s->sum && s->touched ? steal_ptr(s) : NULL;
}

struct series_sums *series_sums_free(struct series_sums *s)
{
	if (s) {
		free(s->sum);
		free(s->touched);
		free(s);
	}
	return NULL;
}

void series_sums_clear(struct series_sums *s)
{
	while (s->n_touched)
		s->sum[s->touched[--s->n_touched]] = (struct series_sum){ 0 };
	s->time = s->span = 0;
}

void series_sums_add(struct series_sums *s, const struct series_tick *tick)
{
	nsec_t waited = 0;

	for (uint32_t k = 0; k < tick->n; k++) {
		uint32_t i = tick->series[k];
		const struct series_now *now = &tick->now[i];
		const struct series_metric *m =
			series_table_metric(s->table, series_table_at(s->table, i)->metric);
		struct series_sum *x = &s->sum[i];

		if (!x->n++)
			s->touched[s->n_touched++] = i;
		x->last_raw = now->value;
		x->last = series_level(m, now->value);
		waited = max_of(waited, now->waited);
		if (m->kind == METRIC_GAUGE) {
			double seconds = (double)now->waited / NSEC_PER_SEC;

			x->area += x->last * seconds;
			x->seconds += seconds;
		} else if (now->elapsed) {
			x->change += now->change;
			x->covered += now->elapsed;
		} else if (now->fresh) {
			x->fresh = now->value;
			x->fresh_covered = now->waited;
		}
	}
	s->time = tick->time;
	s->span += waited;
}

const struct series_sum *series_sums_at(const struct series_sums *s, uint32_t series)
{
	return s->sum[series].n ? &s->sum[series] : NULL;
}

nsec_t series_sums_time(const struct series_sums *s)
{
	return s->time;
}

nsec_t series_sums_span(const struct series_sums *s)
{
	return s->span;
}

double series_sum_rate(const struct series_sum *x, const struct series_metric *m)
{
	if (!x->covered)
		return NAN;
	return series_scaled(m, (double)x->change) / ((double)x->covered / NSEC_PER_SEC);
}

struct series_sum series_sum_from_zero(const struct series_sum *x)
{
	struct series_sum r = *x;

	r.change += x->fresh;
	r.covered += x->fresh_covered;
	return r;
}

double series_sum_mean(const struct series_sum *x)
{
	return x->seconds > 0 ? x->area / x->seconds : x->last;
}
