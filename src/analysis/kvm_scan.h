/* SPDX-License-Identifier: MIT */
/*
 * KVM events and switches as spans of vCPU threads: the one place that knows the rules of "How
 * virtual machines are counted" (docs/formats/page.md).
 *
 *	guest	from kvm_entry to kvm_exit: what the thread ran of the guest
 *	host	from kvm_exit to the next kvm_entry: what the exit cost, with its reason
 *
 * Where a recording has no kvm_exit but exits to user space (kvm_userspace_exit), those are the
 * exits (isa KVM_ISA_USER): host spans last from the exit to the return into KVM_RUN (kvm_fpu
 * load), guest spans do not exist, and a span without a known end has no length.
 *
 * State is kept per thread, explicitly: in the guest, out of it for a reason, or not known. A loss
 * of KVM events or switches on any CPU forgets it. A thread may move to another CPU between an
 * exit and its entry.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/kvm_track.h"
#include "model/stream.h"

struct task_index;

enum kvm_span_kind { KVM_SPAN_GUEST = 1, KVM_SPAN_HOST = 2 };

#define KVM_SPAN_NO_LENGTH (1u << 0) /* counts as an exit; begin = end, since no entry was seen */
#define KVM_SPAN_LAST	   (1u << 1) /* the thread was switched out before the entry: the last exit */
#define KVM_SPAN_ASLEEP	   (1u << 2) /* ... and slept, rather than being preempted */

struct kvm_span {
	nsec_t begin, end;
	nsec_t off_cpu; /* of it, time switched out: never guest time */
	uint32_t task; /* number in the source's task table */
	uint32_t cpu; /* of the event that ended it */
	uint32_t reason; /* HOST: of the exit that began it; GUEST: of the exit that ended it */
	uint8_t isa;
	uint8_t kind; /* enum kvm_span_kind */
	uint16_t flags;
};

struct kvm_scan_query {
	nsec_t from, to; /* a span belongs to the window in which it ends, with its whole length */
	const struct cpuset *cpus; /* NULL = all; of the event that ended it */
};

struct kvm_scan_stats {
	uint64_t exits; /* rows in the window */
	uint64_t entries;
	uint64_t unmatched; /* exits and entries whose partner was not seen */
	bool user; /* exits to user space stand for the exits */
};

struct kvm_scan; /* opaque */

/* @q is copied, but for q->cpus; @index is lent. 0 or -errno with words. */
int kvm_scan_new(struct source *src, const struct kvm_scan_query *q, struct task_index *index,
		 struct kvm_scan **ret, struct err *e) must_check;
struct kvm_scan *kvm_scan_free(struct kvm_scan *s);
DEFINE_CLEANUP(kvm_scan, kvm_scan_free)

/* 1 and *ret_n > 0 spans, lent until the next call; 0 at the end; -errno with words. */
int kvm_scan_next(struct kvm_scan *s, const struct kvm_span **ret, size_t *ret_n,
		  struct err *e) must_check;
const struct kvm_scan_stats *kvm_scan_stats(const struct kvm_scan *s);
