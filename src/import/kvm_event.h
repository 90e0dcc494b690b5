/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints of the kvm subsystem in raw records of one kernel: rows of such records. Which
 * field says what: format/kvm_tracepoint.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/kvm_tracepoint.h"
#include "format/tracepoint.h"
#include "import/kvm_rows.h"

#define KVM_EVENT_TID_UNKNOWN UINT32_MAX

struct kvm_event {
	struct kvm_layout layout; /* kind 0 until the first record of one without a number */
	uint16_t tid; /* where common_pid stands */
	const char *name; /* without the subsystem; lent */
};

/* @name is kept, not copied. 0, or -EINVAL with words when the fields that count are not there. */
int kvm_event_init(struct kvm_event *ev, const struct tracepoint *t, const char *name,
		   struct err *e) must_check;

/* One without a number that has not got one yet, by a first row. */
static inline bool kvm_event_unnamed(const struct kvm_event *ev)
{
	return ev->layout.class == KVM_CLASS_OTHER && !ev->layout.kind;
}

/*
 * A row of the raw record @raw of @len bytes, from @cpu at @time. @tid KVM_EVENT_TID_UNKNOWN: the
 * one in the record. -EBADMSG: the record is too short; -ENOSPC: no kind is left for this
 * tracepoint. Else 0 or -errno of the sink.
 */
int kvm_event_rows(struct kvm_event *ev, struct kvm_rows *k, uint32_t cpu, nsec_t time,
		   uint32_t tid, const uint8_t *raw, size_t len, bool big,
		   struct err *e) must_check;
