/* SPDX-License-Identifier: MIT */
/*
 * Tracks of virtual machines. Exits and entries have tracks of their own: on one CPU they come in
 * turn from few threads, so that each column is nearly free; what is left is the time.
 */
#include "model/kvm_track.h"

#include "base/attr.h"

const struct track track_kvm_exit = {
	.id = 19,
	.name = "kvm_exit",
	.help = "exits of vCPUs from the guest, with their reason",
	.n_columns = 5,
	.column = {
		[KVM_EXIT_TIME] = TRACK_TIME_COLUMN,
		[KVM_EXIT_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				   .flags = COLUMN_TASK, .unit = "id", .help = "vCPU thread" },
		[KVM_EXIT_ISA] = { .name = "isa", .type = COLUMN_U8, .codec = CODEC_PLANES,
				   .unit = "", .help = "what the reason is a number of: 0 unknown, "
						       "1 VMX, 2 SVM, 3 ARM64" },
		[KVM_EXIT_REASON] = { .name = "reason", .type = COLUMN_U32, .codec = CODEC_DICT,
				      .unit = "", .help = "exit reason of the instruction set" },
		[KVM_EXIT_TOLD] = { .name = "told", .type = COLUMN_U64, .codec = CODEC_PLANES,
				    .flags = COLUMN_OPTIONAL, .unit = "ns",
				    .help = "guest time before it as the source tells, + 1; 0 = not "
					    "told" },
	},
};

const struct track track_kvm_entry = {
	.id = 20,
	.name = "kvm_entry",
	.help = "entries of vCPUs into the guest",
	.n_columns = 3,
	.column = {
		[KVM_ENTRY_TIME] = TRACK_TIME_COLUMN,
		[KVM_ENTRY_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				    .flags = COLUMN_TASK, .unit = "id", .help = "vCPU thread" },
		[KVM_ENTRY_TOLD] = { .name = "told", .type = COLUMN_U64, .codec = CODEC_PLANES,
				     .flags = COLUMN_OPTIONAL, .unit = "ns",
				     .help = "host time before it as the source tells, + 1; 0 = "
					     "not told" },
	},
};

const struct track track_kvm = {
	.id = 21,
	.name = "kvm",
	.help = "all other events of the kvm subsystem",
	.n_columns = 5,
	.column = {
		[KVM_TIME] = TRACK_TIME_COLUMN,
		[KVM_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_DICT,
			       .unit = "", .help = "which tracepoint" },
		[KVM_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
			      .flags = COLUMN_TASK, .unit = "id",
			      .help = "thread current where it happened" },
		[KVM_WHAT] = { .name = "what", .type = COLUMN_U64, .codec = CODEC_DICT,
			       .unit = "", .help = "address, port, number ... by kind" },
		[KVM_DETAIL] = { .name = "detail", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .unit = "", .help = "size, direction ... by kind" },
	},
};

static const char *const kind_name[KVM_KINDS] = {
	[KVM_KIND_USERSPACE_EXIT] = "kvm_userspace_exit",
	[KVM_KIND_MMIO] = "kvm_mmio",
	[KVM_KIND_PIO] = "kvm_pio",
	[KVM_KIND_MSR] = "kvm_msr",
	[KVM_KIND_HYPERCALL] = "kvm_hypercall",
	[KVM_KIND_HALT_POLL] = "kvm_halt_poll_ns",
	[KVM_KIND_VCPU_WAKEUP] = "kvm_vcpu_wakeup",
	[KVM_KIND_INJ_VIRQ] = "kvm_inj_virq",
	[KVM_KIND_INJ_EXCEPTION] = "kvm_inj_exception",
	[KVM_KIND_CPUID] = "kvm_cpuid",
	[KVM_KIND_FPU] = "kvm_fpu",
	[KVM_KIND_PAGE_FAULT] = "kvm_page_fault",
	[KVM_KIND_SET_IRQ] = "kvm_set_irq",
	[KVM_KIND_MSI_SET_IRQ] = "kvm_msi_set_irq",
	[KVM_KIND_APIC_ACCEPT_IRQ] = "kvm_apic_accept_irq",
	[KVM_KIND_EOI] = "kvm_eoi",
	[KVM_KIND_PV_EOI] = "kvm_pv_eoi",
	[KVM_KIND_APIC_IPI] = "kvm_apic_ipi",
	[KVM_KIND_APIC] = "kvm_apic",
	[KVM_KIND_CR] = "kvm_cr",
	[KVM_KIND_FAST_MMIO] = "kvm_fast_mmio",
	[KVM_KIND_EMULATE_INSN] = "kvm_emulate_insn",
	[KVM_KIND_PLE_WINDOW] = "kvm_ple_window_update",
	[KVM_KIND_IOAPIC_SET_IRQ] = "kvm_ioapic_set_irq",
	[KVM_KIND_PIC_SET_IRQ] = "kvm_pic_set_irq",
	[KVM_KIND_ACK_IRQ] = "kvm_ack_irq",
	[KVM_KIND_ASYNC_PF_READY] = "kvm_async_pf_ready",
	[KVM_KIND_ASYNC_PF_NOT_PRESENT] = "kvm_async_pf_not_present",
	[KVM_KIND_ASYNC_PF_COMPLETED] = "kvm_async_pf_completed",
	[KVM_KIND_TRY_ASYNC_GET_PAGE] = "kvm_try_async_get_page",
	[KVM_KIND_WAIT_LAPIC_EXPIRE] = "kvm_wait_lapic_expire",
	[KVM_KIND_NESTED_VMEXIT] = "kvm_nested_vmexit",
	[KVM_KIND_XEN_HYPERCALL] = "kvm_xen_hypercall",
	[KVM_KIND_HV_HYPERCALL] = "kvm_hv_hypercall",
};

const char *kvm_kind_name(unsigned int kind)
{
	return kind < ARRAY_SIZE(kind_name) ? kind_name[kind] : NULL;
}
