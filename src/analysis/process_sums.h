/* SPDX-License-Identifier: MIT */
/*
 * Sums over rows of track process or thread: how far each counter came, how high levels stood, by
 * group of tasks and by interval.
 *
 *	struct process_sums *s = process_sums_new(&track_process, PROCESS_BY_TASK, tasks, args, 0);
 *	for each batch: process_sums_take(s, index, b);
 *	n = process_sums_finish(s);
 *	... process_sums_at(s, group, bin) ...
 *
 * A counter's change is the difference to the task's row before, in the window. Of a task without
 * one it is all that it has used when it began in the window, and else unknown: the first tick of
 * the window is where those that were there already start from. Counters that fall begin anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "model/metric_track.h"

#define PROCESS_VALUES (PROCESS_COLUMNS - PROCESS_USER)

enum process_by { PROCESS_BY_TASK, PROCESS_BY_USER, PROCESS_BY_NAME };

/* Of the tasks of a group together, tick by tick. */
struct process_level {
	double area; /* sum over ticks */
	uint32_t ticks; /* in which it is known; 0: never */
	uint64_t max;
	/* Of the tick in progress. */
	uint64_t now;
	nsec_t time;
};

struct process_sum {
	uint64_t used[PROCESS_VALUES]; /* from PROCESS_USER on; levels are 0 */
	uint32_t known; /* bit per column of the track */
	struct process_level rss, vsize, swap, threads;
	uint32_t members, began, ended; /* tasks */
	uint32_t parent; /* last seen */
	uint8_t state; /* last seen */
	bool has_parent;
};

struct process_group {
	uint32_t task; /* number of its first one */
	uint32_t members; /* tasks */
	uint32_t uid; /* the last one */
	bool has_uid;
};

struct process_sums; /* opaque */

/* Of rows of @track; all but @track lives as long. @interval 0: one. NULL: out of memory. */
struct process_sums *process_sums_new(const struct track *track, enum process_by by,
				      struct tasks *tasks, const struct analysis_args *args,
				      nsec_t interval);
struct process_sums *process_sums_free(struct process_sums *s);

/* 0 or -ENOMEM. Batches of other tracks are passed over. */
int process_sums_take(struct process_sums *s, struct task_index *index,
		      const struct batch *b) must_check;
/* After the last batch; returns the number of groups. */
uint32_t process_sums_finish(struct process_sums *s);

/* NULL: no row of it. */
const struct process_sum *process_sums_at(const struct process_sums *s, uint32_t group,
					  uint64_t bin);
const struct process_group *process_sums_group(const struct process_sums *s, uint32_t group);
/* CPU time of a group over all intervals, ns. */
uint64_t process_sums_cpu(const struct process_sums *s, uint32_t group);
/* Did anybody use any of it? */
bool process_sums_used(const struct process_sums *s, unsigned int column);
uint64_t process_sums_bins(const struct process_sums *s);
/* Time between ticks, as far as they lie in @bin, and of all. */
nsec_t process_sums_elapsed(const struct process_sums *s, uint64_t bin);
nsec_t process_sums_span(const struct process_sums *s);
/* Tasks of which counters fell. */
uint64_t process_sums_anew(const struct process_sums *s);
