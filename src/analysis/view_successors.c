/* SPDX-License-Identifier: MIT */
/* Who runs after whom: the next task of each switch. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/tallies.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

enum { NEXT = TASK_ROW_COLUMNS, NEXT_TID, COUNT, PCT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[NEXT] = { .name = "next",
		   .title = "Next task",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY,
		   .help = "task that was switched to; IDLE: the CPU had nothing to run" },
	[NEXT_TID] = { .name = "next_tid",
		       .title = "TID",
		       .type = CELL_U64,
		       .unit = UNIT_ID,
		       .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		       .help = "thread id; missing in merged rows" },
	[COUNT] = { .name = "count",
		    .title = "Switches",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "switches from the task to the next" },
	[PCT] = { .name = "pct",
		  .title = "% of its switches",
		  .type = CELL_F64,
		  .unit = UNIT_PCT,
		  .digits = 2,
		  .help = "count / all switches away from the task" },
};

struct view_options {
	const char *of;
};

/* In rows, idle of all CPUs is one: the number behind the last. */
struct successors {
	struct tallies of_task, of_row;
	struct task_rows rows, next_rows; /* those asked for; all */
	uint64_t *total; /* by row */
};

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct successors *s = p->state;

	for (const struct run *r = run; r < run + n; r++) {
		if (!(r->flags & RUN_SWITCH))
			continue;
		struct tally *t = tallies_at(&s->of_task, tallies_pair(r->task, r->next));

		if (!t)
			return err_set(e, -ENOMEM, "out of memory");
		t->count++;
	}
	return 0;
}

/* --of: a thread id, or the whole label; IDLE */
static bool is_of(const char *of, const struct tasks *tasks, uint32_t task)
{
	uint64_t tid;

	if (!of)
		return true;
	if (quantity_parse_u64(of, &tid, NULL) >= 0)
		return tasks_at(tasks, task)->tid == tid;
	return !strcmp(of, task_label_of(tasks, task));
}

static uint32_t row_of(const struct task_rows *rows, uint32_t task)
{
	return tasks_at(rows->tasks, task)->tid ? task_rows_of(rows, task) : (uint32_t)rows->n;
}

static int fold(struct analysis_pass *p)
{
	struct successors *s = p->state;
	const struct view_options *o = p->options;
	struct analysis_args everybody = { .include_self = true, .merge = p->args->merge };
	struct tasks *tasks = p->src->tasks;

	if (task_rows_init(&s->rows, p->args, tasks) < 0 ||
	    task_rows_init(&s->next_rows, &everybody, tasks) < 0)
		return -ENOMEM;
	s->total = calloc(s->rows.n + 1, sizeof(*s->total));
	if (!s->total)
		return -ENOMEM;
	for (size_t i = 0; s->of_task.slot && i <= s->of_task.mask; i++) {
		const struct tally *t = &s->of_task.slot[i];
		uint32_t task = (uint32_t)(t->key >> 32), next = (uint32_t)t->key;

		if (t->key == TALLIES_NO_KEY || !is_of(o->of, tasks, task))
			continue;
		/* Idle is asked for by name, or where nothing is. */
		if (!tasks_at(tasks, task)->tid && p->args->task && !o->of)
			continue;
		uint32_t row = row_of(&s->rows, task);

		if (row == TASK_ROW_NONE)
			continue;
		struct tally *sum =
			tallies_at(&s->of_row, tallies_pair(row, row_of(&s->next_rows, next)));

		if (!sum)
			return -ENOMEM;
		sum->count += t->count;
		s->total[row] += t->count;
	}
	return 0;
}

static void fill_row(struct analysis_pass *p, const struct tally *tally)
{
	struct successors *s = p->state;
	struct table *t = p->answer->table;
	uint32_t row = (uint32_t)(tally->key >> 32), next = (uint32_t)tally->key;

	table_row(t);
	if (row < s->rows.n)
		task_rows_fill(&s->rows, row, t);
	else
		table_set_text(t, TASK_ROW_TASK, "IDLE");
	if (next < s->next_rows.n) {
		const struct task_row *r = &s->next_rows.row[next];

		table_set_text(t, NEXT, tasks_label(p->src->tasks, r->task));
		if (r->members == 1)
			table_set_u64(t, NEXT_TID, tasks_at(p->src->tasks, r->task)->tid);
	} else {
		table_set_text(t, NEXT, "IDLE");
	}
	table_set_u64(t, COUNT, tally->count);
	table_set_f64(t, PCT, 100.0 * (double)tally->count / (double)s->total[row]);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct successors *s = p->state;
	const struct view_options *o = p->options;
	struct answer *a = p->answer;
	const struct tally *most = NULL;
	uint64_t all = 0;
	char name[TASK_NAME_MAX], count[QUANTITY_MAX];

	a->table = table_new("successors", "Successors", columns, N_COLUMNS);
	if (!a->table || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	tallies_sort(&s->of_row);
	for (size_t i = 0; i < s->of_row.used; i++) {
		const struct tally *t = &s->of_row.slot[i];

		fill_row(p, t);
		all += t->count;
		if (t->key >> 32 < s->rows.n && (!most || t->count > most->count))
			most = t;
	}
	if (table_sort(a->table, COUNT, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (o->of && !s->of_row.used)
		return err_set(e, -ENOENT, "no switch away from '%s' in the window", o->of);
	answer_fact(a, "context switches", "%s", quantity_count(count, all));
	if (most) {
		size_t row = (size_t)(most->key >> 32);
		uint32_t next = (uint32_t)most->key;
		const char *to = next < s->next_rows.n
					 ? tasks_label(p->src->tasks, s->next_rows.row[next].task)
					 : "IDLE";

		answer_fact(a, "most frequent", "%s to %.40s, %.1f %%",
			    task_rows_name(&s->rows, row, name), to,
			    100.0 * (double)most->count / (double)s->total[row]);
	}
	a->figure = (struct figure){ .mark = MARK_MATRIX, .title = "Successors" };
	answer_part(a, ROLE_X, NEXT);
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, COUNT);
	answer_part(a, ROLE_TIP, PCT);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct successors *s = p->state;

	tallies_done(&s->of_task);
	tallies_done(&s->of_row);
	task_rows_done(&s->rows);
	task_rows_done(&s->next_rows);
	free(s->total);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const struct option_spec options[] = {
	{ .name = "of",
	  .type = OPTION_STRING,
	  .arg = "TASK",
	  OPTION_AT(struct view_options, of),
	  .help = "only successors of this task: a thread id, a whole name or role, or IDLE" },
	{ 0 },
};
static const struct view_options defaults = { 0 };

const struct analysis analysis_successors = {
	.name = "successors",
	.title = "Successors",
	.summary = "which task runs after which",
	.help = "Every switch in the window counts for the task switched away from and the one "
		"switched to. "
		"The idle tasks of all CPUs stand as one, IDLE. --task selects the tasks whose "
		"successors are "
		"shown, not the successors.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct successors),
	.take_runs = take_runs,
	.finish = finish,
	.done = done,
};
