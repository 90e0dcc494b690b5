/* SPDX-License-Identifier: MIT */
/* Task numbers to rows. */
#include "analysis/task_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/idmap.h"
#include "base/strpool.h"

static int add_row(struct task_rows *r, uint32_t task)
{
	if (r->n % 1024 == 0) {
		void *bigger = reallocarray(r->row, r->n + 1024, sizeof(*r->row));

		if (!bigger)
			return -ENOMEM;
		r->row = bigger;
	}
	r->row[r->n++] = (struct task_row){ .task = task };
	return 0;
}

/* The row of the label of @task, new or not. */
static int merged_row(struct task_rows *r, struct strpool *labels, struct idmap *map, uint32_t task,
		      uint32_t *ret)
{
	const char *label = strpool_add(labels, tasks_label(r->tasks, task));

	if (!label)
		return -ENOMEM;
	*ret = idmap_get(map, (uintptr_t)label);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = (uint32_t)r->n;
	if (add_row(r, task) < 0)
		return -ENOMEM;
	return idmap_set(map, (uintptr_t)label, *ret);
}

int task_rows_init(struct task_rows *r, const struct analysis_args *args, const struct tasks *tasks)
{
	auto_ptr(strpool) labels = args->merge ? strpool_new() : NULL;
	struct idmap map = { 0 };
	int ret = 0;

	*r = (struct task_rows){ .tasks = tasks, .n_tasks = tasks_count(tasks) };
	r->of = malloc((r->n_tasks + 1) * sizeof(*r->of));
	if (!r->of || (args->merge && !labels))
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_tasks && !ret; i++) {
		uint32_t row = (uint32_t)r->n;

		r->of[i] = TASK_ROW_NONE;
		if (!analysis_wants(args, tasks, i))
			continue;
		ret = args->merge ? merged_row(r, labels, &map, i, &row) : add_row(r, i);
		if (ret)
			break;
		r->of[i] = row;
		r->row[row].members++;
	}
	idmap_done(&map);
	return ret;
}

void task_rows_done(struct task_rows *r)
{
	free(r->of);
	free(r->row);
	*r = (struct task_rows){ 0 };
}

void task_rows_fill(const struct task_rows *r, size_t row, struct table *t)
{
	const struct task_row *at = &r->row[row];

	table_set_text(t, TASK_ROW_TASK, tasks_label(r->tasks, at->task));
	if (at->members == 1)
		table_set_u64(t, TASK_ROW_TID, tasks_at(r->tasks, at->task)->tid);
}

const char *task_label_of(const struct tasks *tasks, uint32_t task)
{
	return tasks_at(tasks, task)->tid ? tasks_label(tasks, task) : "IDLE";
}

const char *task_name_of(const struct tasks *tasks, uint32_t task, char *buf)
{
	const struct task *t = tasks_at(tasks, task);

	if (t->tid)
		(void)snprintf(buf, TASK_NAME_MAX, "%.64s:%" PRIu32, tasks_label(tasks, task),
			       t->tid);
	else
		(void)snprintf(buf, TASK_NAME_MAX, "IDLE");
	return buf;
}

const char *task_rows_name(const struct task_rows *r, size_t row, char *buf)
{
	const struct task_row *at = &r->row[row];

	if (at->members == 1)
		return task_name_of(r->tasks, at->task, buf);
	(void)snprintf(buf, TASK_NAME_MAX, "%.64s (%" PRIu32 " tasks)",
		       tasks_label(r->tasks, at->task), at->members);
	return buf;
}
