/* SPDX-License-Identifier: MIT */
/*
 * Profiles: samples of events with call chains, by perf_event_open(2), beside the engine that
 * brings the scheduler's events. On each CPU a ring takes the samples, and the records of what
 * processes map, so that addresses become places in files while the processes are still there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/engine.h"
#include "capture/event_list.h"

enum call_graph {
	CALL_GRAPH_FP, /* by frame pointers, and the kernel's own chain */
	CALL_GRAPH_NONE,
	CALL_GRAPH_LBR, /* by the last branch records of Intel CPUs */
	CALL_GRAPH_DWARF, /* from copies of the stack, by call frame information of the files */
};

#define SAMPLER_FREQ 999 /* not 1000: a timer tick beside it would always hit the same code */

#define SAMPLER_STACK	  8192u
#define SAMPLER_STACK_MAX 65528u /* a record has 64 KiB, the kernel cuts what is too much */

struct sampler_options {
	/* What is sampled; NULL or empty: cycles, or cpu-clock where there is no PMU. */
	const struct event_list *events;
	uint64_t freq, period; /* of events that do not say it; both 0: SAMPLER_FREQ */
	enum call_graph call_graph;
	uint32_t stack_bytes; /* of CALL_GRAPH_DWARF: to copy; a multiple of 8, 0 = SAMPLER_STACK */
	bool off_cpu; /* the chain of each task that blocks, when it does */
	bool all_names; /* keep the names of files' functions too, not only of what passes */
	/* A process that is sampled alone, with its children, when this user may not sample the
	 * machine; 0 = none. */
	uint32_t workload;
};

/* Events have the numbers 1, 2 ... of track_event, those of counters 2048 and up. */
#define SAMPLER_FIRST_EVENT 1u

/*
 * An event source: @o->sampler says what, @o->filter whose. *@alone: no engine runs beside, so that
 * covered time and task rows are this one's job. -errno with words.
 */
int sampler_open(const struct capture_options *o, bool alone, struct gather *g,
		 struct event_source **ret, struct err *e) must_check;
/* Rows of tracks event and symbol, and meta profile.*; @s is a sampler's. */
int sampler_describe(struct event_source *s, struct sink *sink, nsec_t time,
		     struct err *e) must_check;
