/* SPDX-License-Identifier: MIT */
/*
 * Names of exit reasons as they stand in event text: the kernel's own (VMX_EXIT_REASONS in
 * arch/x86/include/uapi/asm/vmx.h, upper case; SVM_EXIT_REASONS in svm.h there, lower case) and
 * those that libtraceevent's kvm plugin prints for SVM ("EXIT_IOIO"). What they are shown as
 * stands in model/kvm_reason.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/kvm_track.h"

/*
 * "io", "EPT_VIOLATION", "EPT_VIOLATION FAILED_VMENTRY" (@len bytes) as number and instruction set.
 * "0x8e" and "UNKNOWN (142)", which say a number without a name: *ret_isa is KVM_ISA_UNKNOWN.
 * False: no such name.
 */
bool kvm_exit_name_find(const char *name, size_t len, enum kvm_isa *ret_isa, uint32_t *ret_reason);

/* For tests: entry @i of the list of VMX or SVM, sorted by name; NULL behind the last. */
const char *kvm_exit_name_at(enum kvm_isa isa, unsigned int i, uint32_t *ret_reason);
