/* SPDX-License-Identifier: MIT */
/*
 * Switches and wake-ups as runs and delays: the one place that knows the rules of "How things are
 * counted" (docs/formats/page.md). It hands out arrays, some hundred at a time, to loop over.
 *
 *	run	a task on a CPU, from the switch to it until the next switch on that CPU, cut to the
 *		window. Every switch in the window ends one run (RUN_SWITCH) of the task that is
 *		switched out; runs that end with the window, the recording or a loss have no switch.
 *		Where the source itself tells how long the task ran (switch.ran), its run begins
 *		that long before the switch; such runs of one CPU may overlap by rounding.
 *	delay	what a task did until the moment `end` in the window, with its whole length: ran,
 *		slept, waited from wake-up to run, or stood preempted while it wanted to run.
 *
 * Runs of one CPU come in time order. Without delays the CPUs come one after the other, which is
 * faster; with them all rows are read in time order, from the start of the run (who slept when the
 * window opened?) or from the last loss before the window.
 *
 * What is not known: a gap (gaps.h) ends the run on its CPU at its begin, and until the first
 * switch behind it nobody knows who runs there; a gap on any CPU forgets who sleeps and waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/sched_track.h"
#include "model/stream.h"

#define RUN_SWITCH  (1u << 0) /* ended by a switch: `next` and `state` are set, it counts */
#define RUN_UNKNOWN (1u << 1) /* begin is not known: begin = end */
#define RUN_IDLE    (1u << 2) /* `task` is the CPU's idle task */

struct run {
	nsec_t begin, end;
	uint32_t task, next; /* numbers in the source's task table */
	uint32_t cpu, place; /* number, and place in sched_scan_cpu() */
	uint16_t state; /* of the switch: switch_state_runnable() */
	uint16_t flags;
};

static inline bool run_preempted(const struct run *r)
{
	return r->flags & RUN_SWITCH && switch_state_runnable(r->state);
}

/* The numbers stand in the report's cube_delay track. */
enum delay_kind {
	DELAY_NO_WAKEUP = 0, /* slept until it was switched in, and no wake-up was seen */
	DELAY_RUN = 1,
	DELAY_SLEEP = 2, /* to the wake-up; without recorded wake-ups to the switch-in */
	DELAY_WAIT = 3,
	DELAY_PREEMPTED = 4,
	/* Of vCPU threads; made of kvm_scan.h's spans, never given by a sched_scan: */
	DELAY_GUEST = 5,
	DELAY_HOST = 6,
};
const char *delay_kind_name(enum delay_kind k);

struct delay {
	nsec_t begin, end;
	uint32_t task;
	uint32_t cpu; /* of the event that ended it */
	uint32_t waker; /* DELAY_WAIT: tid that ran on waker_cpu when it woke the task */
	uint32_t waker_cpu;
	enum delay_kind kind;
};

struct sched_scan_query {
	nsec_t from, to; /* within [run start, run end] */
	const struct cpuset
		*cpus; /* NULL = all; a delay is of the CPU of the event that ended it */
	bool delays;
};

struct sched_scan_chunk {
	const struct run *run; /* lent until the next call */
	const struct delay *delay;
	size_t n_runs, n_delays;
};

struct sched_scan_stats {
	uint64_t switches; /* rows in the window */
	uint64_t not_continued; /* ... whose task was not the one switched in before */
	bool wakeups; /* wake-ups were recorded */
};

struct sched_scan; /* opaque */

/* @q is copied, but for q->cpus. 0 or -errno with words. */
int sched_scan_new(struct source *src, const struct sched_scan_query *q, struct sched_scan **ret,
		   struct err *e) must_check;
struct sched_scan *sched_scan_free(struct sched_scan *s);
DEFINE_CLEANUP(sched_scan, sched_scan_free)

/* 1 and a chunk that is not empty, 0 at the end, -errno with words. */
int sched_scan_next(struct sched_scan *s, struct sched_scan_chunk *ret, struct err *e) must_check;

const struct sched_scan_stats *sched_scan_stats(const struct sched_scan *s);

/* CPUs of the run that the query asks for, in order of number, and what is known of each: covered
 * time of the window minus the gaps of the switch track. */
struct sched_cpu {
	uint32_t cpu;
	uint32_t idle; /* task number */
	nsec_t covered;
};
size_t sched_scan_n_cpus(const struct sched_scan *s);
const struct sched_cpu *sched_scan_cpu(const struct sched_scan *s, size_t i);
/* 100 % of one core: the longest covered CPU; all: of all CPUs. */
nsec_t sched_scan_longest(const struct sched_scan *s);
nsec_t sched_scan_covered(const struct sched_scan *s);
