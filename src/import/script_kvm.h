/* SPDX-License-Identifier: MIT */
/*
 * KVM events from event text: the print formats of the kernel's kvm tracepoints, old and new, and
 * what libtraceevent's plugin makes of them. The rows are those that the binary records give.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "import/kvm_rows.h"
#include "import/script_line.h"

#define SCRIPT_KVM_UNKNOWN 16 /* names that are told one by one */

struct script_kvm {
	struct kvm_rows rows;
	/* Of the last exit with a name. A machine has one, so that numbers without a name are of it
	 * too. */
	enum kvm_isa isa;
	struct {
		char name[64];
		uint64_t count;
	} unknown[SCRIPT_KVM_UNKNOWN];
	uint64_t unknown_more;
	uint64_t kind_only; /* rows that hold no more than which event it was */
};

/* @sched must outlive @k. script_kvm_done() frees. */
void script_kvm_init(struct script_kvm *k, struct sched_rows *sched);
void script_kvm_done(struct script_kvm *k);

/* Is it of the kvm subsystem? Lines without a subsystem are told by the event's name. */
bool script_kvm_is(const struct script_line *l);

/*
 * A row of @l. -EBADMSG: the text is not understood, and the event is one that says nothing
 * without it; -ENOSPC: no kind is left for it. Else 0 or -errno of the sink.
 */
int script_kvm_take(struct script_kvm *k, const struct script_line *l, struct err *e) must_check;

/* Lines for people about what could not be told. */
int script_kvm_note(const struct script_kvm *k, struct buf *notes) must_check;
