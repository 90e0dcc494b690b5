/* SPDX-License-Identifier: MIT */
/* Where threads were off the CPU, and for how long: asleep, waiting for a CPU, preempted. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/off_cpu.h"
#include "analysis/tallies.h"
#include "analysis/task_rows.h"
#include "base/idmap.h"
#include "base/quantity.h"
#include "model/profile_track.h"

enum {
	TASK,
	TID,
	STACK,
	FUNCTION,
	MODULE,
	KERNEL,
	OFF_CPU,
	SHARE,
	SLEEP,
	WAIT,
	PREEMPTED,
	COUNT,
	MEAN,
	MAX,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[STACK] = { .name = "stack",
		    .title = "Stack",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "the call chain, outermost caller first, with --by stack" },
	[FUNCTION] = { .name = "function",
		       .title = "Function",
		       .type = CELL_TEXT,
		       .flags = TABLE_COLUMN_KEY,
		       .help = "the program's function that was left" },
	[MODULE] = { .name = "module",
		     .title = "Module",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY,
		     .help = "program or library that it is in" },
	[KERNEL] = { .name = "kernel",
		     .title = "Blocked in",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY,
		     .help = "innermost function of the kernel that is not the scheduler's" },
	[OFF_CPU] = TABLE_NSEC("off_cpu", "Off CPU", TABLE_COLUMN_ADDS,
			       "from switch-out to switch-in, sum"),
	[SHARE] = { .name = "off_cpu_pct",
		    .title = "%",
		    .type = CELL_F64,
		    .unit = UNIT_PCT,
		    .digits = 2,
		    .help = "share of all time off the CPU that the filters take" },
	[SLEEP] = TABLE_NSEC("sleep", "Asleep", TABLE_COLUMN_ADDS, "until the wake-up"),
	[WAIT] = TABLE_NSEC("wait", "Waiting", TABLE_COLUMN_ADDS,
			    "from the wake-up to the switch-in"),
	[PREEMPTED] = TABLE_NSEC("preempted", "Preempted", TABLE_COLUMN_ADDS,
				 "switched out though it wanted to run"),
	[COUNT] = { .name = "count",
		    .title = "Times",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "switch-ins: a sleep and the wait after it are one" },
	[MEAN] = TABLE_NSEC("mean", "Mean", 0, "off CPU / times"),
	[MAX] = TABLE_NSEC("max", "Longest", 0, "the longest sleep, wait or preemption"),
};

enum by { BY_DEFAULT, BY_TASK, BY_FUNCTION, BY_STACK };

struct view_options {
	const char *by;
};

/* By kind of delay; the tallies hold what the place is known by. */
#define KINDS 4 /* DELAY_NO_WAKEUP, SLEEP, WAIT, PREEMPTED as 0 to 3 */

struct off_cpu {
	struct off_cpu_nodes nodes;
	struct tallies sums; /* by task or node of the tree, and kind */
	struct tallies rows; /* by row and kind, as they come out */
	struct task_rows tasks;
	enum by by;
	uint64_t all, no_chain, no_wakeup;
	struct idmap row_of_place; /* pair of functions -> row */
	struct off_cpu_place *place; /* of rows by function */
	uint32_t *node; /* of rows by stack */
	size_t n_rows, room;
};

static unsigned int kind_of(const struct delay *d)
{
	return d->kind == DELAY_NO_WAKEUP ? 0
	       : d->kind == DELAY_SLEEP	  ? 1
	       : d->kind == DELAY_WAIT	  ? 2
					  : 3;
}

static int take_delays(struct analysis_pass *p, const struct delay *delay, size_t n, struct err *e)
{
	struct off_cpu *o = p->state;
	const struct view_options *options = p->options;

	bool wakeups = analysis_has_track(p->src->info, &track_wakeup);

	/* Chains are known from here on. */
	if (o->by == BY_DEFAULT)
		o->by = options->by ? !strcmp(options->by, "task")    ? BY_TASK
				      : !strcmp(options->by, "stack") ? BY_STACK
								      : BY_FUNCTION
			: p->chains ? BY_FUNCTION
				    : BY_TASK;
	for (const struct delay *d = delay; d < delay + n; d++) {
		uint32_t node;

		if (!off_cpu_delay(d) || !p->wanted[d->task])
			continue;
		if (off_cpu_node(&o->nodes, p, d, &node) < 0)
			return err_set(e, -ENOMEM, "out of memory");
		uint32_t key = o->by == BY_TASK ? d->task
			       : node		? functions_tree_node(p->functions, node)
						: 0;
		struct tally *t = tallies_at(&o->sums, (uint64_t)key * KINDS + kind_of(d));

		if (!t)
			return err_set(e, -ENOMEM, "out of memory");
		t->count += off_cpu_over(d, wakeups);
		t->sum += d->end - d->begin;
		t->max = max_of(t->max, d->end - d->begin);
		o->all += d->end - d->begin;
		o->no_wakeup += d->kind == DELAY_NO_WAKEUP;
		o->no_chain += !node && off_cpu_over(d, wakeups);
	}
	return 0;
}

/* ---- rows ---- */

/* The row of a node: of its place, or its own. */
static int row_of(struct analysis_pass *p, uint32_t node, uint32_t *ret)
{
	struct off_cpu *o = p->state;
	struct off_cpu_place place = off_cpu_place(p->functions, node);
	/* The empty chain is a place of its own. */
	uint64_t key = o->by == BY_STACK ? node
		       : node		 ? (uint64_t)place.function << 32 | place.kernel
					 : UINT64_MAX - 1;
	void *nodes = o->node, *places = o->place;
	size_t room = o->room;

	*ret = idmap_get(&o->row_of_place, key);
	if (*ret != IDMAP_NONE)
		return 0;
	int r = tasks_ensure(&nodes, &room, o->n_rows + 1, sizeof(*o->node));

	o->node = nodes;
	if (r >= 0)
		r = tasks_ensure(&places, &o->room, o->n_rows + 1, sizeof(*o->place));
	o->place = places;
	if (r < 0)
		return r;
	*ret = (uint32_t)o->n_rows;
	o->node[o->n_rows] = node;
	o->place[o->n_rows++] = place;
	return idmap_set(&o->row_of_place, key, *ret);
}

static int fold(struct analysis_pass *p)
{
	struct off_cpu *o = p->state;

	if (o->by == BY_TASK && task_rows_init(&o->tasks, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	tallies_sort(&o->sums);
	for (size_t i = 0; i < o->sums.used; i++) {
		const struct tally *t = &o->sums.slot[i];
		uint32_t row = (uint32_t)(t->key / KINDS);

		if (o->by == BY_TASK)
			row = task_rows_of(&o->tasks, row);
		else if (row_of(p, row, &row) < 0)
			return -ENOMEM;
		if (row == TASK_ROW_NONE)
			continue;
		struct tally *sum = tallies_at(&o->rows, (uint64_t)row * KINDS + t->key % KINDS);

		if (!sum)
			return -ENOMEM;
		sum->count += t->count;
		sum->sum += t->sum;
		sum->max = max_of(sum->max, t->max);
	}
	tallies_sort(&o->rows);
	return 0;
}

#define STACK_MAX 4096

/* "main;read;ksys_read": outermost first; of too long ones the innermost. */
static void put_stack(struct analysis_pass *p, uint32_t node)
{
	const struct frames *tree = functions_tree(p->functions);
	char text[STACK_MAX];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	for (uint32_t i = node; i; i = frames_at(tree, i)->parent) {
		const char *name = functions_at(p->functions, frames_at(tree, i)->module)->name;
		size_t n = strlen(name);

		if (n + 5 > at) {
			memcpy(text + at - 4, "...;", 4);
			at -= 4;
			break;
		}
		if (text[at])
			text[--at] = ';';
		at -= n;
		memcpy(text + at, name, n);
	}
	table_set_text(p->answer->table, STACK, node ? text + at : "[no chain]");
}

static void name_row(struct analysis_pass *p, uint32_t row)
{
	struct off_cpu *o = p->state;
	struct table *t = p->answer->table;

	if (o->by == BY_TASK) {
		task_rows_fill(&o->tasks, row, t);
		return;
	}
	const struct off_cpu_place *at = &o->place[row];

	if (o->by == BY_STACK)
		put_stack(p, o->node[row]);
	else if (at->function != FUNCTION_NONE)
		table_set_text(t, FUNCTION, functions_at(p->functions, at->function)->name);
	else
		table_set_text(t, FUNCTION, o->node[row] ? "[kernel]" : "[no chain]");
	if (at->function != FUNCTION_NONE)
		table_set_text(t, MODULE, functions_at(p->functions, at->function)->module);
	if (at->kernel != FUNCTION_NONE)
		table_set_text(t, KERNEL, functions_at(p->functions, at->kernel)->name);
}

/* The @n tallies of one row. */
static void put_row(struct analysis_pass *p, const struct tally *t, size_t n)
{
	struct off_cpu *o = p->state;
	struct table *table = p->answer->table;
	uint64_t sum[KINDS] = { 0 }, all = 0, times = 0, max = 0;

	for (size_t i = 0; i < n; i++) {
		sum[t[i].key % KINDS] = t[i].sum;
		times += t[i].count;
		all += t[i].sum;
		max = max_of(max, t[i].max);
	}
	table_row(table);
	name_row(p, (uint32_t)(t->key / KINDS));
	table_set_u64(table, OFF_CPU, all);
	if (o->all)
		table_set_f64(table, SHARE, 100.0 * (double)all / (double)o->all);
	table_set_u64(table, SLEEP, sum[1]);
	if (analysis_has_track(p->src->info, &track_wakeup))
		table_set_u64(table, WAIT, sum[2]);
	table_set_u64(table, PREEMPTED, sum[3]);
	table_set_u64(table, COUNT, times);
	if (times)
		table_set_u64(table, MEAN, all / times);
	table_set_u64(table, MAX, max);
}

static int make_table(struct analysis_pass *p)
{
	struct off_cpu *o = p->state;
	struct table_column shown[N_COLUMNS];
	const bool used[KERNEL + 1] = {
		[TASK] = o->by == BY_TASK,	 [TID] = o->by == BY_TASK,
		[STACK] = o->by == BY_STACK,	 [FUNCTION] = o->by == BY_FUNCTION,
		[MODULE] = o->by == BY_FUNCTION, [KERNEL] = o->by == BY_FUNCTION,
	};

	memcpy(shown, columns, sizeof(shown));
	for (unsigned int i = 0; i <= KERNEL; i++)
		shown[i].flags |= used[i] ? 0 : TABLE_COLUMN_WIDE;
	p->answer->table = table_new("offcpu", "Off CPU", shown, N_COLUMNS);
	return p->answer->table ? 0 : -ENOMEM;
}

static void add_notes(struct analysis_pass *p)
{
	struct off_cpu *o = p->state;
	struct table *t = p->answer->table;
	char text[QUANTITY_MAX];

	if (!p->chains)
		table_note(t, "the recording has no call chains of threads that block, so only "
			      "tasks are known (record with --profile)");
	else if (o->no_chain)
		table_note(t,
			   "%s of the times have no call chain: chains are sampled where "
			   "threads block, not where they are preempted, and some may be lost",
			   quantity_count(text, o->no_chain));
	if (o->no_wakeup)
		table_note(t,
			   "of %s sleeps the wake-up was not seen: they are in off CPU, neither "
			   "asleep "
			   "nor waiting",
			   quantity_count(text, o->no_wakeup));
	if (!analysis_has_track(p->src->info, &track_wakeup))
		table_note(t, "wake-ups were not recorded: asleep lasts until the switch-in");
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct off_cpu *o = p->state;
	struct answer *a = p->answer;
	char text[QUANTITY_MAX];

	if (o->by == BY_DEFAULT)
		o->by = BY_TASK;
	if (fold(p) < 0 || make_table(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0, n; i < o->rows.used; i += n) {
		const struct tally *t = &o->rows.slot[i];

		for (n = 1; i + n < o->rows.used && t[n].key / KINDS == t->key / KINDS;)
			n++;
		put_row(p, t, n);
	}
	if (table_sort(a->table, OFF_CPU, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	answer_fact(a, "off CPU", "%s in all", quantity_duration(text, o->all));
	unsigned int name = o->by == BY_TASK ? TASK : o->by == BY_STACK ? STACK : FUNCTION;
	union cell most, time;

	if (table_n_rows(a->table) && table_get(a->table, 0, name, &most) &&
	    table_get(a->table, 0, OFF_CPU, &time))
		answer_fact(a, "most", "%s, %s", quantity_duration(text, time.u64), most.text);
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Off CPU" };
	answer_part(a, ROLE_Y, name);
	answer_part(a, ROLE_VALUE, OFF_CPU);
	answer_part(a, ROLE_TIP, COUNT);
	add_notes(p);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct off_cpu *o = p->state;

	off_cpu_nodes_done(&o->nodes);
	tallies_done(&o->sums);
	tallies_done(&o->rows);
	task_rows_done(&o->tasks);
	idmap_done(&o->row_of_place);
	free(o->place);
	free(o->node);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const struct track *const also[] = { &track_wakeup, NULL };
static const char *const by_choices[] = { "function", "task", "stack", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "per function (unless given, where call chains were recorded), task (where "
		  "they were not) or whole stack" },
	{ 0 },
};
static const struct view_options defaults = { 0 };

const struct analysis analysis_offcpu = {
	.name = "offcpu",
	.title = "Off CPU",
	.summary = "where threads blocked, and for how long",
	.help = "Time off the CPU lasts from a switch-out to the next switch-in of the thread. It "
		"is "
		"asleep until the wake-up and waiting from there on, or preempted when it wanted "
		"to "
		"run on. Each belongs to the window in which it ends, with its whole length. The "
		"call chain is the one that was sampled at the switch-out; a row is the innermost "
		"function of the program in it and what that waits in within the kernel, without "
		"the scheduler's own functions. A loss of switches or wake-ups on any CPU forgets "
		"who sleeps and waits.",
	.needs = needs,
	.also = also,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.profile = true,
	.names = true,
	.chains = true,
	.state_bytes = sizeof(struct off_cpu),
	.take_delays = take_delays,
	.finish = finish,
	.done = done,
};
