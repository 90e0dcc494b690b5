/* SPDX-License-Identifier: MIT */
/*
 * The tracks of virtual machines on the host's side and the numbers of their columns.
 * docs/formats/recording.md says what they mean; kvm_reason.h names exit reasons.
 *
 *	kvm_exit	a vCPU thread came back from the guest, and why
 *	kvm_entry	it went into the guest
 *	kvm		every other tracepoint of the kvm subsystem, by kind
 */
#pragma once

#include "model/track.h"

enum { KVM_EXIT_TIME, KVM_EXIT_TID, KVM_EXIT_ISA, KVM_EXIT_REASON, KVM_EXIT_TOLD };
enum { KVM_ENTRY_TIME, KVM_ENTRY_TID, KVM_ENTRY_TOLD };
enum { KVM_TIME, KVM_KIND, KVM_TID, KVM_WHAT, KVM_DETAIL };

/* On disk: what numbers a reason is from. 1 and 2 are the kernel's own (KVM_ISA_VMX, KVM_ISA_SVM in
 * include/trace/events/kvm.h and arch/x86/kvm/trace.h). */
enum kvm_isa {
	KVM_ISA_UNKNOWN = 0,
	KVM_ISA_VMX = 1,
	KVM_ISA_SVM = 2,
	KVM_ISA_ARM64 = 3, /* ESR_ELx.EC of traps; 0x100 + the kernel's `ret` for what is no trap */
	KVM_ISA_USER = 4, /* not of the processor: KVM_EXIT_* of linux/kvm.h, exits to user space */
};

/*
 * On disk: kinds of the kvm track, and what `what` and `detail` hold. Kinds from KVM_KIND_NAMED on
 * are tracepoints that have no number here; meta key kvm.kind.N names them, `what` and `detail`
 * are 0.
 */
enum kvm_kind {
	KVM_KIND_USERSPACE_EXIT = 1, /* KVM_EXIT_* reason; errno (0 = none, as a positive number) */
	KVM_KIND_MMIO = 2, /* guest physical address; type << 8 | length (type 0 unsatisfied read, 1
			      read, 2 write) */
	KVM_KIND_PIO = 3, /* port; count << 16 | write << 8 | size */
	KVM_KIND_MSR = 4, /* MSR number; exception << 1 | write */
	KVM_KIND_HYPERCALL = 5, /* number; - */
	KVM_KIND_HALT_POLL = 6, /* new halt_poll_ns; old */
	KVM_KIND_VCPU_WAKEUP = 7, /* ns waited or polled; valid << 1 | waited */
	KVM_KIND_INJ_VIRQ = 8, /* vector; reinjected << 1 | soft */
	KVM_KIND_INJ_EXCEPTION = 9, /* vector; error code */
	KVM_KIND_CPUID = 10, /* function; index */
	KVM_KIND_FPU = 11, /* 1 = load (KVM_RUN begins), 0 = unload (it ends); - */
	KVM_KIND_PAGE_FAULT = 12, /* guest physical address; error code */
	KVM_KIND_SET_IRQ = 13, /* gsi; level */
	KVM_KIND_MSI_SET_IRQ = 14, /* address; low 32 bits of data */
	KVM_KIND_APIC_ACCEPT_IRQ = 15, /* vector; apic id */
	KVM_KIND_EOI = 16, /* vector; apic id */
	KVM_KIND_PV_EOI = 17, /* vector; apic id */
	KVM_KIND_APIC_IPI = 18, /* low 32 bits of ICR; destination */
	KVM_KIND_APIC = 19, /* register; write << 8 */
	KVM_KIND_CR = 20, /* control register; write */
	KVM_KIND_FAST_MMIO = 21, /* guest physical address; - */
	KVM_KIND_EMULATE_INSN = 22, /* address; failed */
	KVM_KIND_PLE_WINDOW = 23, /* new; old */
	KVM_KIND_IOAPIC_SET_IRQ = 24, /* pin; coalesced */
	KVM_KIND_PIC_SET_IRQ = 25, /* pin; coalesced */
	KVM_KIND_ACK_IRQ = 26, /* pin; chip */
	KVM_KIND_ASYNC_PF_READY = 27, /* gva; token */
	KVM_KIND_ASYNC_PF_NOT_PRESENT = 28, /* gva; token */
	KVM_KIND_ASYNC_PF_COMPLETED = 29, /* gva; - */
	KVM_KIND_TRY_ASYNC_GET_PAGE = 30, /* gva; - */
	KVM_KIND_WAIT_LAPIC_EXPIRE = 31, /* two's complement of the delta; vcpu */
	KVM_KIND_NESTED_VMEXIT = 32, /* exit code; - */
	KVM_KIND_XEN_HYPERCALL = 33, /* number; - */
	KVM_KIND_HV_HYPERCALL = 34, /* code; - */
	KVM_KINDS, /* known ones end here */
	KVM_KIND_NAMED = 128,
	KVM_KIND_MAX = 255,
};

/* The type in `detail` of KVM_KIND_MMIO (include/trace/events/kvm.h). */
#define KVM_MMIO_READ  1u
#define KVM_MMIO_WRITE 2u

/* The tracepoint's name ("kvm_mmio"), NULL for kinds without a number here. */
const char *kvm_kind_name(unsigned int kind);

extern const struct track track_kvm_exit;
extern const struct track track_kvm_entry;
extern const struct track track_kvm;
