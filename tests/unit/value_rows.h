/* SPDX-License-Identifier: MIT */
/*
 * A sink for tests of collectors: each value becomes a line of text, "disk.reads sda 12",
 * "cpu.user @0 500", "interrupts.count LOC@1 7"; rows of series and metrics say what the numbers
 * mean, and a value without them is refused.
 */
#pragma once

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "model/metric_track.h"
#include "model/stream.h"

#define VALUE_ROWS_MAX 65536u

struct value_rows {
	struct sink sink;
	struct buf text; /* the values */
	struct buf told; /* rows of series: "1 disk.reads sda" */
	char *metric[1024]; /* by number */
	char *series[VALUE_ROWS_MAX];
	bool gauge[1024], signed_value[VALUE_ROWS_MAX];
	uint32_t n_metrics, n_series;
	uint64_t n_values;
	bool silent; /* count only */
	int fail; /* what write() returns, < 0 */
};

static inline void value_rows_series(struct value_rows *v, const struct batch *b, uint32_t i)
{
	uint32_t number = batch_u32(b, SERIES_NUMBER)[i], metric = batch_u32(b, SERIES_METRIC)[i];
	uint32_t cpu = batch_u32(b, SERIES_CPU)[i];
	const char *thing = batch_text(b, SERIES_INSTANCE, i);
	char at[16] = "", *name;

	if (number >= VALUE_ROWS_MAX || metric >= 1024 || !v->metric[metric])
		abort();
	if (cpu != UINT32_MAX)
		snprintf(at, sizeof(at), "@%u", cpu);
	if (asprintf(&name, "%s%s%s%s", v->metric[metric], *thing || *at ? " " : "", thing, at) < 0)
		abort();
	free(v->series[number]);
	v->series[number] = name;
	v->signed_value[number] = v->gauge[metric];
	v->n_series++;
	buf_addf(&v->told, "%u %s\n", number, name);
}

static inline void value_rows_value(struct value_rows *v, const struct batch *b, uint32_t i)
{
	uint32_t number = batch_u32(b, VALUE_SERIES)[i];
	uint64_t value = batch_u64(b, VALUE_VALUE)[i];

	if (number >= VALUE_ROWS_MAX || !v->series[number])
		abort();
	v->n_values++;
	if (v->silent)
		return;
	if (v->signed_value[number])
		buf_addf(&v->text, "%s %" PRId64 "\n", v->series[number], (int64_t)value);
	else
		buf_addf(&v->text, "%s %" PRIu64 "\n", v->series[number], value);
}

static inline int value_rows_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct value_rows *v = (struct value_rows *)sink;

	if (v->fail < 0)
		return err_set(e, v->fail, "the sink is full");
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track == &track_metric) {
			uint32_t number = batch_u32(b, METRIC_NUMBER)[i];

			if (number >= 1024)
				abort();
			free(v->metric[number]);
			v->metric[number] = strdup(batch_text(b, METRIC_NAME, i));
			v->gauge[number] = batch_u8(b, METRIC_KIND)[i] == METRIC_GAUGE;
			v->n_metrics++;
		} else if (b->track == &track_series) {
			value_rows_series(v, b, i);
		} else if (b->track == &track_value) {
			value_rows_value(v, b, i);
		}
	}
	return 0;
}

static inline struct value_rows *value_rows_new(void)
{
	struct value_rows *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	v->sink.write = value_rows_write;
	buf_init(&v->text, 0);
	buf_init(&v->told, 0);
	return v;
}

static inline void value_rows_free(struct value_rows *v)
{
	for (uint32_t i = 0; i < 1024; i++)
		free(v->metric[i]);
	for (uint32_t i = 0; i < VALUE_ROWS_MAX; i++)
		free(v->series[i]);
	buf_done(&v->text);
	buf_done(&v->told);
	free(v);
}

static inline void cleanup_value_rows(struct value_rows **v)
{
	if (*v)
		value_rows_free(*v);
}

/* The texts since the last call. */
static inline char *value_rows_take(struct value_rows *v)
{
	char *text = buf_take(&v->text);

	buf_clear(&v->told);
	return text ? text : strdup("");
}
