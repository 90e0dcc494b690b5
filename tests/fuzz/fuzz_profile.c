/* SPDX-License-Identifier: MIT */
/*
 * Any rows of the tracks of a profile, through all analyses of profiles and the cubes. A row is
 * eight bytes: its track, and seven for what stands in it; numbers are small, so that they often
 * refer to something.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/cube.h"
#include "counting_sink.h"
#include "fuzz.h"
#include "model/memory.h"
#include "model/profile_track.h"
#include "model/sched_track.h"

#define ROW 8

static const struct track *const tracks[] = { &track_event,  &track_module, &track_frame,
					      &track_symbol, &track_sample, &track_switch,
					      &track_wakeup, &track_counter };

static void put_text(struct batch *b, unsigned int column, uint8_t what)
{
	static const char *const texts[] = { "",	  "main",
					     "schedule",  "sched:sched_switch",
					     "/lib/x.so", "//anon",
					     "\xff\x01",  "[kernel]" };
	int64_t at = batch_add_text(b, texts[what % ARRAY_SIZE(texts)]);

	if (at < 0)
		abort();
	((uint32_t *)b->col[column])[0] = (uint32_t)at;
}

/* The value of a column from the bytes of the row; numbers of nodes and modules as they should be,
 * most of the time. */
static uint64_t value_of(const struct track *t, unsigned int column, const uint8_t *row,
			 const uint64_t *next)
{
	uint8_t byte = row[1 + (column - 1) % 7];

	if (byte == 255)
		return UINT64_MAX - row[7];
	if (t == &track_frame && column == FRAME_NODE)
		return row[7] ? byte : next[2] + 1;
	if (t == &track_frame && column == FRAME_PARENT)
		return row[1];
	if (t == &track_frame && column == FRAME_MODULE)
		return row[2] % 8;
	if (t == &track_module && column == MODULE_NUMBER)
		return row[7] ? byte : next[1];
	return byte;
}

static void put_row(struct memory *m, const uint8_t *row, nsec_t time, uint64_t *next)
{
	unsigned int kind = row[0] % ARRAY_SIZE(tracks);
	const struct track *t = tracks[kind];
	auto_ptr(batch) b = batch_new(t, 1);

	if (!b)
		abort();
	b->rows = 1;
	b->cpu = kind < 4 ? BATCH_CPU_NONE : row[7] % 3;
	b->time[0] = time;
	for (unsigned int c = 1; c < t->n_columns; c++) {
		uint64_t v = value_of(t, c, row, next);

		if (!b->col[c]) /* optional */
			continue;
		switch (t->column[c].type) {
		case COLUMN_U8:
			batch_u8(b, c)[0] = (uint8_t)v;
			break;
		case COLUMN_U16:
			batch_u16(b, c)[0] = (uint16_t)v;
			break;
		case COLUMN_U32:
			batch_u32(b, c)[0] = (uint32_t)v;
			break;
		case COLUMN_U64:
			batch_u64(b, c)[0] = v;
			break;
		case COLUMN_TEXT:
			put_text(b, c, (uint8_t)v);
			break;
		default:
			abort();
		}
	}
	next[kind]++;
	if (sink_write(memory_sink(m), b, NULL) < 0)
		abort();
}

static int take_cells(struct sink *s, const struct batch *b, struct err *e)
{
	(void)s;
	(void)b;
	(void)e;
	return 0;
}

static void ask(struct source *src, bool cubes_too)
{
	const struct analysis *all[16];
	struct answer answer[ARRAY_SIZE(all)] = { 0 };
	struct analysis_args args = { .from = src->info->start, .to = src->info->end };
	struct sink sink = { take_cells };
	struct err e = { 0 };
	struct cubes cubes;
	size_t n = 0;

	for (size_t i = 0; analysis_list[i]; i++)
		if (analysis_list[i]->profile && n < ARRAY_SIZE(all))
			all[n++] = analysis_list[i];
	cubes_init(&cubes, src->info, 0);
	cubes.samples = true;
	const struct scan_taker taker = cubes_taker(&cubes);
	int r = analysis_run_all(all, n, src, &args, cubes_too ? &taker : NULL, answer, &e);

	if (r < 0 && !e.text[0])
		abort();
	if (r >= 0 && cubes_too && cubes_write(&cubes, &sink, &e) < 0)
		abort();
	for (size_t i = 0; i < n; i++)
		answer_done(&answer[i]);
	cubes_done(&cubes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(memory) m = memory_new();
	uint64_t next[ARRAY_SIZE(tracks)] = { 0 };

	if (!m)
		abort();
	for (size_t i = 0; i + ROW <= n && i < ROW * 4096; i += ROW)
		put_row(m, data + i, 1000 + i * 100, next);
	struct source *src = memory_source(m);

	if (!src)
		abort();
	ask(src, false);
	ask(src, true);
	return 0;
}
