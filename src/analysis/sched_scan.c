/* SPDX-License-Identifier: MIT */
/*
 * The two state machines over switch and wakeup rows: who runs on each CPU (struct cpu_scan), and
 * what each task does while it does not run (struct task_state). Rows are taken in ranges that
 * contain no edge: no begin of the window, no begin or end of a gap. So the inner loops are free of
 * those questions.
 */
#include "analysis/sched_scan.h"

#include <errno.h>

#include "analysis/sched_scan_state.h"
#include "model/tasks.h"

/* First row in [i, n) with time >= t. */
static uint32_t first_at(const nsec_t *time, uint32_t i, uint32_t n, nsec_t t)
{
	while (i < n) {
		uint32_t middle = i + (n - i) / 2;

		if (time[middle] < t)
			i = middle + 1;
		else
			n = middle;
	}
	return i;
}

/* ---- per task: off-CPU ---- */

static struct task_state *state_of(struct sched_scan *s, uint32_t task)
{
	if (task >= s->n_tasks) {
		size_t need = max_of((size_t)task + 1, tasks_count(s->src->tasks));
		void *array = s->task;
		int r = tasks_ensure(&array, &s->n_tasks, need, sizeof(*s->task));

		s->task = array;
		if (r < 0) {
			s->error = r;
			return NULL;
		}
	}
	struct task_state *t = &s->task[task];

	if (t->generation != s->generation)
		*t = (struct task_state){ .generation = s->generation };
	return t;
}

static inline void add_delay(struct sched_scan *s, enum delay_kind kind, uint32_t task,
			     uint32_t cpu, nsec_t begin, nsec_t end)
{
	s->delay[s->n_delays++] = (struct delay){
		.begin = begin, .end = end, .task = task, .cpu = cpu, .kind = kind
	};
}

static inline void switched_out(struct sched_scan *s, uint32_t task, nsec_t at, unsigned int state)
{
	struct task_state *t = state_of(s, task);

	if (!t)
		return;
	t->since = at;
	if (switch_state_runnable(state))
		t->does = DOES_PREEMPTED;
	else
		t->does = state & SWITCH_STATE_DEAD ? DOES_UNKNOWN : DOES_SLEEP;
}

static inline void switched_in(struct sched_scan *s, uint32_t task, uint32_t cpu, nsec_t at)
{
	struct task_state *t = state_of(s, task);

	if (!t)
		return;
	switch (t->does) {
	case DOES_SLEEP:
		add_delay(s, s->stats.wakeups ? DELAY_NO_WAKEUP : DELAY_SLEEP, task, cpu, t->since,
			  at);
		break;
	case DOES_WAIT:
		add_delay(s, DELAY_WAIT, task, cpu, t->since, at);
		s->delay[s->n_delays - 1].waker = t->waker;
		s->delay[s->n_delays - 1].waker_cpu = t->waker_cpu;
		break;
	case DOES_PREEMPTED:
		add_delay(s, DELAY_PREEMPTED, task, cpu, t->since, at);
		break;
	default:
		break;
	}
	t->does = DOES_RUN;
}

static void take_wakeups(struct sched_scan *s, const struct batch *b, uint32_t i, uint32_t end)
{
	const uint32_t *tid = batch_u32(b, WAKEUP_TID), *waker = batch_u32(b, WAKEUP_WAKER);

	for (; i < end; i++) {
		nsec_t at = b->time[i];
		/* The idle task is never woken; a row that says so comes from outside. */
		uint32_t task = tid[i] ? task_index_get(s->index, tid[i], at, b->cpu) : TASKS_NONE;

		if (task == TASKS_NONE) {
			if (tid[i])
				s->error = -ENOMEM;
			continue;
		}
		struct task_state *t = state_of(s, task);

		if (!t)
			return;
		if (t->does == DOES_SLEEP)
			add_delay(s, DELAY_SLEEP, task, b->cpu, t->since, at);
		else if (t->does != DOES_UNKNOWN)
			continue;
		t->does = DOES_WAIT;
		t->since = at;
		t->waker = waker[i];
		t->waker_cpu = b->cpu;
	}
}

/* ---- per CPU: runs ---- */

static inline void add_run(struct sched_scan *s, const struct cpu_scan *c, uint32_t task,
			   nsec_t begin, nsec_t end, unsigned int flags)
{
	s->run[s->n_runs++] =
		(struct run){ .begin = begin,
			      .end = end,
			      .task = task,
			      .next = TASKS_NONE,
			      .cpu = c->pub.cpu,
			      .place = c->place,
			      .flags = (uint16_t)(flags | (task == c->pub.idle ? RUN_IDLE : 0)) };
}

static inline uint32_t task_on(struct sched_scan *s, const struct cpu_scan *c, uint32_t tid,
			       nsec_t at)
{
	if (!tid)
		return c->pub.idle;
	uint32_t task = task_index_get(s->index, tid, at, c->pub.cpu);

	if (task == TASKS_NONE) {
		s->error = -ENOMEM;
		return c->pub.idle;
	}
	return task;
}

/*
 * What the source itself says of the run that @row of @b ends: its begin becomes known, also where
 * the switch to the task was not seen or another one seems to have run. Idle tasks are not
 * believed: the kernel's run time statistics, where such files have it from, count nothing for
 * them.
 */
static inline void told_run(struct sched_scan *s, struct cpu_scan *c, const struct batch *b,
			    uint32_t row)
{
	uint64_t ran = batch_u64_or_0(b, SWITCH_RAN, row);
	nsec_t at = b->time[row], begin = at - min_of(ran - 1, at);
	struct run *r = &s->run[s->n_runs - 1];

	if (!ran || r->flags & RUN_IDLE)
		return;
	c->since_whole = begin;
	r->begin = at < s->q.from ? begin : max_of(begin, s->q.from);
	r->flags &= (uint16_t)~RUN_UNKNOWN;
}

/*
 * A switch from a task that is not the one known to run: the first row, the first behind a gap, or
 * rows that do not fit together. Those happen where a tracer missed events without saying so, and
 * where a thread took over its process's id by exec. Then the time counts for the task switched
 * out, as in perf; but no length of a run is known.
 */
static void odd_switch(struct sched_scan *s, struct cpu_scan *c, uint32_t prev_tid, nsec_t at)
{
	uint32_t prev = task_on(s, c, prev_tid, at);
	bool since_known = c->tid != TID_UNKNOWN || (c->opening == OPENING_YES && c->since <= at);

	if (c->tid != TID_UNKNOWN) {
		s->stats.not_continued++;
		if (s->q.delays && c->tid) {
			struct task_state *missed = state_of(s, c->task);

			if (missed)
				missed->does = DOES_UNKNOWN;
		}
	}
	add_run(s, c, prev, since_known ? c->since : at, at,
		RUN_SWITCH | (since_known ? 0 : RUN_UNKNOWN));
	c->opening = OPENING_NO;
	c->since_whole = NSEC_MAX;
	c->task = prev;
}

/* Rows outside of gaps of this CPU. @delays is a constant: two loops come of this one. */
static inline __attribute__((always_inline)) void
take_switches_as(struct sched_scan *s, struct cpu_scan *c, const struct batch *b, uint32_t i,
		 uint32_t end, bool delays)
{
	const nsec_t *time = b->time;
	const uint32_t *next = batch_u32(b, SWITCH_NEXT), *prev = batch_u32(b, SWITCH_PREV);
	const uint16_t *state = batch_u16(b, SWITCH_STATE);
	bool told = batch_u64(b, SWITCH_RAN);

	for (; i < end; i++) {
		nsec_t at = time[i];

		if (prev[i] == c->tid)
			add_run(s, c, c->task, c->since, at, RUN_SWITCH);
		else
			odd_switch(s, c, prev[i], at);
		if (told)
			told_run(s, c, b, i);

		struct run *r = &s->run[s->n_runs - 1];
		uint32_t task = task_on(s, c, next[i], at);

		r->state = state[i];
		r->next = task;
		if (delays && !(r->flags & RUN_IDLE)) {
			if (c->since_whole != NSEC_MAX)
				add_delay(s, DELAY_RUN, r->task, c->pub.cpu, c->since_whole, at);
			if (!s->blind)
				switched_out(s, r->task, at, state[i]);
		}
		if (delays && next[i] && !s->blind)
			switched_in(s, task, c->pub.cpu, at);
		c->tid = next[i];
		c->task = task;
		c->since = at;
		c->since_whole = at;
	}
}

static void take_switches(struct sched_scan *s, struct cpu_scan *c, const struct batch *b,
			  uint32_t i, uint32_t end)
{
	if (s->q.delays)
		take_switches_as(s, c, b, i, end, true);
	else
		take_switches_as(s, c, b, i, end, false);
}

/* Rows inside a gap: they count as switches, but between them anything may have happened. */
static void take_switches_in_gap(struct sched_scan *s, struct cpu_scan *c, const struct batch *b,
				 uint32_t i, uint32_t end)
{
	for (; i < end; i++) {
		nsec_t at = b->time[i];

		add_run(s, c, task_on(s, c, batch_u32(b, SWITCH_PREV)[i], at), at, at,
			RUN_SWITCH | RUN_UNKNOWN);
		s->run[s->n_runs - 1].state = batch_u16(b, SWITCH_STATE)[i];
		s->run[s->n_runs - 1].next = task_on(s, c, batch_u32(b, SWITCH_NEXT)[i], at);
	}
}

/* End what runs at @at, the begin of a gap, and know nothing. */
static void cut(struct sched_scan *s, struct cpu_scan *c, nsec_t at)
{
	if (c->tid != TID_UNKNOWN && at > c->since)
		add_run(s, c, c->task, c->since, at, 0);
	c->tid = TID_UNKNOWN;
	c->since_whole = NSEC_MAX;
	c->opening = OPENING_NO;
}

/* Take rows of the batch up to an edge; the rest at the next call. */
static void take_range_of_cpu(struct sched_scan *s, struct cpu_scan *c, uint32_t end)
{
	const struct batch *b = s->batch;
	uint32_t i = s->row;
	const struct gap *g = c->gap < c->gaps.n ? &c->gaps.gap[c->gap] : NULL;

	if (!g || b->time[end - 1] < g->from) {
		take_switches(s, c, b, i, end);
	} else if (b->time[i] < g->from) {
		end = first_at(b->time, i, end, g->from);
		take_switches(s, c, b, i, end);
	} else {
		cut(s, c, g->from);
		uint32_t behind = first_at(b->time, i, end, g->to);

		take_switches_in_gap(s, c, b, i, behind);
		if (behind < end)
			c->gap++;
		end = behind;
	}
	s->row = end;
}

/* Move over the edges of the gaps of all CPUs that lie at or before the row; the next edge limits
 * the range. */
static uint32_t cross_global_edges(struct sched_scan *s, uint32_t end)
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

static struct cpu_scan *find_cpu(struct sched_scan *s, uint32_t cpu)
{
	if (cpu < CPUSET_MAX)
		return s->place[cpu] == PLACE_NONE ? NULL : &s->cpu[s->place[cpu]];
	for (size_t i = 0; i < s->n_cpus; i++)
		if (s->cpu[i].pub.cpu == cpu)
			return &s->cpu[i];
	return NULL;
}

static int take_range_of_switches(struct sched_scan *s, uint32_t end, bool before, struct err *e)
{
	struct cpu_scan *c = find_cpu(s, s->batch->cpu);
	size_t n_runs = s->n_runs;
	uint64_t not_continued = s->stats.not_continued;
	uint32_t begin = s->row;

	if (!c)
		return err_set(e, -EBADMSG, "switches of CPU %u, which the run does not have",
			       s->batch->cpu);
	if (!before && c->since < s->q.from)
		c->since = s->q.from;
	take_range_of_cpu(s, c, end);
	if (before || !c->wanted) {
		s->n_runs = n_runs;
		s->stats.not_continued = not_continued;
	} else {
		s->stats.switches += s->row - begin;
	}
	return 0;
}

/* One range of the current batch. What is said of rows before the window is taken back: they only
 * serve to know what was going on when it opened. */
static int take_range(struct sched_scan *s, struct err *e)
{
	const struct batch *b = s->batch;
	uint32_t begin = s->row, end = min_of(b->rows, begin + CHUNK_ROWS - s->n_rows);
	bool before = b->time[begin] < s->q.from, blind = s->blind;
	size_t n_delays = s->n_delays;

	if (before && b->time[end - 1] >= s->q.from)
		end = first_at(b->time, begin, end, s->q.from);
	if (begin < b->lead) {
		end = min_of(end, b->lead);
		s->blind = true;
	} else if (s->q.delays) {
		end = cross_global_edges(s, end);
		blind = s->blind;
	}
	if (b->track == &track_switch) {
		int r = take_range_of_switches(s, end, before, e);

		if (r < 0)
			return r;
	} else {
		if (!s->blind)
			take_wakeups(s, b, begin, end);
		s->row = end;
	}
	s->blind = blind;
	if (before || (s->q.cpus && !cpuset_has(s->q.cpus, b->cpu)))
		s->n_delays = n_delays;
	s->n_rows += s->row - begin;
	return s->error < 0 ? err_set(e, s->error, "out of memory") : 0;
}

/* ---- end of a CPU ---- */

/* The first switch of a CPU lies behind the window: who is it from? */
static int fetch_first(struct sched_scan *s, struct cpu_scan *c, struct err *e)
{
	struct cpuset one = { 0 };
	const struct batch *b;
	struct query q = { .tracks = track_bit(&track_switch),
			   .from = c->stream->first,
			   .to = c->stream->first + 1,
			   .cpus = &one,
			   .columns = 1u << SWITCH_NEXT | 1u << SWITCH_PREV };
	auto_ptr(cursor) cursor = NULL;

	cpuset_add(&one, c->pub.cpu);
	int r = source_cursor(s->src, &q, &cursor, e);

	if (r < 0)
		return r;
	r = cursor_next(cursor, &b, e);
	if (r <= 0)
		return r;
	c->tid = batch_u32(b, SWITCH_PREV)[0];
	c->task = task_on(s, c, c->tid, c->stream->first);
	return s->error < 0 ? err_set(e, s->error, "out of memory") : 0;
}

/* What still runs when the window or the CPU's coverage ends. */
static int finish_cpu(struct sched_scan *s, struct cpu_scan *c, struct err *e)
{
	nsec_t end = min_of(s->q.to, c->info->end);
	const struct gap *g = c->gap < c->gaps.n ? &c->gaps.gap[c->gap] : NULL;

	c->finished = true;
	if (!c->wanted || !c->stream)
		return 0;
	/* An import's last run was not seen to go on. */
	if (!c->info->end_marked && c->stream->last < s->q.to)
		return 0;
	if (c->opening == OPENING_YES && c->stream->first >= s->q.to &&
	    (!g || g->from > c->stream->first) && c->pub.cpu < CPUSET_MAX) {
		int r = fetch_first(s, c, e);

		if (r < 0)
			return r;
	}
	if (c->tid == TID_UNKNOWN)
		return 0;
	c->since = max_of(c->since, s->q.from);
	if (g && g->from < end)
		end = g->from;
	if (end > c->since)
		add_run(s, c, c->task, c->since, end, 0);
	return 0;
}

static int finish(struct sched_scan *s, struct err *e)
{
	for (size_t i = 0; i < s->n_cpus; i++) {
		if (s->cpu[i].finished)
			continue;
		if (s->n_runs == CHUNK_ENTRIES)
			return 0;
		int r = finish_cpu(s, &s->cpu[i], e);

		if (r < 0)
			return r;
	}
	s->ended = true;
	return 0;
}

/* ---- in and out ---- */

static int next_batch(struct sched_scan *s, struct err *e)
{
	int r = cursor_next(s->cursor, &s->batch, e);

	s->row = 0;
	if (r <= 0)
		s->batch = NULL;
	if (!r)
		s->cursor = cursor_free(s->cursor);
	return r;
}

int sched_scan_next(struct sched_scan *s, struct sched_scan_chunk *ret, struct err *e)
{
	int r = 0;

	s->n_runs = s->n_delays = 0;
	s->n_rows = 0;
	while (!s->ended && s->n_rows < CHUNK_ROWS && s->n_runs < CHUNK_ENTRIES) {
		if (!s->cursor)
			r = finish(s, e);
		else if (!s->batch || s->row == s->batch->rows)
			r = next_batch(s, e);
		else
			r = take_range(s, e);
		if (r < 0)
			return r;
		/* Rows before the window may fill many chunks with nothing. */
		if (s->n_rows == CHUNK_ROWS && !s->n_runs && !s->n_delays)
			s->n_rows = 0;
	}
	*ret = (struct sched_scan_chunk){ s->run, s->delay, s->n_runs, s->n_delays };
	return s->n_runs || s->n_delays;
}
