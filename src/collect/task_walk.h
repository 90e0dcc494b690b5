/* SPDX-License-Identifier: MIT */
/*
 * Tasks as BPF programs tell them (bpf/tasks.bpf.c), and their ends. Needs kernel 5.12 with BTF,
 * CAP_BPF and CAP_PERFMON, and a /proc of this machine in the first pid namespace.
 */
#pragma once

#include <stdbool.h>

#include "collect/task_source.h"

struct task_walk_options {
	int root_fd; /* where proc/ is */
	bool threads; /* each thread, instead of processes */
	/* For tests: as on kernels before 6.7 (no kfuncs), and before 5.17 (no bpf_loop()). */
	bool by_iterator, bounded;
	uint32_t ring_bytes; /* of each of the two rings; 0 = 512 KiB, and more for ends with many
				CPUs */
};

/* -EPERM, -EOPNOTSUPP ... with words that say what is missing. */
int task_walk_open(const struct task_walk_options *o, struct task_source **ret,
		   struct err *e) must_check;
