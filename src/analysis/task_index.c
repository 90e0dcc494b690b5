/* SPDX-License-Identifier: MIT */
/* Thread id -> task number. */
#include "analysis/task_index.h"

#include <stdlib.h>

struct task_index *task_index_new(struct tasks *tasks)
{
	struct task_index *x = calloc(1, sizeof(*x));

	if (x)
		x->tasks = tasks;
	return x;
}

struct task_index *task_index_free(struct task_index *x)
{
	if (x)
		for (unsigned int i = 0; i < TASK_INDEX_PAGES; i++)
			free(x->page[i]);
	free(x);
	return NULL;
}

uint32_t task_index_find(struct task_index *x, uint32_t tid, nsec_t at, uint32_t cpu)
{
	/* Idle is one task per CPU, so it has no cell. */
	if (!tid || tid >= TASK_INDEX_TIDS)
		return tasks_find(x->tasks, tid, at, cpu);

	uint32_t **page = &x->page[tid >> TASK_INDEX_PAGE_BITS];

	if (!*page)
		*page = calloc(1u << TASK_INDEX_PAGE_BITS, sizeof(**page));
	uint32_t number = tasks_find(x->tasks, tid, at, cpu);

	if (!*page || number == TASKS_NONE)
		return TASKS_NONE;
	uint32_t *cell = &(*page)[tid & ((1u << TASK_INDEX_PAGE_BITS) - 1)];

	if (*cell == TASK_INDEX_UNKNOWN) {
		bool once = tasks_find(x->tasks, tid, 0, cpu) ==
			    tasks_find(x->tasks, tid, NSEC_MAX, cpu);

		*cell = once ? number + TASK_INDEX_FIRST : TASK_INDEX_BY_TIME;
	}
	return number;
}
