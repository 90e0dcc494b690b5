/* SPDX-License-Identifier: MIT */
/*
 * What series did over a span of time, added up from ticks: how much counters grew in which time,
 * and how high gauges stood, by time. Of one tick as of a whole run.
 *
 *	series_sums_clear(s);
 *	for each tick: series_sums_add(s, &tick);
 *	const struct series_sum *x = series_sums_at(s, i);
 *	if (x && x->covered) rate = x->change / covered ...
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "base/nsec.h"
#include "model/series_table.h"
#include "model/series_ticks.h"

struct series_sum {
	uint64_t change; /* of counters, raw: over .covered */
	nsec_t covered; /* time in which the change was seen; 0: none is known */
	/* Of a counter whose first value came while its collector was at work: that value, and the
	 * time since the tick before. What is recorded from the first time that it happens
	 * (interrupts) began from 0 then; of a disk that was plugged in it says nothing. */
	uint64_t fresh;
	nsec_t fresh_covered;
	double area; /* of gauges: level in the metric's unit x seconds, each level up to its tick
		      */
	double seconds; /* of .area; 0: a single level, .last */
	double last; /* level at the last tick */
	uint64_t last_raw;
	uint32_t n; /* values */
};

struct series_sums; /* opaque */

struct series_sums *series_sums_new(const struct series_table *t); /* NULL: out of memory */
struct series_sums *series_sums_free(struct series_sums *s);
DEFINE_CLEANUP(series_sums, series_sums_free)

void series_sums_clear(struct series_sums *s);
void series_sums_add(struct series_sums *s, const struct series_tick *tick);
/* NULL: no value of the series. Lent until the next clear or add. */
const struct series_sum *series_sums_at(const struct series_sums *s, uint32_t series);
/* The time of the last tick that was added, and of all of them together from the one before the
 * first. */
nsec_t series_sums_time(const struct series_sums *s);
nsec_t series_sums_span(const struct series_sums *s);

/* Per second of covered time, in the metric's unit; NaN: not known. */
double series_sum_rate(const struct series_sum *x, const struct series_metric *m);
/* The same sum with .fresh in it. */
struct series_sum series_sum_from_zero(const struct series_sum *x);
/* The mean of a gauge by time, or the only level. */
double series_sum_mean(const struct series_sum *x);
