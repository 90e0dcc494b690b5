/* SPDX-License-Identifier: MIT */
/* An array in the order of the scans, with an index that is made anew when tasks have gone. */
#include "collect/task_table.h"

#include <errno.h>
#include <stdlib.h>

#define TASKS_MAX (1u << 23)

void task_table_done(struct task_table *t)
{
	idmap_done(&t->by_tid);
	free(t->task);
	*t = (struct task_table){ 0 };
}

void task_table_begin(struct task_table *t)
{
	t->scan++;
	t->cursor = 0;
}

struct known_task *task_table_find(struct task_table *t, uint32_t tid)
{
	uint32_t i = t->cursor;

	if (i >= t->n || t->task[i].tid != tid || t->task[i].gone)
		i = idmap_get(&t->by_tid, tid);
	if (i == IDMAP_NONE)
		return NULL;
	t->cursor = i + 1;
	return &t->task[i];
}

struct known_task *task_table_add(struct task_table *t, uint32_t tid)
{
	uint32_t before = idmap_get(&t->by_tid, tid);

	if (t->n == t->cap) {
		uint32_t cap = t->cap ? 2 * t->cap : 256;
		struct known_task *grown =
			cap > TASKS_MAX ? NULL : reallocarray(t->task, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		t->task = grown;
		t->cap = cap;
	}
	if (idmap_set(&t->by_tid, tid, t->n) < 0)
		return NULL;
	if (before != IDMAP_NONE)
		t->task[before].gone = true;
	t->cursor = t->n + 1;
	t->task[t->n] = (struct known_task){ .tid = tid, .seen = t->scan - 1 };
	return &t->task[t->n++];
}

static bool stays(const struct task_table *t, const struct known_task *k, uint32_t scans)
{
	/* One that has ended stays while it is told: as a zombie. */
	return !k->gone && t->scan - k->seen < (k->ended ? 1 : scans);
}

int task_table_end(struct task_table *t, uint32_t scans,
		   void (*gone)(void *ctx, const struct known_task *k), void *ctx)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct known_task *k = &t->task[i];

		if (stays(t, k, scans)) {
			if (n != i)
				t->task[n] = *k;
			n++;
		} else if (!k->ended && !k->gone) {
			gone(ctx, k);
		}
	}
	if (n == t->n)
		return 0;
	t->n = n;
	idmap_clear(&t->by_tid);
	for (uint32_t i = 0; i < n; i++)
		if (idmap_set(&t->by_tid, t->task[i].tid, i) < 0)
			return -ENOMEM;
	return 0;
}
