/* SPDX-License-Identifier: MIT */
/* Who wakes whom: the task that was current where the wake-up happened. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/tallies.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

enum { WAKER = TASK_ROW_COLUMNS, WAKER_TID, COUNT, PCT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[WAKER] = { .name = "waker",
		    .title = "Waker",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "task that was current on the CPU of the wake-up; IDLE: an interrupt "
			    "on an idle CPU" },
	[WAKER_TID] = { .name = "waker_tid",
			.title = "TID",
			.type = CELL_U64,
			.unit = UNIT_ID,
			.flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
			.help = "its thread id; missing in merged rows and for IDLE" },
	[COUNT] = { .name = "count",
		    .title = "Wake-ups",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "wake-ups of the task there" },
	[PCT] = { .name = "pct",
		  .title = "% of its wake-ups",
		  .type = CELL_F64,
		  .unit = UNIT_PCT,
		  .digits = 2,
		  .help = "count / all wake-ups of the task" },
};

/* In rows of wakers, idle of all CPUs is one: the number behind the last. */
struct wakers {
	struct tallies of_task, of_row;
	struct task_rows rows, waker_rows; /* those asked for; all */
	uint64_t *total; /* by row */
};

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct wakers *w = p->state;
	const uint32_t *tid = batch_u32(b, WAKEUP_TID), *by = batch_u32(b, WAKEUP_WAKER);

	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t task = task_index_get(p->index, tid[i], b->time[i], b->cpu);
		uint32_t waker = task_index_get(p->index, by[i], b->time[i], b->cpu);
		struct tally *t = task == TASKS_NONE || waker == TASKS_NONE
					  ? NULL
					  : tallies_at(&w->of_task, tallies_pair(task, waker));

		if (!t)
			return err_set(e, -ENOMEM, "out of memory");
		t->count++;
	}
	return 0;
}

/* From tasks to rows. */
static int fold(struct analysis_pass *p)
{
	struct wakers *w = p->state;
	struct analysis_args everybody = { .include_self = true, .merge = p->args->merge };
	struct tasks *tasks = p->src->tasks;

	if (task_rows_init(&w->rows, p->args, tasks) < 0 ||
	    task_rows_init(&w->waker_rows, &everybody, tasks) < 0)
		return -ENOMEM;
	w->total = calloc(w->rows.n + 1, sizeof(*w->total));
	if (!w->total)
		return -ENOMEM;
	for (size_t i = 0; w->of_task.slot && i <= w->of_task.mask; i++) {
		const struct tally *t = &w->of_task.slot[i];

		if (t->key == TALLIES_NO_KEY)
			continue;
		uint32_t row = task_rows_of(&w->rows, (uint32_t)(t->key >> 32));
		uint32_t waker = task_rows_of(&w->waker_rows, (uint32_t)t->key);

		if (row == TASK_ROW_NONE)
			continue;
		if (waker == TASK_ROW_NONE)
			waker = (uint32_t)w->waker_rows.n;
		struct tally *sum = tallies_at(&w->of_row, tallies_pair(row, waker));

		if (!sum)
			return -ENOMEM;
		sum->count += t->count;
		w->total[row] += t->count;
	}
	return 0;
}

static void fill_row(struct analysis_pass *p, const struct tally *tally)
{
	struct wakers *w = p->state;
	struct table *t = p->answer->table;
	uint32_t row = (uint32_t)(tally->key >> 32), waker = (uint32_t)tally->key;

	table_row(t);
	task_rows_fill(&w->rows, row, t);
	if (waker < w->waker_rows.n) {
		const struct task_row *r = &w->waker_rows.row[waker];

		table_set_text(t, WAKER, tasks_label(p->src->tasks, r->task));
		if (r->members == 1)
			table_set_u64(t, WAKER_TID, tasks_at(p->src->tasks, r->task)->tid);
	} else {
		table_set_text(t, WAKER, "IDLE");
	}
	table_set_u64(t, COUNT, tally->count);
	table_set_f64(t, PCT, 100.0 * (double)tally->count / (double)w->total[row]);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct wakers *w = p->state;
	struct answer *a = p->answer;
	uint64_t all = 0, idle = 0;
	char count[QUANTITY_MAX];

	a->table = table_new("wakers", "Wakers", columns, N_COLUMNS);
	if (!a->table || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	tallies_sort(&w->of_row);
	for (size_t i = 0; i < w->of_row.used; i++) {
		const struct tally *t = &w->of_row.slot[i];

		fill_row(p, t);
		all += t->count;
		idle += (uint32_t)t->key == w->waker_rows.n ? t->count : 0;
	}
	if (table_sort(a->table, COUNT, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	answer_fact(a, "wake-ups", "%s", quantity_count(count, all));
	if (all)
		answer_fact(a, "on an idle CPU", "%.1f %%, by interrupts",
			    100.0 * (double)idle / (double)all);
	a->figure = (struct figure){ .mark = MARK_MATRIX, .title = "Wakers" };
	answer_part(a, ROLE_X, WAKER);
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, COUNT);
	answer_part(a, ROLE_TIP, PCT);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct wakers *w = p->state;

	tallies_done(&w->of_task);
	tallies_done(&w->of_row);
	task_rows_done(&w->rows);
	task_rows_done(&w->waker_rows);
	free(w->total);
}

static const struct track *const needs[] = { &track_wakeup, NULL };

const struct analysis analysis_wakers = {
	.name = "wakers",
	.title = "Wakers",
	.summary = "which task wakes which",
	.help = "Every wake-up in the window counts for the task woken and the one that was "
		"current "
		"on the CPU where it happened. That is the waker when it acted itself; a wake-up "
		"by "
		"an interrupt (timer, network, disk) falls on whoever ran there, or on IDLE. "
		"--task "
		"selects the tasks that were woken.",
	.needs = needs,
	.state_bytes = sizeof(struct wakers),
	.take_rows = take_rows,
	.columns = 1u << WAKEUP_TID | 1u << WAKEUP_WAKER,
	.finish = finish,
	.done = done,
};
