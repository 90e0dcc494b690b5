// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The least that a BPF observer of context switches, and of wake-ups, can cost: programs that do
 * nothing. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_switch")
int floor_switch(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_wakeup")
int floor_wakeup(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
