/* SPDX-License-Identifier: MIT */
/*
 * Which tasks stand in which row of an answer: the filters of analysis_args, and tasks of equal
 * label as one row when that is asked for. Analyses count per task number and fold at the end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"

#define TASK_ROW_NONE UINT32_MAX

struct task_row {
	uint32_t task; /* number of its first task */
	uint32_t members; /* tasks in the row */
};

struct task_rows {
	const struct tasks *tasks; /* lent */
	uint32_t *of; /* row by task number, or TASK_ROW_NONE */
	size_t n_tasks;
	struct task_row *row;
	size_t n;
};

/* 0 or -ENOMEM; task_rows_done() also after failure. */
int task_rows_init(struct task_rows *r, const struct analysis_args *args,
		   const struct tasks *tasks) must_check;
void task_rows_done(struct task_rows *r);

static inline uint32_t task_rows_of(const struct task_rows *r, uint32_t task)
{
	return task < r->n_tasks ? r->of[task] : TASK_ROW_NONE;
}

/* The first columns of every table over tasks, and how to fill them. */
enum { TASK_ROW_TASK, TASK_ROW_TID, TASK_ROW_COLUMNS };
#define TASK_ROW_TABLE_COLUMNS                                                    \
	{ .name = "task",                                                         \
	  .title = "Task",                                                        \
	  .type = CELL_TEXT,                                                      \
	  .flags = TABLE_COLUMN_KEY,                                              \
	  .help = "role, or the last name of the thread" },                       \
	{                                                                         \
		.name = "tid", .title = "TID", .type = CELL_U64, .unit = UNIT_ID, \
		.flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,                   \
		.help = "thread id; missing in merged rows"                       \
	}
void task_rows_fill(const struct task_rows *r, size_t row, struct table *t);

#define TASK_NAME_MAX 96
/* "name:tid" for facts and lists; "name (3 tasks)" for merged rows. Writes into @buf of
 * TASK_NAME_MAX bytes and returns it. */
const char *task_rows_name(const struct task_rows *r, size_t row, char *buf);
/* The same of one task; idle tasks are "IDLE". */
const char *task_name_of(const struct tasks *tasks, uint32_t task, char *buf);
/* Label without tid; idle tasks are "IDLE". */
const char *task_label_of(const struct tasks *tasks, uint32_t task);
