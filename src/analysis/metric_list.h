/* SPDX-License-Identifier: MIT */
/*
 * Numbers of metrics as a list: block, thing, metric, unit, value. The long table of view metrics,
 * its rows of raw series, and the ranges of single samples.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/nsec.h"
#include "model/series_sums.h"
#include "model/series_table.h"
#include "model/table.h"

enum {
	METRIC_LIST_TIME,
	METRIC_LIST_BLOCK,
	METRIC_LIST_THING,
	METRIC_LIST_METRIC,
	METRIC_LIST_UNIT,
	METRIC_LIST_VALUE,
	METRIC_LIST_LOW,
	METRIC_LIST_HIGH,
	METRIC_LIST_LAST,
	METRIC_LIST_COLUMNS,
};
extern const struct table_column metric_list_columns[METRIC_LIST_COLUMNS];

struct value_range {
	double low, high;
	bool known;
};
void value_range_add(struct value_range *r, double v);

/* A number that may be NaN: not known. */
void metric_list_number(struct table *t, unsigned int column, double v);

/* A series as it is: gauges their mean, counters per second; NaN: not known. */
double raw_series_value(const struct series_table *table, uint32_t series,
			const struct series_sum *x);

struct raw_series_row {
	const struct series_table *table;
	uint32_t series;
	const struct series_sum *sum;
	const struct value_range *range; /* NULL: over time */
	nsec_t time; /* over time */
};
/* A row of any table with columns of those above: they are known by name. */
void raw_series_put(struct table *t, const struct raw_series_row *r);
/* A table of raw series alone; NULL: out of memory. */
struct table *raw_series_section(bool over_time);
