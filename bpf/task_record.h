/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * What the programs that read tasks (tasks.bpf.c) and their reader (src/collect/task_iterator.c)
 * share: a record for each process or thread, from the iterator's file or, when it ends, from a BPF
 * ring buffer.
 */
#pragma once

/* What threads use; of a process the sum over all threads that it ever had. */
struct task_counts {
	__u64 user, sys, guest; /* ns, by timer ticks */
	__u64 ran; /* ns, as the scheduler measured it */
	__u64 minor, major; /* page faults */
	__u64 voluntary, involuntary; /* context switches */
	__u64 read, written, cancelled; /* bytes */
	__u64 run_delay, block_delay; /* ns */
};

#define TASK_RECORD_MEMORY   (1u << 0) /* it has an address space: rss, vsize, swap are known */
#define TASK_RECORD_IO	     (1u << 1) /* read, written, cancelled are known */
#define TASK_RECORD_RUN	     (1u << 2) /* run_delay is known */
#define TASK_RECORD_BLOCK    (1u << 3) /* block_delay is known */
#define TASK_RECORD_ADJUSTED (1u << 4) /* the kernel scales user and sys to what ran */
#define TASK_RECORD_PART     (1u << 5) /* of a process: not all of its threads were counted */

struct task_record {
	__u64 start; /* CLOCK_MONOTONIC ns, of the task */
	__u64 time; /* of its end */
	__u64 told_user, told_sys; /* ns, what the kernel has told before: it never tells less */
	__u64 rss, vsize, swap; /* pages */
	struct task_counts count;
	__u32 tid, tgid, parent, uid, cpu;
	__u32 threads, live; /* of the process; live: those that have not begun to end */
	__u32 state, exit_state, kernel_flags; /* as in task_struct */
	__s32 prio;
	__u32 flags; /* TASK_RECORD_* */
	__u32 reserved;
	char comm[16];
};
