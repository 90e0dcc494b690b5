/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine that knows what it made KVM do: one vCPU in real mode, without devices, that
 * goes round a loop of port output, CPUID, a store where no memory is, reading and writing an MSR,
 * and HLT, which its monitor (we) lets it go on from. A recording can be held against it, event by
 * event.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define KVM_GUEST_PORT 0x10u
#define KVM_GUEST_MMIO 0x100000u /* address of the store */
#define KVM_GUEST_LEAF 7u /* of CPUID */
#define KVM_GUEST_MSR  0x174u /* IA32_SYSENTER_CS */

struct kvm_guest_result {
	uint32_t tid; /* of the vCPU */
	uint64_t outs, cpuids, stores, rdmsrs, wrmsrs, hlts; /* that the guest did */
	uint64_t runs; /* KVM_RUN */
	uint64_t exits[64]; /* by KVM_EXIT_*: as KVM told us */
};

/*
 * Do @rounds in the calling thread. 0, or -errno with a reason in *ret_why when this machine does
 * not run such a guest (the caller skips).
 */
int kvm_guest_run(unsigned int rounds, struct kvm_guest_result *ret, const char **ret_why);

/* Where two processes are wanted: the same in a child that waits to be told to go. */
struct kvm_guest_child {
	pid_t pid;
	int go_fd;
};
void kvm_guest_fork(struct kvm_guest_child *c, unsigned int rounds);
void kvm_guest_go_and_wait(struct kvm_guest_child *c);
