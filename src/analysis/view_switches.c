/* SPDX-License-Identifier: MIT */
/* CPU use against context switches, per task or per core: who is busy, and who is only switched. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

enum {
	CPU = TASK_ROW_COLUMNS,
	RUN_PCT,
	RUN,
	SWITCHES,
	PER_SEC,
	VOLUNTARY,
	PREEMPTED,
	MEAN,
	LONGEST,
	COVERED,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[CPU] = { .name = "cpu",
		  .title = "CPU",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY,
		  .help = "with --by core" },
	[RUN_PCT] = { .name = "run_pct",
		      .title = "% of one core",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 2,
		      .help = "run time / covered time" },
	[RUN] = { .name = "run",
		  .title = "Run time",
		  .type = CELL_U64,
		  .unit = UNIT_NSEC,
		  .flags = TABLE_COLUMN_ADDS,
		  .help = "time on a CPU within the window" },
	[SWITCHES] = { .name = "switches",
		       .title = "Switches",
		       .type = CELL_U64,
		       .unit = UNIT_COUNT,
		       .flags = TABLE_COLUMN_ADDS,
		       .help = "times that it was switched out" },
	[PER_SEC] = { .name = "switches_per_s",
		      .title = "Switches/s",
		      .type = CELL_F64,
		      .unit = UNIT_PER_SEC,
		      .digits = 1,
		      .help = "switches / covered time" },
	[VOLUNTARY] = { .name = "voluntary",
			.title = "voluntary",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.flags = TABLE_COLUMN_ADDS,
			.help = "because it slept, blocked or ended" },
	[PREEMPTED] = { .name = "preempted",
			.title = "preempted",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.flags = TABLE_COLUMN_ADDS,
			.help = "while it wanted to run on" },
	[MEAN] = { .name = "mean_run",
		   .title = "Mean run",
		   .type = CELL_U64,
		   .unit = UNIT_NSEC,
		   .help = "run time / runs" },
	[LONGEST] = { .name = "longest_run",
		      .title = "Longest run",
		      .type = CELL_U64,
		      .unit = UNIT_NSEC,
		      .help = "longest run, or part of one, within the window" },
	[COVERED] = { .name = "covered",
		      .title = "Covered",
		      .type = CELL_U64,
		      .unit = UNIT_NSEC,
		      .flags = TABLE_COLUMN_COVERED | TABLE_COLUMN_WIDE,
		      .help = "covered time within the window: of the CPU, or per task of the "
			      "longest covered CPU" },
};

struct view_options {
	const char *by;
};

struct sums {
	nsec_t run, longest;
	uint64_t runs, switches, preempted;
};

struct switches {
	struct sums *task; /* by task number */
	size_t n_tasks;
	struct sums *core; /* by place of the CPU; idle left out */
	struct sums *row;
	struct task_rows rows;
	bool by_core;
};

static int begin(struct analysis_pass *p, struct err *e)
{
	struct switches *s = p->state;
	const struct view_options *o = p->options;

	s->by_core = !strcmp(o->by, "core");
	s->core = calloc(p->src->info->n_cpu + 1, sizeof(*s->core));
	return s->core ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static inline void add(struct sums *s, const struct run *r)
{
	nsec_t length = r->end - r->begin;

	s->run += length;
	s->longest = max_of(s->longest, length);
	s->runs += !(r->flags & RUN_UNKNOWN);
	s->switches += r->flags & RUN_SWITCH;
	s->preempted += run_preempted(r);
}

static int make_room(struct analysis_pass *p)
{
	struct switches *s = p->state;
	void *array = s->task;
	int r = tasks_ensure(&array, &s->n_tasks, tasks_count(p->src->tasks), sizeof(*s->task));

	s->task = array;
	return r;
}

static int by_core_runs(struct analysis_pass *p, const struct run *run, size_t n)
{
	struct switches *s = p->state;

	for (const struct run *r = run; r < run + n; r++)
		if (p->wanted[r->task])
			add(&s->core[r->place], r);
	return 0;
}

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct switches *s = p->state;

	if (make_room(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (s->by_core)
		return by_core_runs(p, run, n);
	for (const struct run *r = run; r < run + n; r++)
		add(&s->task[r->task], r);
	return 0;
}

static void set_sums(struct table *t, const struct sums *s, nsec_t covered)
{
	table_set_u64(t, RUN, s->run);
	table_set_u64(t, SWITCHES, s->switches);
	table_set_u64(t, VOLUNTARY, s->switches - s->preempted);
	table_set_u64(t, PREEMPTED, s->preempted);
	table_set_u64(t, LONGEST, s->longest);
	table_set_u64(t, COVERED, covered);
	if (s->runs)
		table_set_u64(t, MEAN, s->run / s->runs);
	if (!covered)
		return;
	table_set_f64(t, RUN_PCT, 100.0 * (double)s->run / (double)covered);
	table_set_f64(t, PER_SEC, (double)s->switches * NSEC_PER_SEC / (double)covered);
}

static int fill_tasks(struct analysis_pass *p, struct sums *ret_all, size_t *ret_most)
{
	struct switches *s = p->state;
	struct table *t = p->answer->table;

	if (make_room(p) < 0 || task_rows_init(&s->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	s->row = calloc(s->rows.n + 1, sizeof(*s->row));
	if (!s->row)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_tasks; i++) {
		uint32_t row = task_rows_of(&s->rows, i);
		const struct sums *from = &s->task[i];

		if (row == TASK_ROW_NONE)
			continue;
		struct sums *to = &s->row[row];

		to->run += from->run;
		to->longest = max_of(to->longest, from->longest);
		to->runs += from->runs;
		to->switches += from->switches;
		to->preempted += from->preempted;
	}
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct sums *row = &s->row[i];

		ret_all->run += row->run;
		ret_all->switches += row->switches;
		ret_all->preempted += row->preempted;
		if (row->switches > s->row[*ret_most].switches)
			*ret_most = i;
		if (!row->runs && !row->switches)
			continue;
		table_row(t);
		task_rows_fill(&s->rows, i, t);
		set_sums(t, row, sched_scan_longest(p->scan));
	}
	return table_sort(t, RUN, true);
}

static void fill_cores(struct analysis_pass *p, struct sums *ret_all)
{
	struct switches *s = p->state;
	struct table *t = p->answer->table;

	for (size_t i = 0; i < sched_scan_n_cpus(p->scan); i++) {
		const struct sched_cpu *c = sched_scan_cpu(p->scan, i);

		table_row(t);
		table_set_text(t, TASK_ROW_TASK, "all tasks");
		table_set_u64(t, CPU, c->cpu);
		set_sums(t, &s->core[i], c->covered);
		ret_all->run += s->core[i].run;
		ret_all->switches += s->core[i].switches;
		ret_all->preempted += s->core[i].preempted;
	}
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct switches *s = p->state;
	struct answer *a = p->answer;
	struct sums all = { 0 };
	nsec_t covered = sched_scan_covered(p->scan), longest = sched_scan_longest(p->scan);
	size_t most = 0;
	char name[TASK_NAME_MAX], count[QUANTITY_MAX];

	a->table = table_new("switches", "CPU use and context switches", columns, N_COLUMNS);
	if (!a->table)
		return err_set(e, -ENOMEM, "out of memory");
	if (s->by_core)
		fill_cores(p, &all);
	else if (fill_tasks(p, &all, &most) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	(void)quantity_count(count, all.switches);
	answer_fact(a, "context switches", "%s, %.0f per second", count,
		    longest ? (double)all.switches * NSEC_PER_SEC / (double)longest : 0.0);
	if (!s->by_core && all.switches) {
		(void)quantity_count(count, s->row[most].switches);
		answer_fact(a, "most switched", "%s, %s", task_rows_name(&s->rows, most, name),
			    count);
	}
	if (all.switches)
		answer_fact(a, "preempted", "%.1f %% of the switches",
			    100.0 * (double)all.preempted / (double)all.switches);
	if (covered)
		answer_fact(a, "run time", "%.1f %% of %zu cores",
			    100.0 * (double)all.run / (double)covered, sched_scan_n_cpus(p->scan));
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "CPU use and context switches" };
	answer_part(a, ROLE_Y, s->by_core ? CPU : TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, RUN_PCT);
	answer_part(a, ROLE_SECOND, SWITCHES);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct switches *s = p->state;

	free(s->task);
	free(s->core);
	free(s->row);
	task_rows_done(&s->rows);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const char *const by_choices[] = { "task", "core", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "one row per task (unless given) or per core" },
	{ 0 },
};
static const struct view_options defaults = { .by = "task" };

const struct analysis analysis_switches = {
	.name = "switches",
	.title = "CPU use and context switches",
	.summary = "CPU use beside context switches, per task or per core",
	.help = "Run time as in 'tasks'. Per core, both are those of the tasks that were asked "
		"for, divided by "
		"the core's own covered time. Switches count where a task is switched out. A run "
		"that the "
		"window cuts counts with the part inside it.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct switches),
	.begin = begin,
	.take_runs = take_runs,
	.finish = finish,
	.done = done,
};
