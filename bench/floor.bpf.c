// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The least that a BPF observer of context switches can cost: a program that does nothing. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_switch")
int floor_switch(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
