/* SPDX-License-Identifier: MIT */
/*
 * What was counted: totals, or rows over time, of each event. Estimates of series of readings
 * (analysis/counter_readings.h) are summed by what rows are asked for: they are made before they
 * are cut into times and added up, since neighbours are those of the same series.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/counter_readings.h"
#include "analysis/task_rows.h"
#include "base/idmap.h"
#include "metric/formulas.h"
#include "metric/metric_flat.h"
#include "model/counter_meta.h"
#include "model/profile.h"
#include "model/profile_track.h"

enum {
	TASK = TASK_ROW_TASK,
	TID = TASK_ROW_TID,
	CPU = TASK_ROW_COLUMNS,
	TIME,
	EVENT,
	OF,
	VALUE,
	LOW,
	HIGH,
	UNIT,
	PER_SEC,
	COUNTED,
	NOTE,
	N_COLUMNS,
};

#define NUMBER_COLUMN(name_, title_, flags_, help_)                                   \
	{                                                                             \
		.name = name_, .title = title_, .type = CELL_F64, .unit = UNIT_COUNT, \
		.flags = flags_, .help = help_                                        \
	}

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[CPU] = { .name = "cpu",
		  .title = "CPU",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY,
		  .help = "CPU, with --by cpu" },
	[TIME] = { .name = "time",
		   .title = "Time",
		   .type = CELL_U64,
		   .unit = UNIT_TIME,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		   .help = "begin of the interval, with --interval" },
	[EVENT] = { .name = "event",
		    .title = "Event",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "what was counted" },
	[OF] = { .name = "of",
		 .title = "Of",
		 .type = CELL_TEXT,
		 .flags = TABLE_COLUMN_KEY,
		 .help = "whose: CPUs, tasks (with what they started), or run slices of tasks" },
	[VALUE] = NUMBER_COLUMN("count", "Count", TABLE_COLUMN_ADDS,
				"estimate where the event was counted part of the time; missing: "
				"never counted"),
	[LOW] = NUMBER_COLUMN("low", "At least", TABLE_COLUMN_ADDS,
			      "the rate while it was not counted lies between those seen around"),
	[HIGH] = NUMBER_COLUMN("high", "At most", TABLE_COLUMN_ADDS, "as 'at least'"),
	[UNIT] = { .name = "unit",
		   .title = "Unit",
		   .type = CELL_TEXT,
		   .help = "of count; missing: a number" },
	[PER_SEC] = { .name = "per_s",
		      .title = "per second",
		      .type = CELL_F64,
		      .unit = UNIT_PER_SEC,
		      .digits = 1,
		      .help = "of CPUs: of time, all of them together; of tasks: of their CPU "
			      "time" },
	[COUNTED] = { .name = "counted_pct",
		      .title = "Counted %",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 1,
		      .help = "time that the event was on a counter / time that it should have "
			      "been" },
	[NOTE] = { .name = "note",
		   .title = "Note",
		   .type = CELL_TEXT,
		   .help = "why there is no count, or how sure it is" },
};

#define BINS_MAX 1000000u

enum rows_by { BY_EVENT, BY_CPU, BY_TASK };

struct view_options {
	const char *by;
	nsec_t interval;
};

struct share {
	uint32_t series; /* while reading; then the line's */
	uint64_t bin;
	struct multiplexed sum;
};

/* One row, before it is one. */
struct line {
	uint16_t event;
	uint8_t kind;
	uint32_t place; /* CPU or row of tasks, by what is asked for */
	uint64_t bin;
	uint32_t members; /* CPUs that are added up */
	uint32_t unknown; /* of these never counted */
	struct multiplexed sum;
};

struct counters_view {
	struct profile *profile;
	enum rows_by by;
	nsec_t from, interval;
	struct counter_readings readings;
	struct idmap by_cell, by_line;
	struct share *cell;
	struct line *line;
	uint32_t n_cells, cap_cells, n_lines, cap_lines;
	struct task_rows rows;
};

/* One more of @n things of @bytes at @array. */
static void *room(void *array, uint32_t n, uint32_t *cap, size_t bytes)
{
	if (n < *cap)
		return array;
	uint32_t more = *cap ? 2 * *cap : 64;
	void *grown = reallocarray(array, more, bytes);

	if (grown)
		*cap = more;
	return grown;
}

/* ---- reading ---- */

static int begin(struct analysis_pass *p, struct err *e)
{
	struct counters_view *v = p->state;
	const struct view_options *o = p->options;

	v->by = !strcmp(o->by, "cpu") ? BY_CPU : !strcmp(o->by, "task") ? BY_TASK : BY_EVENT;
	v->interval = o->interval;
	v->from = p->args->from;
	if (v->interval && (p->args->to - p->args->from) / v->interval >= BINS_MAX)
		return err_set(e, -EINVAL,
			       "--interval: more than %u intervals (try: a longer one, or --from "
			       "and --to)",
			       BINS_MAX);
	return profile_load(p->src, &v->profile, e);
}

static int add_estimate(void *arg, const struct counter_estimate *c)
{
	struct counters_view *v = arg;
	uint64_t bin = 0;

	/* A time without a counter, which the estimate beside it holds. */
	if (!c->m.known && !c->m.enabled)
		return 0;
	/* A row tells of the time before it. What was never counted has one row without a time. */
	if (v->interval && c->at > v->from && c->m.known)
		bin = (c->at - v->from - 1) / v->interval;
	uint64_t key = (uint64_t)c->series << 32 | bin;
	uint32_t i = idmap_get(&v->by_cell, key);

	if (i == IDMAP_NONE) {
		struct share *grown = room(v->cell, v->n_cells, &v->cap_cells, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		v->cell = grown;
		i = v->n_cells++;
		v->cell[i] = (struct share){ .series = c->series, .bin = bin };
		int r = idmap_set(&v->by_cell, key, i);

		if (r < 0)
			return r;
	}
	multiplexed_add(&v->cell[i].sum, &c->m);
	return 0;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct counters_view *v = p->state;

	return counter_readings_take(&v->readings, p->index, b, add_estimate, v, e);
}

/* ---- summing ---- */

/* Whether the series belongs to the answer, and to which row of it. */
static bool place_of(const struct analysis_pass *p, const struct counter_series *s, uint32_t *ret)
{
	struct counters_view *v = p->state;
	bool of_cpu = s->kind == COUNTER_CPU;
	uint32_t row = of_cpu ? TASK_ROW_NONE : task_rows_of(&v->rows, s->task);

	/* What all tasks of a CPU did together is not what the wanted ones did. */
	if (of_cpu ? p->args->task != NULL : row == TASK_ROW_NONE && p->args->task)
		return false;
	*ret = 0;
	if (v->by == BY_TASK)
		*ret = row;
	else if (v->by == BY_CPU)
		*ret = s->kind == COUNTER_TASK ? UINT32_MAX : s->cpu;
	return v->by != BY_TASK || row != TASK_ROW_NONE;
}

static struct line *find_line(struct counters_view *v, const struct counter_series *s,
			      uint32_t place, uint64_t bin)
{
	/* Exact as long as nothing collides; then the next key is tried. */
	uint64_t key =
		((uint64_t)s->event << 48 | (uint64_t)s->kind << 45) ^ (uint64_t)place << 21 ^ bin;
	uint32_t i;

	for (;; key = key * UINT64_C(0x9e3779b97f4a7c15) + 1) {
		i = idmap_get(&v->by_line, key);
		if (i == IDMAP_NONE)
			break;
		struct line *l = &v->line[i];

		if (l->event == s->event && l->kind == s->kind && l->place == place &&
		    l->bin == bin)
			return l;
	}
	struct line *grown = room(v->line, v->n_lines, &v->cap_lines, sizeof(*grown));

	if (!grown || idmap_set(&v->by_line, key, v->n_lines) < 0)
		return NULL;
	v->line = grown;
	v->line[v->n_lines] =
		(struct line){ .event = s->event, .kind = s->kind, .place = place, .bin = bin };
	return &v->line[v->n_lines++];
}

static int fold(struct analysis_pass *p)
{
	struct counters_view *v = p->state;
	uint32_t place;

	if (counter_readings_end(&v->readings, add_estimate, v) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < v->n_cells; i++) {
		const struct counter_series *s = &v->readings.series[v->cell[i].series];

		if (!place_of(p, s, &place))
			continue;
		struct line *l = find_line(v, s, place, v->cell[i].bin);

		if (!l)
			return -ENOMEM;
		multiplexed_add(&l->sum, &v->cell[i].sum);
		l->members++;
		l->unknown += !v->cell[i].sum.known;
	}
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->bin != y->bin)
		return x->bin < y->bin ? -1 : 1;
	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* ---- out ---- */

static const char *kind_name(uint8_t kind)
{
	return kind == COUNTER_CPU ? "CPUs" : kind == COUNTER_TASK ? "tasks" : "run slices";
}

static void set_event(struct counters_view *v, struct table *t, uint16_t number)
{
	const struct profile_event *ev = profile_event(v->profile, number);
	char name[32];

	if (!ev) {
		(void)snprintf(name, sizeof(name), "event %u", number);
		table_set_text(t, EVENT, name);
		return;
	}
	table_set_text(t, EVENT, ev->name);
	if (*ev->unit)
		table_set_text(t, UNIT, ev->unit);
}

static void set_count(struct table *t, const struct line *l, double scale)
{
	const struct multiplexed *m = &l->sum;
	double members = l->kind == COUNTER_CPU ? l->members : 1;
	char text[96];

	if (m->enabled)
		table_set_f64(t, COUNTED, 100.0 * (double)m->running / (double)m->enabled);
	if (l->unknown) {
		(void)snprintf(text, sizeof(text), "never on a counter%s: the PMU had none free",
			       l->unknown < l->members ? " in a part of this" : "");
		table_set_text(t, NOTE, text);
		return;
	}
	table_set_f64(t, VALUE, m->value * scale);
	table_set_f64(t, LOW, m->low * scale);
	table_set_f64(t, HIGH, m->high * scale);
	if (m->enabled)
		table_set_f64(t, PER_SEC,
			      m->value * scale * members * NSEC_PER_SEC / (double)m->enabled);
	if (m->alone)
		table_set_text(t, NOTE, "from single readings: the error is no less than this");
}

static void fill_line(struct analysis_pass *p, const struct line *l)
{
	struct counters_view *v = p->state;
	struct table *t = p->answer->table;

	table_row(t);
	if (v->by == BY_TASK)
		task_rows_fill(&v->rows, l->place, t);
	if (v->by == BY_CPU && l->place != UINT32_MAX)
		table_set_u64(t, CPU, l->place);
	if (v->interval)
		table_set_u64(t, TIME, p->args->from - p->src->info->start + l->bin * v->interval);
	set_event(v, t, l->event);
	table_set_text(t, OF, kind_name(l->kind));
	set_count(t, l, counter_scale(p->src->info, l->event));
}

/* What was asked for and is not to be had on that machine. */
static void fill_missing(struct analysis_pass *p)
{
	struct counters_view *v = p->state;
	struct table *t = p->answer->table;

	for (size_t i = 0; i < profile_n_events(v->profile); i++) {
		const struct profile_event *ev = profile_event_at(v->profile, i);

		if (!(ev->flags & EVENT_FLAG_COUNTED) || !(ev->flags & EVENT_FLAG_MISSING))
			continue;
		table_row(t);
		set_event(v, t, ev->number);
		table_set_text(t, NOTE, *ev->note ? ev->note : "not to be had on that machine");
	}
}

static void add_notes(struct analysis_pass *p)
{
	struct counters_view *v = p->state;
	bool of_cpu = false;

	for (uint32_t i = 0; i < v->readings.n_series; i++)
		of_cpu |= v->readings.series[i].kind == COUNTER_CPU;
	if (of_cpu && (v->by == BY_TASK || p->args->task))
		table_note(p->answer->table,
			   "counts of CPUs do not tell tasks apart and are left out (try: kymo "
			   "record --counters LIST -p PID)");
}

/* The sums of an event that all that was counted of it has gone into. */
static struct reading sum_of(void *arg, uint16_t event)
{
	const struct analysis_pass *p = arg;
	const struct counters_view *v = p->state;

	for (const struct line *l = v->line; l < v->line + v->n_lines; l++) {
		double scale = counter_scale(p->src->info, event);

		if (l->event == event && !l->unknown)
			return (struct reading){ .value = l->sum.value * scale,
						 .low = l->sum.low * scale,
						 .high = l->sum.high * scale,
						 .cpu = -1 };
	}
	return reading_absent(ABSENT_NO_ROW, "");
}

/* What follows from the sums: ratios, since rates stand in the rows. */
static int add_metrics(struct analysis_pass *p)
{
	struct counters_view *v = p->state;
	struct formulas f;
	int r = formulas_init(&f, v->profile, true, NULL);

	for (size_t i = 0; r >= 0 && i < f.n; i++) {
		const struct formula *m = &f.one[i];
		struct reading value = metric_flat_eval(m, sum_of, p, 0);

		if (m->per_time || value.absent)
			continue;
		if (isfinite(value.low) && isfinite(value.high) && value.low < value.high)
			answer_fact(p->answer, m->title, "%.4g %s (%.4g to %.4g)", value.value,
				    m->unit, value.low, value.high);
		else
			answer_fact(p->answer, m->title, "%.4g %s", value.value, m->unit);
	}
	formulas_done(&f);
	return r;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct counters_view *v = p->state;
	struct answer *a = p->answer;
	struct table_column shown[N_COLUMNS];

	memcpy(shown, columns, sizeof(shown));
	bool exact = true;

	if (task_rows_init(&v->rows, p->args, p->src->tasks) < 0 || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < v->n_lines; i++)
		exact &= v->line[i].sum.running == v->line[i].sum.enabled;
	shown[LOW].flags |= exact ? TABLE_COLUMN_WIDE : 0;
	shown[HIGH].flags |= exact ? TABLE_COLUMN_WIDE : 0;
	shown[TASK].flags |= v->by != BY_TASK ? TABLE_COLUMN_WIDE : 0;
	shown[TID].flags |= v->by != BY_TASK ? TABLE_COLUMN_WIDE : 0;
	shown[CPU].flags |= v->by != BY_CPU ? TABLE_COLUMN_WIDE : 0;
	shown[TIME].flags |= !v->interval ? TABLE_COLUMN_WIDE : 0;
	a->table = table_new("counters", "Counters", shown, N_COLUMNS);
	if (!a->table)
		return err_set(e, -ENOMEM, "out of memory");
	if (v->n_lines)
		qsort(v->line, v->n_lines, sizeof(*v->line), compare_lines);
	for (uint32_t i = 0; i < v->n_lines; i++)
		fill_line(p, &v->line[i]);
	fill_missing(p);
	add_notes(p);
	if (!v->interval)
		return v->by == BY_EVENT && add_metrics(p) < 0
			       ? err_set(e, -ENOMEM, "out of memory")
			       : 0;
	a->figure = (struct figure){ .mark = MARK_LINES, .title = "Counters over time" };
	answer_part(a, ROLE_X, TIME);
	answer_part(a, ROLE_VALUE, PER_SEC);
	answer_part(a, ROLE_SERIES, EVENT);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct counters_view *v = p->state;

	profile_free(v->profile);
	counter_readings_done(&v->readings);
	idmap_done(&v->by_cell);
	idmap_done(&v->by_line);
	task_rows_done(&v->rows);
	free(v->cell);
	free(v->line);
}

static const struct track *const needs[] = { &track_counter, NULL };
static const char *const by_choices[] = { "event", "cpu", "task", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "one row per event (unless given), also per CPU, or per task" },
	{ .name = "interval",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct view_options, interval),
	  .help = "over time: rows for each such interval of the window" },
	{ 0 },
};
static const struct view_options defaults = { .by = "event" };

const struct analysis analysis_counters = {
	.name = "counters",
	.title = "Counters",
	.summary = "events that were counted: how many, how often, how sure; also over time",
	.help = "What is stored is what the counters showed, and for how long each was on. An "
		"event that had its counter part of the time (more events than counters) is "
		"estimated: what was seen, and for the rest of the time the rate that was seen. At "
		"least and at most take for that rest the lowest and the highest rate of the "
		"reading itself and those before and after it, of the same event on the same CPU "
		"or of the same task. A single reading has no neighbours: then 1.96 standard "
		"errors "
		"of events that come independently, which is the least that the error can be. "
		"A reading belongs to the window and the interval in which it ends. What follows "
		"from the counts (instructions per cycle ...) stands above them, see kymo list "
		"metrics. Events that "
		"could not be counted are rows without count, with the reason.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.cuts_itself = true,
	.state_bytes = sizeof(struct counters_view),
	.begin = begin,
	.take_rows = take_rows,
	.columns = 1u << COUNTER_EVENT | 1u << COUNTER_KIND | 1u << COUNTER_TID |
		   1u << COUNTER_VALUE | 1u << COUNTER_ENABLED | 1u << COUNTER_RUNNING,
	.finish = finish,
	.done = done,
};
