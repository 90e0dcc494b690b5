/* SPDX-License-Identifier: MIT */
/*
 * Names of exit reasons. Sources: Intel SDM volume 3 appendix C (VMX basic exit reasons), AMD APM
 * volume 2 appendix C (SVM exit codes), Arm ARM D17 (ESR_ELx.EC), linux/kvm.h (KVM_EXIT_*).
 */
#pragma once

#include <stdint.h>

#include "model/kvm_track.h"

#define KVM_REASON_MAX 64

/* A reason and what it is a number of. */
struct kvm_reason {
	uint32_t reason;
	uint8_t isa;
};

/*
 * The name of @reason of @isa ("EPT violation", "npf", "IO"), or "reason 0x.." where it has none;
 * into @buf of KVM_REASON_MAX bytes when it must be made, else a literal. Never NULL. VMX: the
 * basic reason (low 16 bits), with "failed entry: " before it where bit 31 is set.
 */
const char *kvm_reason_name(unsigned int isa, uint32_t reason, char *buf);

/* Of KVM_ISA_USER: KVM_RUN failed with this errno (EINTR: a signal), whatever reason was left over.
 */
#define KVM_REASON_ERRNO 0x10000u

/* "VMX", "SVM", "ARM64", "user space", "unknown" */
const char *kvm_isa_name(unsigned int isa);

/* Does the vCPU sleep in this exit because the guest has nothing to do (HLT, WFx)? */
int kvm_reason_is_halt(unsigned int isa, uint32_t reason);
