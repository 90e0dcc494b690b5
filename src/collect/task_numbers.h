/* SPDX-License-Identifier: MIT */
/*
 * What is known of a process, or a thread, at a time: what sources of tasks (task_source.h) tell
 * and what becomes a row of track process or thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/nsec.h"
#include "collect/task_texts.h"
#include "model/metric_track.h"

#define TASK_VALUES (PROCESS_COLUMNS - PROCESS_USER)

struct task_numbers {
	uint32_t tid, pid, parent, uid, cpu, threads;
	uint32_t have; /* 1u << PROCESS_..., of what follows too */
	uint8_t state, prio;
	bool kernel;
	bool ended;
	/* CLOCK_MONOTONIC; of one tid it tells processes apart. 0: not known, then .age may be. */
	nsec_t start;
	nsec_t age; /* of one that has ended: how long it lived */
	nsec_t end; /* when it ended, 0 = not known */
	uint64_t value[TASK_VALUES]; /* from PROCESS_USER on */
	char name[TASK_NAME_BYTES];
};

/* Columns that always say something. */
#define TASK_HAVE_ALWAYS                                                                   \
	(1u << PROCESS_TIME | 1u << PROCESS_TID | 1u << PROCESS_PID | 1u << PROCESS_HAVE | \
	 1u << PROCESS_FLAGS)
#define TASK_HAVE_MEMORY (1u << PROCESS_RSS | 1u << PROCESS_VSIZE | 1u << PROCESS_SWAP)
#define TASK_HAVE_IO	 (1u << PROCESS_READ | 1u << PROCESS_WRITTEN | 1u << PROCESS_CANCELLED)
/* Levels; all other values are counters. */
#define TASK_GAUGES TASK_HAVE_MEMORY

static inline void task_numbers_set(struct task_numbers *n, unsigned int column, uint64_t v)
{
	n->value[column - PROCESS_USER] = v;
	n->have |= 1u << column;
}

/*
 * CPU time by timer ticks, scaled to what the scheduler measured (@ran), as the kernel tells it in
 * /proc/PID/stat: cputime_adjust() in kernel/sched/cputime.c. @told: what was told before and must
 * not fall.
 */
struct task_cpu_time {
	uint64_t user, sys; /* ns */
};
struct task_cpu_time task_cpu_adjust(struct task_cpu_time ticks, uint64_t ran,
				     struct task_cpu_time told);

/* The letter that /proc/PID/stat shows for task_struct.__state and .exit_state. */
char task_state_letter(uint32_t state, uint32_t exit_state);
