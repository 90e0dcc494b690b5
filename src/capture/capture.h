/* SPDX-License-Identifier: MIT */
/*
 * Capture: the kernel's events of this machine, live, into a sink. A running session, as commands
 * and the agent use it; engine.h is the contract for what brings the events.
 *
 *	struct capture *c;
 *	capture_open(&options, &c, &e);		nothing is recorded yet, all that can be refused was
 *	capture_start(c, sink, &e);		events from here on; all tasks alive are read
 *	while (...) capture_drain(c, &fill, &e);	every 10 .. 50 ms, in a thread of high
 *priority capture_stop(c, &e);			events up to here capture_describe(c, sink, NULL,
 *&e);		host, CPUs, clock anchors, covered time c = capture_free(c);
 *
 * A session belongs to one thread at a time. Events reach the sink in time order per (track, CPU).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

#define CAPTURE_SWITCH	(1u << 0)
#define CAPTURE_WAKEUP	(1u << 1)
#define CAPTURE_MIGRATE (1u << 2)
#define CAPTURE_TASK	(1u << 3) /* fork, exec, rename, exit: always taken, names need them */
#define CAPTURE_KVM	(1u << 4) /* exits, entries and the core of kvm_tracepoint_list */
#define CAPTURE_KVM_ALL (1u << 5) /* all of the kernel's kvm events */
#define CAPTURE_SCHED	(CAPTURE_SWITCH | CAPTURE_WAKEUP | CAPTURE_MIGRATE)
#define CAPTURE_DEFAULT (CAPTURE_SWITCH | CAPTURE_WAKEUP | CAPTURE_TASK)

#define CAPTURE_MAX_IDS 1024

/* What the kernel hands out. A context switch passes when its previous or next task does, a wake-up
 * when the woken task or the waker does, a KVM event when the task does that runs where it happens.
 * Kinds that are set must all match. */
struct capture_filter {
	uint32_t pid[CAPTURE_MAX_IDS]; /* processes: all threads, and children forked later */
	unsigned int n_pids;
	uint32_t tid[CAPTURE_MAX_IDS]; /* single threads */
	unsigned int n_tids;
	char comm[16]; /* "" = any */
	char cgroup[512]; /* path below the cgroup v2 mount (or below "/"), "" = any */
};

struct capture_options {
	const char *engine; /* name, or NULL for the first that works */
	/*
	 * CAPTURE_*. KVM events that the kernel does not have are left out with a note when events
	 * of CAPTURE_SCHED are asked for as well, else they are an error. Which there are is
	 * settled at capture_open(): modules that are loaded later bring theirs too late.
	 */
	unsigned int events;
	const struct cpuset *cpus; /* NULL = all online CPUs */
	uint64_t buffer_bytes; /* of all CPUs together; 0 = by the number of CPUs and memory */
	const struct capture_filter *filter; /* NULL = none */
	bool without_vms; /* do not look for virtual machines, and give them no roles */
	const struct sampler_options *sampler; /* what is sampled besides, NULL = nothing */
	const struct counting_options *counting; /* what is counted besides, NULL = nothing */
	bool metrics; /* something else is recorded beside, so that an engine is not all there is */
	/* With a sampler, counters or metrics: when no engine may record @events, they alone are
	 * recorded, with a note. An engine is not even looked for when @events is CAPTURE_TASK. */
	bool engine_optional;
	int root_fd; /* where proc/, sys/ and run/ are */
};

struct capture;
struct sampler_options; /* sampler.h */
struct counting_options; /* counting.h */

/* -EPERM, -EOPNOTSUPP ... with words that name what is missing and the smallest fix. What @o points
 * to must live as long as the capture. */
int capture_open(const struct capture_options *o, struct capture **ret, struct err *e) must_check;
struct capture *capture_free(struct capture *c);
DEFINE_CLEANUP(capture, capture_free)

/*
 * Let events in and read all tasks of the machine. @sink is used by this call and by the following
 * capture_drain(), capture_snapshot() and capture_stop(); it must live as long.
 */
int capture_start(struct capture *c, struct sink *sink, struct err *e) must_check;
/* Empty the rings into the sink. *ret_fill_pct (may be NULL) = how full the fullest ring was. */
int capture_drain(struct capture *c, unsigned int *ret_fill_pct, struct err *e) must_check;
/* Read all tasks of the machine again (flight recorder: names of tasks whose fork has been
 * dropped). *ret_time is before the first row. */
int capture_snapshot(struct capture *c, nsec_t *ret_time, struct err *e) must_check;
int capture_stop(struct capture *c, struct err *e) must_check;

/*
 * Write what describes the run: meta, cpu and mark rows, a clock anchor, and the virtual machines
 * that there are now, with roles for their threads (those of the start are written at the start).
 * @from (may be NULL):
 * per CPU number (of capture_n_cpus() entries) the time from which on its events are really there;
 * a CPU's START mark is the later of this and the true start. May be called while capture goes on:
 * the END marks then say "now", as of the last drain.
 */
int capture_describe(struct capture *c, struct sink *sink, const nsec_t *from,
		     struct err *e) must_check;

/* For what is recorded beside, between capture_start() and capture_stop(): it puts rows of tracks
 * task and loss in order with the capture's own, and gives all else to the capture's sink. */
struct sink *capture_sink(struct capture *c);
/* Whether forks, execs and ends of tasks are told by the capture. */
bool capture_tells_tasks(const struct capture *c);

struct capture_stats {
	uint64_t events; /* rows of event tracks given to the sink */
	uint64_t lost;
	nsec_t start; /* 0 = not started */
	unsigned int max_fill_pct; /* of a ring, since the start */
};
void capture_stats(const struct capture *c, struct capture_stats *ret);
/* Highest recorded CPU number + 1. */
unsigned int capture_n_cpus(const struct capture *c);
const struct cpuset *capture_cpus(const struct capture *c);
const char *capture_engine_name(const struct capture *c); /* "none": samples or counters alone */
/* When a capture_drain() has to come at the latest, whatever the rings hold; 0 = no such time. */
nsec_t capture_due(const struct capture *c);
/* Time in which the densest load fills a ring: capture_drain() should come several times in it. */
nsec_t capture_fills_in(const struct capture *c);
/* Sentences about what works less well than it could, for the user, each ended by \n. */
const char *capture_notes(struct capture *c);
