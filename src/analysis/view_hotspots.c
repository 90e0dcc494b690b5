/* SPDX-License-Identifier: MIT */
/* Where the time goes, or whatever was sampled: by function, line, module, task or command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/call_sums.h"
#include "analysis/hotspot_lines.h"
#include "analysis/hotspot_matrix.h"
#include "analysis/sample_sums.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"
#include "model/profile_track.h"

enum {
	TASK,
	TID,
	COMMAND,
	FUNCTION,
	MODULE,
	EVENT,
	SELF_PCT,
	TOTAL_PCT,
	SELF,
	TOTAL,
	SAMPLES,
	FILE_NAME, /* this one and what follows by line only */
	LINE,
	N_COLUMNS
};
#define SOURCE COMMAND /* by line, in its place */

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[COMMAND] = { .name = "command",
		      .title = "Command",
		      .type = CELL_TEXT,
		      .flags = TABLE_COLUMN_KEY,
		      .help = "name that the thread had when it was sampled, with --by command" },
	[FUNCTION] = { .name = "function",
		       .title = "Function",
		       .type = CELL_TEXT,
		       .flags = TABLE_COLUMN_KEY,
		       .help = "what the sampled address lies in; without a name its place in the "
			       "module" },
	[MODULE] = { .name = "module",
		     .title = "Module",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY,
		     .help = "program, library or kernel" },
	[EVENT] = { .name = "event",
		    .title = "Event",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "what was sampled" },
	[SELF_PCT] = { .name = "self_pct",
		       .title = "% self",
		       .type = CELL_F64,
		       .unit = UNIT_PCT,
		       .digits = 2,
		       .help = "self / all of the event that the filters take" },
	[TOTAL_PCT] = { .name = "total_pct",
			.title = "% total",
			.type = CELL_F64,
			.unit = UNIT_PCT,
			.digits = 2,
			.help = "total / all of the event that the filters take" },
	[SELF] = { .name = "self",
		   .title = "Self",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .flags = TABLE_COLUMN_ADDS,
		   .help = "weight of the samples in it: ns of clocks, else events" },
	[TOTAL] = { .name = "total",
		    .title = "Total",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "weight of the samples in it and in what it called" },
	[SAMPLES] = { .name = "samples",
		      .title = "Samples",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_ADDS,
		      .help = "samples in it" },
	[FILE_NAME] = { .name = "file",
			.title = "File",
			.type = CELL_TEXT,
			.flags = TABLE_COLUMN_WIDE,
			.help = "the whole path, as the compiler had it" },
	[LINE] = { .name = "line",
		   .title = "Number",
		   .type = CELL_U64,
		   .unit = UNIT_ID,
		   .flags = TABLE_COLUMN_WIDE,
		   .help = "of the line in that file" },
};
static const struct table_column source_column = {
	.name = "source",
	.title = "Line",
	.type = CELL_TEXT,
	.flags = TABLE_COLUMN_KEY,
	.help = "file and line; where that is not known: why",
};

static const struct hotspot_line_columns line_columns = { SOURCE, FILE_NAME, LINE };

#define IDLE_GROUP (SAMPLE_GROUPS_MAX - 1)

struct view_options {
	const char *by, *event;
	bool matrix, children;
};

enum by { BY_FUNCTION, BY_LINE, BY_MODULE, BY_TASK, BY_COMMAND };

struct hotspots {
	struct sample_sums sums;
	enum by by;
	unsigned int event; /* chosen; SAMPLE_EVENTS_MAX: all, or none */
	bool all; /* events */
	/* By function and module: */
	uint32_t *row_of; /* by function */
	size_t n_rows; /* the last is [no chain] */
	const char **module; /* of each row, by module */
	struct call_sum *node, *row; /* of one event: of the tree's nodes, of rows */
	uint8_t *outermost;
	struct task_rows tasks;
};

static int begin(struct analysis_pass *p, struct err *e)
{
	struct hotspots *h = p->state;
	const struct view_options *o = p->options;

	(void)e;
	h->by = !strcmp(o->by, "line")	    ? BY_LINE
		: !strcmp(o->by, "module")  ? BY_MODULE
		: !strcmp(o->by, "task")    ? BY_TASK
		: !strcmp(o->by, "command") ? BY_COMMAND
					    : BY_FUNCTION;
	h->sums.by = h->by == BY_TASK	   ? SAMPLE_GROUP_TASK
		     : h->by == BY_COMMAND ? SAMPLE_GROUP_COMMAND
					   : SAMPLE_GROUP_NONE;
	h->all = o->matrix || (o->event && !strcmp(o->event, "all"));
	return 0;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct hotspots *h = p->state;

	return b->track == &track_sample ? sample_sums_take(&h->sums, p, b, e) : 0;
}

/* ---- rows ---- */

static double pct(uint64_t part, uint64_t all)
{
	return 100.0 * (double)part / (double)all;
}

static bool counts(const struct hotspots *h, unsigned int event)
{
	return h->all ? !h->sums.event[event].chains : event == h->event;
}

/* The rows of functions: themselves, or their modules. */
static int make_rows(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	size_t n = functions_count(p->functions);
	struct idmap modules = { 0 };
	int r = 0;

	h->row_of = calloc(n + 1, sizeof(*h->row_of));
	h->module = calloc(n + 1, sizeof(*h->module));
	if (!h->row_of || !h->module)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && r >= 0; i++) {
		const char *module = functions_at(p->functions, i)->module;

		h->row_of[i] = h->by != BY_MODULE ? i : idmap_get(&modules, (uintptr_t)module);
		if (h->row_of[i] == IDMAP_NONE) {
			h->row_of[i] = modules.used;
			h->module[modules.used] = module;
			r = idmap_set(&modules, (uintptr_t)module, modules.used);
		}
	}
	h->n_rows = 1 + (h->by != BY_MODULE ? n : modules.used);
	idmap_done(&modules);
	size_t nodes = frames_count(functions_tree(p->functions));

	h->node = calloc(nodes, sizeof(*h->node));
	h->outermost = calloc(nodes, sizeof(*h->outermost));
	h->row = calloc(h->n_rows, sizeof(*h->row));
	if (r < 0 || !h->node || !h->outermost || !h->row)
		return -ENOMEM;
	return call_outermost(functions_tree(p->functions), h->row_of, h->n_rows, h->outermost);
}

/* Sums of the rows for one event. */
static void sum_rows(struct analysis_pass *p, unsigned int event)
{
	struct hotspots *h = p->state;
	const struct frames *tree = functions_tree(p->functions);
	size_t nodes = frames_count(tree);

	memset(h->node, 0, nodes * sizeof(*h->node));
	memset(h->row, 0, h->n_rows * sizeof(*h->row));
	for (size_t i = 0; h->sums.sums.slot && i <= h->sums.sums.mask; i++) {
		const struct tally *t = &h->sums.sums.slot[i];

		if (t->key == TALLIES_NO_KEY || sample_key_event(t->key) != event)
			continue;
		struct call_sum *node =
			&h->node[functions_tree_node(p->functions, (uint32_t)t->key)];

		node->self += t->sum;
		node->self_samples += t->count;
	}
	call_sums_total(tree, h->node);
	for (uint32_t i = 1; i < nodes; i++) {
		struct call_sum *row = &h->row[h->row_of[frames_at(tree, i)->module]];

		row->self += h->node[i].self;
		row->self_samples += h->node[i].self_samples;
		if (!h->outermost[i])
			continue;
		row->total += h->node[i].total;
		row->total_samples += h->node[i].total_samples;
	}
	/* The empty chain. */
	h->row[h->n_rows - 1] = (struct call_sum){ .self = h->node[0].self,
						   .total = h->node[0].self,
						   .self_samples = h->node[0].self_samples,
						   .total_samples = h->node[0].self_samples };
}

static void name_row(const struct hotspots *h, const struct functions *f, struct table *t,
		     uint32_t row)
{
	bool none = row == h->n_rows - 1;

	if (h->by == BY_LINE && !none)
		hotspot_line_cells(functions_at(f, row), &line_columns, t);
	if (h->by != BY_MODULE) {
		table_set_text(t, FUNCTION, none ? "[no chain]" : functions_at(f, row)->name);
		table_set_text(t, MODULE, none ? "[unknown]" : functions_at(f, row)->module);
	} else {
		table_set_text(t, MODULE, none ? "[no chain]" : h->module[row]);
	}
}

static void set_sums(struct table *t, const struct sample_event *v, const struct call_sum *sum,
		     bool total)
{
	table_set_text(t, EVENT, sample_event_name(v));
	table_set_u64(t, SELF, sum->self);
	table_set_u64(t, SAMPLES, sum->self_samples);
	if (v->weight)
		table_set_f64(t, SELF_PCT, pct(sum->self, v->weight));
	if (!total)
		return;
	table_set_u64(t, TOTAL, sum->total);
	if (v->weight)
		table_set_f64(t, TOTAL_PCT, pct(sum->total, v->weight));
}

static void list_functions(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	struct table *t = p->answer->table;

	for (unsigned int event = 0; event < h->sums.n_events; event++) {
		if (!counts(h, event))
			continue;
		sum_rows(p, event);
		for (uint32_t i = 0; i < h->n_rows; i++) {
			if (!h->row[i].total_samples)
				continue;
			table_row(t);
			name_row(h, p->functions, t, i);
			set_sums(t, &h->sums.event[event], &h->row[i], true);
		}
	}
}

/* ---- by task and by command: self only ---- */

/* Sums by event, group and, by command, function. */
static int sum_groups(struct analysis_pass *p, struct tallies *ret)
{
	struct hotspots *h = p->state;

	/* Idle tasks have no row there; they do here. */
	if (h->by == BY_TASK && task_rows_init(&h->tasks, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	for (size_t i = 0; h->sums.sums.slot && i <= h->sums.sums.mask; i++) {
		const struct tally *t = &h->sums.sums.slot[i];

		if (t->key == TALLIES_NO_KEY || !counts(h, sample_key_event(t->key)))
			continue;
		uint32_t group = sample_key_group(t->key), function = 0;

		if (h->by == BY_TASK)
			group = min_of(task_rows_of(&h->tasks, group), IDLE_GROUP);
		if (h->by == BY_COMMAND)
			function = functions_of(p->functions, (uint32_t)t->key);
		if (function == FUNCTION_NONE)
			function = (uint32_t)functions_count(p->functions);
		struct tally *sum =
			tallies_at(ret, sample_key(sample_key_event(t->key), group, function));

		if (!sum)
			return -ENOMEM;
		sum->count += t->count;
		sum->sum += t->sum;
	}
	return 0;
}

static int list_groups(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	struct table *t = p->answer->table;
	struct tallies sums = { 0 };
	int r = sum_groups(p, &sums);

	tallies_sort(&sums);
	for (size_t i = 0; i < sums.used && r >= 0; i++) {
		const struct tally *s = &sums.slot[i];
		uint32_t group = sample_key_group(s->key), function = (uint32_t)s->key;
		const struct call_sum sum = { .self = s->sum, .self_samples = s->count };
		bool none = function == functions_count(p->functions);

		table_row(t);
		set_sums(t, &h->sums.event[sample_key_event(s->key)], &sum, false);
		if (h->by == BY_TASK && group == IDLE_GROUP)
			table_set_text(t, TASK, "IDLE");
		else if (h->by == BY_TASK)
			task_rows_fill(&h->tasks, group, t);
		if (h->by != BY_COMMAND)
			continue;
		const struct function *f = none ? NULL : functions_at(p->functions, function);

		table_set_text(t, COMMAND, h->sums.command[group]);
		table_set_text(t, FUNCTION, f ? f->name : "[no chain]");
		table_set_text(t, MODULE, f ? f->module : "[unknown]");
	}
	tallies_done(&sums);
	return r;
}

/* ---- the answer ---- */

/* Only the keys of the rows are shown; the unit is the event's, when all have one. */
static int make_table(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	struct table_column shown[N_COLUMNS];
	const bool used[EVENT + 1] = {
		[TASK] = h->by == BY_TASK,
		[TID] = h->by == BY_TASK,
		[COMMAND] = h->by == BY_COMMAND || h->by == BY_LINE,
		[FUNCTION] = h->by == BY_FUNCTION || h->by == BY_LINE || h->by == BY_COMMAND,
		[MODULE] = h->by != BY_TASK,
		[EVENT] = h->all,
	};
	enum unit unit = UNIT_NONE;

	memcpy(shown, columns, sizeof(shown));
	if (h->by == BY_LINE)
		shown[SOURCE] = source_column;
	for (unsigned int i = 0; i <= EVENT; i++)
		shown[i].flags |= used[i] ? 0 : TABLE_COLUMN_WIDE;
	for (unsigned int i = 0; i < h->sums.n_events; i++) {
		enum unit own = sample_event_unit(&h->sums.event[i]);

		if (!counts(h, i))
			continue;
		/* 0 is UNIT_NONE. */
		unit = unit == UNIT_NONE || unit == own ? own : UNIT_COUNT;
	}
	if (unit != UNIT_NONE)
		shown[SELF].unit = shown[TOTAL].unit = unit;
	if (h->by == BY_TASK || h->by == BY_COMMAND)
		shown[TOTAL].flags = shown[TOTAL_PCT].flags |= TABLE_COLUMN_WIDE;
	p->answer->table =
		table_new("hotspots", "Hotspots", shown, h->by == BY_LINE ? N_COLUMNS : FILE_NAME);
	return p->answer->table ? 0 : -ENOMEM;
}

/* The column that says best what row @row is. */
static unsigned int named_by(const struct hotspots *h, const struct table *t, size_t row)
{
	union cell any;

	switch (h->by) {
	case BY_TASK:
		return TASK;
	case BY_MODULE:
		return MODULE;
	case BY_LINE:
		return table_get(t, row, LINE, &any) ? SOURCE : FUNCTION;
	case BY_FUNCTION:
	case BY_COMMAND:
		break;
	}
	return FUNCTION;
}

static void add_facts(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	struct answer *a = p->answer;
	char count[QUANTITY_MAX], all[QUANTITY_MAX];
	union cell name, share;
	size_t hottest = 0;

	if (h->event < h->sums.n_events) {
		const struct sample_event *v = &h->sums.event[h->event];

		answer_fact(a, "samples", "%s of %s", quantity_count(count, v->samples),
			    sample_event_name(v));
		answer_fact(a, "in all", "%s",
			    sample_event_unit(v) == UNIT_NSEC ? quantity_duration(all, v->weight)
							      : quantity_count(all, v->weight));
	}
	for (size_t i = 1; i < table_n_rows(a->table); i++)
		if (table_get(a->table, i, SELF_PCT, &share) &&
		    table_get(a->table, hottest, SELF_PCT, &name) && share.f64 > name.f64)
			hottest = i;
	if (table_n_rows(a->table) && table_get(a->table, hottest, SELF_PCT, &share) &&
	    table_get(a->table, hottest, named_by(h, a->table, hottest), &name))
		answer_fact(a, "hottest", "%s, %.2f %%", name.text, share.f64);
	if (h->sums.idle)
		answer_fact(a, "of idle CPUs", "%s samples", quantity_count(count, h->sums.idle));
}

static int finish_list(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	const struct view_options *o = p->options;
	struct answer *a = p->answer;
	bool functions = h->by == BY_FUNCTION || h->by == BY_LINE || h->by == BY_MODULE;

	if (make_table(p) < 0 || (functions && make_rows(p) < 0))
		return -ENOMEM;
	if (functions)
		list_functions(p);
	else if (list_groups(p) < 0)
		return -ENOMEM;
	/* Equal ones by name, so that the order is always the same. */
	if ((h->by == BY_LINE && table_sort(a->table, SOURCE, false) < 0) ||
	    table_sort(a->table, FUNCTION, false) < 0 ||
	    table_sort(a->table, functions && o->children ? TOTAL_PCT : SELF_PCT, true) < 0)
		return -ENOMEM;
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Hotspots" };
	answer_part(a, ROLE_Y,
		    h->by == BY_TASK	 ? TASK
		    : h->by == BY_MODULE ? MODULE
		    : h->by == BY_LINE	 ? SOURCE
					 : FUNCTION);
	answer_part(a, ROLE_VALUE, SELF_PCT);
	if (functions)
		answer_part(a, ROLE_SECOND, TOTAL_PCT);
	answer_part(a, ROLE_TIP, SAMPLES);
	return 0;
}

static int finish_matrix(struct analysis_pass *p)
{
	struct hotspots *h = p->state;
	struct formulas metrics;
	struct hotspot_matrix m;

	if (make_rows(p) < 0 || formulas_init(&metrics, p->profile, false, NULL) < 0)
		return -ENOMEM;
	int r = hotspot_matrix_init(&m, &h->sums, h->n_rows);

	for (unsigned int event = 0; event < h->sums.n_events && r >= 0; event++) {
		if (!counts(h, event))
			continue;
		sum_rows(p, event);
		hotspot_matrix_add(&m, event, h->row);
	}
	if (r >= 0)
		r = hotspot_matrix_make(&m, p->functions, h->by == BY_MODULE ? h->module : NULL,
					&metrics, &p->answer->table);
	formulas_done(&metrics);
	hotspot_matrix_done(&m);
	return r;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct hotspots *h = p->state;
	const struct view_options *o = p->options;

	if (o->matrix && h->by != BY_FUNCTION && h->by != BY_MODULE)
		return err_set(e, -EINVAL, "--matrix goes with --by function or module");
	h->event = SAMPLE_EVENTS_MAX;
	int r = h->all ? 0 : sample_sums_choose(&h->sums, o->event, &h->event, e);

	if (r < 0)
		return r;
	if ((o->matrix ? finish_matrix(p) : finish_list(p)) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (!o->matrix)
		add_facts(p);
	if (h->by == BY_LINE && h->event < h->sums.n_events)
		hotspot_line_note(p->functions, h->row, h->sums.event[h->event].weight,
				  p->answer->table);
	sample_sums_notes(&h->sums, h->event, p->answer->table);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct hotspots *h = p->state;

	sample_sums_done(&h->sums);
	task_rows_done(&h->tasks);
	free(h->row_of);
	free(h->module);
	free(h->node);
	free(h->row);
	free(h->outermost);
}

static const struct track *const needs[] = { &track_sample, NULL };
static bool wants_lines(const void *options)
{
	return options && !strcmp(((const struct view_options *)options)->by, "line");
}

static const char *const by_choices[] = { "function", "line", "module", "task", "command", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "per function (unless given), line of source, module or task, or per "
		  "function and the name that the thread had then (command)" },
	{ .name = "event",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct view_options, event),
	  .help = "samples of this event, or of all, each on its own (unless given: the first)" },
	{ .name = "children",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, children),
	  .help = "sorted by what a function took with all that it called" },
	{ .name = "matrix",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, matrix),
	  .help = "self in % with one column per event, and the metrics that follow from them" },
	{ 0 },
};
static const struct view_options defaults = { .by = "function" };

const struct analysis analysis_hotspots = {
	.name = "hotspots",
	.title = "Hotspots",
	.summary = "which functions the samples are in",
	.help = "A sample counts with its weight (the period of its event, ns of clocks) for the "
		"function that its address lies in (self), and once for every function on its call "
		"chain (total), however often it stands there. Percentages are of all samples of "
		"the event that the filters take, for each event on its own, as perf report shows "
		"them. A function without a name stands under its place in its module, one row for "
		"each. Totals need call chains; without them they equal self. Samples of idle CPUs "
		"count unless --task is given. What was lost is not scaled up. With --inline, and "
		"by line, functions that the compiler inlined are told by debug information: all "
		"copies of a function are one row. A line's total is of the samples on it and of "
		"those in what it called; where no line is known it says why.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.profile = true,
	.names = true,
	.lines = wants_lines,
	.state_bytes = sizeof(struct hotspots),
	.begin = begin,
	.take_rows = take_rows,
	.columns = SAMPLE_SUMS_COLUMNS,
	.finish = finish,
	.done = done,
};
