/* SPDX-License-Identifier: MIT */
/*
 * Counters over time, beside the engine that brings the scheduler's events: read at an interval,
 * what happened since goes into track counter, raw.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/engine.h"
#include "capture/event_list.h"

#define COUNTING_INTERVAL (100 * NSEC_PER_MSEC)
#define COUNTING_SHORTEST (1 * NSEC_PER_MSEC)

struct counting_options {
	const struct event_list *events;
	nsec_t interval; /* 0: COUNTING_INTERVAL */
	/* Not at an interval, but at each context switch: what happened in each run slice. Of the
	 * whole machine. */
	bool per_slice;
	/* A process that is counted alone, with its children, when this user may not count the
	 * machine; 0 = none. */
	uint32_t workload;
};

/* The number of the first counted event in track event; those of samples are below. */
#define COUNTING_FIRST_EVENT 2048u

/*
 * An event source: @o->counting says what, @o->filter whose. @alone: covered time is this one's
 * job. Nothing can be counted: -errno with words.
 */
int counting_open(const struct capture_options *o, bool alone, struct gather *g,
		  struct event_source **ret, struct err *e) must_check;
/* Rows of track event, and meta counter.*. */
int counting_describe(struct event_source *s, struct sink *sink, nsec_t time,
		      struct err *e) must_check;
