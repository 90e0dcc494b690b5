/* SPDX-License-Identifier: MIT */
/* The list of metrics, and raw series in it. */
#include "analysis/metric_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_COLUMN(name_, title_, help_)                                                  \
	{                                                                                    \
		.name = name_, .title = title_, .type = CELL_F64, .digits = 2, .help = help_ \
	}
#define KEY_COLUMN(name_, title_, help_)                                                      \
	{                                                                                     \
		.name = name_, .title = title_, .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY, \
		.help = help_                                                                 \
	}

const struct table_column metric_list_columns[METRIC_LIST_COLUMNS] = {
	[METRIC_LIST_TIME] = { .name = "time",
			       .title = "Time",
			       .type = CELL_U64,
			       .unit = UNIT_TIME,
			       .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
			       .help = "end of the interval, with --interval" },
	[METRIC_LIST_BLOCK] = KEY_COLUMN("block", "Block", "what it is about, as in --set"),
	[METRIC_LIST_THING] =
		KEY_COLUMN("thing", "Thing", "disk, interface, CPU; missing: there is but one"),
	[METRIC_LIST_METRIC] =
		KEY_COLUMN("metric", "Metric", "column of the block, or a metric's own name"),
	[METRIC_LIST_UNIT] = { .name = "unit",
			       .title = "Unit",
			       .type = CELL_TEXT,
			       .flags = TABLE_COLUMN_KEY,
			       .help = "of the numbers; missing: a number" },
	[METRIC_LIST_VALUE] = NUMBER_COLUMN("value", "Value",
					    "over the window or the interval: counters by the time "
					    "that passed, levels by how long they stood"),
	[METRIC_LIST_LOW] =
		NUMBER_COLUMN("min", "Least", "of the single samples, without --interval"),
	[METRIC_LIST_HIGH] =
		NUMBER_COLUMN("max", "Most", "of the single samples, without --interval"),
	[METRIC_LIST_LAST] = NUMBER_COLUMN("last", "Last",
					   "raw series: what it was at the end, counters in all"),
};

void value_range_add(struct value_range *r, double v)
{
	if (!isfinite(v))
		return;
	r->low = r->known ? fmin(r->low, v) : v;
	r->high = r->known ? fmax(r->high, v) : v;
	r->known = true;
}

void metric_list_number(struct table *t, unsigned int column, double v)
{
	if (isfinite(v))
		table_set_f64(t, column, v);
}

static const struct series_metric *metric_of(const struct series_table *table, uint32_t series)
{
	return series_table_metric(table, series_table_at(table, series)->metric);
}

double raw_series_value(const struct series_table *table, uint32_t series,
			const struct series_sum *x)
{
	const struct series_metric *m = metric_of(table, series);

	return m->kind == METRIC_GAUGE ? series_sum_mean(x) : series_sum_rate(x, m);
}

static void put_thing(struct table *t, unsigned int column, const struct metric_series *s)
{
	char text[320];
	int n = snprintf(text, sizeof(text), "%.255s", s->instance);

	if (s->cpu != SERIES_NO_CPU)
		(void)snprintf(text + n, sizeof(text) - (size_t)n, "%sCPU %" PRIu32, n ? " " : "",
			       s->cpu);
	if (*text)
		table_set_text(t, column, text);
}

static void put_cell(struct table *t, unsigned int column, unsigned int what,
		     const struct raw_series_row *r)
{
	const struct metric_series *s = series_table_at(r->table, r->series);
	const struct series_metric *m = metric_of(r->table, r->series);
	char text[64];

	switch (what) {
	case METRIC_LIST_TIME:
		if (!r->range)
			table_set_u64(t, column, r->time);
		break;
	case METRIC_LIST_BLOCK:
		(void)snprintf(text, sizeof(text), "%.*s",
			       (int)min_of(strcspn(m->name, "."), (size_t)60), m->name);
		table_set_text(t, column, text);
		break;
	case METRIC_LIST_THING:
		put_thing(t, column, s);
		break;
	case METRIC_LIST_METRIC:
		table_set_text(t, column, m->name);
		break;
	case METRIC_LIST_UNIT:
		(void)snprintf(text, sizeof(text), "%.40s%s", m->unit,
			       m->kind == METRIC_COUNTER ? "/s" : "");
		if (*text)
			table_set_text(t, column, text);
		break;
	case METRIC_LIST_VALUE:
		metric_list_number(t, column, raw_series_value(r->table, r->series, r->sum));
		break;
	case METRIC_LIST_LAST:
		metric_list_number(t, column, r->sum->last);
		break;
	default:
		if (r->range && r->range->known)
			metric_list_number(t, column,
					   what == METRIC_LIST_LOW ? r->range->low
								   : r->range->high);
	}
}

void raw_series_put(struct table *t, const struct raw_series_row *r)
{
	table_row(t);
	for (unsigned int c = 0; c < table_n_columns(t); c++)
		for (unsigned int i = 0; i < METRIC_LIST_COLUMNS; i++)
			if (!strcmp(table_column(t, c)->name, metric_list_columns[i].name))
				put_cell(t, c, i, r);
}

struct table *raw_series_section(bool over_time)
{
	static const uint8_t rows[] = { METRIC_LIST_TIME, METRIC_LIST_METRIC, METRIC_LIST_THING,
					METRIC_LIST_UNIT, METRIC_LIST_VALUE,  METRIC_LIST_LAST };
	static const uint8_t whole[] = { METRIC_LIST_METRIC, METRIC_LIST_THING, METRIC_LIST_UNIT,
					 METRIC_LIST_VALUE,  METRIC_LIST_LOW,	METRIC_LIST_HIGH,
					 METRIC_LIST_LAST };
	unsigned int n = over_time ? ARRAY_SIZE(rows) : ARRAY_SIZE(whole);
	struct table_column c[ARRAY_SIZE(whole)];

	for (unsigned int i = 0; i < n; i++) {
		c[i] = metric_list_columns[over_time ? rows[i] : whole[i]];
		if (c[i].type == CELL_F64)
			c[i].unit = UNIT_OF_ROW;
		if (!strcmp(c[i].name, metric_list_columns[METRIC_LIST_UNIT].name))
			c[i].flags |= TABLE_COLUMN_UNIT;
	}
	return table_new("raw", "Metrics as recorded, counters per second", c, n);
}
