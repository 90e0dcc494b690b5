/* SPDX-License-Identifier: MIT */
/*
 * From a row's thread id to the task's number in one array access: a page table over the thread ids
 * that Linux gives (below 2^22, kernel.pid_max's ceiling). Ids that were used again within the run
 * are looked up by time. Not thread-safe.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/nsec.h"
#include "model/tasks.h"

#define TASK_INDEX_PAGE_BITS 10
#define TASK_INDEX_TIDS	     (1u << 22)
#define TASK_INDEX_PAGES     (TASK_INDEX_TIDS >> TASK_INDEX_PAGE_BITS)
#define TASK_INDEX_UNKNOWN   0u
#define TASK_INDEX_BY_TIME   1u
#define TASK_INDEX_FIRST     2u /* cells hold number + this */

struct task_index {
	struct tasks *tasks; /* lent */
	uint32_t *page[TASK_INDEX_PAGES]; /* NULL: nothing looked up there yet */
};

struct task_index *task_index_new(struct tasks *tasks); /* NULL: out of memory */
struct task_index *task_index_free(struct task_index *x);
DEFINE_CLEANUP(task_index, task_index_free)

/* The slow way, which also fills the page table. TASKS_NONE: out of memory. */
uint32_t task_index_find(struct task_index *x, uint32_t tid, nsec_t at, uint32_t cpu);

/* Number of the task that @tid was at @at; idle (0): of @cpu. TASKS_NONE: out of memory. */
static inline uint32_t task_index_get(struct task_index *x, uint32_t tid, nsec_t at, uint32_t cpu)
{
	if (tid < TASK_INDEX_TIDS) {
		const uint32_t *page = x->page[tid >> TASK_INDEX_PAGE_BITS];

		if (page) {
			uint32_t cell = page[tid & ((1u << TASK_INDEX_PAGE_BITS) - 1)];

			if (cell >= TASK_INDEX_FIRST)
				return cell - TASK_INDEX_FIRST;
		}
	}
	return task_index_find(x, tid, at, cpu);
}
