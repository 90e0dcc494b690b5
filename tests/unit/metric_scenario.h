/* SPDX-License-Identifier: MIT */
/*
 * Made-up metrics for tests: a few calls that end up as rows of tracks metric, series and value in
 * a memory run. Series are numbered as they are added, 1, 2, 3 ...
 *
 *	metric_scenario_init(&s);
 *	uint32_t reads = metric_scenario_series(&s, METRIC("disk.reads", COUNTER, 64, 1, ""), "sda",
 *NONE); metric_scenario_value(&s, 1000, reads, 17);
 *	... metric_scenario_source(&s) ...
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/file_track.h"
#include "model/memory.h"
#include "model/metric_track.h"
#include "model/run.h"
#include "model/series_table.h"

#define METRIC_SCENARIO_METRICS 64

struct metric_scenario {
	struct memory *memory;
	const char *metric[METRIC_SCENARIO_METRICS];
	uint32_t n_metrics, n_series;
};

static inline void metric_scenario_write(struct metric_scenario *s, struct batch *b)
{
	struct err e = { 0 };

	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	assert_int_equal(sink_write(memory_sink(s->memory), b, &e), 0);
	batch_free(b);
}

static inline void metric_scenario_text(struct batch *b, unsigned int column, const char *text)
{
	int64_t at = batch_add_text(b, text);

	assert_true(at >= 0);
	((uint32_t *)b->col[column])[0] = (uint32_t)at;
}

static inline void metric_scenario_init(struct metric_scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory_new();
	assert_non_null(s->memory);
}

static inline void metric_scenario_done(struct metric_scenario *s)
{
	s->memory = memory_free(s->memory);
}

struct metric_scenario_kind {
	const char *name;
	enum metric_kind kind;
	uint8_t bits;
	double scale;
	const char *unit;
};

#define COUNTER(name_, bits_, scale_, unit_)                                           \
	(struct metric_scenario_kind)                                                  \
	{                                                                              \
		.name = name_, .kind = METRIC_COUNTER, .bits = bits_, .scale = scale_, \
		.unit = unit_                                                          \
	}
#define GAUGE(name_, scale_, unit_)                                                             \
	(struct metric_scenario_kind)                                                           \
	{                                                                                       \
		.name = name_, .kind = METRIC_GAUGE, .bits = 64, .scale = scale_, .unit = unit_ \
	}

static inline uint32_t metric_scenario_metric(struct metric_scenario *s,
					      struct metric_scenario_kind k)
{
	for (uint32_t i = 0; i < s->n_metrics; i++)
		if (!strcmp(s->metric[i], k.name))
			return i + 1;
	struct batch *b = batch_new(&track_metric, 1);

	assert_non_null(b);
	assert_true(s->n_metrics < METRIC_SCENARIO_METRICS);
	s->metric[s->n_metrics++] = k.name;
	b->time[0] = 0;
	batch_u32(b, METRIC_NUMBER)[0] = s->n_metrics;
	batch_u8(b, METRIC_KIND)[0] = (uint8_t)k.kind;
	batch_u8(b, METRIC_BITS)[0] = k.bits;
	batch_f64(b, METRIC_SCALE)[0] = k.scale;
	metric_scenario_text(b, METRIC_NAME, k.name);
	metric_scenario_text(b, METRIC_UNIT, k.unit);
	metric_scenario_text(b, METRIC_HELP, "help");
	metric_scenario_write(s, b);
	return s->n_metrics;
}

/* A series of the metric, which is added when it is new; its number. */
static inline uint32_t metric_scenario_series(struct metric_scenario *s,
					      struct metric_scenario_kind k, const char *instance,
					      uint32_t cpu)
{
	uint32_t metric = metric_scenario_metric(s, k);
	struct batch *b = batch_new(&track_series, 1);

	assert_non_null(b);
	b->time[0] = 0;
	batch_u32(b, SERIES_NUMBER)[0] = ++s->n_series;
	batch_u32(b, SERIES_METRIC)[0] = metric;
	batch_u32(b, SERIES_CPU)[0] = cpu;
	metric_scenario_text(b, SERIES_INSTANCE, instance);
	metric_scenario_write(s, b);
	return s->n_series;
}

static inline void metric_scenario_value(struct metric_scenario *s, nsec_t time, uint32_t series,
					 uint64_t value)
{
	struct batch *b = batch_new(&track_value, 1);

	assert_non_null(b);
	b->time[0] = time;
	batch_u32(b, VALUE_SERIES)[0] = series;
	batch_u64(b, VALUE_VALUE)[0] = value;
	metric_scenario_write(s, b);
}

static inline void metric_scenario_meta(struct metric_scenario *s, const char *key,
					const char *value)
{
	struct batch *b = batch_new(&track_meta, 1);

	assert_non_null(b);
	b->time[0] = 0;
	metric_scenario_text(b, META_KEY, key);
	metric_scenario_text(b, META_VALUE, value);
	metric_scenario_write(s, b);
}

/* CLOCK_REALTIME at @time. */
static inline void metric_scenario_clock(struct metric_scenario *s, nsec_t time, nsec_t real)
{
	struct batch *b = batch_new(&track_clock, 1);

	assert_non_null(b);
	b->time[0] = time;
	batch_u64(b, CLOCK_REAL)[0] = real;
	metric_scenario_write(s, b);
}

static inline struct source *metric_scenario_source(struct metric_scenario *s)
{
	struct source *src = memory_source(s->memory);

	assert_non_null(src);
	return src;
}
