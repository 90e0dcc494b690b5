/* SPDX-License-Identifier: MIT */
/* Subjects of KVM events: which part of a row tells them apart, and how it reads. */
#include "analysis/kvm_subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/kvm_reason.h"

_Static_assert(KVM_SUBJECT_MAX >= KVM_REASON_MAX, "a subject may be a reason");

void kvm_subjects_done(struct kvm_subjects *s)
{
	free(s->subject);
	for (unsigned int i = 0; i < KVM_SUBJECT_WAYS; i++)
		idmap_done(&s->number[i]);
	*s = (struct kvm_subjects){ 0 };
}

static uint32_t way_of(unsigned int kind, uint32_t detail)
{
	switch (kind) {
	case KVM_KIND_MMIO:
		return min_of(detail >> 8, (uint32_t)KVM_SUBJECT_WAYS - 1);
	case KVM_KIND_PIO:
	case KVM_KIND_APIC:
		return detail >> 8 & 1;
	case KVM_KIND_MSR:
	case KVM_KIND_CR:
		return detail & 1;
	default:
		return 0;
	}
}

uint32_t kvm_subjects_number(struct kvm_subjects *s, unsigned int kind, uint64_t what,
			     uint32_t detail)
{
	const struct kvm_subject subject = { what, way_of(kind, detail) };
	struct idmap *map = &s->number[subject.way];
	uint32_t number = idmap_get(map, what);

	if (number != IDMAP_NONE)
		return number;
	if (!(s->n & (s->n - 1))) {
		void *bigger = reallocarray(s->subject, s->n ? 2 * s->n : 1, sizeof(*s->subject));

		if (!bigger)
			return KVM_SUBJECT_NONE;
		s->subject = bigger;
	}
	if (s->n >= KVM_SUBJECT_NONE || idmap_set(map, what, (uint32_t)s->n) < 0)
		return KVM_SUBJECT_NONE;
	s->subject[s->n] = subject;
	return (uint32_t)s->n++;
}

const char *kvm_subject_name(unsigned int kind, const struct kvm_subject *s, char *buf)
{
	static const char *const direction[] = { "read", "write" };
	static const char *const mmio[] = { "unsatisfied read", "read", "write" };
	const char *way = NULL;

	switch (kind) {
	case KVM_KIND_USERSPACE_EXIT:
		if (s->what <= UINT32_MAX)
			return kvm_reason_name(KVM_ISA_USER, (uint32_t)s->what, buf);
		break;
	case KVM_KIND_FPU:
		return s->what ? "load" : "unload";
	case KVM_KIND_PIO:
	case KVM_KIND_APIC:
	case KVM_KIND_MSR:
	case KVM_KIND_CR:
		way = direction[s->way];
		break;
	case KVM_KIND_MMIO:
		way = s->way < ARRAY_SIZE(mmio) ? mmio[s->way] : "?";
		break;
	case KVM_KIND_HALT_POLL:
	case KVM_KIND_VCPU_WAKEUP:
	case KVM_KIND_PLE_WINDOW:
	case KVM_KIND_SET_IRQ:
		(void)snprintf(buf, KVM_SUBJECT_MAX, "%" PRIu64, s->what);
		return buf;
	default:
		break;
	}
	(void)snprintf(buf, KVM_SUBJECT_MAX, "0x%" PRIx64 "%s%s", s->what, way ? " " : "",
		       way ? way : "");
	return buf;
}
