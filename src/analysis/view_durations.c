/* SPDX-License-Identifier: MIT */
/* How long tasks run, sleep, wait and stand preempted at a time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/kvm_notes.h"
#include "analysis/spread.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

#define KINDS 6 /* DELAY_RUN .. DELAY_HOST */

enum {
	KIND = TASK_ROW_COLUMNS,
	COUNT,
	TOTAL,
	MEAN,
	P50,
	P90,
	P99,
	MAX,
	MAX_AT,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[KIND] = { .name = "kind",
		   .title = "Kind",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY,
		   .help = "run, sleep, wait (wake-up to run), preempted; of vCPUs guest, host" },
	[COUNT] = { .name = "count",
		    .title = "Count",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "how many ended in the window" },
	[TOTAL] = { .name = "total",
		    .title = "Total",
		    .type = CELL_U64,
		    .unit = UNIT_NSEC,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "sum of their lengths" },
	[MEAN] = TABLE_NSEC("mean", "Mean", 0, "total / count"),
	[P50] = TABLE_NSEC("p50", "p50", 0, "half of them were no longer (to 3.2 %)"),
	[P90] = TABLE_NSEC("p90", "p90", 0, "90 % of them were no longer (to 3.2 %)"),
	[P99] = TABLE_NSEC("p99", "p99", 0, "99 % of them were no longer (to 3.2 %)"),
	[MAX] = TABLE_NSEC("max", "Max", 0, "the longest"),
	[MAX_AT] = { .name = "max_at",
		     .title = "begun at",
		     .type = CELL_U64,
		     .unit = UNIT_TIME,
		     .help = "begin of the longest" },
};

struct view_options {
	const char *kind;
};

/* Keys: task number (row) times KINDS plus kind. */
struct durations {
	struct spreads of_task, of_row;
	struct task_rows rows;
	uint32_t *map;
	uint64_t no_wakeup;
	struct order {
		uint64_t run;
		uint32_t row;
	} * order; /* rows by total run time */
};

static int take_delays(struct analysis_pass *p, const struct delay *delay, size_t n, struct err *e)
{
	struct durations *s = p->state;
	int r = spreads_ensure(&s->of_task, tasks_count(p->src->tasks) * KINDS);

	for (const struct delay *d = delay; d < delay + n && r >= 0; d++) {
		if (d->kind == DELAY_NO_WAKEUP)
			s->no_wakeup += p->wanted[d->task];
		else
			r = spreads_add(&s->of_task, d->task * KINDS + d->kind - DELAY_RUN,
					d->begin, d->end);
	}
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

static int take_kvm(struct analysis_pass *p, const struct kvm_span *span, size_t n, struct err *e)
{
	struct durations *s = p->state;
	int r = spreads_ensure(&s->of_task, tasks_count(p->src->tasks) * KINDS);

	for (const struct kvm_span *k = span; k < span + n && r >= 0; k++) {
		if (k->kind == KVM_SPAN_GUEST)
			r = spreads_add(&s->of_task, k->task * KINDS + DELAY_GUEST - DELAY_RUN,
					k->begin + k->off_cpu, k->end);
		else if (k->kind == KVM_SPAN_HOST)
			r = spreads_add(&s->of_task, k->task * KINDS + DELAY_HOST - DELAY_RUN,
					k->begin, k->end);
	}
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

static int by_run(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

static int fold(struct analysis_pass *p)
{
	struct durations *s = p->state;

	if (task_rows_init(&s->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	s->map = malloc((s->of_task.n + 1) * sizeof(*s->map));
	s->order = calloc(s->rows.n + 1, sizeof(*s->order));
	if (!s->map || !s->order)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->of_task.n; i++) {
		uint32_t row = task_rows_of(&s->rows, i / KINDS);

		s->map[i] = row == TASK_ROW_NONE ? SPREAD_NONE : row * KINDS + i % KINDS;
	}
	if (spreads_fold(&s->of_row, &s->of_task, s->map) < 0 ||
	    spreads_ensure(&s->of_row, s->rows.n * KINDS + 1) < 0)
		return -ENOMEM;
	spreads_settle(&s->of_row);
	for (uint32_t i = 0; i < s->rows.n; i++)
		s->order[i] = (struct order){ s->of_row.of[(size_t)i * KINDS].sum, i };
	qsort(s->order, s->rows.n, sizeof(*s->order), by_run);
	return 0;
}

static void fill_row(struct analysis_pass *p, uint32_t row, enum delay_kind kind)
{
	struct durations *s = p->state;
	struct table *t = p->answer->table;
	uint32_t key = row * KINDS + kind - DELAY_RUN;
	const struct spread *of = &s->of_row.of[key];
	struct loghist h;

	if (!of->count)
		return;
	spreads_histogram(&s->of_row, key, &h);
	table_row(t);
	task_rows_fill(&s->rows, row, t);
	table_set_text(t, KIND, delay_kind_name(kind));
	table_set_u64(t, COUNT, of->count);
	table_set_u64(t, TOTAL, of->sum);
	table_set_u64(t, MEAN, of->sum / of->count);
	table_set_u64(t, P50, loghist_quantile(&h, 0.5));
	table_set_u64(t, P90, loghist_quantile(&h, 0.9));
	table_set_u64(t, P99, loghist_quantile(&h, 0.99));
	table_set_u64(t, MAX, of->max);
	table_set_u64(t, MAX_AT, of->max_begin - min_of(of->max_begin, p->src->info->start));
}

static void add_facts(struct analysis_pass *p)
{
	struct durations *s = p->state;
	char text[QUANTITY_MAX], name[TASK_NAME_MAX], label[48];

	for (enum delay_kind k = DELAY_RUN; k <= DELAY_HOST; k++) {
		const struct spread *longest = NULL;
		size_t row = 0;

		for (size_t i = 0; i < s->rows.n; i++) {
			const struct spread *of = &s->of_row.of[i * KINDS + k - DELAY_RUN];

			if (!of->count || (longest && longest->max >= of->max))
				continue;
			longest = of;
			row = i;
		}
		if (!longest)
			continue;
		(void)snprintf(label, sizeof(label), "longest %s", delay_kind_name(k));
		answer_fact(p->answer, label, "%s, %s", quantity_duration(text, longest->max),
			    task_rows_name(&s->rows, row, name));
	}
	if (s->no_wakeup)
		answer_fact(p->answer, "no wake-up seen", "%s", quantity_count(text, s->no_wakeup));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct durations *s = p->state;
	const struct view_options *o = p->options;
	struct answer *a = p->answer;
	char count[QUANTITY_MAX];

	a->table = table_new("durations", "Durations", columns, N_COLUMNS);
	if (!a->table || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < s->rows.n; i++)
		for (enum delay_kind k = DELAY_RUN; k <= DELAY_HOST; k++)
			if (!strcmp(o->kind, "all") || !strcmp(o->kind, delay_kind_name(k)))
				fill_row(p, s->order[i].row, k);
	add_facts(p);
	if (p->kvm)
		kvm_notes(p->kvm, a->table);
	if (analysis_has_track(p->src->info, &track_switch) && !sched_scan_stats(p->scan)->wakeups)
		table_note(a->table,
			   "wake-ups were not recorded: sleep lasts to the next switch to the "
			   "task, and there is no wait (record with -e switch,wakeup)");
	if (s->no_wakeup)
		table_note(
			a->table,
			"%s switches to sleeping tasks without a wake-up seen: neither their sleep "
			"nor their wait is counted",
			quantity_count(count, s->no_wakeup));
	a->figure = (struct figure){ .mark = MARK_DENSITY, .title = "Durations over time" };
	answer_part(a, ROLE_SERIES, KIND);
	answer_part(a, ROLE_Y, P50);
	answer_part(a, ROLE_VALUE, COUNT);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct durations *s = p->state;

	spreads_done(&s->of_task);
	spreads_done(&s->of_row);
	task_rows_done(&s->rows);
	free(s->map);
	free(s->order);
}

static const struct track *const needs_any[] = { &track_switch, &track_kvm_exit, &track_kvm, NULL };
static const struct track *const also[] = { &track_wakeup, &track_kvm_entry, NULL };
static const char *const kind_choices[] = { "all",	 "run",	  "sleep", "wait",
					    "preempted", "guest", "host",  NULL };
static const struct option_spec options[] = {
	{ .name = "kind",
	  .type = OPTION_CHOICE,
	  .arg = "KIND",
	  .choices = kind_choices,
	  OPTION_AT(struct view_options, kind),
	  .help = "only run, sleep, wait, preempted, guest or host (else: all)" },
	{ 0 },
};
static const struct view_options defaults = { .kind = "all" };

const struct analysis analysis_durations = {
	.name = "durations",
	.title = "Durations",
	.summary = "how long tasks run, sleep, wait and stand preempted at a time",
	.help = "Run: from the switch to the task to the switch away from it, both seen. Sleep: "
		"from a switch away in a state that is not runnable to the wake-up; where wake-ups "
		"were not recorded, to the next switch to the task. Wait: from the wake-up to the "
		"next switch to it. Preempted: from a switch away while runnable to the next "
		"switch to it. Of vCPUs, guest: from an entry to the next exit; host: from an exit "
		"to the next entry. Each belongs to the window in which it ends, with its whole "
		"length. A loss on any CPU forgets who sleeps, waits and stands preempted, and "
		"what vCPUs do. Percentiles come from a histogram with 16 buckets per octave; "
		"count, total, mean and max are exact.",
	.needs_any = needs_any,
	.also = also,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct durations),
	.take_delays = take_delays,
	.take_kvm = take_kvm,
	.finish = finish,
	.done = done,
};
