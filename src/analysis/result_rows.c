/* SPDX-License-Identifier: MIT */
/* Rows and counts are kept as they come and joined by time and thread afterwards. */
#include "analysis/result_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/profile_track.h"
#include "model/tasks.h"

#define MEASURE(field)                                            \
	static uint64_t get_##field(const struct result_row *row) \
	{                                                         \
		return row->field;                                \
	}
MEASURE(wall)
MEASURE(user)
MEASURE(sys)
MEASURE(rss)
MEASURE(minor)
MEASURE(major)
MEASURE(voluntary)
MEASURE(involuntary)

static uint64_t get_cpu(const struct result_row *row)
{
	return row->user + row->sys;
}

const struct result_measure result_measures[RESULT_MEASURES] = {
	{ "wall", "time from exec to the end", UNIT_NSEC, true, false, get_wall },
	{ "cpu", "user and sys together", UNIT_NSEC, true, false, get_cpu },
	{ "user", "CPU time in user mode", UNIT_NSEC, true, false, get_user },
	{ "sys", "CPU time in the kernel", UNIT_NSEC, true, false, get_sys },
	{ "rss", "peak resident memory", UNIT_BYTES, false, true, get_rss },
	{ "minor", "page faults without I/O", UNIT_COUNT, false, false, get_minor },
	{ "major", "page faults with I/O", UNIT_COUNT, false, false, get_major },
	{ "voluntary", "switches because it waited", UNIT_COUNT, false, false, get_voluntary },
	{ "involuntary", "switches because others had to run", UNIT_COUNT, false, false,
	  get_involuntary },
};

static int add_results(struct result_rows *r, const struct batch *b)
{
	void *array = r->row;
	int error = tasks_ensure(&array, &r->room, r->n + b->rows, sizeof(*r->row));

	r->row = array;
	for (uint32_t i = 0; i < b->rows && error >= 0; i++) {
		if (batch_u8(b, RESULT_SIDE)[i] >= RESULT_MAX_SIDES) {
			r->odd++;
			continue;
		}
		r->row[r->n++] = (struct result_row){
			.time = b->time[i],
			.round = batch_u32(b, RESULT_ROUND)[i],
			.side = batch_u8(b, RESULT_SIDE)[i],
			.warmup = batch_u8(b, RESULT_FLAGS)[i] & RESULT_FLAG_WARMUP,
			.tid = batch_u32(b, RESULT_TID)[i],
			.wall = batch_u64(b, RESULT_WALL)[i],
			.user = batch_u64(b, RESULT_USER)[i],
			.sys = batch_u64(b, RESULT_SYS)[i],
			.rss = batch_u64(b, RESULT_RSS)[i],
			.minor = batch_u64(b, RESULT_MINOR)[i],
			.major = batch_u64(b, RESULT_MAJOR)[i],
			.voluntary = batch_u64(b, RESULT_VOLUNTARY)[i],
			.involuntary = batch_u64(b, RESULT_INVOLUNTARY)[i],
			.status = batch_u16(b, RESULT_STATUS)[i],
		};
	}
	return error;
}

static int add_counts(struct result_rows *r, const struct batch *b)
{
	void *array = r->count;
	int error = tasks_ensure(&array, &r->count_room, r->n_counts + b->rows, sizeof(*r->count));

	r->count = array;
	for (uint32_t i = 0; i < b->rows && error >= 0; i++) {
		const uint64_t enabled = batch_u64(b, COUNTER_ENABLED)[i],
			       running = batch_u64(b, COUNTER_RUNNING)[i];

		if (batch_u8(b, COUNTER_KIND)[i] != COUNTER_TASK || !running)
			continue;
		r->count[r->n_counts++] = (struct result_count){
			.time = b->time[i],
			.tid = batch_u32(b, COUNTER_TID)[i],
			.event = batch_u16(b, COUNTER_EVENT)[i],
			.scaled = running < enabled,
			.value = (double)batch_u64(b, COUNTER_VALUE)[i] *
				 (running < enabled ? (double)enabled / (double)running : 1),
		};
	}
	return error;
}

int result_rows_add(struct result_rows *r, const struct batch *b)
{
	return b->track == &track_result    ? add_results(r, b)
	       : b->track == &track_counter ? add_counts(r, b)
					    : 0;
}

static int by_side_and_round(const void *a, const void *b)
{
	const struct result_row *x = a, *y = b;

	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return (x->time > y->time) - (x->time < y->time);
}

static int by_event_and_time(const void *a, const void *b)
{
	const struct result_count *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

void result_rows_settle(struct result_rows *r)
{
	if (r->n)
		qsort(r->row, r->n, sizeof(*r->row), by_side_and_round);
	if (r->n_counts)
		qsort(r->count, r->n_counts, sizeof(*r->count), by_event_and_time);
}

void result_rows_done(struct result_rows *r)
{
	free(r->row);
	free(r->count);
	*r = (struct result_rows){ 0 };
}

unsigned int result_rows_sides(const struct result_rows *r)
{
	return r->n ? r->row[r->n - 1].side + 1u : 0;
}

bool result_rows_count(const struct result_rows *r, const struct result_row *row, uint16_t event,
		       struct result_count *ret)
{
	const struct result_count key = { .event = event, .time = row->time, .tid = row->tid };
	const struct result_count *found =
		r->n_counts ? bsearch(&key, r->count, r->n_counts, sizeof(key), by_event_and_time)
			    : NULL;

	if (found)
		*ret = *found;
	return found != NULL;
}

int result_rows_series(const struct result_rows *r, unsigned int side,
		       const struct result_measure *measure, uint16_t event,
		       struct sample_series *ret)
{
	auto_free double *v = malloc((r->n + 1) * sizeof(*v));
	auto_free uint32_t *round = malloc((r->n + 1) * sizeof(*round));
	size_t n = 0;

	if (!v || !round)
		return -ENOMEM;
	for (const struct result_row *row = r->row; row < r->row + r->n; row++) {
		struct result_count count;

		if (row->side != side || row->warmup)
			continue;
		if (measure && measure->zero_unknown && !measure->get(row))
			continue;
		if (measure)
			v[n] = (double)measure->get(row);
		else if (result_rows_count(r, row, event, &count))
			v[n] = count.value;
		else
			continue;
		round[n++] = row->round;
	}
	*ret = (struct sample_series){ steal_ptr(v), steal_ptr(round), n };
	return 0;
}

void result_series_done(struct sample_series *s)
{
	free((void *)(uintptr_t)s->v);
	free((void *)(uintptr_t)s->round);
	*s = (struct sample_series){ 0 };
}
