/* SPDX-License-Identifier: MIT */
/*
 * What the machine counted: a table for each block (CPUs, memory, disks ...) as sar has it, over
 * the whole window or in rows over time, and raw series. The answer's own table is the same as a
 * list: block, thing, metric, value.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/metric_choice.h"
#include "analysis/metric_list.h"
#include "base/quantity.h"
#include "metric/run_blocks.h"
#include "model/series_sums.h"
#include "model/series_ticks.h"

#define CELLS_MAX 50000000u /* over time */

struct view_options {
	const char *set, *interval, *only;
	bool raw;
};

static const struct option_spec view_options[] = {
	{ .name = "set",
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct view_options, set),
	  .help = "by commas: blocks (cpu, disk ...; see kymo list blocks), metrics (disk.reads, "
		  "cpu.*), default, all" },
	{ .name = "interval",
	  .letter = 'I',
	  .type = OPTION_STRING,
	  .arg = "TIME",
	  OPTION_AT(struct view_options, interval),
	  .help = "rows over time, so far apart; 'recorded': one for each sample" },
	{ .name = "of",
	  .type = OPTION_STRING,
	  .arg = "THINGS",
	  OPTION_AT(struct view_options, only),
	  .help = "only these disks, interfaces ..., by commas, '*' for any text" },
	{ .name = "raw-values",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, raw),
	  .help = "metrics as they were recorded instead of blocks: counters per second" },
	{ 0 },
};

static const struct view_options view_defaults = { 0 };

struct shown_block {
	struct block_rows *rows;
	struct table *section; /* made when it has a row */
	struct value_range *range; /* [row][column], of the samples */
};

struct metrics_view {
	struct run_blocks *run;
	struct metric_choice choice;
	struct series_ticks *ticks;
	struct series_sums *window, *span; /* of all, of the interval */
	struct shown_block *block;
	unsigned int n_blocks;
	struct reading *cell; /* room for one row of any block */
	struct table *section; /* of raw series */
	struct value_range *range; /* of these */
	bool over_time;
	unsigned int first_column; /* of the list: those before are left out */
	nsec_t interval; /* 0: of each sample */
	nsec_t recorded; /* what the recorder was asked for; 0: not known */
	nsec_t tolerance;
	uint64_t bin, n_ticks, n_cells;
	nsec_t first, last; /* ticks */
	bool open; /* the interval has a tick */
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- what is asked for ---- */

static int parse_interval(struct metrics_view *v, const struct view_options *o,
			  const struct analysis_pass *p, struct err *e)
{
	const char *recorded = run_info_meta(p->src->info, "collect.interval");

	if (recorded && quantity_parse_u64(recorded, &v->recorded, NULL) < 0)
		v->recorded = 0;
	if (!o->interval)
		return 0;
	v->over_time = true;
	if (!strcmp(o->interval, "recorded"))
		return 0;
	int r = quantity_parse_duration(o->interval, &v->interval, e);

	if (r < 0)
		return err_prefix(e, "--interval");
	if (!v->interval)
		return err_set(e, -EINVAL, "--interval: 0 is none (try: recorded)");
	/* Ticks come somewhat late, or early: an edge is where the nearest one is. */
	v->tolerance = (v->recorded ? min_of(v->interval, v->recorded) : v->interval) / 2;
	return 0;
}

static bool in_list(const char *list, const char *name)
{
	char word[128];

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, p);
		if (block_pattern_fits(word, name))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

static bool wants_row(const struct analysis_pass *p, const struct block_row *row)
{
	const struct view_options *o = p->options;

	if (row->cpu != SERIES_NO_CPU && p->args->cpus && !cpuset_has(p->args->cpus, row->cpu))
		return false;
	return !o->only || !*row->label || in_list(o->only, row->label);
}

static bool wants_series(const struct analysis_pass *p, const struct metric_series *s)
{
	const struct view_options *o = p->options;

	if (s->cpu != SERIES_NO_CPU && p->args->cpus && !cpuset_has(p->args->cpus, s->cpu))
		return false;
	return !o->only || !*s->instance || in_list(o->only, s->instance);
}

static struct value_range *new_ranges(size_t n)
{
	return calloc(n + 1, sizeof(struct value_range));
}

static int open_blocks(struct metrics_view *v)
{
	unsigned int widest = 0;

	v->block = calloc((size_t)v->run->n + 1, sizeof(*v->block));
	if (!v->block)
		return -ENOMEM;
	for (unsigned int i = 0; i < v->run->n; i++) {
		struct block_rows *rows = v->run->rows[i];
		unsigned int n = block_rows_n_columns(rows);

		if (!v->choice.block[i])
			continue;
		v->block[v->n_blocks] =
			(struct shown_block){ .rows = rows,
					      .range = new_ranges((size_t)block_rows_n(rows) * n) };
		if (!v->block[v->n_blocks++].range)
			return -ENOMEM;
		widest = max_of(widest, n);
	}
	v->cell = calloc((size_t)widest + 1, sizeof(*v->cell));
	v->range = new_ranges(series_table_n(v->run->table));
	return v->cell && v->range ? 0 : -ENOMEM;
}

static int begin(struct analysis_pass *p, struct err *e)
{
	struct metrics_view *v = p->state;
	const struct view_options *o = p->options;
	struct table_column shown[METRIC_LIST_COLUMNS];
	int r = parse_interval(v, o, p, e);

	if (r >= 0)
		r = run_blocks_load(p->src, &v->run, e);
	if (r >= 0)
		r = metric_choice_make(v->run, o->set, o->raw, &v->choice, e);
	if (r < 0)
		return r;
	v->ticks = series_ticks_new(v->run->table);
	v->window = series_sums_new(v->run->table);
	v->span = series_sums_new(v->run->table);
	/* A table with times is a list of moments, which no other run has. */
	v->first_column = v->over_time ? METRIC_LIST_TIME : METRIC_LIST_BLOCK;
	memcpy(shown, metric_list_columns, sizeof(shown));
	/* Beside other runs (model/join.h) the means are enough. */
	if (v->over_time || p->args->merge) {
		shown[METRIC_LIST_LOW].flags |= TABLE_COLUMN_WIDE;
		shown[METRIC_LIST_HIGH].flags |= TABLE_COLUMN_WIDE;
	}
	shown[METRIC_LIST_LAST].flags |= v->choice.n_series ? 0 : TABLE_COLUMN_WIDE;
	p->answer->table = table_new("metrics", "Metrics", shown + v->first_column,
				     METRIC_LIST_COLUMNS - v->first_column);
	if (!v->ticks || !v->window || !v->span || !p->answer->table || open_blocks(v) < 0)
		return no_memory(e);
	return 0;
}

/* ---- rows ---- */

static enum unit unit_of(const char *unit)
{
	return !strcmp(unit, "%") ? UNIT_PCT : !strcmp(unit, "/s") ? UNIT_PER_SEC : UNIT_NONE;
}

/* Columns of a block's own table: time or what it is over the window, the thing, the block's. */
static struct table *new_section(const struct metrics_view *v, const struct block_rows *rows)
{
	const struct block *b = block_rows_block(rows);
	unsigned int n = min_of(block_rows_n_columns(rows), TABLE_MAX_COLUMNS - 2u), at = 0;
	auto_free struct table_column *c = calloc((size_t)n + 2, sizeof(*c));

	if (!c)
		return NULL;
	if (v->over_time)
		c[at++] = metric_list_columns[METRIC_LIST_TIME];
	if (b->key) {
		c[at] = metric_list_columns[METRIC_LIST_THING];
		c[at++].title = b->key;
	}
	if (!v->over_time)
		c[at++] = (struct table_column){ .name = "of",
						 .title = "",
						 .type = CELL_TEXT,
						 .flags = TABLE_COLUMN_KEY,
						 .help = "mean over the window; least and most of "
							 "the single samples" };
	for (unsigned int i = 0; i < n; i++) {
		const struct block_column *x = block_rows_column(rows, i);

		if (!(x->item->where & BLOCK_IN_TABLE))
			continue;
		c[at++] = (struct table_column){ .name = x->name,
						 .title = x->title,
						 .type = CELL_F64,
						 .unit = unit_of(x->item->unit),
						 .digits = x->item->digits,
						 .help = x->item->help };
	}
	return table_new(b->name, b->title, c, at);
}

enum row_of { ROW_MEAN, ROW_LEAST, ROW_MOST };

/* One row of a block's own table from v->cell, or from the ranges of the row. */
static void put_section_row(struct analysis_pass *p, struct shown_block *b, uint32_t row,
			    enum row_of of)
{
	static const char *const words[] = { "mean", "min", "max" };
	struct metrics_view *v = p->state;
	const struct value_range *range = b->range + (size_t)row * block_rows_n_columns(b->rows);
	struct table *t = b->section;
	unsigned int at = 0;

	table_row(t);
	if (v->over_time)
		table_set_u64(t, at++, series_sums_time(v->span) - p->src->info->start);
	if (block_rows_block(b->rows)->key)
		table_set_text(t, at++, block_rows_at(b->rows, row)->label);
	if (!v->over_time)
		table_set_text(t, at++, words[of]);
	for (unsigned int c = 0; at < table_n_columns(t); c++) {
		if (!(block_rows_column(b->rows, c)->item->where & BLOCK_IN_TABLE))
			continue;
		if (of == ROW_MEAN && !v->cell[c].absent)
			metric_list_number(t, at, v->cell[c].value);
		else if (of != ROW_MEAN && range[c].known)
			metric_list_number(t, at, of == ROW_LEAST ? range[c].low : range[c].high);
		at++;
	}
}

/* The same as a list. */
static void put_list(struct analysis_pass *p, const struct shown_block *b, uint32_t row)
{
	struct metrics_view *v = p->state;
	struct table *t = p->answer->table;
	unsigned int n = block_rows_n_columns(b->rows), first = v->first_column;
	const struct value_range *range = b->range + (size_t)row * n;

	for (unsigned int c = 0; c < n; c++) {
		const struct block_column *x = block_rows_column(b->rows, c);

		if (!(x->item->where & BLOCK_IN_TABLE) || v->cell[c].absent)
			continue;
		table_row(t);
		if (v->over_time)
			table_set_u64(t, METRIC_LIST_TIME - first,
				      series_sums_time(v->span) - p->src->info->start);
		table_set_text(t, METRIC_LIST_BLOCK - first, block_rows_block(b->rows)->name);
		if (block_rows_block(b->rows)->key)
			table_set_text(t, METRIC_LIST_THING - first,
				       block_rows_at(b->rows, row)->label);
		table_set_text(t, METRIC_LIST_METRIC - first, x->title);
		if (strcmp(x->item->unit, "-") != 0)
			table_set_text(t, METRIC_LIST_UNIT - first, x->item->unit);
		metric_list_number(t, METRIC_LIST_VALUE - first, v->cell[c].value);
		if (!v->over_time && range[c].known) {
			metric_list_number(t, METRIC_LIST_LOW - first, range[c].low);
			metric_list_number(t, METRIC_LIST_HIGH - first, range[c].high);
		}
		v->n_cells++;
	}
}

static int put_block(struct analysis_pass *p, struct shown_block *b, const struct series_sums *sums)
{
	struct metrics_view *v = p->state;

	for (uint32_t row = 0; row < block_rows_n(b->rows); row++) {
		if (!wants_row(p, block_rows_at(b->rows, row)) ||
		    !block_rows_eval(b->rows, row, sums, v->cell))
			continue;
		if (!b->section && !(b->section = new_section(v, b->rows)))
			return -ENOMEM;
		put_section_row(p, b, row, ROW_MEAN);
		if (!v->over_time) {
			put_section_row(p, b, row, ROW_LEAST);
			put_section_row(p, b, row, ROW_MOST);
		}
		put_list(p, b, row);
	}
	return 0;
}

/* ---- raw series ---- */

static int put_raw(struct analysis_pass *p, const struct series_sums *sums)
{
	struct metrics_view *v = p->state;

	for (uint32_t i = 0; i < series_table_n(v->run->table); i++) {
		const struct series_sum *x = v->choice.series[i] ? series_sums_at(sums, i) : NULL;

		if (!x || !wants_series(p, series_table_at(v->run->table, i)))
			continue;
		if (!v->section && !(v->section = raw_series_section(v->over_time)))
			return -ENOMEM;
		const struct raw_series_row row = {
			.table = v->run->table,
			.series = i,
			.sum = x,
			.range = v->over_time ? NULL : &v->range[i],
			.time = series_sums_time(sums) - p->src->info->start,
		};

		raw_series_put(v->section, &row);
		raw_series_put(p->answer->table, &row);
		v->n_cells++;
	}
	return 0;
}

/* ---- ticks ---- */

/* How far the values of single samples go. */
static void note_ranges(struct analysis_pass *p)
{
	struct metrics_view *v = p->state;

	for (unsigned int k = 0; k < v->n_blocks; k++) {
		struct shown_block *b = &v->block[k];
		unsigned int n = block_rows_n_columns(b->rows);

		for (uint32_t row = 0; row < block_rows_n(b->rows); row++) {
			if (!block_rows_eval(b->rows, row, v->span, v->cell))
				continue;
			for (unsigned int c = 0; c < n; c++)
				if (!v->cell[c].absent)
					value_range_add(&b->range[(size_t)row * n + c],
							v->cell[c].value);
		}
	}
	for (uint32_t i = 0; v->choice.n_series && i < series_table_n(v->run->table); i++) {
		const struct series_sum *x =
			v->choice.series[i] ? series_sums_at(v->span, i) : NULL;

		if (x)
			value_range_add(&v->range[i], raw_series_value(v->run->table, i, x));
	}
}

/* The interval is over. */
static int close_span(struct analysis_pass *p, struct err *e)
{
	struct metrics_view *v = p->state;
	int r = 0;

	if (!v->open)
		return 0;
	v->open = false;
	if (!v->over_time) {
		note_ranges(p);
	} else {
		for (unsigned int k = 0; k < v->n_blocks && r >= 0; k++)
			r = put_block(p, &v->block[k], v->span);
		if (r >= 0)
			r = put_raw(p, v->span);
	}
	series_sums_clear(v->span);
	if (r < 0)
		return no_memory(e);
	if (v->n_cells > CELLS_MAX)
		return err_set(e, -EINVAL,
			       "--interval: more than %u values (try: a longer one, --set, --from "
			       "and --for)",
			       CELLS_MAX);
	return 0;
}

static uint64_t bin_of(const struct analysis_pass *p, nsec_t time)
{
	const struct metrics_view *v = p->state;
	nsec_t since = time - min_of(time, p->args->from + v->tolerance);

	return (since + v->interval - 1) / v->interval;
}

static int take_tick(struct analysis_pass *p, const struct series_tick *tick, struct err *e)
{
	struct metrics_view *v = p->state;
	int r = 0;

	series_sums_add(v->window, tick);
	if (!v->n_ticks++) {
		/* What all others are compared with. */
		v->first = v->last = tick->time;
		return 0;
	}
	nsec_t gap = tick->time - v->last;
	uint64_t bin = v->interval ? bin_of(p, tick->time) : 0;

	v->last = tick->time;
	/* The last sample comes when the recording ends: rates over some milliseconds say nothing.
	 */
	if (v->interval ? bin != v->bin : gap >= v->recorded / 2)
		r = close_span(p, e);
	v->bin = bin;
	series_sums_add(v->span, tick);
	v->open = true;
	return r;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct metrics_view *v = p->state;
	struct series_tick tick;
	int r = 0;

	if (b->track != &track_value)
		return 0;
	for (uint32_t at = 0; r >= 0 && series_ticks_take(v->ticks, b, &at, &tick);)
		r = take_tick(p, &tick, e);
	return r;
}

/* ---- out ---- */

static void add_facts(struct analysis_pass *p)
{
	struct metrics_view *v = p->state;
	char span[QUANTITY_MAX], gap[QUANTITY_MAX], series[QUANTITY_MAX];
	nsec_t apart = v->n_ticks > 1 ? (v->last - v->first) / (v->n_ticks - 1) : 0;

	if (v->n_ticks > 1)
		answer_fact(p->answer, "samples", "%" PRIu64 " in %s, every %s", v->n_ticks,
			    quantity_duration(span, v->last - v->first),
			    quantity_duration(gap, v->recorded ? v->recorded : apart));
	else
		answer_fact(p->answer, "samples", "%" PRIu64, v->n_ticks);
	answer_fact(p->answer, "series", "%s",
		    quantity_count(series, series_table_n(v->run->table)));
}

static void add_notes(struct analysis_pass *p)
{
	const struct view_options *o = p->options;
	struct metrics_view *v = p->state;
	struct table *t = p->answer->table;
	char names[400] = "";
	size_t at = 0;
	unsigned int n = 0;

	if (v->n_ticks == 1)
		table_note(t, "a single sample: changes and rates need two");
	if (series_ticks_unknown(v->ticks))
		table_note(t,
			   "%" PRIu64 " values are of series that the recording does not describe, "
			   "and left out",
			   series_ticks_unknown(v->ticks));
	for (unsigned int i = 0; i < v->run->n && !o->set && !o->raw; i++) {
		if (v->choice.block[i] || !block_rows_n(v->run->rows[i]))
			continue;
		n++;
		if (at < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
					       at ? ", " : "", block_set_at(v->run->set, i)->name);
	}
	if (n)
		table_note(t, "not shown: %s%s (--set LIST, or --set all)", names,
			   at >= sizeof(names) ? " ..." : "");
}

/* Sections are owned by the answer from here on. */
static int give_sections(struct analysis_pass *p)
{
	struct metrics_view *v = p->state;
	uint64_t top = p->args->top;
	int r = 0;

	for (unsigned int k = 0; k <= v->n_blocks && r >= 0; k++) {
		struct table **t = k < v->n_blocks ? &v->block[k].section : &v->section;
		size_t rows = *t ? table_n_rows(*t) : 0;

		if (!*t)
			continue;
		if (top && rows > top) {
			table_cut(*t, (size_t)top);
			table_note(*t, "%zu more rows (--top 0 for all)", rows - (size_t)top);
		}
		r = table_error(*t);
		if (r >= 0)
			r = answer_section(p->answer, steal_ptr(*t));
	}
	return r;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct metrics_view *v = p->state;
	struct series_tick tick;
	int r = 0;

	while (r >= 0 && series_ticks_take(v->ticks, NULL, NULL, &tick))
		r = take_tick(p, &tick, e);
	if (r >= 0)
		r = close_span(p, e);
	if (r < 0)
		return r;
	/* A single sample has levels, if no changes. */
	if (!v->over_time || v->n_ticks == 1) {
		for (unsigned int k = 0; k < v->n_blocks && r >= 0; k++)
			r = put_block(p, &v->block[k], v->window);
		if (r >= 0)
			r = put_raw(p, v->window);
	}
	if (r >= 0)
		r = give_sections(p);
	if (r < 0)
		return no_memory(e);
	add_facts(p);
	add_notes(p);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct metrics_view *v = p->state;

	for (unsigned int k = 0; k < v->n_blocks; k++) {
		table_free(v->block[k].section);
		free(v->block[k].range);
	}
	table_free(v->section);
	free(v->block);
	free(v->cell);
	free(v->range);
	metric_choice_done(&v->choice);
	series_ticks_free(v->ticks);
	series_sums_free(v->window);
	series_sums_free(v->span);
	run_blocks_free(v->run);
}

static const struct track *const needs[] = { &track_value, NULL };

const struct analysis analysis_metrics = {
	.name = "metrics",
	.title = "Metrics",
	.summary = "what the machine counted: CPUs, memory, disks, network ..., like sar",
	.help = "Each block is a table with the columns of sar: their definitions are sysstat's "
		"(guests "
		"are no part of %usr, %util is time with requests in flight, and so on; "
		"docs/formats/blocks.md). Rates divide by the time that has really passed between "
		"the samples. A counter that wraps at its 32 or 64 bits goes on; one that began "
		"anew, and a thing that was just plugged in, have no change in that interval. What "
		"was not there, or would divide by zero, is missing and not 0.\n\n"
		"Without --interval: the mean over the window (counters: change by time; levels by "
		"how long they stood), and the least and most of the single samples. With it, rows "
		"over time; the time is the end of the interval. The first sample of a window is "
		"what the second is compared with. JSON and CSV list all values as block, thing, "
		"metric, unit, value; JSON has the tables too.",
	.needs = needs,
	.options = view_options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &view_defaults,
	.on_demand = true,
	.state_bytes = sizeof(struct metrics_view),
	.begin = begin,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
