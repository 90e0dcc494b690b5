/* SPDX-License-Identifier: MIT */
/*
 * Values tick by tick: what each series is now, and what its counter did since the tick before.
 *Rows of track value are pushed in the order of the file; one pass, some nanoseconds a value.
 *
 *	struct series_ticks *k = series_ticks_new(table);
 *	for each batch b:
 *		for (uint32_t at = 0; series_ticks_take(k, b, &at, &tick);)
 *			...
 *	while (series_ticks_take(k, NULL, NULL, &tick))
 *		...
 *
 * What is not there has no value, and what has no value before has no change: the first tick, a
 * thing that was just plugged in, one that was away for a tick of its collector, and a counter that
 * began anew. A collector's ticks are those in which any of its series has a value, so that
 * collectors may have intervals of their own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/nsec.h"
#include "model/batch.h"
#include "model/series_table.h"

struct series_now {
	uint64_t value; /* raw */
	uint64_t change; /* counters with .elapsed: how much it grew */
	nsec_t elapsed; /* since the value before it; 0: there is none */
	nsec_t waited; /* since the tick of its collector before; 0: this is the first */
	bool wrapped; /* at its bits, within .elapsed */
	bool fresh; /* its first value, though its collector had ticks before */
	bool anew; /* a counter that fell without a wrap: it began from 0 somewhere in between */
};

struct series_tick {
	nsec_t time;
	uint32_t n;
	const uint32_t *series; /* places in the table, in the order of the file, each once */
	const struct series_now *now; /* by place: of these only */
};

struct series_ticks; /* opaque */

struct series_ticks *series_ticks_new(const struct series_table *t); /* NULL: out of memory */
struct series_ticks *series_ticks_free(struct series_ticks *k);
DEFINE_CLEANUP(series_ticks, series_ticks_free)

/*
 * Go on at row *@at of @b, which is of track value. True: a tick is whole, *ret is lent until the
 * next call. False: the rows are used up. Without @b: the last tick, once.
 */
bool series_ticks_take(struct series_ticks *k, const struct batch *b, uint32_t *at,
		       struct series_tick *ret);
/* Rows so far whose series is not in the table. */
uint64_t series_ticks_unknown(const struct series_ticks *k);

/*
 * How far a counter of @bits has come from @before to @now: one that falls has wrapped when it got
 * there by less than half its range, else it began anew, and *ret is left alone. A value that does
 * not fit into @bits says that the counter has 64.
 */
enum counter_step { COUNTER_ON, COUNTER_WRAPPED, COUNTER_ANEW };
enum counter_step counter_step(uint64_t before, uint64_t now, unsigned int bits, uint64_t *ret);

/* A raw value in the metric's unit; gauges are signed. */
static inline double series_level(const struct series_metric *m, uint64_t value)
{
	return series_scaled(m, m->kind == METRIC_GAUGE ? (double)(int64_t)value : (double)value);
}
