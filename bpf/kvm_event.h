/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * How the KVM program (sched.bpf.c) makes events of tracepoint records: the layouts of the running
 * kernel's tracepoints in a form that costs a few instructions, and what is computed of the fields.
 * Functions here run in the kernel and in tests, which hold them against kvm_layout_make() of
 * src/format/kvm_tracepoint.c, the same rules for everybody else.
 */
#pragma once

#define KVM_EVENT_FIELDS 4 /* EXIT: reason, isa or ret. OTHER: what, then the parts of detail */

/* Values of src/format/kvm_tracepoint.h, enum kvm_class. */
enum kvm_event_class { KVM_EVENT_EXIT, KVM_EVENT_ENTRY, KVM_EVENT_OTHER };

/* arch/arm64/include/asm/kvm_asm.h; bases and numbers as in src/model/kvm_track.h */
#define KVM_EVENT_ISA_ARM64 3
#define KVM_EVENT_ARM_TRAP  2
#define KVM_EVENT_ARM_BASE  0x100

struct kvm_event_field {
	__u16 offset;
	__u8 lift; /* bits above the value in 8 bytes that are read at its place */
	__u8 shift; /* OTHER: where this part of detail stands */
};

/* One for each attached tracepoint, in an array map. */
struct kvm_event_layout {
	__u8 kind; /* of OTHER */
	__u8 isa; /* of EXIT, when there is no field that says it */
	__u8 there; /* bit per field: this kernel has it */
	__u8 is_signed; /* bit per field */
	struct kvm_event_field field[KVM_EVENT_FIELDS];
};

/* The value of field @i out of 8 bytes of the record from its offset on. */
static inline __s64 kvm_event_value(const struct kvm_event_layout *l, unsigned int i, __u64 raw)
{
	__u8 lift = l->field[i].lift & 63;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	raw <<= lift;
#endif
	return l->is_signed >> i & 1 ? (__s64)raw >> lift : (__s64)(raw >> lift);
}

/* Reason, and the instruction set from bit 32 on. @second: of the field isa, or ret on ARM64. */
static inline __u64 kvm_event_exit(const struct kvm_event_layout *l, __u64 reason, __u64 second)
{
	__u64 isa = l->isa;

	if (l->there & 2) {
		if (!isa)
			isa = second & 7;
		else if (isa == KVM_EVENT_ISA_ARM64 && (second & 0xff) != KVM_EVENT_ARM_TRAP)
			reason = KVM_EVENT_ARM_BASE + (second & 0xff);
	}
	return (__u32)reason | isa << 32;
}

/* What field @i (from 1 on) adds to detail. Negative values count as positive. */
static inline __u32 kvm_event_part(const struct kvm_event_layout *l, unsigned int i, __s64 value)
{
	return (__u32)(value < 0 ? -(__u64)value : (__u64)value) << (l->field[i].shift & 31);
}
