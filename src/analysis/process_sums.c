/* SPDX-License-Identifier: MIT */
/* Differences of rows, put to groups and intervals. */
#include "analysis/process_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/task_rows.h"
#include "base/idmap.h"
#include "base/strpool.h"

#define LEVELS (1u << PROCESS_RSS | 1u << PROCESS_VSIZE | 1u << PROCESS_SWAP)
#define NONE   UINT32_MAX

/* What a task had used at its last row. */
struct last_row {
	uint64_t value[PROCESS_VALUES];
	uint32_t have;
	uint32_t group, bin_seen; /* NONE: not wanted; + 1: last interval in which it counts */
	bool there, settled, fell;
};

struct group_cell {
	uint32_t group;
	uint64_t bin;
	struct process_sum sum;
};

struct process_sums {
	const struct track *track;
	enum process_by by;
	struct tasks *tasks; /* lent */
	const struct analysis_args *args; /* lent */
	nsec_t interval;
	struct last_row *task; /* by task number */
	size_t n_tasks;
	struct process_group *group;
	uint64_t *cpu; /* by group */
	uint32_t n_groups, cap_groups;
	struct idmap by_key; /* uid, or label -> group */
	struct strpool *labels;
	struct group_cell *cell;
	uint32_t n_cells, cap_cells;
	struct idmap by_cell;
	nsec_t *elapsed; /* by bin */
	size_t n_elapsed;
	nsec_t first_tick, last_tick; /* first: NSEC_MAX = none yet */
	uint64_t tick_bin; /* of the tick in progress */
	uint64_t anew;
	uint32_t used; /* bit per column */
};

struct process_sums *process_sums_new(const struct track *track, enum process_by by,
				      struct tasks *tasks, const struct analysis_args *args,
				      nsec_t interval)
{
	struct process_sums *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct process_sums){ .track = track,
				    .by = by,
				    .tasks = tasks,
				    .args = args,
				    .interval = interval,
				    .first_tick = NSEC_MAX };
	s->labels = strpool_new();
	return s->labels ? s : process_sums_free(s);
}

struct process_sums *process_sums_free(struct process_sums *s)
{
	if (s) {
		free(s->task);
		free(s->group);
		free(s->cpu);
		free(s->cell);
		free(s->elapsed);
		idmap_done(&s->by_key);
		idmap_done(&s->by_cell);
		strpool_free(s->labels);
		free(s);
	}
	return NULL;
}

/* ---- groups ---- */

static uint32_t add_group(struct process_sums *s, uint32_t task)
{
	if (s->n_groups == s->cap_groups) {
		uint32_t cap = s->cap_groups ? 2 * s->cap_groups : 256;
		struct process_group *g = reallocarray(s->group, cap, sizeof(*g));

		if (!g)
			return NONE;
		s->group = g;
		uint64_t *cpu = reallocarray(s->cpu, cap, sizeof(*cpu));

		if (!cpu)
			return NONE;
		s->cpu = cpu;
		s->cap_groups = cap;
	}
	s->group[s->n_groups] = (struct process_group){ .task = task };
	s->cpu[s->n_groups] = 0;
	return s->n_groups++;
}

/* The group that @key stands for, new or not. */
static uint32_t keyed_group(struct process_sums *s, uint64_t key, uint32_t task)
{
	uint32_t i = idmap_get(&s->by_key, key);

	if (i != IDMAP_NONE)
		return i;
	i = add_group(s, task);
	return i == NONE || idmap_set(&s->by_key, key, i) < 0 ? NONE : i;
}

/* Whose row it is. 0 or -ENOMEM; *ret is NONE where nobody asked for the task. */
static int settle(struct process_sums *s, uint32_t task, uint32_t *ret)
{
	*ret = NONE;
	if (!analysis_wants(s->args, s->tasks, task))
		return 0;
	if (s->by == PROCESS_BY_TASK) {
		*ret = add_group(s, task);
	} else {
		const char *label = strpool_add(s->labels, tasks_label(s->tasks, task));

		if (!label)
			return -ENOMEM;
		*ret = keyed_group(s, (uintptr_t)label, task);
	}
	if (*ret == NONE)
		return -ENOMEM;
	s->group[*ret].members++;
	return 0;
}

/* Users are asked for row by row: a process may change its own. */
static int group_of(struct process_sums *s, struct last_row *last, uint32_t task,
		    const struct batch *b, uint32_t row, uint32_t *ret)
{
	if (!last->settled) {
		int r = s->by == PROCESS_BY_USER ? 0 : settle(s, task, &last->group);

		if (s->by == PROCESS_BY_USER)
			last->group = analysis_wants(s->args, s->tasks, task) ? 0 : NONE;
		if (r < 0)
			return r;
		last->settled = true;
	}
	*ret = last->group;
	if (last->group == NONE)
		return 0;
	bool has_uid = batch_u32(b, PROCESS_HAVE)[row] >> PROCESS_UID & 1;
	uint32_t uid = batch_u32(b, PROCESS_UID)[row];

	if (s->by == PROCESS_BY_USER) {
		*ret = keyed_group(s, has_uid ? uid : UINT64_MAX, task);
		if (*ret == NONE)
			return -ENOMEM;
	}
	if (has_uid) {
		s->group[*ret].uid = uid;
		s->group[*ret].has_uid = true;
	}
	return 0;
}

/* ---- intervals ---- */

static uint64_t bin_of(const struct process_sums *s, nsec_t time)
{
	return s->interval && time > s->args->from ? (time - s->args->from - 1) / s->interval : 0;
}

static struct process_sum *sum_of(struct process_sums *s, uint32_t group, uint64_t bin)
{
	uint64_t key = (uint64_t)group << 32 | bin;
	uint32_t i = idmap_get(&s->by_cell, key);

	if (i != IDMAP_NONE)
		return &s->cell[i].sum;
	if (s->n_cells == s->cap_cells) {
		uint32_t cap = s->cap_cells ? 2 * s->cap_cells : 256;
		struct group_cell *grown = reallocarray(s->cell, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		s->cell = grown;
		s->cap_cells = cap;
	}
	if (idmap_set(&s->by_cell, key, s->n_cells) < 0)
		return NULL;
	s->cell[s->n_cells] = (struct group_cell){ .group = group, .bin = bin };
	return &s->cell[s->n_cells++].sum;
}

static int take_tick(struct process_sums *s, nsec_t time)
{
	if (s->first_tick == NSEC_MAX) {
		s->first_tick = s->last_tick = time;
		s->tick_bin = bin_of(s, time);
		return 0;
	}
	if (time <= s->last_tick)
		return 0;
	/* It tells of the time since the tick before: ticks come a little after the seconds. */
	s->tick_bin = bin_of(s, s->last_tick + (time - s->last_tick) / 2);
	void *array = s->elapsed;
	int r = tasks_ensure(&array, &s->n_elapsed, (size_t)s->tick_bin + 1, sizeof(*s->elapsed));

	s->elapsed = array;
	if (r < 0)
		return r;
	s->elapsed[s->tick_bin] += time - s->last_tick;
	s->last_tick = time;
	return 0;
}

/* ---- rows ---- */

/* Add to the tick in progress; the one before is complete. */
static void add_level(struct process_level *l, nsec_t time, uint64_t v)
{
	if (!l->ticks || l->time != time) {
		l->ticks++;
		l->time = time;
		l->now = 0;
	}
	l->area += (double)v;
	l->now += v;
	l->max = max_of(l->max, l->now);
}

static void take_levels(struct process_sum *sum, const struct batch *b, uint32_t row, bool tick)
{
	uint32_t have = batch_u32(b, PROCESS_HAVE)[row];
	nsec_t time = b->time[row];

	if (have >> PROCESS_STATE & 1)
		sum->state = batch_u8(b, PROCESS_STATE)[row];
	if (have >> PROCESS_PARENT & 1) {
		sum->parent = batch_u32(b, PROCESS_PARENT)[row];
		sum->has_parent = true;
	}
	/* A row between ticks is of one task alone. */
	if (!tick)
		return;
	if (have >> PROCESS_RSS & 1)
		add_level(&sum->rss, time, batch_u64(b, PROCESS_RSS)[row]);
	if (have >> PROCESS_VSIZE & 1)
		add_level(&sum->vsize, time, batch_u64(b, PROCESS_VSIZE)[row]);
	if (have >> PROCESS_SWAP & 1)
		add_level(&sum->swap, time, batch_u64(b, PROCESS_SWAP)[row]);
	if (have >> PROCESS_THREADS & 1)
		add_level(&sum->threads, time, batch_u32(b, PROCESS_THREADS)[row]);
}

static bool falls(const struct last_row *last, const struct batch *b, uint32_t row, uint32_t have)
{
	for (unsigned int i = 0; i < PROCESS_VALUES; i++) {
		unsigned int c = PROCESS_USER + i;

		if (have & last->have & ~LEVELS & 1u << c && batch_u64(b, c)[row] < last->value[i])
			return true;
	}
	return false;
}

/* Did the task begin in the window, so that all it has used was used there? */
static bool began_here(const struct process_sums *s, uint32_t task, nsec_t time)
{
	nsec_t born = tasks_at(s->tasks, task)->born;

	if (born)
		return born >= min_of(s->first_tick, time) || born >= s->args->from;
	/* Nobody told; but it was not there at the first tick. */
	return s->first_tick != NSEC_MAX && time > s->first_tick;
}

/* How far counters came since the row before. @from_0: since they were 0. */
static void take_counters(struct process_sums *s, struct last_row *last, struct process_sum *sum,
			  const struct batch *b, uint32_t row, bool from_0)
{
	uint32_t have = batch_u32(b, PROCESS_HAVE)[row];
	uint32_t both = (from_0 ? have : have & last->have) & ~LEVELS;

	for (unsigned int i = 0; i < PROCESS_VALUES; i++) {
		unsigned int c = PROCESS_USER + i;
		uint64_t v = batch_u64(b, c)[row];

		if (both >> c & 1) {
			uint64_t d = v - (from_0 ? 0 : last->value[i]);

			sum->used[i] += d;
			sum->known |= 1u << c;
			s->used |= d ? 1u << c : 0;
		}
		if (have >> c & 1)
			last->value[i] = v;
	}
	/* One that is not known for once was not forgotten. */
	last->have |= have;
}

static int take_row(struct process_sums *s, struct task_index *index, const struct batch *b,
		    uint32_t row)
{
	bool end = batch_u8(b, PROCESS_FLAGS)[row] & PROCESS_FLAG_EXITED;
	nsec_t time = b->time[row];
	uint32_t task = task_index_get(index, batch_u32(b, PROCESS_TID)[row], time, b->cpu), group;
	int r = end ? 0 : take_tick(s, time);
	void *array = s->task;

	if (task == TASKS_NONE || r < 0)
		return -ENOMEM;
	r = tasks_ensure(&array, &s->n_tasks, (size_t)task + 1, sizeof(*s->task));
	s->task = array;
	if (r < 0)
		return r;
	struct last_row *last = &s->task[task];

	r = group_of(s, last, task, b, row, &group);
	if (r < 0 || group == NONE)
		return r;
	uint64_t bin = end ? bin_of(s, time) : s->tick_bin, before;
	struct process_sum *sum = sum_of(s, group, bin);

	if (!sum)
		return -ENOMEM;
	bool fell = last->there && falls(last, b, row, batch_u32(b, PROCESS_HAVE)[row]);
	bool began = !last->there && began_here(s, task, time);

	if (last->bin_seen != bin + 1) {
		last->bin_seen = (uint32_t)bin + 1;
		sum->members++;
	}
	sum->began += began;
	sum->ended += end;
	if (fell && !last->fell)
		s->anew++;
	last->fell |= fell;
	before = sum->used[0] + sum->used[1];
	take_counters(s, last, sum, b, row, began || fell);
	s->cpu[group] += sum->used[0] + sum->used[1] - before;
	last->there = true;
	take_levels(sum, b, row, !end);
	return 0;
}

int process_sums_take(struct process_sums *s, struct task_index *index, const struct batch *b)
{
	int r = 0;

	if (b->track != s->track)
		return 0;
	for (uint32_t i = 0; i < b->rows && r >= 0; i++)
		r = take_row(s, index, b, i);
	return r;
}

uint32_t process_sums_finish(struct process_sums *s)
{
	return s->n_groups;
}

/* ---- answers ---- */

const struct process_sum *process_sums_at(const struct process_sums *s, uint32_t group,
					  uint64_t bin)
{
	uint32_t i = idmap_get(&s->by_cell, (uint64_t)group << 32 | bin);

	return i == IDMAP_NONE ? NULL : &s->cell[i].sum;
}

const struct process_group *process_sums_group(const struct process_sums *s, uint32_t group)
{
	return &s->group[group];
}

uint64_t process_sums_cpu(const struct process_sums *s, uint32_t group)
{
	return s->cpu[group];
}

bool process_sums_used(const struct process_sums *s, unsigned int column)
{
	return s->used >> column & 1;
}

uint64_t process_sums_bins(const struct process_sums *s)
{
	uint64_t n = s->n_cells ? 1 : 0;

	for (uint32_t i = 0; i < s->n_cells; i++)
		n = max_of(n, s->cell[i].bin + 1);
	return n;
}

nsec_t process_sums_elapsed(const struct process_sums *s, uint64_t bin)
{
	return bin < s->n_elapsed ? s->elapsed[bin] : 0;
}

nsec_t process_sums_span(const struct process_sums *s)
{
	return s->first_tick == NSEC_MAX ? 0 : s->last_tick - s->first_tick;
}

uint64_t process_sums_anew(const struct process_sums *s)
{
	return s->anew;
}
