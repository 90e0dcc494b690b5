/* SPDX-License-Identifier: MIT */
/*
 * Tracepoints that make rows, of whatever subsystem: which one is read by whom stands in one table
 * (trace_event.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/tracepoint.h"
#include "import/kvm_event.h"
#include "import/sched_event.h"

enum trace_reader {
	TRACE_READER_NONE, /* makes no rows */
	TRACE_READER_SCHED,
	TRACE_READER_KVM,
};

struct trace_event {
	enum trace_reader reader;
	union {
		struct sched_event sched;
		struct kvm_event kvm;
	};
};

/* Subsystems that have tracepoints which make rows; ends with NULL. */
extern const char *const trace_subsystems[];

/* Does @subsystem:@name make rows? */
enum trace_reader trace_event_reader(const char *subsystem, const char *name);

/*
 * Find the fields of @t. @name is its name and must outlive @ev. A tracepoint that makes no rows is
 * no error. -EINVAL with words: it should make rows, but a field is missing or of a wrong type.
 */
int trace_event_init(struct trace_event *ev, const char *subsystem, const char *name,
		     const struct tracepoint *t, struct err *e) must_check;

/* Its kind; 0 when it is none of the scheduler's. */
static inline enum sched_event_kind trace_event_sched(const struct trace_event *ev)
{
	return ev->reader == TRACE_READER_SCHED ? ev->sched.kind : 0;
}

/* Where and when a raw record was written. */
struct trace_place {
	uint32_t cpu;
	uint32_t tid; /* current task; KVM_EVENT_TID_UNKNOWN: as the record says */
	nsec_t time;
	bool big;
};

/* Rows of a record: errors as of sched_event_rows() and kvm_event_rows(). */
static inline int must_check trace_event_rows(struct trace_event *ev, struct sched_rows *s,
					      struct kvm_rows *k, const struct trace_place *at,
					      const uint8_t *raw, size_t len, struct err *e)
{
	if (ev->reader == TRACE_READER_SCHED)
		return sched_event_rows(&ev->sched, s, at->cpu, at->time, raw, len, at->big, e);
	return kvm_event_rows(&ev->kvm, k, at->cpu, at->time, at->tid, raw, len, at->big, e);
}
