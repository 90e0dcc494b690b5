/* SPDX-License-Identifier: MIT */
/* Core locality over time: who ran where, when, slice by slice. */
#include <errno.h>
#include <inttypes.h>

#include "analysis/analysis.h"
#include "analysis/shortlist.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

#define DEFAULT_SLICES 40

enum { START = TASK_ROW_COLUMNS, LENGTH, CPU, STATE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[START] = { .name = "start",
		    .title = "Start",
		    .type = CELL_U64,
		    .unit = UNIT_TIME,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "begin of the run, or of the window" },
	[LENGTH] = { .name = "length",
		     .title = "Length",
		     .type = CELL_U64,
		     .unit = UNIT_NSEC,
		     .help = "run time within the window" },
	[CPU] = { .name = "cpu",
		  .title = "CPU",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .help = "where it ran" },
	[STATE] = { .name = "end_state",
		    .title = "End",
		    .type = CELL_TEXT,
		    .help = "state at the end: R+ preempted, R runnable, S sleeping, D "
			    "uninterruptible, T "
			    "stopped, t traced, X or Z ended, P parked, I idle; missing: no switch "
			    "ended "
			    "it within the window" },
};

struct view_options {
	bool idle;
};

struct slice {
	struct shortlist_key key; /* begin, CPU */
	struct run run;
};

static const char *state_letters(unsigned int state)
{
	static const struct {
		unsigned int bit;
		const char *letter;
	} table[] = { { 0x1, "S" },  { 0x2, "D" },  { 0x4, "T" },  { 0x8, "t" },
		      { 0x10, "X" }, { 0x20, "Z" }, { 0x40, "P" }, { 0x80, "I" } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (state & table[i].bit)
			return table[i].letter;
	return state & SWITCH_STATE_PREEMPTED ? "R+" : "R";
}

static int begin(struct analysis_pass *p, struct err *e)
{
	(void)e;
	shortlist_init(p->state, p->args->top ? p->args->top : DEFAULT_SLICES,
		       sizeof(struct slice));
	return 0;
}

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct shortlist *l = p->state;
	const struct view_options *o = p->options;

	for (const struct run *r = run; r < run + n; r++) {
		if (r->flags & RUN_UNKNOWN ||
		    !(p->wanted[r->task] || (o->idle && r->flags & RUN_IDLE)))
			continue;
		l->offered++;
		if (!shortlist_wants(l, r->begin))
			continue;
		struct slice s = { { r->begin, r->cpu }, *r };

		if (shortlist_add(l, &s) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct shortlist *l = p->state;
	struct answer *a = p->answer;
	struct table *t = a->table = table_new("timeline", "Core locality", columns, N_COLUMNS);
	nsec_t start = p->src->info->start;
	char count[QUANTITY_MAX];

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	shortlist_settle(l);
	for (size_t i = 0; i < l->n; i++) {
		const struct run *r = &((const struct slice *)shortlist_at(l, i))->run;

		table_row(t);
		table_set_text(t, TASK_ROW_TASK, task_label_of(p->src->tasks, r->task));
		table_set_u64(t, TASK_ROW_TID, tasks_at(p->src->tasks, r->task)->tid);
		table_set_u64(t, START, r->begin - min_of(r->begin, start));
		table_set_u64(t, LENGTH, r->end - r->begin);
		table_set_u64(t, CPU, r->cpu);
		if (r->flags & RUN_SWITCH)
			table_set_text(t, STATE, state_letters(r->state));
	}
	answer_fact(a, "slices", "%s", quantity_count(count, l->offered));
	if (l->offered > l->n)
		table_note(t,
			   "%s more slices (--top 0 for all; --from, --for and --task to choose)",
			   quantity_count(count, l->offered - l->n));
	a->figure = (struct figure){ .mark = MARK_TIMELINE, .title = "Who ran where" };
	answer_part(a, ROLE_X, START);
	answer_part(a, ROLE_SECOND, LENGTH);
	answer_part(a, ROLE_Y, CPU);
	answer_part(a, ROLE_SERIES, TASK_ROW_TASK);
	answer_part(a, ROLE_TIP, STATE);
	return 0;
}

static void done(struct analysis_pass *p)
{
	shortlist_done(p->state);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const struct option_spec options[] = {
	{ .name = "idle",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, idle),
	  .help = "also list the slices of the idle tasks" },
	{ 0 },
};
static const struct view_options defaults = { 0 };

const struct analysis analysis_timeline = {
	.name = "timeline",
	.title = "Core locality",
	.summary = "who ran where, when: slices in order of time",
	.help = "A slice is one run of a task on a CPU, cut to the window. The first ones of the "
		"window are "
		"listed, 40 unless --top says otherwise.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.lists_moments = true,
	.cuts_itself = true,
	.state_bytes = sizeof(struct shortlist),
	.begin = begin,
	.take_runs = take_runs,
	.finish = finish,
	.done = done,
};
