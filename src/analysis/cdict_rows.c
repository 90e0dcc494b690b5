/* SPDX-License-Identifier: MIT */
/* Rows of a cdict file out of the tracks, merged by time. */
#include "analysis/cdict_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/gaps.h"
#include "analysis/task_index.h"
#include "base/idmap.h"
#include "model/kvm_track.h"
#include "model/run.h"
#include "model/sched_track.h"
#include "model/tasks.h"

/* Who runs on a CPU. */
struct cpu_run {
	uint32_t cpu;
	bool known; /* since when */
	nsec_t since;
	nsec_t runtime; /* told by the kernel since then */
	struct gaps gaps;
	size_t gap; /* the next one to meet, or that we are in */
};

enum guest { GUEST_UNKNOWN, GUEST_IN, GUEST_OUT };

/* What a thread does; void when its generation is not the scan's. */
struct thread_state {
	uint32_t generation;
	bool asleep;
	enum guest guest;
	nsec_t asleep_since, guest_since;
	const char *first_name; /* always good */
};

struct cdict_rows {
	struct source *src;
	struct cdict_rows_query q;
	struct cursor *cursor;
	const struct batch *batch;
	uint32_t row;
	struct task_index *index;
	bool stat_runtime, stat_sleep; /* the kernel told them */
	bool epoch_known;
	uint64_t epoch; /* us */

	struct cpu_run *cpu;
	size_t n_cpus;
	struct idmap by_tid;
	struct thread_state *thread;
	uint32_t n_threads, room_threads;
	struct gaps gaps; /* of all CPUs and tracks */
	size_t gap;
	uint32_t generation;
};

/* ---- state ---- */

static struct thread_state *thread_of(struct cdict_rows *s, uint32_t tid)
{
	uint32_t i = idmap_get(&s->by_tid, tid);

	if (i == IDMAP_NONE) {
		if (s->n_threads == s->room_threads) {
			uint32_t room = max_of(2 * s->room_threads, 256u);
			struct thread_state *grown = reallocarray(s->thread, room, sizeof(*grown));

			if (!grown)
				return NULL;
			s->thread = grown;
			s->room_threads = room;
		}
		i = s->n_threads;
		if (idmap_set(&s->by_tid, tid, i) < 0)
			return NULL;
		s->thread[s->n_threads++] = (struct thread_state){ 0 };
	}
	struct thread_state *t = &s->thread[i];

	if (t->generation != s->generation)
		*t = (struct thread_state){ .generation = s->generation,
					    .first_name = t->first_name };
	return t;
}

static struct cpu_run *cpu_of(struct cdict_rows *s, uint32_t cpu)
{
	size_t low = 0, high = s->n_cpus;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->cpu[mid].cpu < cpu)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_cpus && s->cpu[low].cpu == cpu ? &s->cpu[low] : NULL;
}

/* Is @at in the gap in turn, or was there one since the last call? */
static bool crosses_gap(const struct gaps *gaps, size_t *gap, nsec_t at)
{
	bool crossed = false;

	while (*gap < gaps->n && gaps->gap[*gap].from <= at) {
		crossed = true;
		if (at <= gaps->gap[*gap].to)
			break;
		++*gap;
	}
	return crossed;
}

/* ---- names ---- */

/* 0 or -ENOMEM. */
static int name_of(struct cdict_rows *s, uint32_t tid, nsec_t at, uint32_t cpu, const char **ret,
		   uint32_t *ret_task)
{
	struct tasks *tasks = s->src->tasks;
	uint32_t number = task_index_get(s->index, tid, at, cpu);

	if (number == TASKS_NONE)
		return -ENOMEM;
	*ret_task = number;
	*ret = tasks_at(tasks, number)->role;
	if (*ret)
		return 0;
	*ret = tasks_comm_at(tasks, number, at);
	if (!s->q.first_names || !tid)
		return 0;
	struct thread_state *t = thread_of(s, tid);

	if (!t)
		return -ENOMEM;
	if (!t->first_name)
		t->first_name = *ret;
	*ret = t->first_name;
	return 0;
}

/* ---- rows: 1 when *ret is one, 0, -ENOMEM ---- */

static int take_switch(struct cdict_rows *s, nsec_t at, struct cdict_row *ret, uint32_t *ret_task)
{
	const struct batch *b = s->batch;
	uint32_t prev = batch_u32(b, SWITCH_PREV)[s->row], next = batch_u32(b, SWITCH_NEXT)[s->row];
	uint64_t ran = batch_u64_or_0(b, SWITCH_RAN, s->row);
	struct cpu_run *c = cpu_of(s, b->cpu);
	struct thread_state *out, *in;
	uint32_t next_task;
	bool known;

	if (!c)
		return 0;
	if (crosses_gap(&c->gaps, &c->gap, at))
		c->known = false;
	known = c->known || ran;
	if (ran)
		ret->duration = ran - 1;
	else if (s->stat_runtime)
		ret->duration = c->runtime;
	else
		ret->duration = prev ? at - c->since : 0;
	c->known = true;
	c->since = at;
	c->runtime = 0;
	ret->event = CDICT_SWITCH;
	ret->pid = prev;
	ret->next_pid = next;
	if (name_of(s, prev, at, b->cpu, &ret->task_name, ret_task) < 0 ||
	    name_of(s, next, at, b->cpu, &ret->next_comm, &next_task) < 0)
		return -ENOMEM;
	if (s->stat_sleep)
		return known;
	out = prev ? thread_of(s, prev) : NULL;
	if (prev && !out)
		return -ENOMEM;
	if (out) {
		out->asleep = batch_u16(b, SWITCH_STATE)[s->row] & SWITCH_STATE_SLEEP;
		out->asleep_since = at;
	}
	in = next ? thread_of(s, next) : NULL;
	if (next && !in)
		return -ENOMEM;
	if (in)
		in->asleep = false;
	return known;
}

/* A sleep as the events tell it. */
static int take_wakeup(struct cdict_rows *s, nsec_t at, struct cdict_row *ret, uint32_t *ret_task)
{
	const struct batch *b = s->batch;
	uint32_t tid = batch_u32(b, WAKEUP_TID)[s->row];
	struct thread_state *t;

	if (s->stat_sleep || !tid)
		return 0;
	t = thread_of(s, tid);
	if (!t)
		return -ENOMEM;
	if (!t->asleep)
		return 0;
	t->asleep = false;
	ret->event = CDICT_SLEEP;
	ret->pid = tid;
	ret->duration = at - t->asleep_since;
	return name_of(s, tid, at, b->cpu, &ret->task_name, ret_task) < 0 ? -ENOMEM : 1;
}

/* A sleep as the kernel tells it; or a run time for the next switch. */
static int take_stat(struct cdict_rows *s, nsec_t at, struct cdict_row *ret, uint32_t *ret_task)
{
	const struct batch *b = s->batch;
	unsigned int kind = batch_u8(b, STAT_KIND)[s->row];
	uint64_t length = batch_u64(b, STAT_NSEC)[s->row];
	struct cpu_run *c = cpu_of(s, b->cpu);

	if (kind == STAT_RUNTIME && c)
		c->runtime += length;
	if (kind != STAT_SLEEP && kind != STAT_IOWAIT)
		return 0;
	ret->event = kind == STAT_SLEEP ? CDICT_SLEEP : CDICT_IOWAIT;
	ret->pid = batch_u32(b, STAT_TID)[s->row];
	ret->duration = length;
	return name_of(s, ret->pid, at, b->cpu, &ret->task_name, ret_task) < 0 ? -ENOMEM : 1;
}

static int take_kvm(struct cdict_rows *s, nsec_t at, struct cdict_row *ret, uint32_t *ret_task)
{
	const struct batch *b = s->batch;
	bool is_exit = b->track == &track_kvm_exit;
	uint32_t tid = batch_u32(b, is_exit ? KVM_EXIT_TID : KVM_ENTRY_TID)[s->row];
	uint64_t told = batch_u64_or_0(b, is_exit ? KVM_EXIT_TOLD : KVM_ENTRY_TOLD, s->row);
	struct thread_state *t = thread_of(s, tid);

	if (!t)
		return -ENOMEM;
	bool known = told || t->guest == (is_exit ? GUEST_IN : GUEST_OUT);

	ret->event = is_exit ? CDICT_EXIT : CDICT_ENTRY;
	ret->pid = tid;
	ret->next_pid = CDICT_NO_NEXT;
	ret->duration = told ? told - 1 : at - t->guest_since;
	if (is_exit) {
		ret->reason = batch_u32(b, KVM_EXIT_REASON)[s->row];
		ret->isa = batch_u8(b, KVM_EXIT_ISA)[s->row];
	}
	t->guest = is_exit ? GUEST_OUT : GUEST_IN;
	t->guest_since = at;
	/* thread_of() may move what @t points to. */
	return name_of(s, tid, at, b->cpu, &ret->task_name, ret_task) < 0 ? -ENOMEM : known;
}

static int take_row(struct cdict_rows *s, struct cdict_row *ret, nsec_t *ret_time,
		    uint32_t *ret_task)
{
	const struct batch *b = s->batch;
	nsec_t at = b->time[s->row];
	int r;

	*ret = (struct cdict_row){ .cpu = b->cpu };
	if (crosses_gap(&s->gaps, &s->gap, at))
		s->generation++;
	if (b->track == &track_switch)
		r = take_switch(s, at, ret, ret_task);
	else if (b->track == &track_wakeup)
		r = take_wakeup(s, at, ret, ret_task);
	else if (b->track == &track_stat)
		r = take_stat(s, at, ret, ret_task);
	else
		r = take_kvm(s, at, ret, ret_task);
	s->row++;
	if (r <= 0)
		return r;
	if (!s->epoch_known) {
		s->epoch_known = true;
		s->epoch = at / NSEC_PER_USEC;
	}
	*ret_time = at;
	ret->usecs = at / NSEC_PER_USEC - s->epoch;
	ret->duration /= NSEC_PER_USEC;
	return 1;
}

int cdict_rows_next(struct cdict_rows *s, struct cdict_row *ret, nsec_t *ret_time,
		    uint32_t *ret_task, struct err *e)
{
	nsec_t time;
	uint32_t task;

	for (;;) {
		int r;

		if (!s->batch || s->row == s->batch->rows) {
			s->row = 0;
			r = cursor_next(s->cursor, &s->batch, e);
			if (r <= 0) {
				s->batch = NULL;
				return r;
			}
			continue;
		}
		r = take_row(s, ret, ret_time ? ret_time : &time, ret_task ? ret_task : &task);
		if (r < 0)
			return err_set(e, r, "out of memory");
		if (r)
			return r;
	}
}

/* ---- setting up ---- */

/* Which statistics the kernel told, by the kinds of the stat track. */
static int find_stats(struct cdict_rows *s, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_stat), .columns = 1u << STAT_KIND };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r;

	if (!analysis_has_track(s->src->info, &track_stat))
		return 0;
	r = source_cursor(s->src, &q, &c, e);
	while (r >= 0 && !(s->stat_runtime && s->stat_sleep) && (r = cursor_next(c, &b, e)) > 0)
		for (uint32_t i = 0; i < b->rows; i++) {
			unsigned int kind = batch_u8(b, STAT_KIND)[i];

			s->stat_runtime |= kind == STAT_RUNTIME;
			s->stat_sleep |= kind == STAT_SLEEP || kind == STAT_IOWAIT;
		}
	return r < 0 ? r : 0;
}

static int init_cpus(struct cdict_rows *s)
{
	const uint16_t tracks[] = { track_switch.id, track_stat.id };
	const struct run_info *info = s->src->info;

	s->cpu = calloc(info->n_cpu + 1, sizeof(*s->cpu));
	if (!s->cpu)
		return -ENOMEM;
	for (size_t i = 0; i < info->n_cpu; i++) {
		struct cpu_run *c = &s->cpu[s->n_cpus++];

		c->cpu = info->cpu[i].cpu;
		c->known = info->cpu[i].start_marked;
		c->since = info->cpu[i].start;
		if (gaps_init(&c->gaps, info, tracks, s->stat_runtime ? 2 : 1, c->cpu) < 0)
			return -ENOMEM;
	}
	return 0;
}

int cdict_rows_new(struct source *src, const struct cdict_rows_query *q, struct cdict_rows **ret,
		   struct err *e)
{
	const uint16_t all[] = { track_switch.id, track_wakeup.id, track_kvm_exit.id,
				 track_kvm_entry.id };
	const struct query query = {
		.tracks = track_bit(&track_switch) | track_bit(&track_wakeup) |
			  track_bit(&track_kvm_exit) | track_bit(&track_kvm_entry) |
			  track_bit(&track_stat),
		.order = CURSOR_BY_TIME,
	};
	const char *format = run_info_meta(src->info, "import.format");
	auto_ptr(cdict_rows) s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->src = src;
	s->q = *q;
	s->generation = 1;
	s->epoch_known = format && !strcmp(format, "cdict");
	s->index = task_index_new(src->tasks);
	int r = find_stats(s, e);

	if (r < 0)
		return r;
	if (!s->index || init_cpus(s) < 0 ||
	    gaps_init(&s->gaps, src->info, all, ARRAY_SIZE(all), GAPS_ANY_CPU) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	r = source_cursor(src, &query, &s->cursor, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

struct cdict_rows *cdict_rows_free(struct cdict_rows *s)
{
	if (!s)
		return NULL;
	s->cursor = cursor_free(s->cursor);
	for (size_t i = 0; i < s->n_cpus; i++)
		gaps_done(&s->cpu[i].gaps);
	gaps_done(&s->gaps);
	free(s->cpu);
	free(s->thread);
	idmap_done(&s->by_tid);
	s->index = task_index_free(s->index);
	free(s);
	return NULL;
}
