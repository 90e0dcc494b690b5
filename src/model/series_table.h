/* SPDX-License-Identifier: MIT */
/*
 * What the values of a run are of: its metrics and the series (a metric of one thing), as tracks
 * metric and series tell them. Read whole, once; numbers in the file become places in arrays.
 *
 *	series_table_load(src, &table, &e);
 *	for (i = 0; i < series_table_n(table); i++) ... series_table_at(table, i)->instance ...
 *	table = series_table_free(table);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/metric_track.h"
#include "model/stream.h"

#define SERIES_NONE   UINT32_MAX
#define SERIES_NO_CPU UINT32_MAX

struct series_metric {
	uint32_t number; /* in the file */
	const char *name, *unit, *help; /* "" = none */
	enum metric_kind kind;
	uint8_t bits; /* 1 .. 64: where a counter wraps */
	double scale; /* value x scale is in unit: see series_scaled() */
	double divisor; /* series_divisor(scale) */
	uint32_t collector; /* the same for metrics whose names agree up to the first '.' */
};

/* 1 / scale where that is a whole number, else 0. */
double series_divisor(double scale);
/* A raw value, or a sum of such, in the metric's unit. 57 hundredths are 0.57: a product with 0.01,
 * which no double is, would be a little more. */
static inline double series_scaled(const struct series_metric *m, double v)
{
	return m->divisor > 0 ? v / m->divisor : v * m->scale;
}

struct metric_series {
	uint32_t number; /* in the file */
	uint32_t metric; /* place among the metrics */
	uint32_t cpu; /* SERIES_NO_CPU: of none */
	const char *instance; /* "sda"; "" = there is but one */
};

struct series_table; /* opaque; all that it gives is lent for its life */

/* -ENOMEM or what the cursor says. Series of metrics that the run does not describe, and whatever
 * else makes no sense, are left out: their values have no series. */
int series_table_load(struct source *src, struct series_table **ret, struct err *e) must_check;
struct series_table *series_table_free(struct series_table *t);
DEFINE_CLEANUP(series_table, series_table_free)

/* In the order in which the file tells them first. */
uint32_t series_table_n(const struct series_table *t);
const struct metric_series *series_table_at(const struct series_table *t, uint32_t i);
uint32_t series_table_n_metrics(const struct series_table *t);
const struct series_metric *series_table_metric(const struct series_table *t, uint32_t i);
uint32_t series_table_n_collectors(const struct series_table *t);

/* Places: of the series that the file numbers so (a thing that was away for long may have several
 * numbers: metric, CPU and instance tell it); of the metric of that name. SERIES_NONE: there is
 * none. */
uint32_t series_table_find(const struct series_table *t, uint32_t number);
uint32_t series_table_find_metric(const struct series_table *t, const char *name);
/* Place of the metric's series of that thing and CPU, or SERIES_NONE. */
uint32_t series_table_find_thing(const struct series_table *t, uint32_t metric,
				 const char *instance, uint32_t cpu);
/* The metric's series one after the other: @i = SERIES_NONE gives the first, the end is
 * SERIES_NONE. */
uint32_t series_table_next(const struct series_table *t, uint32_t metric, uint32_t i);
