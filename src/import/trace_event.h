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

/* Its rows are made by sched_event_rows() or kvm_event_rows(). */
struct trace_event {
	enum trace_reader reader;
	union {
		struct sched_event sched;
		struct kvm_event kvm;
	};
};

/* Subsystem @i of those that have tracepoints which make rows; NULL behind the last. */
const char *trace_event_subsystem(unsigned int i);

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
