/* SPDX-License-Identifier: MIT */
/*
 * The processes, or threads, that a sampler knows, from scan to scan. Scans tell them in nearly the
 * same order each time, so that most are found without a search.
 *
 *	task_table_begin(t);
 *	for each task of the scan: k = task_table_find(t, tid), or task_table_add(t, tid)
 *	task_table_end(t, gone, ctx);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "collect/task_numbers.h"

struct known_task {
	uint32_t tid, pid;
	uint32_t seen; /* number of the scan that told of it last; of a new one, that before */
	uint32_t name; /* hash */
	bool ended; /* its last row is written */
	bool gone; /* another one has its tid now */
	nsec_t start; /* 0 = not known */
	uint64_t value[TASK_VALUES]; /* as of its last row; 0 where none was known */
};

struct task_table {
	struct known_task *task;
	uint32_t n, cap;
	uint32_t cursor; /* where the next one of the scan is expected */
	uint32_t scan; /* number of the one in progress, or last: 1, 2 ... */
	struct idmap by_tid;
};

void task_table_done(struct task_table *t); /* a zeroed struct is an empty table */

void task_table_begin(struct task_table *t);
/* NULL: not known. Lent until the next add or end. */
struct known_task *task_table_find(struct task_table *t, uint32_t tid);
/* A new one with this tid, in the place of one that had it before. NULL: out of memory. */
struct known_task *task_table_add(struct task_table *t, uint32_t tid);
/* Forget those that have ended or have a follower, and those that the last @scans scans did not
 * tell of; of the latter, which ended unseen, @gone is told first. 0 or -ENOMEM. */
int task_table_end(struct task_table *t, uint32_t scans,
		   void (*gone)(void *ctx, const struct known_task *k), void *ctx) must_check;
