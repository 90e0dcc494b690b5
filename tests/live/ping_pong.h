/* SPDX-License-Identifier: MIT */
/*
 * A workload that knows what the scheduler did with it: two threads, pinned to one CPU, hand a byte
 * to and fro. When both have gone to sleep the kernel's own counts of them are read, so that a
 * recording can be held against them, switch by switch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PING_PONG_COMM "kymo-ping"

struct ping_pong_thread {
	uint32_t tid;
	uint64_t voluntary, involuntary; /* context switches */
	uint64_t run_ns; /* time on a CPU */
};

struct ping_pong_result {
	struct ping_pong_thread thread[2];
	uint64_t until; /* CLOCK_MONOTONIC: after their last switch */
	uint32_t tgid;
};

/* Do @rounds on @cpu, in this process. Aborts when something fails. */
void ping_pong(unsigned int rounds, int cpu, struct ping_pong_result *ret);

/* The same in a child that waits to be told to go. */
struct ping_pong_child {
	pid_t pid;
	int go_fd, result_fd;
};
void ping_pong_fork(struct ping_pong_child *c, unsigned int rounds, int cpu);
void ping_pong_go(struct ping_pong_child *c);
void ping_pong_wait(struct ping_pong_child *c, struct ping_pong_result *ret);

/* For a workload that is a command: print and read back a result. */
void ping_pong_print(const struct ping_pong_result *r);
bool ping_pong_parse(const char *text, struct ping_pong_result *ret);
