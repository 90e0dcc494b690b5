/* SPDX-License-Identifier: MIT */
/* The task list: what each task got and how often it was switched, woken and moved. */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

_Static_assert((int)WAKEUP_TID == (int)MIGRATE_TID, "one column mask serves both tracks");

enum {
	TGID = TASK_ROW_COLUMNS,
	MEMBERS,
	COMM,
	RUN,
	RUN_PCT,
	SWITCHES,
	VOLUNTARY,
	PREEMPTED,
	WAKEUPS,
	MIGRATIONS,
	CPUS,
	FIRST,
	LAST,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[TGID] = { .name = "tgid",
		   .title = "PID",
		   .type = CELL_U64,
		   .unit = UNIT_ID,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		   .help = "process (thread group) id" },
	[MEMBERS] = { .name = "members",
		      .title = "Tasks",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_WIDE,
		      .help = "tasks in the row" },
	[COMM] = { .name = "comm",
		   .title = "Name",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_WIDE | TABLE_COLUMN_LOCAL,
		   .help = "last name of the thread" },
	[RUN] = { .name = "run",
		  .title = "Run time",
		  .type = CELL_U64,
		  .unit = UNIT_NSEC,
		  .flags = TABLE_COLUMN_ADDS,
		  .help = "time on a CPU within the window" },
	[RUN_PCT] = { .name = "run_pct",
		      .title = "% of one core",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 2,
		      .help = "run time / covered time of the longest covered CPU" },
	[SWITCHES] = { .name = "switches",
		       .title = "Switches",
		       .type = CELL_U64,
		       .unit = UNIT_COUNT,
		       .flags = TABLE_COLUMN_ADDS,
		       .help = "times that it was switched out" },
	[VOLUNTARY] = { .name = "voluntary",
			.title = "voluntary",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.flags = TABLE_COLUMN_ADDS,
			.help = "... because it slept, blocked or ended" },
	[PREEMPTED] = { .name = "preempted",
			.title = "preempted",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.flags = TABLE_COLUMN_ADDS,
			.help = "... while it wanted to run on" },
	[WAKEUPS] = { .name = "wakeups",
		      .title = "Wake-ups",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_ADDS,
		      .help = "times that it was woken" },
	[MIGRATIONS] = { .name = "migrations",
			 .title = "Migrations",
			 .type = CELL_U64,
			 .unit = UNIT_COUNT,
			 .flags = TABLE_COLUMN_ADDS,
			 .help = "moves to another CPU" },
	[CPUS] = { .name = "cpus",
		   .title = "CPUs",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .help = "different CPUs on which it ran" },
	[FIRST] = { .name = "first",
		    .title = "First run",
		    .type = CELL_U64,
		    .unit = UNIT_TIME,
		    .help = "when it was first seen to run" },
	[LAST] = { .name = "last",
		   .title = "Last run",
		   .type = CELL_U64,
		   .unit = UNIT_TIME,
		   .help = "when it was last seen to run" },
};

struct counts {
	nsec_t run, first, last;
	uint64_t switches, preempted, wakeups, migrations;
};

struct task_list {
	struct counts *task;
	size_t n_tasks;
	uint64_t *cpus; /* bits, @words of them per task */
	size_t n_cpus, words;
	/* fold: */
	struct task_rows rows;
	struct counts *row;
	uint64_t *row_cpus;
	bool wakeups, migrations;
};

static int begin(struct analysis_pass *p, struct err *e)
{
	struct task_list *l = p->state;

	(void)e;
	l->words = p->src->info->n_cpu / 64 + 1;
	l->wakeups = analysis_has_track(p->src->info, &track_wakeup);
	l->migrations = analysis_has_track(p->src->info, &track_migrate);
	return 0;
}

static int make_room(struct analysis_pass *p, struct err *e)
{
	struct task_list *l = p->state;
	size_t need = tasks_count(p->src->tasks);
	void *task = l->task, *cpus = l->cpus;
	int r = tasks_ensure(&task, &l->n_tasks, need, sizeof(*l->task));

	l->task = task;
	if (r >= 0)
		r = tasks_ensure(&cpus, &l->n_cpus, need, l->words * sizeof(*l->cpus));
	l->cpus = cpus;
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct task_list *l = p->state;

	if (make_room(p, e) < 0)
		return -ENOMEM;
	for (const struct run *r = run; r < run + n; r++) {
		struct counts *c = &l->task[r->task];

		c->run += r->end - r->begin;
		c->switches += r->flags & RUN_SWITCH;
		c->preempted += run_preempted(r);
		if (!c->last || r->begin < c->first)
			c->first = r->begin;
		if (r->end > c->last)
			c->last = r->end;
		l->cpus[r->task * l->words + r->place / 64] |= UINT64_C(1) << r->place % 64;
	}
	return 0;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct task_list *l = p->state;
	bool wakeup = b->track == &track_wakeup;
	const uint32_t *tid = batch_u32(b, wakeup ? WAKEUP_TID : MIGRATE_TID);

	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t task = task_index_get(p->index, tid[i], b->time[i], b->cpu);

		if (task == TASKS_NONE || (task >= l->n_tasks && make_room(p, e) < 0))
			return err_set(e, -ENOMEM, "out of memory");
		if (wakeup)
			l->task[task].wakeups++;
		else
			l->task[task].migrations++;
	}
	return 0;
}

static void add_counts(struct counts *to, const struct counts *c)
{
	to->run += c->run;
	to->switches += c->switches;
	to->preempted += c->preempted;
	to->wakeups += c->wakeups;
	to->migrations += c->migrations;
	if (c->last && (!to->last || c->first < to->first))
		to->first = c->first;
	to->last = max_of(to->last, c->last);
}

static int fold(struct analysis_pass *p)
{
	struct task_list *l = p->state;

	if (task_rows_init(&l->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	l->row = calloc(l->rows.n + 1, sizeof(*l->row));
	l->row_cpus = calloc(l->rows.n + 1, l->words * sizeof(*l->row_cpus));
	if (!l->row || !l->row_cpus)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->n_tasks; i++) {
		uint32_t row = task_rows_of(&l->rows, i);

		if (row == TASK_ROW_NONE)
			continue;
		add_counts(&l->row[row], &l->task[i]);
		for (size_t w = 0; w < l->words; w++)
			l->row_cpus[row * l->words + w] |= l->cpus[i * l->words + w];
	}
	return 0;
}

static void fill_row(struct analysis_pass *p, struct table *t, size_t row)
{
	struct task_list *l = p->state;
	const struct counts *c = &l->row[row];
	const struct task_row *at = &l->rows.row[row];
	const struct task *task = tasks_at(p->src->tasks, at->task);
	nsec_t start = p->src->info->start, longest = sched_scan_longest(p->scan);
	uint64_t cpus = 0;

	for (size_t w = 0; w < l->words; w++)
		cpus += (uint64_t)__builtin_popcountll(l->row_cpus[row * l->words + w]);
	table_row(t);
	task_rows_fill(&l->rows, row, t);
	if (at->members == 1 && task->tgid)
		table_set_u64(t, TGID, task->tgid);
	table_set_u64(t, MEMBERS, at->members);
	table_set_text(t, COMM, task->comm);
	table_set_u64(t, RUN, c->run);
	if (longest)
		table_set_f64(t, RUN_PCT, 100.0 * (double)c->run / (double)longest);
	table_set_u64(t, SWITCHES, c->switches);
	table_set_u64(t, VOLUNTARY, c->switches - c->preempted);
	table_set_u64(t, PREEMPTED, c->preempted);
	if (l->wakeups)
		table_set_u64(t, WAKEUPS, c->wakeups);
	if (l->migrations)
		table_set_u64(t, MIGRATIONS, c->migrations);
	table_set_u64(t, CPUS, cpus);
	if (c->last) {
		table_set_u64(t, FIRST, c->first - min_of(c->first, start));
		table_set_u64(t, LAST, c->last - min_of(c->last, start));
	}
}

static void add_facts(struct analysis_pass *p)
{
	struct task_list *l = p->state;
	nsec_t longest = sched_scan_longest(p->scan), covered = sched_scan_covered(p->scan);
	nsec_t run = 0, idle = 0;
	uint64_t switches = 0;
	size_t busiest = 0, n = 0;
	char name[TASK_NAME_MAX], count[QUANTITY_MAX];

	for (size_t i = 0; i < l->rows.n; i++) {
		run += l->row[i].run;
		switches += l->row[i].switches;
		n += l->row[i].last || l->row[i].wakeups;
		if (l->row[i].run > l->row[busiest].run)
			busiest = i;
	}
	for (size_t i = 0; i < sched_scan_n_cpus(p->scan); i++) {
		uint32_t task = sched_scan_cpu(p->scan, i)->idle;

		idle += task < l->n_tasks ? l->task[task].run : 0;
	}
	if (run && longest)
		answer_fact(p->answer, "busiest task", "%s, %.1f %% of one core",
			    task_rows_name(&l->rows, busiest, name),
			    100.0 * (double)l->row[busiest].run / (double)longest);
	answer_fact(p->answer, "tasks", "%zu", n);
	answer_fact(p->answer, "context switches", "%s", quantity_count(count, switches));
	if (covered) {
		answer_fact(p->answer, "run time", "%.1f %% of %zu cores",
			    100.0 * (double)run / (double)covered, sched_scan_n_cpus(p->scan));
		answer_fact(p->answer, "idle", "%.1f %% of %zu cores",
			    100.0 * (double)idle / (double)covered, sched_scan_n_cpus(p->scan));
	}
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct task_list *l = p->state;
	struct answer *a = p->answer;
	struct table *t = a->table = table_new("tasks", "Tasks", columns, N_COLUMNS);

	if (!t || make_room(p, e) < 0 || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < l->rows.n; i++)
		if (l->row[i].last || l->row[i].wakeups || l->row[i].migrations)
			fill_row(p, t, i);
	if (table_sort(t, RUN, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	add_facts(p);
	if (!l->wakeups)
		table_note(t, "wake-ups were not recorded (record with -e switch,wakeup)");
	if (!l->migrations)
		table_note(t, "migrations were not recorded (record with -e switch,migrate)");
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Run time and switches per task" };
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, RUN_PCT);
	answer_part(a, ROLE_SECOND, SWITCHES);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct task_list *l = p->state;

	free(l->task);
	free(l->cpus);
	free(l->row);
	free(l->row_cpus);
	task_rows_done(&l->rows);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const struct track *const also[] = { &track_wakeup, &track_migrate, NULL };

const struct analysis analysis_tasks = {
	.name = "tasks",
	.title = "Tasks",
	.summary = "every task with run time, switches, wake-ups and migrations",
	.help = "Run time is the time from a switch to the task until the next switch on that CPU, "
		"cut to "
		"the window; a task that runs when a CPU's coverage begins or ends has run since "
		"or "
		"until then. % of one core divides it by the covered time of the longest covered "
		"CPU. "
		"Switches are the times that the task was switched out: preempted while it wanted "
		"to run "
		"on, voluntary otherwise. A loss ends what was running at its begin; then nothing "
		"is known "
		"until the next switch. The idle tasks are left out, and so are kymo's own threads "
		"unless "
		"asked for.",
	.needs = needs,
	.also = also,
	.state_bytes = sizeof(struct task_list),
	.begin = begin,
	.take_runs = take_runs,
	.take_rows = take_rows,
	.columns = 1u << WAKEUP_TID,
	.finish = finish,
	.done = done,
};
