/* SPDX-License-Identifier: MIT */
/*
 * Counting events by perf_event_open(2): a set of events, each on several *places* (a CPU, or a
 * process or thread with its children). What is read is raw: how many, and for how long the event
 * should have counted and did count (multiplexing); stats/multiplex.h makes estimates of it.
 *
 *	counters_open(&options, &c, &e);	what cannot be counted has its reason now
 *	counters_enable(c, &e);
 *	counters_read(c, &e);  counters_get(c, event, place)	as often as one likes
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/nsec.h"
#include "capture/event_list.h"
#include "capture/event_targets.h"

struct counters_options {
	const struct event_list *events;
	const struct event_targets *targets;
	/* The places. For targets that are tasks NULL: each process or thread is a place; else
	 * these CPUs are. Lent during counters_open() only, as all of this. */
	const struct cpuset *cpus;
	/* Counts begin when the one task of @targets runs a program, not with counters_enable(). */
	bool on_exec;
};

struct counter_place {
	int cpu; /* -1: any */
	uint32_t id; /* process or thread, 0 = all */
};

struct count {
	uint64_t value, enabled, running; /* since counters_enable(); ns, sums over threads */
	nsec_t time; /* of reading */
	bool there; /* false: this event is not counted at this place */
};

struct counters; /* opaque */

/*
 * Events that this machine or user cannot count are left out: counters_missing(). -EACCES or -EPERM
 * with words when nothing can be counted for want of rights, -ESRCH when the tasks are gone,
 * -EMFILE, -ENOMEM. With no event left it is still 0.
 */
int counters_open(const struct counters_options *o, struct counters **ret,
		  struct err *e) must_check;
struct counters *counters_free(struct counters *c);
DEFINE_CLEANUP(counters, counters_free)

unsigned int counters_n_events(const struct counters *c);
unsigned int counters_n_places(const struct counters *c);
/* Lent. exclude_* are as they are counted: user code only where the user may not more. */
const struct event *counters_event(const struct counters *c, unsigned int event);
const struct counter_place *counters_place(const struct counters *c, unsigned int place);
/* Why the event is not counted; "" = it is. */
const char *counters_missing(const struct counters *c, unsigned int event);
/* Number of the event's group: counted together. */
unsigned int counters_group(const struct counters *c, unsigned int event);
/* Several groups share a PMU, so that they may have to take turns. */
bool counters_take_turns(const struct counters *c);
/* The descriptor of an event at a place, lent; -1: not counted there. Of several threads the first.
 */
int counters_fd(const struct counters *c, unsigned int event, unsigned int place);
bool counters_user_only(const struct counters *c);

int counters_enable(struct counters *c, struct err *e) must_check;
void counters_disable(struct counters *c);
/* Read all, for counters_get(). */
int counters_read(struct counters *c, struct err *e) must_check;
const struct count *counters_get(const struct counters *c, unsigned int event, unsigned int place);
