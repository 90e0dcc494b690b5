/* SPDX-License-Identifier: MIT */
/*
 * The numbers of perfwhiz's charts, counted as it counted them on the rows of a cdict file, with
 * its one wrong divisor put right: to compare with reports of old. The other views count by time
 * and clip at the edges of the window; this one counts whole rows and extrapolates.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/cdict_rows.h"
#include "analysis/tallies.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/kvm_reason.h"
#include "model/kvm_track.h"

#define ALL_CPUS UINT32_MAX

struct view_options {
	const char *chart;
	nsec_t cap;
	bool first_names;
};

/* All that is counted of one name. */
struct name_sums {
	const char *name;
	uint64_t duration, switches, exits; /* us; switches; exits */
};

/* The tallies of one kind by (place of the name, what), put in order. */
struct chart_cell {
	uint32_t name; /* index into perfwhiz.name */
	uint32_t what; /* CPU, reason or thread id */
	uint64_t count, sum;
	unsigned int isa; /* of a reason */
};

struct perfwhiz {
	uint64_t from, to; /* us; to UINT64_MAX = the last row */
	uint64_t first, last_in, last; /* of the rows in the window; of those behind its begin */
	uint64_t rows;
	double multiplier;
	struct strpool *pool;
	struct idmap by_name; /* pointer of the pool's text -> place */
	struct name_sums *name;
	size_t n_names, room_names;
	struct tallies switches, exits, list;
	uint32_t *order; /* places by name */
};

/* ---- counting ---- */

static bool wants_name(const struct analysis_pass *p, const char *name)
{
	return !p->args->task || !regexec(p->args->task, name, 0, NULL, 0);
}

#define NAME_LEFT_OUT (UINT32_MAX - 1)

/* Place of @name, NAME_LEFT_OUT, or IDMAP_NONE when out of memory. */
static uint32_t place_of(struct analysis_pass *p, const char *text)
{
	struct perfwhiz *w = p->state;
	const char *name = strpool_add(w->pool, text);
	uint32_t i;

	if (!name)
		return IDMAP_NONE;
	i = idmap_get(&w->by_name, (uintptr_t)name);
	if (i != IDMAP_NONE)
		return i;
	void *array = w->name;
	int r = tasks_ensure(&array, &w->room_names, w->n_names + 1, sizeof(*w->name));

	w->name = array;
	i = wants_name(p, name) ? (uint32_t)w->n_names : NAME_LEFT_OUT;
	if (r < 0 || idmap_set(&w->by_name, (uintptr_t)name, i) < 0)
		return IDMAP_NONE;
	if (i != NAME_LEFT_OUT)
		w->name[w->n_names++].name = name;
	return i;
}

static int count_row(struct analysis_pass *p, const struct cdict_row *row, uint32_t task)
{
	struct perfwhiz *w = p->state;
	const struct task *t = tasks_at(p->src->tasks, task);
	struct tally *c;

	if (t->flags & TASK_FLAG_SELF && !p->args->include_self)
		return 0;
	if (p->args->cpus && !cpuset_has(p->args->cpus, row->cpu))
		return 0;
	uint32_t place = place_of(p, row->task_name);

	if (place == NAME_LEFT_OUT)
		return 0;
	c = place == IDMAP_NONE ? NULL : tallies_at(&w->list, tallies_pair(place, row->pid));
	if (!c)
		return -ENOMEM;
	c->count++;
	if (row->event == CDICT_SWITCH) {
		w->name[place].duration += row->duration;
		w->name[place].switches++;
		c = tallies_at(&w->switches, tallies_pair(place, row->cpu));
	} else if (row->event == CDICT_EXIT) {
		w->name[place].exits++;
		c = tallies_at(&w->exits, tallies_pair(place, row->reason));
	} else {
		return 0;
	}
	if (!c)
		return -ENOMEM;
	c->count++;
	c->sum += row->duration;
	c->max = row->isa; /* one of a run */
	return 0;
}

static int count_rows(struct analysis_pass *p, struct err *e)
{
	const struct view_options *o = p->options;
	const struct cdict_rows_query q = { .first_names = o->first_names };
	struct perfwhiz *w = p->state;
	auto_ptr(cdict_rows) rows = NULL;
	struct cdict_row row;
	uint32_t task;
	int r = cdict_rows_new(p->src, &q, &rows, e);

	if (r < 0)
		return r;
	while ((r = cdict_rows_next(rows, &row, NULL, &task, e)) > 0) {
		if (row.usecs < w->from)
			continue;
		w->last = row.usecs;
		if (row.usecs > w->to)
			continue;
		if (!w->rows++)
			w->first = row.usecs;
		w->last_in = row.usecs;
		if (count_row(p, &row, task) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	}
	return r;
}

/* ---- the arithmetic ---- */

/* To @digits (at most 2) behind the point, as printing rounds. */
static double rounded(double v, unsigned int digits)
{
	static const double scale[] = { 1, 10, 100 };
	char text[64];
	double whole = 0;

	(void)snprintf(text, sizeof(text), "%.*f", (int)digits, v);
	for (const char *s = text; *s; s++)
		if (*s >= '0' && *s <= '9')
			whole = whole * 10 + (*s - '0');
	return whole / scale[digits];
}

static uint64_t scaled(const struct perfwhiz *w, uint64_t count)
{
	return w->multiplier > 1 ? (uint64_t)((double)count * w->multiplier) : count;
}

static void set_window(struct analysis_pass *p)
{
	const struct view_options *o = p->options;
	const struct run_info *info = p->src->info;
	struct perfwhiz *w = p->state;

	w->from = (p->args->from - min_of(p->args->from, info->start)) / NSEC_PER_USEC;
	w->to = UINT64_MAX;
	if (o->cap)
		w->to = w->from + o->cap / NSEC_PER_USEC;
	else if (p->args->to < info->end)
		w->to = w->from + (p->args->to - p->args->from) / NSEC_PER_USEC;
}

static void settle_window(struct perfwhiz *w)
{
	w->multiplier = 1;
	if (w->to == UINT64_MAX)
		w->to = max_of(w->last, w->from);
	else if (w->rows && w->to > w->last && w->last > w->from)
		w->multiplier = (double)(w->to - w->from) / (double)(w->last - w->from);
}

static int by_name_then_what(const void *a, const void *b, void *ctx)
{
	const struct perfwhiz *w = ctx;
	const struct chart_cell *x = a, *y = b;
	int names = strcmp(w->name[x->name].name, w->name[y->name].name);

	return names ? names : (x->what > y->what) - (x->what < y->what);
}

static int by_name(const void *a, const void *b, void *ctx)
{
	const struct perfwhiz *w = ctx;

	return strcmp(w->name[*(const uint32_t *)a].name, w->name[*(const uint32_t *)b].name);
}

/* The cells of @t by name and number; NULL: out of memory. */
static struct chart_cell *sorted_cells(struct perfwhiz *w, const struct tallies *t)
{
	struct chart_cell *cell = calloc(t->used + 1, sizeof(*cell));
	size_t n = 0;

	if (!cell)
		return NULL;
	for (size_t i = 0; t->slot && i <= t->mask; i++)
		if (t->slot[i].key != TALLIES_NO_KEY)
			cell[n++] = (struct chart_cell){ .name = (uint32_t)(t->slot[i].key >> 32),
							 .what = (uint32_t)t->slot[i].key,
							 .count = t->slot[i].count,
							 .sum = t->slot[i].sum,
							 .isa = (unsigned int)t->slot[i].max };
	qsort_r(cell, n, sizeof(*cell), by_name_then_what, w);
	return cell;
}

/* ---- the core map ---- */

enum { MAP_TASK, MAP_CPU, MAP_PCT, MAP_SWITCHES, MAP_COLUMNS };
static const struct table_column map_columns[MAP_COLUMNS] = {
	[MAP_TASK] = { .name = "task",
		       .title = "Task",
		       .type = CELL_TEXT,
		       .flags = TABLE_COLUMN_KEY,
		       .help = "all tasks of the name" },
	[MAP_CPU] = { .name = "cpu",
		      .title = "CPU",
		      .type = CELL_TEXT,
		      .flags = TABLE_COLUMN_KEY,
		      .help = "CPU number; 'all': their sum" },
	[MAP_PCT] = { .name = "run_pct",
		      .title = "Run time %",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 2,
		      .help = "run time of its switches / time from the first to the last row" },
	[MAP_SWITCHES] = { .name = "switches",
			   .title = "Context switches",
			   .type = CELL_U64,
			   .unit = UNIT_COUNT,
			   .help = "switches away from it, extrapolated to the window" },
};

static double cell_pct(const struct perfwhiz *w, uint64_t duration)
{
	uint64_t span = w->last_in - w->first;

	return span ? rounded((double)duration * 100 / (double)span, 2) : 0;
}

static void map_row(const struct perfwhiz *w, struct table *t, const char *task, uint32_t cpu,
		    double pct, uint64_t switches)
{
	char name[16] = "all";

	if (cpu != ALL_CPUS)
		(void)snprintf(name, sizeof(name), "%" PRIu32, cpu);
	table_row(t);
	table_set_text(t, MAP_TASK, task);
	table_set_text(t, MAP_CPU, name);
	if (w->last_in > w->first)
		table_set_f64(t, MAP_PCT, rounded(pct, 2));
	table_set_u64(t, MAP_SWITCHES, switches);
}

struct map_sum {
	double pct;
	uint64_t switches;
	bool there;
};

/* Sums are of rounded cells, as the chart showed them. */
static int map_totals(const struct perfwhiz *w, const struct chart_cell *cell, size_t n,
		      struct table *t)
{
	uint32_t n_cpus = 0;
	double all = 0, of_name = 0;
	uint64_t switches = 0;

	for (size_t i = 0; i < n; i++)
		n_cpus = max_of(n_cpus, cell[i].what + 1);
	auto_free struct map_sum *sum = calloc((size_t)n_cpus + 1, sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct map_sum *s = &sum[cell[i].what];

		s->pct += cell_pct(w, cell[i].sum);
		s->switches += scaled(w, cell[i].count);
		s->there = true;
		of_name += cell_pct(w, cell[i].sum);
		switches += scaled(w, cell[i].count);
		if (i + 1 == n || cell[i + 1].name != cell[i].name) {
			all += rounded(of_name, 2);
			of_name = 0;
		}
	}
	for (uint32_t cpu = 0; cpu < n_cpus; cpu++)
		if (sum[cpu].there)
			map_row(w, t, "all tasks", cpu, sum[cpu].pct, sum[cpu].switches);
	map_row(w, t, "all tasks", ALL_CPUS, all, switches);
	return 0;
}

static int fill_map(struct analysis_pass *p)
{
	struct perfwhiz *w = p->state;
	struct answer *a = p->answer;
	struct table *t = a->table;
	size_t n = w->switches.used;
	auto_free struct chart_cell *cell = sorted_cells(w, &w->switches);
	uint64_t least = UINT64_MAX, most = 0, switches = 0;
	double pct = 0;

	if (!cell || (n && map_totals(w, cell, n, t) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *name = w->name[cell[i].name].name;
		uint64_t count = scaled(w, cell[i].count);

		map_row(w, t, name, cell[i].what, cell_pct(w, cell[i].sum), count);
		pct += cell_pct(w, cell[i].sum);
		switches += count;
		least = min_of(least, count);
		most = max_of(most, count);
		if (i + 1 < n && cell[i + 1].name == cell[i].name)
			continue;
		map_row(w, t, name, ALL_CPUS, pct, switches);
		pct = 0;
		switches = 0;
	}
	if (n)
		answer_fact(a, "switches of a cell", "%" PRIu64 " to %" PRIu64, least, most);
	a->matrix_text = true;
	a->figure = (struct figure){ .mark = MARK_MATRIX, .title = "CoreMap" };
	answer_part(a, ROLE_X, MAP_CPU);
	answer_part(a, ROLE_Y, MAP_TASK);
	answer_part(a, ROLE_VALUE, MAP_PCT);
	answer_part(a, ROLE_SECOND, MAP_SWITCHES);
	return 0;
}

/* ---- CPU against switches ---- */

enum { USE_TASK, USE_PCT, USE_SWITCHES, USE_COLUMNS };
static const struct table_column use_columns[USE_COLUMNS] = {
	[USE_TASK] = { .name = "task",
		       .title = "Task",
		       .type = CELL_TEXT,
		       .flags = TABLE_COLUMN_KEY,
		       .help = "all tasks of the name" },
	[USE_PCT] = { .name = "run_pct",
		      .title = "% of one core",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 1,
		      .help = "run time of its switches, extrapolated / window" },
	[USE_SWITCHES] = { .name = "switches",
			   .title = "Context switches",
			   .type = CELL_U64,
			   .unit = UNIT_COUNT,
			   .help = "switches away from it, extrapolated to the window" },
};

static int fill_use(struct analysis_pass *p)
{
	struct perfwhiz *w = p->state;
	struct answer *a = p->answer;
	struct table *t = a->table;
	uint64_t window = w->to - w->from;
	size_t spinning = 0;

	for (size_t i = 0; i < w->n_names; i++) {
		const struct name_sums *s = &w->name[w->order[i]];

		if (!s->switches && !s->exits)
			continue;
		table_row(t);
		table_set_text(t, USE_TASK, s->name);
		spinning += !s->switches;
		if (!s->switches)
			continue;
		if (window)
			table_set_f64(
				t, USE_PCT,
				rounded((double)scaled(w, s->duration) * 100 / (double)window, 1));
		table_set_u64(t, USE_SWITCHES, scaled(w, s->switches));
	}
	if (spinning)
		table_note(t,
			   "%zu %s KVM exits but no switch in the window: running all the time, or "
			   "not at all (perfwhiz drew 100 %% and one switch)",
			   spinning, spinning == 1 ? "task has" : "tasks have");
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "CPU and context switches" };
	answer_part(a, ROLE_Y, USE_TASK);
	answer_part(a, ROLE_VALUE, USE_PCT);
	answer_part(a, ROLE_SECOND, USE_SWITCHES);
	return 0;
}

/* ---- exits ---- */

enum { EXIT_TASK, EXIT_REASON, EXIT_NAME, EXIT_COUNT, EXIT_COLUMNS };
static const struct table_column exit_columns[EXIT_COLUMNS] = {
	[EXIT_TASK] = { .name = "task",
			.title = "Task",
			.type = CELL_TEXT,
			.flags = TABLE_COLUMN_KEY,
			.help = "all tasks of the name" },
	[EXIT_REASON] = { .name = "reason",
			  .title = "Reason",
			  .type = CELL_U64,
			  .unit = UNIT_ID,
			  .flags = TABLE_COLUMN_KEY,
			  .help = "exit reason as a number of the instruction set" },
	[EXIT_NAME] = { .name = "name",
			.title = "Name",
			.type = CELL_TEXT,
			.help = "of the reason" },
	[EXIT_COUNT] = { .name = "exits",
			 .title = "Exits",
			 .type = CELL_U64,
			 .unit = UNIT_COUNT,
			 .help = "KVM exits, extrapolated to the window when it is 1 % longer than "
				 "the rows" },
};

static int fill_exits(struct analysis_pass *p)
{
	struct perfwhiz *w = p->state;
	struct answer *a = p->answer;
	auto_free struct chart_cell *cell = sorted_cells(w, &w->exits);
	uint64_t all = 0;
	char name[KVM_REASON_MAX];

	if (!cell)
		return -ENOMEM;
	for (size_t i = 0; i < w->exits.used; i++) {
		uint64_t count = w->multiplier >= 1.01 ? scaled(w, cell[i].count) : cell[i].count;

		table_row(a->table);
		table_set_text(a->table, EXIT_TASK, w->name[cell[i].name].name);
		table_set_u64(a->table, EXIT_REASON, cell[i].what);
		table_set_text(a->table, EXIT_NAME,
			       kvm_reason_name(cell[i].isa, cell[i].what, name));
		table_set_u64(a->table, EXIT_COUNT, count);
		all += count;
	}
	answer_fact(a, "KVM exits", "%" PRIu64, all);
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "KVM exits by type" };
	answer_part(a, ROLE_Y, EXIT_TASK);
	answer_part(a, ROLE_VALUE, EXIT_COUNT);
	answer_part(a, ROLE_SERIES, EXIT_NAME);
	return 0;
}

/* ---- the task list ---- */

enum { LIST_TID, LIST_TASK, LIST_ROWS, LIST_COLUMNS };
static const struct table_column list_columns[LIST_COLUMNS] = {
	[LIST_TID] = { .name = "tid",
		       .title = "TID",
		       .type = CELL_U64,
		       .unit = UNIT_ID,
		       .flags = TABLE_COLUMN_KEY,
		       .help = "thread id" },
	[LIST_TASK] = { .name = "task",
			.title = "Task",
			.type = CELL_TEXT,
			.flags = TABLE_COLUMN_KEY,
			.help = "name of the thread" },
	[LIST_ROWS] = { .name = "rows",
			.title = "Rows",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.help = "rows of any kind in the window" },
};

static int fill_list(struct analysis_pass *p)
{
	struct perfwhiz *w = p->state;
	struct table *t = p->answer->table;
	auto_free struct chart_cell *cell = sorted_cells(w, &w->list);

	if (!cell)
		return -ENOMEM;
	for (size_t i = 0; i < w->list.used; i++) {
		table_row(t);
		table_set_u64(t, LIST_TID, cell[i].what);
		table_set_text(t, LIST_TASK, w->name[cell[i].name].name);
		table_set_u64(t, LIST_ROWS, cell[i].count);
	}
	return table_sort(t, LIST_ROWS, true);
}

/* ---- all ---- */

static const struct chart {
	const char *name, *title;
	const struct table_column *columns;
	unsigned int n_columns;
	int (*fill)(struct analysis_pass *p);
} charts[] = {
	{ "coremap", "CoreMap", map_columns, MAP_COLUMNS, fill_map },
	{ "cpu", "CPU and context switches", use_columns, USE_COLUMNS, fill_use },
	{ "exits", "KVM exit count by type", exit_columns, EXIT_COLUMNS, fill_exits },
	{ "list", "Tasks", list_columns, LIST_COLUMNS, fill_list },
};

static int order_names(struct perfwhiz *w)
{
	w->order = calloc(w->n_names + 1, sizeof(*w->order));
	if (!w->order)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->n_names; i++)
		w->order[i] = i;
	qsort_r(w->order, w->n_names, sizeof(*w->order), by_name, w);
	return 0;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	const struct view_options *o = p->options;
	const struct chart *chart = charts;
	struct perfwhiz *w = p->state;
	struct answer *a = p->answer;

	while (strcmp(chart->name, o->chart))
		chart++;
	w->pool = strpool_new();
	a->table = table_new("perfwhiz", chart->title, chart->columns, chart->n_columns);
	if (!w->pool || !a->table)
		return err_set(e, -ENOMEM, "out of memory");
	set_window(p);
	int r = count_rows(p, e);

	if (r < 0)
		return r;
	settle_window(w);
	answer_fact(a, "window", "%.3f ms", (double)(w->to - w->from) / 1000);
	answer_fact(a, "rows", "%" PRIu64, w->rows);
	if (w->multiplier > 1) {
		answer_fact(a, "multiplier", "%.6f", w->multiplier);
		table_note(a->table,
			   "the rows end before the window does: counts are multiplied by %.6f, as "
			   "perfwhiz did",
			   w->multiplier);
	}
	return order_names(w) < 0 || chart->fill(p) < 0 ? err_set(e, -ENOMEM, "out of memory") : 0;
}

static void done(struct analysis_pass *p)
{
	struct perfwhiz *w = p->state;

	strpool_free(w->pool);
	idmap_done(&w->by_name);
	free(w->name);
	free(w->order);
	tallies_done(&w->switches);
	tallies_done(&w->exits);
	tallies_done(&w->list);
}

static const struct track *const needs[] = { &track_switch, NULL };
static const struct track *const also[] = { &track_wakeup, &track_kvm_exit, &track_kvm_entry,
					    &track_stat, NULL };
static const char *const chart_choices[] = { "coremap", "cpu", "exits", "list", NULL };
static const struct option_spec options[] = {
	{ .name = "chart",
	  .type = OPTION_CHOICE,
	  .arg = "WHICH",
	  .choices = chart_choices,
	  OPTION_AT(struct view_options, chart),
	  .help = "which chart's numbers (coremap unless given); list: tasks by rows" },
	{ .name = "cap",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct view_options, cap),
	  .help = "length of the window, also beyond the end of the run: counts are then "
		  "extrapolated" },
	{ .name = "first-names",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, first_names),
	  .help = "the first name of a thread for the whole run, as perfwhiz gave them" },
	{ 0 },
};
static const struct view_options defaults = { .chart = "coremap" };

const struct analysis analysis_perfwhiz = {
	.name = "perfwhiz",
	.title = "Charts of perfwhiz",
	.summary = "the numbers of perfwhiz's charts, counted as it counted",
	.help = "Counts rows as a cdict file holds them ('kymo convert -o x.cdict' writes them), "
		"by "
		"name, in a window that begins --from after the first row. A row belongs to the "
		"window in which it ends, with its whole duration: runs are not clipped. CoreMap "
		"percentages are of the time from the first to the last row in the window and "
		"rounded before they are added up; the CPU percentage is of the window (perfwhiz "
		"divided by its end, which is wrong with --from). Where the rows end before the "
		"window does, counts and CPU time are multiplied by its length over theirs and cut "
		"to whole numbers, KVM exits only from 1.01 on. Idle tasks count when their names "
		"match. The other views clip runs at the edges of the window, divide by covered "
		"time, and multiply nothing.",
	.needs = needs,
	.also = also,
	.on_demand = true,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct perfwhiz),
	.finish = finish,
	.done = done,
};
