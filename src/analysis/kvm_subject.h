/* SPDX-License-Identifier: MIT */
/*
 * What single KVM events are about: the port of kvm_pio with its direction, the number of kvm_msr,
 * the function of kvm_cpuid ... as small numbers, in order of first use, and as words. A zeroed
 * struct is empty. Not thread-safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/idmap.h"
#include "model/kvm_track.h"

#define KVM_SUBJECT_WAYS 4

struct kvm_subject {
	uint64_t what; /* as in the kvm track */
	uint32_t way; /* read, written ... : the part of the track's detail that tells subjects
			 apart */
};

struct kvm_subjects {
	struct kvm_subject *subject; /* by number */
	size_t n;
	struct idmap number[KVM_SUBJECT_WAYS]; /* by what */
};

#define KVM_SUBJECT_NONE UINT32_MAX

void kvm_subjects_done(struct kvm_subjects *s);
/* Number of the subject of an event of @kind, given when it is new. KVM_SUBJECT_NONE: out of
 * memory. */
uint32_t kvm_subjects_number(struct kvm_subjects *s, unsigned int kind, uint64_t what,
			     uint32_t detail);

#define KVM_SUBJECT_MAX 64
/* "0x3f8 write", "0x40000000", "IO" ...: a literal or made in @buf of KVM_SUBJECT_MAX bytes. */
const char *kvm_subject_name(unsigned int kind, const struct kvm_subject *s, char *buf);
