/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints of the kvm subsystem as rows of the kvm tracks: which field of each becomes
 * `what` and `detail` (model/kvm_track.h), found by name in the format of the kernel at hand. One
 * table for capture and import. Names of fields: include/trace/events/kvm.h, arch/x86/kvm/trace.h,
 * arch/arm64/kvm/trace_arm.h, Linux 2.6.31 to 6.18.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/tracepoint.h"
#include "model/kvm_track.h"

#define KVM_TRACEPOINT_PARTS 3

struct kvm_tracepoint {
	const char *name; /* "kvm_mmio" */
	uint8_t kind; /* enum kvm_kind */
	bool core; /* part of `-e kvm`; the others of `-e kvm-all` only */
	const char *what[2]; /* field, and its name in other kernels; NULL: 0 */
	/* detail = the sum of value << shift; negative values count as positive. */
	struct {
		const char *field;
		uint8_t shift;
	} detail[KVM_TRACEPOINT_PARTS];
};

/* All with a number, by kind; ends with name NULL. kvm_exit and kvm_entry are not in it. */
extern const struct kvm_tracepoint kvm_tracepoint_list[];
/* NULL when it has no number. @name without the subsystem. */
const struct kvm_tracepoint *kvm_tracepoint_by_name(const char *name);

enum kvm_class { KVM_CLASS_EXIT, KVM_CLASS_ENTRY, KVM_CLASS_OTHER };

struct kvm_layout_field {
	uint16_t offset;
	uint8_t size; /* 0: not there, reads as 0 */
	uint8_t shift;
	bool is_signed;
};

/* Where the fields of one tracepoint lie in the records of one kernel. */
struct kvm_layout {
	enum kvm_class class;
	uint8_t kind; /* OTHER: enum kvm_kind; the caller sets it for tracepoints without a number
		       */
	uint8_t isa; /* EXIT without a field `isa`: what its reasons are numbers of */
	uint32_t bytes; /* a record has at least these */
	/* EXIT: exit reason, then isa (x86) or ret (ARM64). OTHER: what, then the parts of detail.
	 */
	struct kvm_layout_field field[1 + KVM_TRACEPOINT_PARTS];
};

/*
 * Find the fields of @t, any tracepoint of the kvm subsystem. Fields that this kernel does not have
 * read as 0. -EINVAL with words: exit without a reason, or a field that is no integer.
 */
int kvm_layout_init(struct kvm_layout *l, const struct tracepoint *t, struct err *e) must_check;

/* What one record says. */
struct kvm_record {
	uint8_t isa; /* EXIT */
	uint32_t reason; /* EXIT */
	uint64_t what; /* OTHER */
	uint32_t detail; /* OTHER */
};

/* -EBADMSG: the record is shorter than layout.bytes. */
int kvm_layout_read(const struct kvm_layout *l, const void *raw, size_t len, bool big_endian,
		    struct kvm_record *ret) must_check;
/* The same from values that were read elsewhere (BPF), in the order of layout.field. */
void kvm_layout_make(const struct kvm_layout *l, const int64_t value[1 + KVM_TRACEPOINT_PARTS],
		     struct kvm_record *ret);
