/* SPDX-License-Identifier: MIT */
/* Wake-up to run: how long tasks waited for a CPU, as percentiles, histogram or the worst cases. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/shortlist.h"
#include "analysis/spread.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

struct view_options {
	uint64_t worst;
	bool histogram;
};

/* One wait on the shortlist. */
struct wait {
	struct shortlist_key key;
	struct delay delay;
};

struct latency {
	struct spreads of_task, of_row, all;
	uint64_t *no_wakeup; /* by task number */
	size_t n_no_wakeup;
	uint64_t *row_no_wakeup;
	struct shortlist worst;
	struct task_rows rows;
	uint32_t *map;
};

/* ---- table: per task ---- */

enum {
	WAITS = TASK_ROW_COLUMNS,
	MEAN,
	P50,
	P90,
	P99,
	P999,
	MAX,
	MAX_AT,
	TOTAL,
	NO_WAKEUP,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[WAITS] = { .name = "waits",
		    .title = "Waits",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "wake-ups whose switch-in lies in the window" },
	[MEAN] = TABLE_NSEC("mean", "Mean", 0, "total / waits"),
	[P50] = TABLE_NSEC("p50", "p50", 0, "half of the waits were no longer (to 3.2 %)"),
	[P90] = TABLE_NSEC("p90", "p90", 0, "90 % of the waits were no longer (to 3.2 %)"),
	[P99] = TABLE_NSEC("p99", "p99", 0, "99 % of the waits were no longer (to 3.2 %)"),
	[P999] = TABLE_NSEC("p999", "p99.9", 0, "99.9 % of the waits were no longer (to 3.2 %)"),
	[MAX] = TABLE_NSEC("max", "Max", 0, "the longest wait"),
	[MAX_AT] = { .name = "max_at",
		     .title = "woken at",
		     .type = CELL_U64,
		     .unit = UNIT_TIME,
		     .help = "wake-up of the longest wait" },
	[TOTAL] = { .name = "total",
		    .title = "Total",
		    .type = CELL_U64,
		    .unit = UNIT_NSEC,
		    .flags = TABLE_COLUMN_WIDE | TABLE_COLUMN_ADDS,
		    .help = "sum of the waits" },
	[NO_WAKEUP] = { .name = "no_wakeup",
			.title = "no wake-up seen",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.flags = TABLE_COLUMN_ADDS,
			.help = "switch-ins of the sleeping task without a wake-up before: not in "
				"the waits" },
};

static void fill_row(struct analysis_pass *p, struct table *t, size_t row)
{
	static const double quantile[] = { 0.5, 0.9, 0.99, 0.999 };
	struct latency *l = p->state;
	const struct spread *s = &l->of_row.of[row];
	nsec_t start = p->src->info->start;
	struct loghist h;

	table_row(t);
	task_rows_fill(&l->rows, row, t);
	table_set_u64(t, WAITS, s->count);
	table_set_u64(t, NO_WAKEUP, l->row_no_wakeup[row]);
	if (!s->count)
		return;
	spreads_histogram(&l->of_row, (uint32_t)row, &h);
	table_set_u64(t, MEAN, s->sum / s->count);
	for (unsigned int i = 0; i < ARRAY_SIZE(quantile); i++)
		table_set_u64(t, P50 + i, loghist_quantile(&h, quantile[i]));
	table_set_u64(t, MAX, s->max);
	table_set_u64(t, MAX_AT, s->max_begin - min_of(s->max_begin, start));
	table_set_u64(t, TOTAL, s->sum);
}

static int answer_tasks(struct analysis_pass *p)
{
	struct latency *l = p->state;
	struct answer *a = p->answer;

	a->table = table_new("latency", "Wake-up to run", columns, N_COLUMNS);
	if (!a->table)
		return -ENOMEM;
	for (size_t i = 0; i < l->rows.n; i++)
		if (l->of_row.of[i].count || l->row_no_wakeup[i])
			fill_row(p, a->table, i);
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Wake-up to run per task" };
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, P99);
	answer_part(a, ROLE_SECOND, MAX);
	return table_sort(a->table, MAX, true);
}

/* ---- table: histogram ---- */

enum { BUCKET_FROM, BUCKET_TO, BUCKET_COUNT, BUCKET_PCT, N_BUCKET_COLUMNS };

static const struct table_column bucket_columns[N_BUCKET_COLUMNS] = {
	[BUCKET_FROM] = { .name = "from",
			  .title = "from",
			  .type = CELL_U64,
			  .unit = UNIT_NSEC,
			  .flags = TABLE_COLUMN_KEY,
			  .help = "shortest wait of the bucket" },
	[BUCKET_TO] = { .name = "to",
			.title = "below",
			.type = CELL_U64,
			.unit = UNIT_NSEC,
			.flags = TABLE_COLUMN_KEY,
			.help = "waits of the bucket are shorter" },
	[BUCKET_COUNT] = { .name = "waits",
			   .title = "Waits",
			   .type = CELL_U64,
			   .unit = UNIT_COUNT,
			   .flags = TABLE_COLUMN_ADDS,
			   .help = "number of waits" },
	[BUCKET_PCT] = { .name = "up_to_pct",
			 .title = "up to here %",
			 .type = CELL_F64,
			 .unit = UNIT_PCT,
			 .digits = 3,
			 .help = "share of the waits in this and all shorter buckets" },
};

static int answer_histogram(struct analysis_pass *p, const struct loghist *h)
{
	struct answer *a = p->answer;
	struct table *t = a->table =
		table_new("latency", "Wake-up to run: histogram", bucket_columns, N_BUCKET_COLUMNS);
	uint64_t sum = 0;

	if (!t)
		return -ENOMEM;
	for (unsigned int i = 0; i < LOGHIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		sum += h->bucket[i];
		table_row(t);
		table_set_u64(t, BUCKET_FROM, loghist_low(i));
		table_set_u64(t, BUCKET_TO,
			      i + 1 < LOGHIST_BUCKETS ? loghist_low(i + 1) : UINT64_MAX);
		table_set_u64(t, BUCKET_COUNT, h->bucket[i]);
		table_set_f64(t, BUCKET_PCT, 100.0 * (double)sum / (double)h->count);
	}
	a->figure = (struct figure){ .mark = MARK_HISTOGRAM, .title = "Wake-up to run" };
	answer_part(a, ROLE_X, BUCKET_FROM);
	answer_part(a, ROLE_Y, BUCKET_COUNT);
	return 0;
}

/* ---- table: worst cases ---- */

enum {
	WORST_WOKEN = TASK_ROW_COLUMNS,
	WORST_WAIT,
	WORST_CPU,
	WORST_WAKER,
	WORST_WAKER_TID,
	WORST_WAKER_CPU,
	N_WORST_COLUMNS,
};

static const struct table_column worst_columns[N_WORST_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[WORST_WOKEN] = { .name = "woken",
			  .title = "Woken at",
			  .type = CELL_U64,
			  .unit = UNIT_TIME,
			  .flags = TABLE_COLUMN_KEY,
			  .help = "when it was woken" },
	[WORST_WAIT] = TABLE_NSEC("wait", "Wait", 0, "until it ran"),
	[WORST_CPU] = { .name = "cpu",
			.title = "CPU",
			.type = CELL_U64,
			.unit = UNIT_ID,
			.help = "where it ran then" },
	[WORST_WAKER] = { .name = "waker",
			  .title = "Waker",
			  .type = CELL_TEXT,
			  .help = "who ran where the wake-up happened; IDLE: an interrupt woke "
				  "it" },
	[WORST_WAKER_TID] = { .name = "waker_tid",
			      .title = "TID",
			      .type = CELL_U64,
			      .unit = UNIT_ID,
			      .help = "thread id of the waker" },
	[WORST_WAKER_CPU] = { .name = "waker_cpu",
			      .title = "on CPU",
			      .type = CELL_U64,
			      .unit = UNIT_ID,
			      .help = "CPU of the wake-up" },
};

static int answer_worst(struct analysis_pass *p)
{
	struct latency *l = p->state;
	struct tasks *tasks = p->src->tasks;
	struct table *t = p->answer->table =
		table_new("latency", "Wake-up to run: worst cases", worst_columns, N_WORST_COLUMNS);

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < l->worst.n; i++) {
		const struct delay *d = &((const struct wait *)shortlist_at(&l->worst, i))->delay;
		uint32_t waker = tasks_find(tasks, d->waker, d->begin, d->waker_cpu);
		nsec_t start = p->src->info->start;

		if (waker == TASKS_NONE)
			return -ENOMEM;
		table_row(t);
		table_set_text(t, TASK_ROW_TASK, tasks_label(tasks, d->task));
		table_set_u64(t, TASK_ROW_TID, tasks_at(tasks, d->task)->tid);
		table_set_u64(t, WORST_WOKEN, d->begin - min_of(d->begin, start));
		table_set_u64(t, WORST_WAIT, d->end - d->begin);
		table_set_u64(t, WORST_CPU, d->cpu);
		table_set_text(t, WORST_WAKER, task_label_of(tasks, waker));
		table_set_u64(t, WORST_WAKER_TID, d->waker);
		table_set_u64(t, WORST_WAKER_CPU, d->waker_cpu);
	}
	return 0;
}

/* ---- all ---- */

static int begin(struct analysis_pass *p, struct err *e)
{
	struct latency *l = p->state;
	const struct view_options *o = p->options;

	(void)e;
	shortlist_init(&l->worst, max_of(o->worst, UINT64_C(1)), sizeof(struct wait));
	return 0;
}

static int make_room(struct analysis_pass *p)
{
	struct latency *l = p->state;
	size_t need = tasks_count(p->src->tasks);
	void *array = l->no_wakeup;
	int r = tasks_ensure(&array, &l->n_no_wakeup, need, sizeof(*l->no_wakeup));

	l->no_wakeup = array;
	return r < 0 ? r : spreads_ensure(&l->of_task, need);
}

static int take_delays(struct analysis_pass *p, const struct delay *delay, size_t n, struct err *e)
{
	struct latency *l = p->state;
	int r = make_room(p);

	for (const struct delay *d = delay; d < delay + n && r >= 0; d++) {
		if (d->kind == DELAY_NO_WAKEUP)
			l->no_wakeup[d->task]++;
		if (d->kind != DELAY_WAIT)
			continue;
		uint64_t key = ~(d->end - d->begin);

		r = spreads_add(&l->of_task, d->task, d->begin, d->end);
		if (r >= 0 && shortlist_wants(&l->worst, key) && p->wanted[d->task]) {
			struct wait w = { { key, d->begin }, *d };

			r = shortlist_add(&l->worst, &w);
		}
	}
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* Tasks to rows, rows to one. */
static int fold(struct analysis_pass *p)
{
	struct latency *l = p->state;

	if (make_room(p) < 0 || task_rows_init(&l->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	l->map = malloc((l->of_task.n + 1) * sizeof(*l->map));
	l->row_no_wakeup = calloc(l->rows.n + 1, sizeof(*l->row_no_wakeup));
	if (!l->map || !l->row_no_wakeup)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->of_task.n; i++) {
		uint32_t row = task_rows_of(&l->rows, i);

		l->map[i] = row == TASK_ROW_NONE ? SPREAD_NONE : row;
		if (row != TASK_ROW_NONE)
			l->row_no_wakeup[row] += l->no_wakeup[i];
	}
	if (spreads_fold(&l->of_row, &l->of_task, l->map) < 0 ||
	    spreads_ensure(&l->of_row, l->rows.n + 1) < 0)
		return -ENOMEM;
	free(l->map);
	l->map = calloc(l->of_row.n + 1, sizeof(*l->map));
	if (!l->map || spreads_fold(&l->all, &l->of_row, l->map) < 0)
		return -ENOMEM;
	spreads_settle(&l->of_row);
	spreads_settle(&l->all);
	shortlist_settle(&l->worst);
	return 0;
}

static void add_facts(struct analysis_pass *p, const struct loghist *h)
{
	struct latency *l = p->state;
	char a[QUANTITY_MAX], b[QUANTITY_MAX], name[TASK_NAME_MAX];
	uint64_t no_wakeup = 0;

	if (l->worst.n) {
		const struct delay *d = &((const struct wait *)shortlist_at(&l->worst, 0))->delay;

		answer_fact(p->answer, "worst delay", "%s, %s at %.6f s",
			    quantity_duration(a, d->end - d->begin),
			    task_name_of(p->src->tasks, d->task, name),
			    (double)(d->begin - min_of(d->begin, p->src->info->start)) /
				    NSEC_PER_SEC);
		answer_fact(p->answer, "median and p99", "%s, %s",
			    quantity_duration(a, loghist_quantile(h, 0.5)),
			    quantity_duration(b, loghist_quantile(h, 0.99)));
	}
	answer_fact(p->answer, "waits", "%s", quantity_count(a, h->count));
	for (size_t i = 0; i < l->rows.n; i++)
		no_wakeup += l->row_no_wakeup[i];
	if (no_wakeup)
		answer_fact(p->answer, "no wake-up seen", "%s", quantity_count(a, no_wakeup));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct latency *l = p->state;
	const struct view_options *o = p->options;
	struct loghist h;
	int r = fold(p);

	if (r >= 0) {
		r = spreads_ensure(&l->all, 1);
		spreads_histogram(&l->all, 0, &h);
	}
	if (r >= 0 && o->worst)
		r = answer_worst(p);
	else if (r >= 0)
		r = o->histogram ? answer_histogram(p, &h) : answer_tasks(p);
	if (r < 0)
		return err_set(e, -ENOMEM, "out of memory");
	add_facts(p, &h);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct latency *l = p->state;

	spreads_done(&l->of_task);
	spreads_done(&l->of_row);
	spreads_done(&l->all);
	shortlist_done(&l->worst);
	task_rows_done(&l->rows);
	free(l->no_wakeup);
	free(l->row_no_wakeup);
	free(l->map);
}

static const struct track *const needs[] = { &track_switch, &track_wakeup, NULL };
static const struct option_spec options[] = {
	{ .name = "worst",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct view_options, worst),
	  .help = "list the N longest waits with time, CPU and waker" },
	{ .name = "histogram",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, histogram),
	  .help = "one row per bucket of the histogram, over all tasks asked for" },
	{ 0 },
};
static const struct view_options defaults = { 0 };

const struct analysis analysis_latency = {
	.name = "latency",
	.title = "Wake-up to run",
	.summary = "how long tasks waited from wake-up to run: percentiles, worst cases",
	.help = "A wait lasts from the wake-up of a task to the next switch to it; it belongs to "
		"the window in "
		"which it ends, with its whole length. A wake-up of a task that runs or waits "
		"already changes "
		"nothing. A switch to a sleeping task without a wake-up seen is counted as such "
		"and is no "
		"wait. Waits of a preempted task are not here but in 'durations'. A loss on any "
		"CPU forgets "
		"who sleeps and who waits. Percentiles come from a histogram with 16 buckets per "
		"octave; "
		"count, mean and max are exact.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct latency),
	.begin = begin,
	.take_delays = take_delays,
	.finish = finish,
	.done = done,
};
