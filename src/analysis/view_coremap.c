/* SPDX-License-Identifier: MIT */
/* The core map: run time and switches of each task on each core, with the idle time and the sums.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/tallies.h"
#include "analysis/task_rows.h"

enum { CPU = TASK_ROW_COLUMNS, RUN, RUN_PCT, SWITCHES, COVERED, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[CPU] = { .name = "cpu",
		  .title = "CPU",
		  .type = CELL_TEXT,
		  .flags = TABLE_COLUMN_KEY,
		  .help = "CPU number; 'all': their sum; 'IDLE': time in which the task ran "
			  "nowhere" },
	[RUN] = { .name = "run",
		  .title = "Run time",
		  .type = CELL_U64,
		  .unit = UNIT_NSEC,
		  .flags = TABLE_COLUMN_ADDS,
		  .help = "time on the CPU within the window" },
	[RUN_PCT] = { .name = "run_pct",
		      .title = "Run time %",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 1,
		      .help = "run time / covered time of the CPU; 'all' and 'IDLE': of one core" },
	[SWITCHES] = { .name = "switches",
		       .title = "Context switches",
		       .type = CELL_U64,
		       .unit = UNIT_COUNT,
		       .flags = TABLE_COLUMN_ADDS,
		       .help = "times that the task was switched out on the CPU" },
	[COVERED] = { .name = "covered",
		      .title = "Covered",
		      .type = CELL_U64,
		      .unit = UNIT_NSEC,
		      .flags = TABLE_COLUMN_COVERED | TABLE_COLUMN_WIDE,
		      .help = "covered time of the CPU within the window; 'all' and 'IDLE': of the "
			      "longest covered CPU; missing where no event tells who ran" },
};

struct core_map {
	struct tallies of_task; /* (task, place of the CPU): sum = run, count = switches */
	struct tallies of_row; /* (row, place), and (row, n_cpus) for all */
	struct task_rows rows;
	bool *seen; /* by place: is anything known of who ran on the CPU? */
	struct total {
		nsec_t run;
		uint64_t switches;
		size_t row;
	} * order; /* rows by run time */
};

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct core_map *m = p->state;

	for (const struct run *r = run; r < run + n; r++) {
		struct tally *c = tallies_at(&m->of_task, tallies_pair(r->task, r->place));

		if (!c)
			return err_set(e, -ENOMEM, "out of memory");
		c->sum += r->end - r->begin;
		c->count += r->flags & RUN_SWITCH;
	}
	return 0;
}

static int add_cell(struct core_map *m, uint64_t row, uint32_t place, const struct tally *from)
{
	struct tally *c = tallies_at(&m->of_row, tallies_pair((uint32_t)row, place));

	if (!c)
		return -ENOMEM;
	c->sum += from->sum;
	c->count += from->count;
	return 0;
}

/* Two more rows behind those of the tasks: all that were asked for, and idle. */
static int fold(struct analysis_pass *p)
{
	struct core_map *m = p->state;
	uint32_t all = (uint32_t)sched_scan_n_cpus(p->scan);

	m->seen = calloc(all + 1, sizeof(*m->seen));
	if (!m->seen || task_rows_init(&m->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	m->seen[all] = true;
	for (size_t i = 0; m->of_task.slot && i <= m->of_task.mask; i++) {
		const struct tally *c = &m->of_task.slot[i];
		uint32_t place = (uint32_t)c->key, task = (uint32_t)(c->key >> 32);
		uint64_t row;

		if (c->key == TALLIES_NO_KEY)
			continue;
		m->seen[place] = true;
		row = task_rows_of(&m->rows, task);
		if (task == sched_scan_cpu(p->scan, place)->idle)
			row = m->rows.n + 1;
		else if (row == TASK_ROW_NONE)
			continue;
		if (add_cell(m, row, place, c) < 0 || add_cell(m, row, all, c) < 0)
			return -ENOMEM;
		if (row < m->rows.n &&
		    (add_cell(m, m->rows.n, place, c) < 0 || add_cell(m, m->rows.n, all, c) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int by_run(const void *a, const void *b)
{
	const struct total *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

static void set_key(struct core_map *m, struct table *t, size_t row, const char *cpu)
{
	table_row(t);
	if (row < m->rows.n)
		task_rows_fill(&m->rows, row, t);
	else
		table_set_text(t, TASK_ROW_TASK, row == m->rows.n ? "all tasks" : "IDLE");
	table_set_text(t, CPU, cpu);
}

static void set_values(struct table *t, nsec_t run, nsec_t of, bool seen)
{
	table_set_u64(t, RUN, run);
	if (seen)
		table_set_u64(t, COVERED, of);
	if (of)
		table_set_f64(t, RUN_PCT, 100.0 * (double)run / (double)of);
}

/* Every CPU of a row, then `all`, then how long it was idle. */
static int fill_row(struct analysis_pass *p, size_t row, nsec_t idle)
{
	struct core_map *m = p->state;
	struct table *t = p->answer->table;
	nsec_t longest = sched_scan_longest(p->scan);
	uint32_t n_cpus = (uint32_t)sched_scan_n_cpus(p->scan);

	for (uint32_t place = 0; place <= n_cpus; place++) {
		struct tally *c = tallies_at(&m->of_row, tallies_pair((uint32_t)row, place));
		const struct sched_cpu *cpu =
			place < n_cpus ? sched_scan_cpu(p->scan, place) : NULL;
		char name[16] = "all";

		if (!c)
			return -ENOMEM;
		if (cpu && !c->sum && !c->count && row != m->rows.n)
			continue;
		if (cpu)
			(void)snprintf(name, sizeof(name), "%" PRIu32, cpu->cpu);
		set_key(m, t, row, name);
		set_values(t, c->sum, cpu ? cpu->covered : longest, m->seen[place]);
		table_set_u64(t, SWITCHES, c->count);
	}
	if (row <= m->rows.n) {
		set_key(m, t, row, "IDLE");
		set_values(t, idle, longest, true);
	}
	return 0;
}

static nsec_t row_run(struct analysis_pass *p, size_t row)
{
	struct core_map *m = p->state;
	struct tally *c = tallies_at(
		&m->of_row, tallies_pair((uint32_t)row, (uint32_t)sched_scan_n_cpus(p->scan)));

	return c ? c->sum : 0;
}

static int order_rows(struct analysis_pass *p, size_t *ret_n)
{
	struct core_map *m = p->state;
	uint32_t all = (uint32_t)sched_scan_n_cpus(p->scan);
	size_t n = 0;

	m->order = calloc(m->rows.n + 1, sizeof(*m->order));
	if (!m->order)
		return -ENOMEM;
	for (size_t i = 0; m->of_row.slot && i <= m->of_row.mask; i++) {
		const struct tally *c = &m->of_row.slot[i];

		if (c->key != TALLIES_NO_KEY && (uint32_t)c->key == all && c->key >> 32 < m->rows.n)
			m->order[n++] = (struct total){ c->sum, c->count, (size_t)(c->key >> 32) };
	}
	qsort(m->order, n, sizeof(*m->order), by_run);
	*ret_n = n;
	return 0;
}

static int fill(struct analysis_pass *p, nsec_t idle, size_t *ret_left_out)
{
	struct core_map *m = p->state;
	nsec_t longest = sched_scan_longest(p->scan);
	size_t n, shown;
	int r = order_rows(p, &n);

	shown = p->args->top ? min_of((uint64_t)n, p->args->top) : n;
	if (r >= 0)
		r = fill_row(p, m->rows.n, idle);
	for (size_t i = 0; i < shown && r >= 0; i++)
		r = fill_row(p, m->order[i].row,
			     longest > m->order[i].run ? longest - m->order[i].run : 0);
	*ret_left_out = n - shown;
	return r < 0 ? r : fill_row(p, m->rows.n + 1, 0);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct core_map *m = p->state;
	struct answer *a = p->answer;
	struct table *t = a->table = table_new("coremap", "Core map", columns, N_COLUMNS);
	nsec_t covered = sched_scan_covered(p->scan), idle, run;
	size_t left_out;

	if (!t || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	run = row_run(p, m->rows.n);
	idle = row_run(p, m->rows.n + 1);
	if (fill(p, idle, &left_out) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (covered) {
		answer_fact(a, "run time", "%.1f %% of %zu cores",
			    100.0 * (double)run / (double)covered, sched_scan_n_cpus(p->scan));
		answer_fact(a, "idle", "%.1f %% of %zu cores",
			    100.0 * (double)idle / (double)covered, sched_scan_n_cpus(p->scan));
	}
	if (left_out)
		table_note(t, "%zu more tasks (--top 0 for all); 'all tasks' counts them",
			   left_out);
	a->matrix_text = true;
	a->figure =
		(struct figure){ .mark = MARK_MATRIX, .title = "Run time and switches per core" };
	answer_part(a, ROLE_X, CPU);
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, RUN_PCT);
	answer_part(a, ROLE_SECOND, SWITCHES);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct core_map *m = p->state;

	tallies_done(&m->of_task);
	tallies_done(&m->of_row);
	task_rows_done(&m->rows);
	free(m->order);
	free(m->seen);
}

static const struct track *const needs[] = { &track_switch, NULL };

const struct analysis analysis_coremap = {
	.name = "coremap",
	.title = "Core map",
	.summary = "run time and switches of each task on each core",
	.help = "A cell is the time that the task ran on the core divided by the core's covered "
		"time, and the "
		"number of times it was switched out there. Column 'all': over all cores, in % of "
		"one core. "
		"Column 'IDLE': the part of the longest covered core's time in which the task ran "
		"nowhere; in "
		"row 'all tasks': the idle time of all cores in % of one core. Row 'all tasks': "
		"the sum of the "
		"tasks that were asked for. Row 'IDLE': the idle task of each core.",
	.needs = needs,
	.cuts_itself = true,
	.state_bytes = sizeof(struct core_map),
	.take_runs = take_runs,
	.finish = finish,
	.done = done,
};
