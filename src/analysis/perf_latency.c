/* SPDX-License-Identifier: MIT */
/* The counting of `perf sched latency`: one pass over all CPUs in time order. */
#include "analysis/perf_latency.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/gaps.h"
#include "analysis/task_index.h"
#include "base/cpuset.h"
#include "model/run.h"
#include "model/sched_track.h"
#include "model/tasks.h"

enum does { DOES_UNMET, DOES_SLEEP, DOES_WAIT, DOES_OTHER };

struct waiter {
	nsec_t since;
	uint32_t generation; /* of another one: only whether it was met counts */
	enum does does;
};

struct on_cpu {
	nsec_t since;
	uint32_t task, generation;
};

struct reading {
	struct source *src;
	struct perf_latencies *out;
	struct task_index *index;
	struct waiter *waiter; /* by task number */
	size_t n_waiters;
	struct on_cpu cpu[CPUSET_MAX];
	struct gaps gaps;
	size_t gap;
	uint32_t generation;
};

/* 0 or -ENOMEM; then arrays have room for every task. */
static int make_room(struct reading *r)
{
	size_t need = tasks_count(r->src->tasks);
	void *task = r->out->task, *waiter = r->waiter;
	int ret = tasks_ensure(&task, &r->out->n, need, sizeof(*r->out->task));

	r->out->task = task;
	if (ret >= 0)
		ret = tasks_ensure(&waiter, &r->n_waiters, need, sizeof(*r->waiter));
	r->waiter = waiter;
	return ret;
}

static struct waiter *waiter_of(struct reading *r, uint32_t task)
{
	struct waiter *w = &r->waiter[task];

	if (w->generation != r->generation) {
		w->generation = r->generation;
		/* In perf's words: nothing is known but that it exists. */
		if (w->does != DOES_UNMET)
			w->does = DOES_OTHER;
	}
	return w;
}

static void wait_ends(struct reading *r, uint32_t task, nsec_t at)
{
	struct waiter *w = waiter_of(r, task);
	struct perf_latency *l = &r->out->task[task];
	nsec_t length = w->does == DOES_WAIT ? at - w->since : 0;

	if (w->does == DOES_WAIT || w->does == DOES_UNMET) {
		l->waits++;
		l->total += length;
		if (length > l->longest) {
			l->longest = length;
			l->longest_begin = w->since;
			l->longest_end = at;
		}
	}
	w->does = DOES_OTHER;
}

static int take_switch(struct reading *r, const struct batch *b, uint32_t row)
{
	nsec_t at = b->time[row];
	uint32_t prev_tid = batch_u32(b, SWITCH_PREV)[row];
	uint32_t next_tid = batch_u32(b, SWITCH_NEXT)[row];
	uint32_t prev = task_index_get(r->index, prev_tid, at, b->cpu);
	uint32_t next = task_index_get(r->index, next_tid, at, b->cpu);
	uint64_t ran = batch_u64_or_0(b, SWITCH_RAN, row);

	if (prev == TASKS_NONE || next == TASKS_NONE || make_room(r) < 0)
		return -ENOMEM;
	if (prev_tid) {
		struct waiter *w = waiter_of(r, prev);

		w->since = at;
		w->does = batch_u16(b, SWITCH_STATE)[row] == SWITCH_STATE_RUNNING ? DOES_WAIT
										  : DOES_SLEEP;
	}
	if (b->cpu < CPUSET_MAX) {
		struct on_cpu *c = &r->cpu[b->cpu];

		if (r->out->runtime_measured && prev_tid) {
			if (ran)
				r->out->task[prev].runtime += ran - 1;
			else if (c->generation == r->generation)
				r->out->task[prev].runtime += at - c->since;
		}
		*c = (struct on_cpu){ .since = at, .task = next, .generation = r->generation };
	}
	if (next_tid)
		wait_ends(r, next, at);
	return 0;
}

static int take_wakeup(struct reading *r, const struct batch *b, uint32_t row)
{
	nsec_t at = b->time[row];
	uint32_t tid = batch_u32(b, WAKEUP_TID)[row];
	uint32_t task = tid ? task_index_get(r->index, tid, at, b->cpu) : 0;

	if (!tid)
		return 0;
	if (task == TASKS_NONE || make_room(r) < 0)
		return -ENOMEM;
	struct waiter *w = waiter_of(r, task);

	if (w->does == DOES_SLEEP || w->does == DOES_UNMET) {
		w->does = DOES_WAIT;
		w->since = at;
	}
	return 0;
}

static int take_stat(struct reading *r, const struct batch *b, uint32_t row)
{
	uint32_t tid = batch_u32(b, STAT_TID)[row];
	uint32_t task;

	if (batch_u8(b, STAT_KIND)[row] != STAT_RUNTIME || !tid)
		return 0;
	task = task_index_get(r->index, tid, b->time[row], b->cpu);
	if (task == TASKS_NONE || make_room(r) < 0)
		return -ENOMEM;
	r->out->task[task].runtime += batch_u64(b, STAT_NSEC)[row];
	return 0;
}

static int take_rows(struct reading *r, const struct batch *b)
{
	int ret = 0;

	for (uint32_t i = 0; i < b->rows && ret >= 0; i++) {
		while (r->gap < r->gaps.n && r->gaps.gap[r->gap].from <= b->time[i]) {
			r->generation++;
			if (b->time[i] <= r->gaps.gap[r->gap].to)
				break;
			r->gap++;
		}
		if (b->track == &track_switch)
			ret = take_switch(r, b, i);
		else if (b->track == &track_wakeup)
			ret = take_wakeup(r, b, i);
		else
			ret = take_stat(r, b, i);
	}
	return ret;
}

/* Did the kernel tell run times? */
static int find_runtimes(struct reading *r, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_stat), .columns = 1u << STAT_KIND };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int ret = source_cursor(r->src, &q, &c, e);

	r->out->runtime_measured = true;
	while (ret >= 0 && r->out->runtime_measured && (ret = cursor_next(c, &b, e)) > 0)
		for (uint32_t i = 0; i < b->rows; i++)
			if (batch_u8(b, STAT_KIND)[i] == STAT_RUNTIME)
				r->out->runtime_measured = false;
	return ret < 0 ? ret : 0;
}

static int read_all(struct reading *r, nsec_t from, nsec_t to, struct err *e)
{
	const uint16_t tracks[] = { track_switch.id, track_wakeup.id };
	const struct query q = {
		.tracks = track_bit(&track_switch) | track_bit(&track_wakeup) |
			  track_bit(&track_stat),
		.from = from,
		.to = to,
		.order = CURSOR_BY_TIME,
	};
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int ret = find_runtimes(r, e);

	if (ret < 0)
		return ret;
	r->index = task_index_new(r->src->tasks);
	if (!r->index || make_room(r) < 0 ||
	    gaps_init(&r->gaps, r->src->info, tracks, ARRAY_SIZE(tracks), GAPS_ANY_CPU) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	ret = source_cursor(r->src, &q, &c, e);
	while (ret >= 0 && (ret = cursor_next(c, &b, e)) > 0)
		if (take_rows(r, b) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	if (ret >= 0 && make_room(r) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	return ret;
}

int perf_latencies_read(struct source *src, nsec_t from, nsec_t to, struct perf_latencies *ret,
			struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));

	*ret = (struct perf_latencies){ 0 };
	if (!r)
		return err_set(e, -ENOMEM, "out of memory");
	r->src = src;
	r->out = ret;
	r->generation = 1;
	int result = read_all(r, from, to, e);

	gaps_done(&r->gaps);
	task_index_free(r->index);
	free(r->waiter);
	free(r);
	return result < 0 ? result : 0;
}

void perf_latencies_done(struct perf_latencies *l)
{
	free(l->task);
	*l = (struct perf_latencies){ 0 };
}
