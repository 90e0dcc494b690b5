/* SPDX-License-Identifier: MIT */
/*
 * Inside of the perf engine: what perf_engine.c opens and perf_records.c reads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "capture/engine.h"
#include "capture/kvm_events.h"
#include "capture/perf_ring.h"
#include "format/tracepoint.h"

#define PERF_MAX_FIELDS 5

enum {
	PERF_EVENT_TASKS, /* dummy: fork, exec, rename, exit; owns the ring */
	PERF_EVENT_FORK,
	PERF_EVENT_SWITCH,
	PERF_EVENT_WAKEUP,
	PERF_EVENT_WAKEUP_NEW,
	PERF_EVENT_MIGRATE,
	PERF_N_EVENTS, /* those of kvm follow */
};

/* What is read of each tracepoint. All are integers but fork's name. */
struct perf_event {
	const char *name; /* "sched/sched_switch"; NULL: the dummy */
	unsigned int wanted_by; /* CAPTURE_* */
	const char *field[PERF_MAX_FIELDS];
	const char *comm[2], *tid[2]; /* fields that a filter looks at */
};
extern const struct perf_event perf_events[PERF_N_EVENTS];

struct perf_field {
	uint16_t offset, size;
};

struct perf_cpu {
	struct perf_ring ring;
	int *fd; /* [n_events], -1 = not opened */
	nsec_t last; /* time of its last record */
	uint64_t lost; /* as the ring has said so far */
};

struct perf_source {
	struct event_source base;
	struct gather *gather;
	struct cpuset cpus;
	struct perf_cpu *cpu; /* [n_cpus] */
	unsigned int n_cpus;
	unsigned int wanted; /* bit per event */
	unsigned int n_events; /* PERF_N_EVENTS and the kvm events */
	const struct kvm_events *kvm; /* lent; NULL = none */
	struct idmap by_id; /* id of the tracepoint -> event */
	struct perf_field pid; /* common_pid: the current task of any record */
	uint32_t id[PERF_N_EVENTS]; /* of the tracepoint */
	struct perf_field field[PERF_N_EVENTS][PERF_MAX_FIELDS];
	struct tracepoint *fork; /* its name has a changing place */
	bool counts_lost; /* PERF_FORMAT_LOST, kernel 6.0 */
	bool follow; /* --pid: rows are chosen here */
	struct idmap tgid_wanted, tid_wanted;
};

/* Move all records of all rings to the gather. */
int perf_records_drain(struct perf_source *s, unsigned int *fill_pct, struct err *e) must_check;

/* The row of a FORK or EXIT record; *ret_time (may be NULL) is its time. -EPROTO: too short. */
int perf_records_task(struct gather *g, uint32_t cpu, const struct perf_event_header *h,
		      nsec_t *ret_time) must_check;
/* The row of a COMM record that ends with @trailer bytes. */
int perf_records_comm(struct gather *g, uint32_t cpu, const struct perf_event_header *h,
		      size_t trailer, nsec_t time) must_check;
