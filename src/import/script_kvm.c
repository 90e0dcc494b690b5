/* SPDX-License-Identifier: MIT */
/*
 * KVM events from event text. A form says which value of its pattern is which value of the
 * tracepoint's row; the row itself is made as for binary records.
 */
#include "import/script_kvm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "import/kvm_exit_name.h"

#define MAX_VALUES     8
#define NAME_MAX_BYTES 63 /* of a tracepoint; the longest has 35 */

/* Vectors of exceptions by number; those that have no name cannot stand in a text. */
#define EXCEPTIONS                                                                         \
	"%{#DE|#DB|?|#BP|#OF|#BR|#UD|#NM|#DF|?|#TS|#NP|#SS|#GP|#PF|?|#MF|#AC|#MC|#XM|#VE|" \
	"#CP|?|?|?|?|?|?|#HV|#VC|#SX}"

/*
 * The values of the pattern in order: 'w' is `what`, a digit the part of `detail` with that number
 * in kvm_tracepoint_list, 'n' the name of an exit reason that becomes `what`, '-' none. Several
 * forms of an event are tried in order. Events whose text does not hold the values have none.
 */
static const struct kvm_form {
	const char *event, *pattern, *values;
} forms[] = {
	/* An error hides the reason. */
	{ "kvm_userspace_exit", "reason %{restart|error} (%d)", "-0" },
	{ "kvm_userspace_exit", "reason %w (%d)", "-w" },
	{ "kvm_mmio", "mmio %{unsatisfied-read|read|write} len %d gpa %x", "10w" },
	{ "kvm_pio", "pio_%{read|write} at %x size %d count %d", "1w02" },
	{ "kvm_msr", "msr_%{read|write} %x = %x%{| (#GP)}", "0w-1" },
	{ "kvm_hypercall", "nr %x", "w" },
	{ "kvm_halt_poll_ns", "vcpu %d: halt_poll_ns %d (%{shrink|grow} %d)", "-w-0" },
	{ "kvm_vcpu_wakeup", "%{poll|wait} time %d ns, polling %{invalid|valid}", "0w1" },
	{ "kvm_vcpu_wakeup", "%{poll|wait} time %d ns", "0w" },
	{ "kvm_inj_virq", "%{IRQ|Soft/INTn} %x%{| [reinjected]}", "0w1" },
	{ "kvm_inj_virq", "irq %d", "w" },
	{ "kvm_inj_exception", EXCEPTIONS " (%x)", "w0" },
	{ "kvm_inj_exception", EXCEPTIONS, "w" },
	{ "kvm_cpuid", "func %x idx %x", "w0" },
	{ "kvm_cpuid", "func %x", "w" },
	{ "kvm_fpu", "%{unload|load}", "w" },
	{ "kvm_page_fault", "vcpu %d rip %x address %x error_code %x", "--w0" },
	{ "kvm_page_fault", "address %x error_code %x", "w0" },
	{ "kvm_set_irq", "gsi %d level %d", "w0" },
	{ "kvm_apic_accept_irq", "apicid %x vec %d", "0w" },
	{ "kvm_eoi", "apicid %x vector %d", "0w" },
	{ "kvm_pv_eoi", "apicid %x vector %d", "0w" },
	{ "kvm_cr", "cr_%{read|write} %x", "0w" },
	{ "kvm_fast_mmio", "fast mmio at gpa %x", "w" },
	{ "kvm_emulate_insn", "%x:%x:%t (%t)%{| failed}", "-w--0" },
	{ "kvm_ple_window_update", "vcpu %d old %d new %d", "-0w" },
	{ "kvm_ioapic_set_irq", "pin %d dst %x vec %d (%t)%{| (coalesced)}", "w---0" },
	{ "kvm_pic_set_irq", "chip %d pin %d (%t)%{| (coalesced)}", "-w-0" },
	{ "kvm_ack_irq", "irqchip %{PIC master|PIC slave|IOAPIC} pin %d", "0w" },
	{ "kvm_async_pf_ready", "token %x gva %x", "0w" },
	{ "kvm_async_pf_not_present", "token %x gva %x", "0w" },
	{ "kvm_async_pf_completed", "gva %x", "w" },
	{ "kvm_try_async_get_page", "gva = %x", "w" },
	{ "kvm_wait_lapic_expire", "vcpu %d: delta %d", "0w" },
	{ "kvm_nested_vmexit", "vcpu %d reason %t rip", "-n" },
	{ "kvm_nested_vmexit", "rip: %x reason: %t ext_inf1:", "-n" },
	{ "kvm_nested_vmexit", "rip %x reason %t info1", "-n" },
	{ "kvm_xen_hypercall", "cpl %d nr %x", "-w" },
	{ "kvm_xen_hypercall", "nr %x", "w" },
	{ "kvm_hv_hypercall", "code %x", "w" },
};

void script_kvm_init(struct script_kvm *k, struct sched_rows *sched)
{
	*k = (struct script_kvm){ .isa = KVM_ISA_UNKNOWN };
	kvm_rows_init(&k->rows, sched);
}

void script_kvm_done(struct script_kvm *k)
{
	kvm_rows_done(&k->rows);
}

static bool begins(const struct script_line *l, const char *word)
{
	size_t n = strlen(word);

	return l->event_len > n && !memcmp(l->event, word, n);
}

bool script_kvm_is(const struct script_line *l)
{
	if (l->subsystem_len)
		return l->subsystem_len == 3 && !memcmp(l->subsystem, "kvm", 3);
	/* The events of kvm's MMU are a subsystem of their own. */
	return begins(l, "kvm_") && !begins(l, "kvm_mmu_") && !begins(l, "kvm_tdp_mmu_");
}

static int note_unknown(struct script_kvm *k, const char *name, size_t len)
{
	for (unsigned int i = 0; i < SCRIPT_KVM_UNKNOWN; i++) {
		if (!k->unknown[i].count)
			snprintf(k->unknown[i].name, sizeof(k->unknown[i].name), "%.*s", (int)len,
				 name);
		else if (strncmp(k->unknown[i].name, name, len) || k->unknown[i].name[len])
			continue;
		k->unknown[i].count++;
		return 0;
	}
	k->unknown_more++;
	return 0;
}

/* The reason called @v: 0 of an unknown instruction set when the name is not known. */
static struct kvm_record find_reason(struct script_kvm *k, const struct script_value *v)
{
	struct kvm_record record = { .isa = KVM_ISA_UNKNOWN };
	size_t len = min_of(v->len, sizeof(k->unknown[0].name) - 1);
	enum kvm_isa isa;

	if (!kvm_exit_name_find(v->text, v->len, &isa, &record.reason)) {
		note_unknown(k, v->text, len);
		return record;
	}
	if (isa != KVM_ISA_UNKNOWN)
		k->isa = isa;
	record.isa = (uint8_t)k->isa;
	return record;
}

/* "TRAP: HSR_EC: 0x0016 (HVC64), PC: ...": kvm_arm_exception_type in arch/arm64/kvm/trace_arm.h. */
static bool read_arm_exit(const struct script_line *l, struct kvm_record *ret)
{
	/* arch/arm64/include/asm/kvm_asm.h; the last is HVC_STUB_ERR. */
	static const int64_t returns[] = { 0, 1, 2, 3, 0xbadca11 };
	const struct kvm_layout layout = {
		.class = KVM_CLASS_EXIT,
		.isa = KVM_ISA_ARM64,
		.field = { { .size = 4 }, { .size = 4 } },
	};
	int64_t value[1 + KVM_TRACEPOINT_PARTS] = { 0 };
	struct script_value v[MAX_VALUES];

	if (script_scan(l->text, l->text_len, "%{IRQ|SERROR|TRAP|ILLEGAL|HYP_GONE}: HSR_EC: %x", v))
		value[1] = returns[v[0].number];
	else if (script_scan(l->text, l->text_len, "%x: HSR_EC: %x", v))
		value[1] = v[0].number;
	else
		return false;
	value[0] = v[1].number;
	kvm_layout_make(&layout, value, ret);
	return true;
}

static int read_exit(struct script_kvm *k, const struct script_line *l, struct kvm_record *ret)
{
	struct script_value v[MAX_VALUES];

	if (script_scan(l->text, l->text_len, "vcpu %d reason %t rip ", v))
		*ret = find_reason(k, &v[1]);
	else if (script_scan(l->text, l->text_len, "reason %t rip ", v))
		*ret = find_reason(k, &v[0]);
	else if (!read_arm_exit(l, ret))
		return -EBADMSG;
	return 0;
}

/* What the values of @f are, as the fields of the tracepoint. */
static void fill_values(struct script_kvm *k, const struct kvm_form *f,
			const struct script_value *v, int64_t value[1 + KVM_TRACEPOINT_PARTS])
{
	for (unsigned int i = 0; f->values[i]; i++) {
		if (f->values[i] == 'w')
			value[0] = v[i].number;
		else if (f->values[i] == 'n')
			value[0] = find_reason(k, &v[i]).reason;
		else if (f->values[i] != '-')
			value[1 + (unsigned int)(f->values[i] - '0')] = v[i].number;
	}
}

/* False: no form fits. */
static bool read_values(struct script_kvm *k, const struct script_line *l,
			const struct kvm_tracepoint *t, struct kvm_record *ret)
{
	struct kvm_layout layout = { .class = KVM_CLASS_OTHER };
	int64_t value[1 + KVM_TRACEPOINT_PARTS] = { 0 };

	for (unsigned int i = 0; i < KVM_TRACEPOINT_PARTS; i++)
		layout.field[1 + i].shift = t->detail[i].shift;
	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		struct script_value v[MAX_VALUES] = { 0 };

		if (strcmp(forms[i].event, t->name) ||
		    !script_scan(l->text, l->text_len, forms[i].pattern, v))
			continue;
		fill_values(k, &forms[i], v, value);
		kvm_layout_make(&layout, value, ret);
		return true;
	}
	return false;
}

static const struct kvm_tracepoint *find_tracepoint(const struct script_line *l)
{
	char name[NAME_MAX_BYTES + 1] = "";

	memcpy(name, l->event, l->event_len);
	return kvm_tracepoint_by_name(name);
}

/* Names of kernel threads are longer here than in the scheduler's events: those come first. */
static int name_task(struct script_kvm *k, const struct script_line *l, struct err *e)
{
	char raw[SCHED_COMM_BYTES] = "";

	if (l->tid == UINT32_MAX || !l->comm_len || *l->comm == '<' ||
	    sched_rows_named(k->rows.sched, l->tid))
		return 0;
	memcpy(raw, l->comm, min_of(l->comm_len, sizeof(raw) - 1));
	return sched_rows_name(k->rows.sched, l->cpu, l->time, l->tid, raw, e);
}

int script_kvm_take(struct script_kvm *k, const struct script_line *l, struct err *e)
{
	struct kvm_record record = { 0 };
	enum kvm_class class = KVM_CLASS_OTHER;
	int kind = 0, r = 0;

	/* No tracepoint's name: a word of damaged text. */
	if (l->event_len > NAME_MAX_BYTES || memchr(l->event, 0, l->event_len))
		return -EBADMSG;
	if (script_line_is(l, "kvm_exit")) {
		class = KVM_CLASS_EXIT;
		r = read_exit(k, l, &record);
	} else if (script_line_is(l, "kvm_entry")) {
		class = KVM_CLASS_ENTRY;
	} else {
		const struct kvm_tracepoint *t = find_tracepoint(l);

		kind = t ? t->kind : kvm_rows_kind(&k->rows, l->event, l->event_len);
		if (t && !read_values(k, l, t, &record)) {
			if (t->core)
				return -EBADMSG;
			k->kind_only++;
		}
	}
	if (kind < 0 || r < 0)
		return kind < 0 ? kind : r;
	r = name_task(k, l, e);
	if (r < 0)
		return r;
	return kvm_rows_add(&k->rows, l->cpu, l->time, l->tid, class, (unsigned int)kind, &record,
			    e);
}

int script_kvm_note(const struct script_kvm *k, struct buf *notes)
{
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < SCRIPT_KVM_UNKNOWN && k->unknown[i].count; i++)
		r = buf_addf(notes, "exit reason '%s' is not known: %llu exits without one\n",
			     k->unknown[i].name, (unsigned long long)k->unknown[i].count);
	if (r >= 0 && k->unknown_more)
		r = buf_addf(notes, "%llu exits with further unknown reasons\n",
			     (unsigned long long)k->unknown_more);
	if (r >= 0 && k->kind_only)
		r = buf_addf(notes,
			     "%llu kvm events whose text says less than their record: kept "
			     "without address and number\n",
			     (unsigned long long)k->kind_only);
	return r < 0 ? r : 0;
}
