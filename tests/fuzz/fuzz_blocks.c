/* SPDX-License-Identifier: MIT */
/*
 * A *.blocks file: read, then its blocks are bound to the series of a small run and evaluated. A
 * file that is read gives each cell a finite value or a reason; one that is not, words.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "metric/block_rows.h"
#include "model/memory.h"
#include "model/metric_track.h"
#include "model/series_cursor.h"
#include "model/series_sums.h"

static void put_text(struct batch *b, unsigned int column, const char *s)
{
	int64_t at = batch_add_text(b, s);

	if (at < 0)
		abort();
	((uint32_t *)b->col[column])[b->rows] = (uint32_t)at;
}

static void write_out(struct memory *m, struct batch *b)
{
	struct err e = { 0 };

	b->cpu = BATCH_CPU_NONE;
	if (sink_write(memory_sink(m), b, &e) < 0)
		abort();
	batch_free(b);
}

static const struct {
	const char *metric, *instance;
	uint32_t cpu;
	bool gauge;
} series[] = {
	{ "d.n", "sda", SERIES_NO_CPU, false },
	{ "d.n", "sda1", SERIES_NO_CPU, false },
	{ "d.m", "sda", SERIES_NO_CPU, false },
	{ "d.n", "loop0", SERIES_NO_CPU, false },
	{ "c.u", "", 0, false },
	{ "c.u", "", 3, false },
	{ "c.g", "", SERIES_NO_CPU, true },
	{ "c.g", "axb", SERIES_NO_CPU, true },
	{ "i.n", "24", 1, false },
	{ "i.n", "LOC", 0, false },
	{ "sadf.a.b.x.n", "x", SERIES_NO_CPU, true },
};

/* Three ticks of the series above. */
static struct memory *make_run(void)
{
	struct memory *m = memory_new();

	if (!m)
		abort();
	for (uint32_t i = 0; i < ARRAY_SIZE(series); i++) {
		struct batch *b = batch_new(&track_metric, 1), *s = batch_new(&track_series, 1);

		batch_u32(b, METRIC_NUMBER)[0] = i + 1;
		batch_u8(b, METRIC_KIND)[0] = series[i].gauge ? METRIC_GAUGE : METRIC_COUNTER;
		batch_u8(b, METRIC_BITS)[0] = 32;
		batch_f64(b, METRIC_SCALE)[0] = 0.5;
		put_text(b, METRIC_NAME, series[i].metric);
		b->time[0] = 0;
		b->rows = 1;
		write_out(m, b);
		batch_u32(s, SERIES_NUMBER)[0] = i + 1;
		batch_u32(s, SERIES_METRIC)[0] = i + 1;
		batch_u32(s, SERIES_CPU)[0] = series[i].cpu;
		put_text(s, SERIES_INSTANCE, series[i].instance);
		s->time[0] = 0;
		s->rows = 1;
		write_out(m, s);
	}
	for (unsigned int t = 1; t <= 3; t++) {
		struct batch *b = batch_new(&track_value, ARRAY_SIZE(series));

		for (; b->rows < ARRAY_SIZE(series); b->rows++) {
			b->time[b->rows] = t * NSEC_PER_SEC;
			batch_u32(b, VALUE_SERIES)[b->rows] = b->rows + 1;
			batch_u64(b, VALUE_VALUE)[b->rows] = t * b->rows;
		}
		write_out(m, b);
	}
	return m;
}

static void evaluate(const struct block *b, const struct series_table *t,
		     const struct series_sums *sums)
{
	struct reading cell[BLOCK_ITEMS_MAX + 8];
	struct block_rows *r = NULL;
	struct err e = { 0 };

	if (block_rows_new(b, t, &r, &e) < 0)
		abort();
	for (uint32_t row = 0; row < block_rows_n(r); row++) {
		if (!block_rows_eval(r, row, sums, cell))
			continue;
		for (unsigned int c = 0; c < block_rows_n_columns(r); c++)
			if (!cell[c].absent && !isfinite(cell[c].value))
				abort();
	}
	block_rows_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct memory *run;
	auto_ptr(block_set) s = block_set_new();
	auto_ptr(series_table) t = NULL;
	auto_ptr(series_cursor) c = NULL;
	struct series_tick tick;
	struct err e = { 0 };

	if (!run)
		run = make_run();
	struct source *src = memory_source(run);

	if (!s || !src || series_table_load(src, &t, &e) < 0 ||
	    series_cursor_open(src, t, 0, 0, &c, &e) < 0)
		abort();
	if (block_set_add(s, "fuzz", (const char *)data, n, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	auto_ptr(series_sums) sums = series_sums_new(t);

	if (!sums)
		abort();
	while (series_cursor_next(c, &tick, &e) > 0)
		series_sums_add(sums, &tick);
	for (unsigned int i = 0; i < block_set_n(s); i++)
		evaluate(block_set_at(s, i), t, sums);
	return 0;
}
