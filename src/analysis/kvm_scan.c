/* SPDX-License-Identifier: MIT */
/*
 * One state machine per vCPU thread over exits, entries and switches in time order. Rows are taken
 * in ranges that contain no edge: no begin of the window, no begin or end of a gap.
 */
#include "analysis/kvm_scan.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/gaps.h"
#include "base/cpuset.h"
#include "model/kvm_reason.h"
#include "model/sched_track.h"
#include "model/tasks.h"

#define CHUNK_ROWS 256
/* An exit gives at most itself, the guest span that it ends and a lone exit before it; an entry two
 * spans, a lone exit and an event. */
#define CHUNK_SPANS (4 * CHUNK_ROWS)

enum vcpu_does { DOES_UNKNOWN, DOES_GUEST, DOES_HOST };

/* What a thread left the guest for, and what has happened since; in the guest: since the entry. */
struct stay {
	nsec_t since, off_cpu;
	uint32_t reason;
	uint16_t flags; /* KVM_SPAN_OUT, KVM_SPAN_ASLEEP */
	uint8_t isa;
};

struct vcpu {
	struct stay now;
	struct stay before; /* an exit that the one of `now` followed without an entry */
	nsec_t out_since; /* switched out since, or NSEC_MAX */
	uint16_t out_flags; /* KVM_SPAN_OUT and, if it sleeps, KVM_SPAN_ASLEEP */
	struct event {
		nsec_t since;
		uint64_t what;
		uint32_t detail;
		uint8_t kind; /* 0: none */
	} event; /* waits for the entry */
	uint32_t generation; /* all this counts only when it is the scan's */
	uint8_t does; /* enum vcpu_does */
	bool displaced; /* `before` waits for an entry at the same time as the exit of `now` */
};

struct kvm_scan {
	struct source *src;
	struct kvm_scan_query q;
	struct cursor *cursor; /* NULL: all rows were read */
	const struct batch *batch; /* being taken, from @row on */
	uint32_t row, n_rows; /* n_rows: taken for this chunk */
	struct task_index *index;
	struct kvm_scan_stats stats;

	struct vcpu *vcpu; /* by task number */
	size_t n_vcpus;
	struct gaps gaps; /* of all CPUs and the tracks that are read */
	size_t gap;
	bool blind; /* in a gap */
	uint32_t generation;

	struct kvm_span span[CHUNK_SPANS];
	size_t n;
	int error;
};

bool kvm_scan_can(const struct run_info *info)
{
	return analysis_has_track(info, &track_kvm_exit) || analysis_has_track(info, &track_kvm);
}

/* ---- threads ---- */

/* NULL: out of memory. */
static struct vcpu *vcpu_of(struct kvm_scan *s, uint32_t tid, nsec_t at, uint32_t cpu,
			    uint32_t *ret_task)
{
	uint32_t task = *ret_task = task_index_get(s->index, tid, at, cpu);

	if (task == TASKS_NONE) {
		s->error = -ENOMEM;
		return NULL;
	}
	if (task >= s->n_vcpus) {
		void *array = s->vcpu;
		size_t need = max_of((size_t)task + 1, tasks_count(s->src->tasks));
		int r = tasks_ensure(&array, &s->n_vcpus, need, sizeof(*s->vcpu));

		s->vcpu = array;
		if (r < 0) {
			s->error = r;
			return NULL;
		}
	}
	struct vcpu *v = &s->vcpu[task];

	if (v->generation != s->generation)
		*v = (struct vcpu){ .generation = s->generation, .out_since = NSEC_MAX };
	return v;
}

/* One that a switch may concern: who is no vCPU, or not known to be, is left alone. */
static inline struct vcpu *known_vcpu(struct kvm_scan *s, uint32_t tid, nsec_t at, uint32_t cpu,
				      uint32_t *ret_task)
{
	uint32_t task = *ret_task = tid ? task_index_get(s->index, tid, at, cpu) : TASKS_NONE;

	if (task >= s->n_vcpus) {
		if (task == TASKS_NONE && tid)
			s->error = -ENOMEM;
		return NULL;
	}
	struct vcpu *v = &s->vcpu[task];

	return v->generation == s->generation && v->does != DOES_UNKNOWN ? v : NULL;
}

static inline void add(struct kvm_scan *s, enum kvm_span_kind kind, uint32_t task, uint32_t cpu,
		       const struct stay *of, nsec_t end)
{
	s->span[s->n++] = (struct kvm_span){ .begin = of->since,
					     .end = end,
					     .off_cpu = of->off_cpu,
					     .task = task,
					     .cpu = cpu,
					     .reason = of->reason,
					     .isa = of->isa,
					     .kind = (uint8_t)kind,
					     .flags = of->flags };
}

static inline void add_lone(struct kvm_scan *s, uint32_t task, uint32_t cpu, nsec_t at)
{
	add(s, KVM_SPAN_LONE, task, cpu, &(struct stay){ .since = at }, at);
}

static inline void add_event(struct kvm_scan *s, uint32_t task, uint32_t cpu,
			     const struct event *of, nsec_t begin, nsec_t end)
{
	s->span[s->n++] = (struct kvm_span){ .begin = begin,
					     .end = end,
					     .what = of->what,
					     .task = task,
					     .cpu = cpu,
					     .detail = of->detail,
					     .event = of->kind,
					     .kind = KVM_SPAN_EVENT };
}

static inline void take_exit(struct kvm_scan *s, uint32_t tid, nsec_t at, uint32_t cpu,
			     unsigned int isa, uint32_t reason)
{
	struct stay now = { .since = at, .reason = reason, .isa = (uint8_t)isa };
	uint32_t task;
	struct vcpu *v = vcpu_of(s, tid, at, cpu, &task);

	if (!v)
		return;
	add(s, KVM_SPAN_EXIT, task, cpu, &now, at);
	if (s->blind)
		return;
	/* The clock did not tell this exit from the switch-out behind it. */
	bool out = v->does == DOES_GUEST && v->out_since == at;

	if (v->does == DOES_GUEST && !s->stats.user) {
		v->now.reason = reason;
		v->now.isa = (uint8_t)isa;
		v->now.flags = 0;
		add(s, KVM_SPAN_GUEST, task, cpu, &v->now, at);
	} else if (v->does == DOES_HOST) {
		if (v->displaced)
			add_lone(s, task, cpu, at);
		v->before = v->now;
	}
	v->displaced = v->does == DOES_HOST;
	v->does = DOES_HOST;
	v->now = now;
	v->event.kind = 0;
	if (out) {
		v->now.flags = v->out_flags;
		add(s, KVM_SPAN_LAST, task, cpu, &v->now, at);
	} else {
		v->out_since = NSEC_MAX; /* it runs, whatever the switches said */
	}
}

/* Into the guest; for exits to user space: into KVM_RUN. */
static inline void take_entry(struct kvm_scan *s, uint32_t tid, nsec_t at, uint32_t cpu)
{
	uint32_t task;
	struct vcpu *v = vcpu_of(s, tid, at, cpu, &task);

	if (!v)
		return;
	if (v->does == DOES_HOST && v->displaced && v->now.since == at) {
		/* The clock did not tell this entry from the exit behind it. */
		struct stay guest = { .since = at, .reason = v->now.reason, .isa = v->now.isa };

		add(s, KVM_SPAN_HOST, task, cpu, &v->before, at);
		if (!s->stats.user)
			add(s, KVM_SPAN_GUEST, task, cpu, &guest, at);
		v->displaced = false;
		return;
	}
	if (v->does == DOES_HOST)
		add(s, KVM_SPAN_HOST, task, cpu, &v->now, at);
	if (v->does != DOES_HOST || v->displaced)
		add_lone(s, task, cpu, at);
	if (v->event.kind)
		add_event(s, task, cpu, &v->event, v->event.since, at);
	v->event.kind = 0;
	v->does = DOES_GUEST;
	v->displaced = false;
	v->now = (struct stay){ .since = at };
	v->out_since = NSEC_MAX;
}

static inline void take_switch(struct kvm_scan *s, uint32_t prev, uint32_t next, unsigned int state,
			       nsec_t at, uint32_t cpu)
{
	uint32_t task;
	struct vcpu *v = known_vcpu(s, prev, at, cpu, &task);
	bool dead = state & SWITCH_STATE_DEAD;

	if (v) {
		v->out_since = at;
		v->out_flags = KVM_SPAN_OUT;
		if (!switch_state_runnable(state) && !dead)
			v->out_flags |= KVM_SPAN_ASLEEP;
		if (v->does == DOES_HOST && !(v->now.flags & KVM_SPAN_OUT)) {
			v->now.flags |= v->out_flags;
			add(s, KVM_SPAN_LAST, task, cpu, &v->now, at);
		}
		if (dead)
			v->does = DOES_UNKNOWN;
	}
	v = known_vcpu(s, next, at, cpu, &task);
	if (v && v->out_since != NSEC_MAX) {
		v->now.off_cpu += at - v->out_since;
		v->out_since = NSEC_MAX;
	}
}

/* ---- rows ---- */

static void take_exits(struct kvm_scan *s, const struct batch *b, uint32_t i, uint32_t end)
{
	const uint32_t *tid = batch_u32(b, KVM_EXIT_TID), *reason = batch_u32(b, KVM_EXIT_REASON);
	const uint8_t *isa = batch_u8(b, KVM_EXIT_ISA);

	for (; i < end; i++)
		take_exit(s, tid[i], b->time[i], b->cpu, isa[i], reason[i]);
}

static void take_entries(struct kvm_scan *s, const struct batch *b, uint32_t i, uint32_t end)
{
	const uint32_t *tid = batch_u32(b, KVM_ENTRY_TID);

	for (; i < end && !s->blind; i++)
		take_entry(s, tid[i], b->time[i], b->cpu);
}

static void take_switches(struct kvm_scan *s, const struct batch *b, uint32_t i, uint32_t end)
{
	const uint32_t *prev = batch_u32(b, SWITCH_PREV), *next = batch_u32(b, SWITCH_NEXT);
	const uint16_t *state = batch_u16(b, SWITCH_STATE);

	for (; i < end && !s->blind; i++)
		take_switch(s, prev[i], next[i], state[i], b->time[i], b->cpu);
}

/* Other events of vCPUs that are known to be outside of the guest. */
static void take_events(struct kvm_scan *s, const struct batch *b, uint32_t i, uint32_t end)
{
	const uint8_t *kind = batch_u8(b, KVM_KIND);
	const uint32_t *tid = batch_u32(b, KVM_TID), *detail = batch_u32(b, KVM_DETAIL);
	const uint64_t *what = batch_u64(b, KVM_WHAT);

	for (; i < end && !s->blind; i++) {
		nsec_t at = b->time[i];
		uint32_t task;
		struct vcpu *v;

		if (kind[i] != s->q.event)
			continue;
		v = known_vcpu(s, tid[i], at, b->cpu, &task);
		if (!v || v->does != DOES_HOST)
			continue;
		const struct event event = { at, what[i], detail[i], kind[i] };

		if (kind[i] == KVM_KIND_MMIO && detail[i] >> 8 == KVM_MMIO_READ)
			add_event(s, task, b->cpu, &event, v->now.since, at);
		else if (kind[i] != KVM_KIND_MMIO || detail[i] >> 8 == KVM_MMIO_WRITE)
			v->event = event;
	}
}

/* Exits to user space and returns into KVM_RUN; the number of each. */
static void take_user(struct kvm_scan *s, const struct batch *b, uint32_t i, uint32_t end,
		      uint64_t *ret_exits, uint64_t *ret_entries)
{
	const uint8_t *kind = batch_u8(b, KVM_KIND);
	const uint32_t *tid = batch_u32(b, KVM_TID), *failed = batch_u32(b, KVM_DETAIL);
	const uint64_t *what = batch_u64(b, KVM_WHAT);

	for (; i < end; i++) {
		if (kind[i] == KVM_KIND_USERSPACE_EXIT) {
			uint64_t reason =
				failed[i] ? KVM_REASON_ERRNO + (uint64_t)failed[i] : what[i];

			++*ret_exits;
			take_exit(s, tid[i], b->time[i], b->cpu, KVM_ISA_USER,
				  (uint32_t)min_of(reason, (uint64_t)UINT32_MAX));
		} else if (kind[i] == KVM_KIND_FPU && what[i]) {
			++*ret_entries;
			s->stats.timed = true;
			if (!s->blind)
				take_entry(s, tid[i], b->time[i], b->cpu);
		}
	}
}

/* First row in [i, n) with time >= t. */
static uint32_t first_at(const nsec_t *time, uint32_t i, uint32_t n, nsec_t t)
{
	while (i < n && time[i] < t)
		i++;
	return i;
}

/* Move over the edges of gaps that lie at or before the row; the next edge limits the range. */
static uint32_t cross_edges(struct kvm_scan *s, uint32_t end)
{
	const struct batch *b = s->batch;

	while (s->gap < s->gaps.n) {
		const struct gap *g = &s->gaps.gap[s->gap];
		nsec_t edge = s->blind ? g->to : g->from;

		if (b->time[s->row] < edge)
			return b->time[end - 1] < edge ? end : first_at(b->time, s->row, end, edge);
		s->generation++;
		s->gap += s->blind;
		s->blind = !s->blind;
	}
	return end;
}

/* Without returns into KVM_RUN no exit to user space has a partner, and none is missed. */
static void drop_lone(struct kvm_scan *s, size_t from)
{
	size_t to = from;

	for (size_t i = from; i < s->n; i++)
		if (s->span[i].kind != KVM_SPAN_LONE)
			s->span[to++] = s->span[i];
	s->n = to;
}

/* One range of the current batch. What is said of rows before the window is taken back: they only
 * serve to know what was going on when it opened. */
static int take_range(struct kvm_scan *s, struct err *e)
{
	const struct batch *b = s->batch;
	uint32_t begin = s->row, end = min_of(b->rows, begin + CHUNK_ROWS - s->n_rows);
	bool before = b->time[begin] < s->q.from;
	size_t n = s->n;
	uint64_t exits = 0, entries = 0;

	if (before && b->time[end - 1] >= s->q.from)
		end = first_at(b->time, begin, end, s->q.from);
	if (s->gap < s->gaps.n)
		end = cross_edges(s, end);
	if (b->track == &track_kvm_exit) {
		take_exits(s, b, begin, end);
		exits = end - begin;
	} else if (b->track == &track_kvm_entry) {
		take_entries(s, b, begin, end);
		entries = end - begin;
	} else if (b->track == &track_switch) {
		take_switches(s, b, begin, end);
	} else if (s->stats.user) {
		take_user(s, b, begin, end, &exits, &entries);
	} else {
		take_events(s, b, begin, end);
	}
	s->row = end;
	s->n_rows += end - begin;
	if (before || (s->q.cpus && !cpuset_has(s->q.cpus, b->cpu))) {
		s->n = n;
	} else {
		if (!s->stats.timed)
			drop_lone(s, n);
		s->stats.exits += exits;
		s->stats.entries += entries;
		for (; n < s->n; n++)
			s->stats.lone += s->span[n].kind == KVM_SPAN_LONE;
	}
	return s->error < 0 ? err_set(e, s->error, "out of memory") : 0;
}

/* ---- in and out ---- */

static bool has_rows(const struct run_info *info, const struct track *t)
{
	for (size_t i = 0; i < info->n_stream; i++)
		if (info->stream[i].track == t->id && info->stream[i].rows)
			return true;
	return false;
}

/* What came before the window counts: from the last moment at which all was forgotten anyway. */
static int init_query(struct kvm_scan *s, struct query *q)
{
	const struct run_info *info = s->src->info;
	uint16_t track[4];
	unsigned int n = 0;

	s->stats.user = !has_rows(info, &track_kvm_exit) && has_rows(info, &track_kvm);
	s->stats.switches = analysis_has_track(info, &track_switch);
	s->stats.timed = !s->stats.user && has_rows(info, &track_kvm_entry);
	if (s->stats.user) {
		track[n++] = track_kvm.id;
	} else {
		track[n++] = track_kvm_exit.id;
		track[n++] = track_kvm_entry.id;
		if (s->q.event)
			track[n++] = track_kvm.id;
	}
	if (s->stats.switches)
		track[n++] = track_switch.id;
	*q = (struct query){ .from = min_of(info->start, s->q.from),
			     .to = analysis_query_end(info, s->q.to),
			     .order = CURSOR_BY_TIME };
	for (unsigned int i = 0; i < n; i++)
		q->tracks |= track_bit(track_by_id(track[i]));
	int r = gaps_init(&s->gaps, info, track, n, GAPS_ANY_CPU);

	s->stats.covered = gaps_free_time(&s->gaps, max_of(s->q.from, info->start),
					  min_of(s->q.to, info->end));
	for (size_t i = 0; i < s->gaps.n && s->gaps.gap[i].to <= s->q.from; i++) {
		q->from = max_of(q->from, s->gaps.gap[i].to);
		s->gap = i + 1;
	}
	return r;
}

int kvm_scan_new(struct source *src, const struct kvm_scan_query *q, struct task_index *index,
		 struct kvm_scan **ret, struct err *e)
{
	auto_ptr(kvm_scan) s = calloc(1, sizeof(*s));
	struct query query;

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->src = src;
	s->q = *q;
	s->index = index;
	s->generation = 1;
	if (init_query(s, &query) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (q->from < q->to || !query.to) {
		int r = source_cursor(src, &query, &s->cursor, e);

		if (r < 0)
			return r;
	}
	*ret = steal_ptr(s);
	return 0;
}

struct kvm_scan *kvm_scan_free(struct kvm_scan *s)
{
	if (!s)
		return NULL;
	s->cursor = cursor_free(s->cursor);
	gaps_done(&s->gaps);
	free(s->vcpu);
	free(s);
	return NULL;
}

static int next_batch(struct kvm_scan *s, struct err *e)
{
	int r = cursor_next(s->cursor, &s->batch, e);

	s->row = 0;
	if (r <= 0)
		s->batch = NULL;
	if (!r)
		s->cursor = cursor_free(s->cursor);
	return r;
}

int kvm_scan_next(struct kvm_scan *s, const struct kvm_span **ret, size_t *ret_n, struct err *e)
{
	int r = 0;

	s->n = 0;
	s->n_rows = 0;
	while (s->cursor && s->n_rows < CHUNK_ROWS) {
		if (!s->batch || s->row == s->batch->rows)
			r = next_batch(s, e);
		else
			r = take_range(s, e);
		if (r < 0)
			return r;
		/* Rows before the window, and switches of others, may fill chunks with nothing. */
		if (s->n_rows == CHUNK_ROWS && !s->n)
			s->n_rows = 0;
	}
	*ret = s->span;
	*ret_n = s->n;
	return s->n > 0;
}

const struct kvm_scan_stats *kvm_scan_stats(const struct kvm_scan *s)
{
	return &s->stats;
}
