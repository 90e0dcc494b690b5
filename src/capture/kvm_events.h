/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints of the kvm subsystem that a recording takes, as this kernel has them: ids, where
 * their fields lie, and the kinds of those without a number of their own. For all engines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/kvm_tracepoint.h"

struct kvm_event {
	char *name; /* "kvm_mmio" */
	uint32_t id; /* common_type of its records */
	struct kvm_layout layout;
};

struct kvm_events {
	struct kvm_event *item; /* by name */
	unsigned int n;
};

/*
 * Read those of @tracefs_fd's events/kvm: kvm_exit, kvm_entry and the core of kvm_tracepoint_list,
 * or @all. With all, those without a number get kinds from KVM_KIND_NAMED on in order of name.
 * -ENOENT with words: this kernel has no kvm events, or none of these; -E2BIG with words: more than
 * there are kinds.
 */
int kvm_events_read(int tracefs_fd, bool all, struct kvm_events **ret, struct err *e) must_check;
/*
 * The same for a capture of *events (CAPTURE_*). No kvm events in the kernel are an error when
 * nothing of CAPTURE_SCHED is asked for; else they are taken out of *events and *ret_note (of @size
 * bytes) says so. *ret_note is "" and *ret is NULL where nothing is to be said and recorded.
 */
int kvm_events_settle(int tracefs_fd, unsigned int *events, struct kvm_events **ret, char *ret_note,
		      size_t size, struct err *e) must_check;
struct kvm_events *kvm_events_free(struct kvm_events *k);
DEFINE_CLEANUP(kvm_events, kvm_events_free)

/* Does one of them make rows of @class? */
bool kvm_events_have(const struct kvm_events *k, enum kvm_class class);
