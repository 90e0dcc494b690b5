/* SPDX-License-Identifier: MIT */
/* Benchmark rows: what the runs of each side took, and how sides differ. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/result_comparison.h"
#include "analysis/result_rows.h"
#include "base/quantity.h"
#include "model/profile_track.h"

#define NOISE_STEAL_PCT	 0.5
#define NOISE_OTHERS_PCT 5.0

/* ---- single runs ---- */

enum {
	RUN_ROUND,
	RUN_SIDE,
	RUN_WARMUP,
	RUN_MEASURES,
	RUN_STATUS = RUN_MEASURES + RESULT_MEASURES,
	RUN_COLUMNS
};

static unsigned int run_columns(const struct results *v, struct table_column *c)
{
	unsigned int n = RUN_COLUMNS;

	c[RUN_ROUND] = (struct table_column){ .name = "round",
					      .title = "Round",
					      .type = CELL_U64,
					      .unit = UNIT_ID,
					      .flags = TABLE_COLUMN_KEY,
					      .help = "warm-ups have their own numbers" };
	c[RUN_SIDE] = (struct table_column){ .name = "side",
					     .title = "Side",
					     .type = CELL_TEXT,
					     .flags = TABLE_COLUMN_KEY,
					     .help = "A, B ..." };
	c[RUN_WARMUP] = (struct table_column){ .name = "warmup",
					       .title = "Warm-up",
					       .type = CELL_U64,
					       .unit = UNIT_ID,
					       .flags = TABLE_COLUMN_KEY,
					       .help = "1: not counted" };
	for (unsigned int i = 0; i < RESULT_MEASURES; i++) {
		const struct result_measure *m = &result_measures[i];

		c[RUN_MEASURES + i] = (struct table_column){ .name = m->name,
							     .title = m->name,
							     .type = CELL_U64,
							     .unit = m->unit,
							     .help = m->help };
	}
	c[RUN_STATUS] = (struct table_column){ .name = "status",
					       .title = "Status",
					       .type = CELL_U64,
					       .unit = UNIT_ID,
					       .help = "exit status, or 128 + signal" };
	for (size_t i = 0; i < result_n_events(v); i++) {
		const struct profile_event *e = profile_event_at(v->profile, i);

		if (result_is_counted(e) && n < TABLE_MAX_COLUMNS)
			c[n++] = (struct table_column){ .name = e->name,
							.title = e->name,
							.type = CELL_F64,
							.unit = UNIT_COUNT,
							.digits = 0,
							.help = "events counted" };
	}
	return n;
}

static void run_row(const struct results *v, struct table *t, const struct result_row *row)
{
	const char side[] = { (char)('A' + row->side), '\0' };
	unsigned int n = RUN_COLUMNS;
	struct result_count count;

	table_row(t);
	table_set_u64(t, RUN_ROUND, row->round);
	table_set_text(t, RUN_SIDE, side);
	table_set_u64(t, RUN_WARMUP, row->warmup);
	for (unsigned int i = 0; i < RESULT_MEASURES; i++) {
		const uint64_t value = result_measures[i].get(row);

		if (value || !result_measures[i].zero_unknown)
			table_set_u64(t, RUN_MEASURES + i, value);
	}
	table_set_u64(t, RUN_STATUS, row->status);
	for (size_t i = 0; i < result_n_events(v); i++) {
		const struct profile_event *e = profile_event_at(v->profile, i);

		if (!result_is_counted(e) || n == TABLE_MAX_COLUMNS)
			continue;
		if (result_rows_count(&v->rows, row, e->number, &count))
			table_set_f64(t, n, count.value);
		n++;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct result_row *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

static int fill_runs(struct results *v, struct answer *a)
{
	auto_free struct table_column *c = calloc(TABLE_MAX_COLUMNS, sizeof(*c));

	a->table = c ? table_new("runs", "Single runs", c, run_columns(v, c)) : NULL;
	if (!a->table)
		return -ENOMEM;
	if (v->rows.n)
		qsort(v->rows.row, v->rows.n, sizeof(*v->rows.row), by_time);
	for (size_t i = 0; i < v->rows.n; i++)
		run_row(v, a->table, &v->rows.row[i]);
	return 0;
}

/* ---- what is to be known beside the numbers ---- */

static void tell_commands(const struct results *v, struct answer *a)
{
	for (unsigned int side = 0; side < v->sides && side < 2; side++) {
		const char letter[] = { (char)('A' + side), '\0' };
		char key[32];

		(void)snprintf(key, sizeof(key), "workload.command.%c", (char)('a' + side));
		const char *command = run_info_meta(v->info, key);

		if (command)
			answer_fact(a, v->name ? v->name : letter, "%s", command);
		if (v->name)
			break;
	}
}

static double meta_number(const struct run_info *info, const char *key)
{
	const char *text = run_info_meta(info, key);
	double v;

	return text && quantity_parse_double(text, &v, NULL) >= 0 ? v : NAN;
}

static void note_noise(const struct results *v, struct table *t)
{
	const struct run_info *info = v->info;
	const char *of = v->name ? v->name : "", *colon = v->name ? ": " : "";
	const char *governor = run_info_meta(info, "noise.governor");
	const double steal = meta_number(info, "noise.steal_pct"),
		     others = meta_number(info, "noise.others_pct"),
		     load = meta_number(info, "noise.load");

	if (steal > NOISE_STEAL_PCT)
		table_note(t, "%s%sthe hypervisor took %.1f %% of the CPU time meanwhile (steal)",
			   of, colon, steal);
	if (others > NOISE_OTHERS_PCT)
		table_note(t,
			   "%s%sothers used %.0f %% of the CPU time meanwhile (load at the start "
			   "%.2f): "
			   "CPU times are surer than wall times then",
			   of, colon, others, load);
	if (governor && strcmp(governor, "performance") != 0)
		table_note(t,
			   "%s%sCPU frequencies are left to the governor '%s' (try: cpupower "
			   "frequency-set -g performance)",
			   of, colon, governor);
}

static void note_rows(const struct results *v, struct table *t)
{
	const char *of = v->name ? v->name : "", *colon = v->name ? ": " : "";
	uint64_t warmups = 0, failures = 0, scaled = 0, small = 0;

	for (size_t i = 0; i < v->rows.n; i++) {
		warmups += v->rows.row[i].warmup;
		small += !v->rows.row[i].rss && !v->rows.row[i].warmup;
		failures += v->rows.row[i].status && !v->rows.row[i].warmup;
	}
	for (size_t i = 0; i < v->rows.n_counts; i++)
		scaled += v->rows.count[i].scaled;
	if (warmups)
		table_note(t, "%s%s%" PRIu64 " warm-up runs are not counted", of, colon, warmups);
	if (failures)
		table_note(t,
			   "%s%s%" PRIu64 " of %" PRIu64 " runs ended with a status that is not 0",
			   of, colon, failures, (uint64_t)v->rows.n - warmups);
	if (small)
		table_note(t,
			   "%s%speak memory of %" PRIu64
			   " runs is not known: no more than a process has "
			   "before exec (some MiB)",
			   of, colon, small);
	if (v->rows.odd)
		table_note(t, "%s%s%" PRIu64 " rows are of no known side and left out", of, colon,
			   v->rows.odd);
	if (scaled)
		table_note(t,
			   "%s%s%" PRIu64
			   " counts were taken part of the time only (multiplexing) and "
			   "scaled up",
			   of, colon, scaled);
	for (size_t i = 0; i < result_n_events(v); i++) {
		const struct profile_event *e = profile_event_at(v->profile, i);

		if (e->flags & EVENT_FLAG_COUNTED && e->note[0])
			table_note(t, "%s%s%s%s: %s", of, colon, e->name,
				   e->flags & EVENT_FLAG_MISSING ? " is not counted" : "", e->note);
	}
}

/* ---- hooks ---- */

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct results *v = p->state;

	return result_rows_add(&v->rows, b) < 0 ? err_set(e, -ENOMEM, "out of memory") : 0;
}

static int settle(struct results *v, struct source *src, struct err *e)
{
	result_rows_settle(&v->rows);
	v->sides = result_rows_sides(&v->rows);
	v->info = src->info;
	return profile_load(src, &v->profile, e);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	const struct results_options *o = p->options;
	struct results *v = p->state;
	struct answer *a = p->answer;
	int r = settle(v, p->src, e);

	if (r < 0)
		return r;
	tell_commands(v, a);
	r = o && o->runs ? fill_runs(v, a) : result_compare(v, 1, a);
	if (r < 0)
		return err_set(e, r, "out of memory");
	note_rows(v, a->table);
	note_noise(v, a->table);
	return 0;
}

static void results_done(struct results *v)
{
	result_rows_done(&v->rows);
	v->profile = profile_free(v->profile);
}

static void done(struct analysis_pass *p)
{
	results_done(p->state);
}

/* ---- several recordings ---- */

static int read_all(struct results *v, struct source *src, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_result) | track_bit(&track_counter) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		if (result_rows_add(&v->rows, b) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	return r < 0 ? r : settle(v, src, e);
}

/* Benchmarks have no window in common: each counts whole. */
static int across(struct source *const *src, const char *const *name, size_t n,
		  const struct analysis_args *args, struct answer *a, struct err *e)
{
	const struct results_options *o = args->options;
	auto_free struct results *v = calloc(n, sizeof(*v));
	int r = v ? 0 : err_set(e, -ENOMEM, "out of memory");

	if (o && o->runs)
		return err_set(e, -EINVAL, "--runs takes one recording");
	a->coverage = 1;
	for (size_t i = 0; i < n && r >= 0; i++) {
		v[i].name = name[i];
		r = read_all(&v[i], src[i], e);
		if (r < 0)
			break;
		a->to = max_of(a->to, run_info_span(v[i].info));
		a->coverage = min_of(a->coverage,
				     run_info_coverage(v[i].info, track_result.id, v[i].info->start,
						       v[i].info->end, NULL));
		tell_commands(&v[i], a);
	}
	if (r >= 0) {
		r = result_compare(v, n, a);
		if (r < 0)
			(void)err_set(e, r, "out of memory");
	}
	for (size_t i = 0; i < n && r >= 0; i++) {
		note_rows(&v[i], a->table);
		note_noise(&v[i], a->table);
	}
	for (size_t i = 0; v && i < n; i++)
		results_done(&v[i]);
	return r;
}

static const struct option_spec options[] = {
	{ .name = "runs",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct results_options, runs),
	  .help = "the single runs instead of what they come to" },
	{ 0 },
};

static const struct results_options defaults = { 0 };
static const struct track *const needs[] = { &track_result, NULL };
static const struct track *const also[] = { &track_counter, NULL };

const struct analysis analysis_results = {
	.name = "results",
	.title = "Benchmark",
	.summary = "runs of kymo run: mean, spread, interval, and the ratio of two commands",
	.help = "Each measure of the runs of each side, without warm-ups. sd is the standard "
		"deviation; the interval of the mean is Student's, that of the median goes from "
		"one run to another (order statistics). Nothing is left out; runs more than three "
		"interquartile ranges beyond the quartiles are told.\n"
		"\n"
		"The ratio is that of typical runs, not of means: the median of all ratios of a "
		"run of "
		"this side to a run of A within the same three rounds, with the interval of the "
		"stratified rank test. What slows all runs down for a while falls out, and "
		"single slow runs hardly count. Where the 95 % interval has 1 in it, no difference "
		"was found, which does not say that there is none: 'can be seen' says how great "
		"one had to be. Slower by 5 % takes 5 % longer, faster by 5 % takes 5 % less. "
		"Every measure is tested by itself: of twenty that are equal one may well show a "
		"difference.\n"
		"\n"
		"Several recordings are compared with the first, all of their runs as one block: "
		"what the machine did meanwhile is then part of the difference.\n"
		"\n"
		"Counts of events that had to share their counter are scaled up. Memory is the "
		"peak of the largest process, and is not known of commands that need less than a "
		"process has before exec (some MiB); CPU time is that of all that were waited for.",
	.needs = needs,
	.also = also,
	.options = options,
	.options_bytes = sizeof(struct results_options),
	.options_default = &defaults,
	.on_demand = true,
	.state_bytes = sizeof(struct results),
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
	.across = across,
};
