/* SPDX-License-Identifier: MIT */
/* Cells are gathered in a list, which is sorted and summed whenever it has become twice as long as
 * it may be. */
#include "analysis/cube_counter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/counter_meta.h"
#include "model/profile_track.h"

#define WRITE_ROWS 16384

const struct track track_cube_counter = {
	.id = 206,
	.name = "cube_counter",
	.help = "counts by time, event, CPU and task",
	.n_columns = 14,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "event", .type = COLUMN_U16, .codec = CODEC_DICT, .help = "number of the event" },
		{ .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
		  .help = "1 of a CPU, 2 of run slices, 3 of a task" },
		{ .name = "cpu", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "CPU" },
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "length", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns",
		  .help = "of the time that it tells of" },
		{ .name = "known", .type = COLUMN_U8, .codec = CODEC_PLANES,
		  .help = "0: never on a counter in that time" },
		{ .name = "value", .type = COLUMN_U64, .codec = CODEC_PLANES, .help = "estimate" },
		{ .name = "below", .type = COLUMN_U64, .codec = CODEC_PLANES,
		  .help = "by how much it may be less" },
		{ .name = "above", .type = COLUMN_U64, .codec = CODEC_PLANES,
		  .help = "by how much it may be more" },
		{ .name = "enabled", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns",
		  .help = "time that it should have been on a counter" },
		{ .name = "off", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns",
		  .help = "of that, not on one" },
		{ .name = "least", .type = COLUMN_F64, .codec = CODEC_PLANES,
		  .help = "lowest rate per second of the readings summed" },
		{ .name = "most", .type = COLUMN_F64, .codec = CODEC_PLANES, .help = "highest rate" },
	},
};

struct counter_cell {
	nsec_t from, to; /* since the start */
	uint16_t event;
	uint8_t kind;
	uint32_t cpu, task;
	struct multiplexed m;
	double least, most; /* 0 of a single reading */
};

void counter_cube_init(struct counter_cube *c, const struct run_info *info, size_t max_cells,
		       nsec_t bin_ns)
{
	*c = (struct counter_cube){ .start = info->start,
				    .span = max_of(run_info_span(info), (nsec_t)1),
				    .first_bin_ns = max_of(bin_ns, (nsec_t)1),
				    .max_cells = max_cells };
	c->readings.interval = counter_interval(info);
}

void counter_cube_done(struct counter_cube *c)
{
	counter_readings_done(&c->readings);
	free(c->cell);
	c->cell = NULL;
	c->n = c->cap = 0;
}

/* ---- bins ---- */

static int compare(const struct counter_cell *x, const struct counter_cell *y)
{
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->task < y->task ? -1 : x->task > y->task;
}

/* Of cells of one place what is known comes first. */
static int compare_cells(const void *a, const void *b)
{
	const struct counter_cell *x = a, *y = b;
	int r = compare(x, y);

	return r ? r : (int)y->m.known - (int)x->m.known;
}

static double rate(const struct counter_cell *c)
{
	return c->m.value * (double)NSEC_PER_SEC / (double)max_of(c->to - c->from, (nsec_t)1);
}

/* A reading belongs to the bin in which it ends. */
static void put_into_bin(const struct counter_cube *c, struct counter_cell *k)
{
	nsec_t bin = (k->to ? min_of(k->to, c->span) - 1 : 0) / c->bin_ns;

	if (k->m.known && k->most <= 0)
		k->least = k->most = rate(k);
	k->from = bin * c->bin_ns;
	k->to = min_of(k->from + c->bin_ns, c->span);
}

static void add_cell(struct counter_cell *to, const struct counter_cell *k)
{
	/* The estimates of a bin hold the times without a counter that it has too. */
	if (to->m.known && !k->m.known)
		return;
	to->least = min_of(to->least, k->least);
	to->most = max_of(to->most, k->most);
	multiplexed_add(&to->m, &k->m);
}

/* Cells into bins, sorted, those of one place summed. */
static void sum_bins(struct counter_cube *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		put_into_bin(c, &c->cell[i]);
	if (c->n)
		qsort(c->cell, c->n, sizeof(*c->cell), compare_cells);
	for (size_t i = 0; i < c->n; i++) {
		if (n && !compare(&c->cell[n - 1], &c->cell[i]))
			add_cell(&c->cell[n - 1], &c->cell[i]);
		else
			c->cell[n++] = c->cell[i];
	}
	c->n = n;
}

static void fit(struct counter_cube *c)
{
	if (c->bin_ns)
		sum_bins(c);
	while (c->n > c->max_cells && c->bin_ns < c->span) {
		c->bin_ns = !c->bin_ns ? c->first_bin_ns : min_of(2 * c->bin_ns, c->span);
		sum_bins(c);
	}
}

/* ---- cells ---- */

static int put(void *arg, const struct counter_estimate *k)
{
	struct counter_cube *c = arg;
	const struct counter_series *s = &c->readings.series[k->series];
	nsec_t from = max_of(k->from, c->start) - c->start;
	nsec_t to = k->to - min_of(k->to, c->start);

	if (c->n >= 2 * max_of(c->max_cells, (size_t)64))
		fit(c);
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 1024;
		struct counter_cell *grown = reallocarray(c->cell, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->cell = grown;
		c->cap = cap;
	}
	c->cell[c->n++] = (struct counter_cell){ .from = min_of(from, to),
						 .to = to,
						 .event = s->event,
						 .kind = s->kind,
						 .cpu = s->cpu,
						 .task = s->task,
						 .m = k->m };
	return 0;
}

int counter_cube_take(struct counter_cube *c, struct task_index *index, const struct batch *b,
		      struct err *e)
{
	return counter_readings_take(&c->readings, index, b, put, c, e);
}

/* ---- out ---- */

static uint64_t rounded(double v)
{
	return v > 0 && v < 0x1p63 ? (uint64_t)llround(v) : 0;
}

static void put_row(struct batch *b, const struct counter_cell *k)
{
	uint32_t row = b->rows++;
	uint64_t value = rounded(k->m.value);

	b->time[row] = k->from;
	batch_u16(b, CUBE_COUNTER_EVENT)[row] = k->event;
	batch_u8(b, CUBE_COUNTER_KIND)[row] = k->kind;
	batch_u32(b, CUBE_COUNTER_CPU)[row] = k->cpu;
	batch_u32(b, CUBE_COUNTER_TASK)[row] = k->task;
	batch_u64(b, CUBE_COUNTER_LENGTH)[row] = k->to - k->from;
	batch_u8(b, CUBE_COUNTER_KNOWN)[row] = k->m.known;
	batch_u64(b, CUBE_COUNTER_VALUE)[row] = value;
	batch_u64(b, CUBE_COUNTER_BELOW)[row] = value - min_of(rounded(k->m.low), value);
	batch_u64(b, CUBE_COUNTER_ABOVE)[row] = max_of(rounded(k->m.high), value) - value;
	batch_u64(b, CUBE_COUNTER_ENABLED)[row] = k->m.enabled;
	batch_u64(b, CUBE_COUNTER_OFF)[row] = k->m.enabled - k->m.running;
	((double *)b->col[CUBE_COUNTER_LEAST])[row] = k->least;
	((double *)b->col[CUBE_COUNTER_MOST])[row] = k->most;
}

int counter_cube_write(struct counter_cube *c, struct sink *s, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_cube_counter, WRITE_ROWS);
	int r = counter_readings_end(&c->readings, put, c);

	if (!b || r < 0)
		return err_set(e, -ENOMEM, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	fit(c);
	if (c->n && !c->bin_ns)
		qsort(c->cell, c->n, sizeof(*c->cell), compare_cells);
	for (size_t i = 0; i < c->n; i++) {
		put_row(b, &c->cell[i]);
		if (!batch_full(b) && i + 1 < c->n)
			continue;
		r = sink_write(s, b, e);
		if (r < 0)
			return r;
		batch_clear(b);
	}
	return 0;
}
