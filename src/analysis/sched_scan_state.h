/* SPDX-License-Identifier: MIT */
/*
 * The inside of a sched_scan: what sched_scan_open.c sets up and sched_scan.c works with. Not for
 * use outside these two.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/gaps.h"
#include "analysis/sched_scan.h"
#include "analysis/task_index.h"
#include "base/cpuset.h"
#include "base/nsec.h"
#include "model/run.h"
#include "model/stream.h"

/* Rows taken for one chunk; it stays in the first-level cache with what is made of it. */
#define CHUNK_ROWS 512
/* A row gives at most two runs (one that a gap cuts) and two delays. */
#define CHUNK_ENTRIES (2 * CHUNK_ROWS + 1)
#define TID_UNKNOWN   UINT32_MAX
#define PLACE_NONE    UINT32_MAX

enum opening {
	OPENING_NO,
	OPENING_YES, /* no switch seen yet; the first one's task has run since `since` */
};

struct cpu_scan {
	struct sched_cpu pub;
	const struct run_cpu *info;
	const struct run_stream *stream; /* of switches, or NULL */
	struct gaps gaps;
	size_t gap; /* the next one to meet, or that we are in */
	nsec_t since; /* begin of the run, not before the window */
	nsec_t since_whole; /* switch-in, or NSEC_MAX when it was not seen */
	uint32_t tid; /* who runs, or TID_UNKNOWN */
	uint32_t task;
	enum opening opening;
	uint32_t place; /* in sched_scan.wanted, if it is wanted */
	bool wanted, finished;
};

enum task_does { DOES_UNKNOWN, DOES_RUN, DOES_SLEEP, DOES_WAIT, DOES_PREEMPTED };

struct task_state {
	nsec_t since;
	uint32_t generation; /* the state counts only when it is the scan's */
	uint32_t waker, waker_cpu;
	uint32_t does;
};

struct sched_scan {
	struct source *src;
	struct sched_scan_query q;
	struct query query;
	struct cursor *cursor; /* NULL: all rows were read */
	const struct batch *batch; /* being taken, from @row on */
	uint32_t row;
	uint32_t n_rows; /* taken for this chunk */

	struct cpu_scan *cpu;
	size_t n_cpus;
	uint32_t place[CPUSET_MAX]; /* CPU number -> cpu[] */
	struct sched_cpu *wanted;
	size_t n_wanted;
	struct task_index *index;
	struct sched_scan_stats stats;

	/* Off-CPU: */
	struct task_state *task; /* by task number */
	size_t n_tasks;
	struct gaps gaps; /* of all CPUs and both tracks */
	size_t gap;
	bool blind; /* in a gap */
	uint32_t generation;

	struct run run[CHUNK_ENTRIES];
	struct delay delay[CHUNK_ENTRIES];
	size_t n_runs, n_delays;
	bool ended;
	int error;
};
