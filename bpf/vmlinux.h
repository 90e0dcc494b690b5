/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * The kernel types that our programs read, with only the fields that they read: CO-RE puts in the
 * running kernel's offsets at load. Written by hand, because the generated header is 134,000 lines
 * and depends on the kernel of the build machine. A type name's part behind "___" is not looked at:
 * such flavours stand for the same type in older or newer kernels.
 */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;

#define true 1
#define false 0

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_RINGBUF = 27,
};

/* include/uapi/linux/bpf.h */
#define BPF_F_MMAPABLE	 (1u << 10)
#define BPF_ANY		 0
#define BPF_RB_NO_WAKEUP (1u << 0)

struct bpf_perf_event_value {
	u64 counter;
	u64 enabled;
	u64 running;
};

/* A helper is there when its number is. */
enum bpf_func_id___loop { BPF_FUNC_loop___there = 181 };

/* include/linux/sched.h */
#define TASK_COMM_LEN 16
#define PF_EXITING    0x00000004
#define PF_KTHREAD    0x00200000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
};

struct cgroup___v61 {
	struct cgroup *ancestors[0]; /* since 6.1 */
};

struct cgroup___v419 {
	u64 ancestor_ids[0]; /* 4.19 .. 6.0 */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	u32 cpu; /* since 5.16 (x86), arm64 from the start */
};

struct list_head {
	struct list_head *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

struct sched_entity {
	u64 sum_exec_runtime;
};

struct sched_info {
	unsigned long long run_delay;
};

struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
	u64 cancelled_write_bytes;
};

struct prev_cputime {
	u64 utime;
	u64 stime;
};

struct task_delay_info {
	u64 blkio_delay;
};

struct taskstats {
	u64 cpu_delay_total;
	u64 blkio_delay_total;
};

typedef struct {
	u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct percpu_counter {
	s64 count;
};

/* include/linux/mm_types_task.h */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

struct mm_rss_stat {
	atomic_long_t count[NR_MM_COUNTERS]; /* until 6.1 */
};

struct mm_struct {
	unsigned long total_vm;
};

struct mm_struct___v61 {
	struct mm_rss_stat rss_stat;
};

struct mm_struct___v62 {
	struct percpu_counter rss_stat[NR_MM_COUNTERS];
};

/* What the threads that have ended used, and what all share. */
struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	u64 utime;
	u64 stime;
	u64 gtime;
	struct prev_cputime prev_cputime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct task_io_accounting ioac;
	unsigned long long sum_sched_runtime;
	struct taskstats *stats;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* since 5.14 */
	unsigned int flags;
	int prio;
	struct sched_entity se;
	struct sched_info sched_info;
	struct mm_struct *mm;
	int exit_state;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head thread_node;
	u64 utime;
	u64 stime;
	u64 gtime;
	struct prev_cputime prev_cputime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_time;
	unsigned long min_flt;
	unsigned long maj_flt;
	const struct cred *real_cred;
	char comm[TASK_COMM_LEN];
	struct signal_struct *signal;
	struct task_io_accounting ioac;
	struct css_set *cgroups;
	struct task_delay_info *delays;
};

struct task_struct___v513 {
	volatile long state; /* until 5.13 */
};

struct task_struct___cpu {
	unsigned int cpu; /* until 5.15 (x86) */
};

struct linux_binprm;

/* Since 6.7: kfuncs that go along the list of all tasks. include/linux/bpf.h */
enum { BPF_TASK_ITER_ALL_PROCS, BPF_TASK_ITER_ALL_THREADS };

struct bpf_iter_task {
	__u64 opaque[3];
} __attribute__((aligned(8)));

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop
