/* SPDX-License-Identifier: MIT */
/*
 * The KVM programs of the BPF engine on the kernel's tracepoints. They are classic tracepoint
 * programs, since only those see a tracepoint's record, whose fields have names; each attachment
 * has a cookie, the number of its layout + 1.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "capture/kvm_events.h"

struct bpf_map;
struct bpf_program;
struct kvm_event_layout; /* bpf/kvm_event.h */

/* By enum kvm_class. */
#define BPF_KVM_PROGRAMS 3

struct bpf_kvm {
	struct bpf_link **link; /* [n] */
	unsigned int n;
	int program_fd[BPF_KVM_PROGRAMS]; /* lent */
	uint64_t missed[BPF_KVM_PROGRAMS]; /* as bpf_kvm_missed() has told */
};

/* @l as the programs read it. */
void bpf_kvm_layout(const struct kvm_layout *l, struct kvm_event_layout *ret);

/*
 * Fill @layouts and attach @program, one per class, to @k; @cpu is any CPU that is online (events
 * of all CPUs come). -errno with words; what was attached is then for bpf_kvm_done().
 */
int bpf_kvm_attach(struct bpf_kvm *b, const struct kvm_events *k, struct bpf_map *layouts,
		   struct bpf_program *const program[BPF_KVM_PROGRAMS], int cpu,
		   struct err *e) must_check;
/* Events of @class that the kernel did not give to its program since the last call, because another
 * one was running on the CPU. Kernels before 6.7 do not say. */
uint64_t bpf_kvm_missed(struct bpf_kvm *b, enum kvm_class class);
void bpf_kvm_done(struct bpf_kvm *b);
