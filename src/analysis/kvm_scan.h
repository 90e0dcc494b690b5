/* SPDX-License-Identifier: MIT */
/*
 * KVM events and switches as spans of vCPU threads: the one place that knows the rules of "How
 * virtual machines are counted" (docs/formats/page.md). It hands out arrays, some hundred at a
 * time, in order of their end.
 *
 *	exit	a moment: the thread came back from the guest, and why. What counts as an exit
 *	guest	from kvm_entry to kvm_exit: what the thread ran of the guest
 *	host	from kvm_exit to the next kvm_entry: what the exit cost, with its reason
 *	last	a moment: the first switch-out of the thread after the exit, before its entry
 *	lone	a moment: an exit or entry is known to have no partner
 *	event	what an event of another kind (kvm_pio, kvm_msr ...) cost
 *
 * Each is known when it ends, so a window needs nothing from behind it, and sums over neighbouring
 * windows add up.
 *
 * Where a recording has no kvm_exit but exits to user space (kvm_userspace_exit), those are the
 * exits (isa KVM_ISA_USER): host spans last from the exit to the return into KVM_RUN (kvm_fpu
 * load) and exist only where such events were recorded; guest spans do not exist.
 *
 * State is kept per thread, explicitly: in the guest, out of it for a reason, or not known. A loss
 * of KVM events or switches on any CPU forgets it; events within a gap count as exits, no more. A
 * thread may move to another CPU between an exit and its entry. An exit and an entry of one thread
 * at the same time are taken in the order that makes a pair.
 *
 * An event lasts until the entry that follows it; an MMIO read, from the exit to it. As in perf kvm
 * stat only the last of its kind before the entry has a length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/task_index.h"
#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/kvm_track.h"
#include "model/run.h"
#include "model/stream.h"

enum kvm_span_kind {
	KVM_SPAN_GUEST = 1,
	KVM_SPAN_HOST = 2,
	KVM_SPAN_EXIT = 3, /* begin = end: when it happened */
	KVM_SPAN_LAST = 4, /* begin: the exit; end: the switch-out */
	KVM_SPAN_LONE = 5, /* begin = end: when it was known */
	KVM_SPAN_EVENT = 6, /* only of query.event */
};

/* Of host spans and of LAST: */
#define KVM_SPAN_OUT	(1u << 0) /* the thread was switched out before the entry */
#define KVM_SPAN_ASLEEP (1u << 1) /* ... and slept, rather than being preempted */

struct kvm_span {
	nsec_t begin, end;
	union {
		nsec_t off_cpu; /* of it, time switched out; not to be taken for guest time */
		uint64_t what; /* EVENT: as in the kvm track */
	};
	uint32_t task; /* number in the source's task table */
	uint32_t cpu; /* of the event that ended it */
	union {
		uint32_t reason; /* of the exit that began it; GUEST: of the exit that ended it */
		uint32_t detail; /* EVENT: as in the kvm track */
	};
	union {
		uint8_t isa; /* what the reason is a number of */
		uint8_t event; /* EVENT: enum kvm_kind */
	};
	uint8_t kind; /* enum kvm_span_kind */
	uint16_t flags;
};

struct kvm_scan_query {
	nsec_t from, to; /* a span belongs to the window in which it ends, with its whole length */
	const struct cpuset *cpus; /* NULL = all; of the event that ended it */
	unsigned int event; /* enum kvm_kind: spans of these events too; 0 = none */
};

struct kvm_scan_stats {
	uint64_t exits, entries; /* rows in the window */
	uint64_t lone; /* exits and entries whose partner was not seen */
	nsec_t covered; /* time of the window without losses of what is read, on any CPU */
	bool user; /* exits to user space stand for the exits */
	bool timed; /* there were entries (user: returns into KVM_RUN): host time can be known */
	bool switches; /* switches were recorded: off_cpu and LAST can be known */
};

/* Does the run have events that a scan can make exits of, or were they asked for? */
bool kvm_scan_can(const struct run_info *info);

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
