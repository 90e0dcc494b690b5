/* SPDX-License-Identifier: MIT */
/*
 * The texts that /proc has of a process or thread (man 5 proc). Texts are NUL-terminated and taken
 * as they come: cut, empty, with names that hold anything.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define TASK_NAME_BYTES 64

/* /proc/PID/stat: of a process, unless said otherwise, the sum over its threads. */
struct task_stat {
	uint32_t tid, parent;
	uint32_t kernel_flags; /* PF_* of include/linux/sched.h, of the thread */
	bool kernel; /* a kernel thread */
	char state; /* R S D T t Z X P I, of the thread */
	unsigned int fields; /* that are there, from 1 on: older kernels have fewer */
	uint64_t minor, major; /* page faults */
	uint64_t user, sys; /* CPU time in ticks of sysconf(_SC_CLK_TCK) */
	int64_t priority; /* kernel priority - 100, of the thread */
	uint32_t threads;
	uint64_t start; /* ticks after boot, of the thread */
	uint64_t vsize; /* bytes */
	uint64_t rss; /* pages */
	uint32_t cpu; /* that the thread ran on last */
	uint64_t block; /* ticks waited for block I/O, of the thread */
	uint64_t guest; /* ticks, also in user */
	char name[TASK_NAME_BYTES]; /* cut */
};

/* The number of the field, as the manual page counts. */
#define TASK_STAT_FLAGS 9
#define TASK_STAT_RSS	24
#define TASK_STAT_CPU	39
#define TASK_STAT_BLOCK 42
#define TASK_STAT_GUEST 43

/* -EBADMSG when it is none: at least the fields up to the flags have to be there. */
int task_stat_parse(const char *text, struct task_stat *ret) must_check;

/* /proc/PID/status */
struct task_status {
	bool has_pid, has_uid, has_swap, has_switches;
	uint32_t pid; /* that the thread belongs to */
	uint32_t uid; /* real */
	uint64_t swap; /* bytes */
	uint64_t voluntary, involuntary; /* of the thread alone */
};
void task_status_parse(const char *text, struct task_status *ret);

/* /proc/PID/io */
struct task_io {
	uint64_t read, written, cancelled; /* bytes, of storage */
};
int task_io_parse(const char *text, struct task_io *ret) must_check; /* or -EBADMSG */

/* /proc/PID/schedstat, of the thread alone */
struct task_schedstat {
	uint64_t ran, run_delay; /* ns */
	uint64_t slices;
};
int task_schedstat_parse(const char *text, struct task_schedstat *ret) must_check; /* or -EBADMSG */
