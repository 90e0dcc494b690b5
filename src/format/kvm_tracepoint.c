/* SPDX-License-Identifier: MIT */
/* Fields of the kvm subsystem's tracepoints, by name. */
#include "format/kvm_tracepoint.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* arch/arm64/include/asm/kvm_asm.h */
#define ARM_EXCEPTION_TRAP 2
#define ARM_EXCEPTION_BASE 0x100u /* reasons that are no trap: see enum kvm_isa */

#define CORE true
#define MORE false

const struct kvm_tracepoint kvm_tracepoint_list[] = {
	{ "kvm_userspace_exit", KVM_KIND_USERSPACE_EXIT, CORE, { "reason" }, { { "errno", 0 } } },
	{ "kvm_mmio", KVM_KIND_MMIO, CORE, { "gpa" }, { { "len", 0 }, { "type", 8 } } },
	{ "kvm_pio",
	  KVM_KIND_PIO,
	  CORE,
	  { "port" },
	  { { "size", 0 }, { "rw", 8 }, { "count", 16 } } },
	{ "kvm_msr", KVM_KIND_MSR, CORE, { "ecx" }, { { "write", 0 }, { "exception", 1 } } },
	{ "kvm_hypercall", KVM_KIND_HYPERCALL, CORE, { "nr" }, { { 0 } } },
	{ "kvm_halt_poll_ns", KVM_KIND_HALT_POLL, CORE, { "new" }, { { "old", 0 } } },
	{ "kvm_vcpu_wakeup",
	  KVM_KIND_VCPU_WAKEUP,
	  CORE,
	  { "ns" },
	  { { "waited", 0 }, { "valid", 1 } } },
	{ "kvm_inj_virq",
	  KVM_KIND_INJ_VIRQ,
	  CORE,
	  { "vector", "irq" },
	  { { "soft", 0 }, { "reinjected", 1 } } },
	{ "kvm_inj_exception",
	  KVM_KIND_INJ_EXCEPTION,
	  CORE,
	  { "exception" },
	  { { "error_code", 0 } } },
	{ "kvm_cpuid", KVM_KIND_CPUID, CORE, { "function" }, { { "index", 0 } } },
	{ "kvm_fpu", KVM_KIND_FPU, CORE, { "load" }, { { 0 } } },
	{ "kvm_page_fault",
	  KVM_KIND_PAGE_FAULT,
	  MORE,
	  { "fault_address" },
	  { { "error_code", 0 } } },
	{ "kvm_set_irq", KVM_KIND_SET_IRQ, MORE, { "gsi" }, { { "level", 0 } } },
	{ "kvm_msi_set_irq", KVM_KIND_MSI_SET_IRQ, MORE, { "address" }, { { "data", 0 } } },
	{ "kvm_apic_accept_irq", KVM_KIND_APIC_ACCEPT_IRQ, MORE, { "vec" }, { { "apicid", 0 } } },
	{ "kvm_eoi", KVM_KIND_EOI, MORE, { "vector" }, { { "apicid", 0 } } },
	{ "kvm_pv_eoi", KVM_KIND_PV_EOI, MORE, { "vector" }, { { "apicid", 0 } } },
	{ "kvm_apic_ipi", KVM_KIND_APIC_IPI, MORE, { "icr_low" }, { { "dest_id", 0 } } },
	{ "kvm_apic", KVM_KIND_APIC, MORE, { "reg" }, { { "rw", 8 } } },
	{ "kvm_cr", KVM_KIND_CR, MORE, { "cr" }, { { "rw", 0 } } },
	{ "kvm_fast_mmio", KVM_KIND_FAST_MMIO, MORE, { "gpa" }, { { 0 } } },
	{ "kvm_emulate_insn", KVM_KIND_EMULATE_INSN, MORE, { "rip" }, { { "failed", 0 } } },
	{ "kvm_ple_window_update", KVM_KIND_PLE_WINDOW, MORE, { "new" }, { { "old", 0 } } },
	{ "kvm_ioapic_set_irq", KVM_KIND_IOAPIC_SET_IRQ, MORE, { "pin" }, { { "coalesced", 0 } } },
	{ "kvm_pic_set_irq", KVM_KIND_PIC_SET_IRQ, MORE, { "pin" }, { { "coalesced", 0 } } },
	{ "kvm_ack_irq", KVM_KIND_ACK_IRQ, MORE, { "pin" }, { { "irqchip", 0 } } },
	{ "kvm_async_pf_ready", KVM_KIND_ASYNC_PF_READY, MORE, { "gva" }, { { "token", 0 } } },
	{ "kvm_async_pf_not_present",
	  KVM_KIND_ASYNC_PF_NOT_PRESENT,
	  MORE,
	  { "gva" },
	  { { "token", 0 } } },
	{ "kvm_async_pf_completed", KVM_KIND_ASYNC_PF_COMPLETED, MORE, { "gva" }, { { 0 } } },
	{ "kvm_try_async_get_page", KVM_KIND_TRY_ASYNC_GET_PAGE, MORE, { "gva" }, { { 0 } } },
	{ "kvm_wait_lapic_expire",
	  KVM_KIND_WAIT_LAPIC_EXPIRE,
	  MORE,
	  { "delta" },
	  { { "vcpu_id", 0 } } },
	{ "kvm_nested_vmexit",
	  KVM_KIND_NESTED_VMEXIT,
	  MORE,
	  { "exit_reason", "exit_code" },
	  { { 0 } } },
	{ "kvm_xen_hypercall", KVM_KIND_XEN_HYPERCALL, MORE, { "nr" }, { { 0 } } },
	{ "kvm_hv_hypercall", KVM_KIND_HV_HYPERCALL, MORE, { "code" }, { { 0 } } },
	{ 0 },
};

const struct kvm_tracepoint *kvm_tracepoint_by_name(const char *name)
{
	for (const struct kvm_tracepoint *t = kvm_tracepoint_list; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* 0 also when the kernel has no such field. */
static int find_field(struct kvm_layout *l, unsigned int i, const struct tracepoint *t,
		      const char *name, unsigned int shift, struct err *e)
{
	const struct tracepoint_field *f = name ? tracepoint_field(t, name) : NULL;

	if (!f)
		return 0;
	if (f->where != TRACEPOINT_INLINE || f->count || !f->size || f->size > 8 ||
	    f->size & (f->size - 1) || f->offset > UINT16_MAX)
		return err_set(e, -EINVAL, "field '%s' of tracepoint '%s' is no integer", name,
			       t->name);
	l->field[i] = (struct kvm_layout_field){ .offset = (uint16_t)f->offset,
						 .size = (uint8_t)f->size,
						 .shift = (uint8_t)shift,
						 .is_signed = f->is_signed };
	l->bytes = max_of(l->bytes, f->offset + f->size);
	return 0;
}

static int exit_layout(struct kvm_layout *l, const struct tracepoint *t, struct err *e)
{
	bool arm = tracepoint_field(t, "esr_ec") != NULL;
	int r = find_field(l, 0, t, arm ? "esr_ec" : "exit_reason", 0, e);

	l->class = KVM_CLASS_EXIT;
	l->isa = arm ? KVM_ISA_ARM64 : KVM_ISA_UNKNOWN;
	if (r >= 0)
		r = find_field(l, 1, t, arm ? "ret" : "isa", 0, e);
	if (r >= 0 && !l->field[0].size)
		r = err_set(e, -EINVAL, "tracepoint 'kvm_exit' has no field 'exit_reason'");
	return r;
}

int kvm_layout_init(struct kvm_layout *l, const struct tracepoint *t, struct err *e)
{
	const struct kvm_tracepoint *of = kvm_tracepoint_by_name(t->name);
	int r = 0;

	*l = (struct kvm_layout){ .class = KVM_CLASS_OTHER };
	if (!strcmp(t->name, "kvm_exit"))
		return exit_layout(l, t, e);
	if (!strcmp(t->name, "kvm_entry")) {
		l->class = KVM_CLASS_ENTRY;
		return 0;
	}
	if (!of)
		return 0;
	l->kind = of->kind;
	for (unsigned int i = 0; i < ARRAY_SIZE(of->what) && r >= 0 && !l->field[0].size; i++)
		r = find_field(l, 0, t, of->what[i], 0, e);
	for (unsigned int i = 0; i < KVM_TRACEPOINT_PARTS && r >= 0; i++)
		r = find_field(l, 1 + i, t, of->detail[i].field, of->detail[i].shift, e);
	return r;
}

static int64_t read_field(const struct kvm_layout_field *f, const uint8_t *raw, bool big)
{
	const uint8_t *p = raw + f->offset;
	uint64_t v = 0;

	for (unsigned int i = 0; i < f->size; i++)
		v |= (uint64_t)p[big ? f->size - 1 - i : i] << 8 * i;
	/* Up to the highest bit and back as a signed number. */
	if (f->is_signed && f->size && f->size < 8)
		return (int64_t)(v << (64 - 8 * f->size)) >> (64 - 8 * f->size);
	return (int64_t)v;
}

int kvm_layout_read(const struct kvm_layout *l, const void *raw, size_t len, bool big_endian,
		    struct kvm_record *ret)
{
	int64_t value[ARRAY_SIZE(l->field)];

	if (len < l->bytes)
		return -EBADMSG;
	for (unsigned int i = 0; i < ARRAY_SIZE(l->field); i++)
		value[i] = read_field(&l->field[i], raw, big_endian);
	kvm_layout_make(l, value, ret);
	return 0;
}

void kvm_layout_make(const struct kvm_layout *l, const int64_t value[1 + KVM_TRACEPOINT_PARTS],
		     struct kvm_record *ret)
{
	*ret = (struct kvm_record){ 0 };
	if (l->class == KVM_CLASS_EXIT) {
		bool trap = l->isa != KVM_ISA_ARM64 || !l->field[1].size ||
			    (value[1] & 0xff) == ARM_EXCEPTION_TRAP;

		ret->isa = l->isa || !l->field[1].size ? l->isa : (uint8_t)value[1];
		ret->reason = trap ? (uint32_t)value[0]
				   : ARM_EXCEPTION_BASE + ((uint32_t)value[1] & 0xff);
	} else if (l->class == KVM_CLASS_OTHER) {
		ret->what = (uint64_t)value[0];
		for (unsigned int i = 1; i < ARRAY_SIZE(l->field); i++)
			ret->detail +=
				(uint32_t)(value[i] < 0 ? -(uint64_t)value[i] : (uint64_t)value[i])
				<< l->field[i].shift;
	}
}
