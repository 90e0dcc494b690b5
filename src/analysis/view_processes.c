/* SPDX-License-Identifier: MIT */
/*
 * What processes, or threads, used: over the window, or in intervals of it. Rows of tracks process
 * and thread are what each has used up to a tick; between two of them lies what it used meanwhile,
 * which is put to its group (itself, its user, its name) and to the interval in which the middle of
 * the two lies.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/process_sums.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"
#include "model/metric_track.h"

enum {
	TASK = TASK_ROW_TASK,
	TID = TASK_ROW_TID,
	UID = TASK_ROW_COLUMNS,
	TIME,
	MEMBERS,
	CPU_PCT,
	USER_PCT,
	SYS_PCT,
	CPU,
	MINOR,
	MAJOR,
	RSS,
	RSS_MAX,
	READ,
	WRITTEN,
	VOLUNTARY,
	INVOLUNTARY,
	RUN_DELAY,
	GUEST_PCT,
	BLOCK_DELAY,
	CANCELLED,
	VSIZE_MAX,
	SWAP_MAX,
	THREADS_MAX,
	PARENT,
	STATE,
	BEGAN,
	ENDED,
	N_COLUMNS,
};

#define RATE_COLUMN(name_, title_, unit_, digits_, flags_, help_)                \
	{                                                                        \
		.name = name_, .title = title_, .type = CELL_F64, .unit = unit_, \
		.digits = digits_, .flags = flags_, .help = help_                \
	}
static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[UID] = { .name = "uid",
		  .title = "UID",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY,
		  .help = "real user" },
	[TIME] = { .name = "time",
		   .title = "Time",
		   .type = CELL_U64,
		   .unit = UNIT_TIME,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		   .help = "begin of the interval, with --interval" },
	[MEMBERS] = { .name = "members",
		      .title = "Tasks",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .help = "processes, or threads, in the row" },
	[CPU_PCT] = RATE_COLUMN("cpu_pct", "CPU %", UNIT_PCT, 2, 0,
				"CPU time / time, of one CPU: user and system"),
	[USER_PCT] = RATE_COLUMN("user_pct", "user %", UNIT_PCT, 2, 0, "in user mode"),
	[SYS_PCT] = RATE_COLUMN("sys_pct", "sys %", UNIT_PCT, 2, 0, "in the kernel"),
	[CPU] = { .name = "cpu",
		  .title = "CPU time",
		  .type = CELL_U64,
		  .unit = UNIT_NSEC,
		  .flags = TABLE_COLUMN_ADDS,
		  .help = "user and system" },
	[MINOR] = RATE_COLUMN("minor_per_s", "minor/s", UNIT_PER_SEC, 1, 0,
			      "page faults without I/O"),
	[MAJOR] = RATE_COLUMN("major_per_s", "major/s", UNIT_PER_SEC, 1, 0, "page faults with I/O"),
	[RSS] = TABLE_BYTES("rss", "RSS", 0,
			    "memory resident, mean over the samples in which it was there"),
	[RSS_MAX] = TABLE_BYTES("rss_max", "RSS max", 0, "... the most of a sample"),
	[READ] = RATE_COLUMN("read_per_s", "read B/s", UNIT_PER_SEC, 0, 0, "from storage"),
	[WRITTEN] = RATE_COLUMN("written_per_s", "written B/s", UNIT_PER_SEC, 0, 0,
				"to storage, page cache included"),
	[VOLUNTARY] = RATE_COLUMN("voluntary_per_s", "vol/s", UNIT_PER_SEC, 1, 0,
				  "context switches as it blocked"),
	[INVOLUNTARY] = RATE_COLUMN("involuntary_per_s", "invol/s", UNIT_PER_SEC, 1, 0,
				    "context switches while it could run"),
	[RUN_DELAY] = RATE_COLUMN("run_delay_pct", "wait %", UNIT_PCT, 2, 0,
				  "time that its threads waited on run queues / time"),
	[GUEST_PCT] = RATE_COLUMN("guest_pct", "guest %", UNIT_PCT, 2, TABLE_COLUMN_WIDE,
				  "CPU time of guests, also in user"),
	[BLOCK_DELAY] = RATE_COLUMN("block_delay_pct", "I/O wait %", UNIT_PCT, 2, TABLE_COLUMN_WIDE,
				    "time that its threads waited for block I/O / time"),
	[CANCELLED] = RATE_COLUMN("cancelled_per_s", "cancelled B/s", UNIT_PER_SEC, 0,
				  TABLE_COLUMN_WIDE, "written, and truncated before it got there"),
	[VSIZE_MAX] = TABLE_BYTES("vsize_max", "VSize max", TABLE_COLUMN_WIDE, "address space"),
	[SWAP_MAX] = TABLE_BYTES("swap_max", "Swap max", TABLE_COLUMN_WIDE, "swapped out"),
	[THREADS_MAX] = { .name = "threads_max",
			  .title = "Threads",
			  .type = CELL_U64,
			  .unit = UNIT_COUNT,
			  .flags = TABLE_COLUMN_WIDE,
			  .help = "the most of a sample" },
	[PARENT] = { .name = "parent",
		     .title = "Parent",
		     .type = CELL_U64,
		     .unit = UNIT_ID,
		     .flags = TABLE_COLUMN_WIDE | TABLE_COLUMN_LOCAL,
		     .help = "process that it is a child of, the last one" },
	[STATE] = { .name = "state",
		    .title = "State",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_WIDE,
		    .help = "the last one, as in /proc/PID/stat" },
	[BEGAN] = { .name = "began",
		    .title = "Began",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_WIDE | TABLE_COLUMN_ADDS,
		    .help = "of the row's tasks, those that began within it" },
	[ENDED] = { .name = "ended",
		    .title = "Ended",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_WIDE | TABLE_COLUMN_ADDS,
		    .help = "of the row's tasks, those that ended within it" },
};

/* Columns that are a counter over time: ns as percent, others per second. */
static const struct {
	uint8_t column, counter;
	bool pct;
} rates[] = {
	{ USER_PCT, PROCESS_USER, true },	 { SYS_PCT, PROCESS_SYSTEM, true },
	{ GUEST_PCT, PROCESS_GUEST, true },	 { MINOR, PROCESS_MINOR, false },
	{ MAJOR, PROCESS_MAJOR, false },	 { READ, PROCESS_READ, false },
	{ WRITTEN, PROCESS_WRITTEN, false },	 { CANCELLED, PROCESS_CANCELLED, false },
	{ VOLUNTARY, PROCESS_VOLUNTARY, false }, { INVOLUNTARY, PROCESS_INVOLUNTARY, false },
	{ RUN_DELAY, PROCESS_RUN_DELAY, true },	 { BLOCK_DELAY, PROCESS_BLOCK_DELAY, true },
};

#define BINS_MAX 1000000u

struct view_options {
	const char *by;
	nsec_t interval;
};

struct processes_view {
	struct process_sums *sums;
	enum process_by by;
	bool threads;
	nsec_t interval;
	uint32_t *shown; /* groups in order of CPU time */
};

/* ---- reading ---- */

static int begin(struct analysis_pass *p, struct err *e)
{
	static const struct {
		const char *word;
		enum process_by by;
	} by[] = {
		{ "process", PROCESS_BY_TASK },
		{ "thread", PROCESS_BY_TASK },
		{ "user", PROCESS_BY_USER },
		{ "comm", PROCESS_BY_NAME },
	};
	struct processes_view *v = p->state;
	const struct view_options *o = p->options;
	bool processes = analysis_has_track(p->src->info, &track_process);
	const char *word = o->by ? o->by : processes ? "process" : "thread";
	bool threads = v->threads = !strcmp(word, "thread") || !processes;
	const struct track *track = threads ? &track_thread : &track_process;

	for (unsigned int i = 0; i < ARRAY_SIZE(by); i++)
		if (!strcmp(word, by[i].word))
			v->by = by[i].by;
	if (v->by == PROCESS_BY_TASK && p->args->merge)
		v->by = PROCESS_BY_NAME;
	if (!analysis_has_track(p->src->info, track) || (!strcmp(word, "process") && threads))
		return err_set(e, -ENODATA, "--by %s: the run has no %s (record with --metrics %s)",
			       word, threads ? "threads" : "processes",
			       threads && strcmp(word, "process") ? "thread" : "process");
	v->interval = o->interval;
	if (v->interval && (p->args->to - p->args->from) / v->interval >= BINS_MAX)
		return err_set(e, -EINVAL,
			       "--interval: more than %u intervals (try: a longer one, or --from "
			       "and --to)",
			       BINS_MAX);
	v->sums = process_sums_new(track, v->by, p->src->tasks, p->args, v->interval);
	return v->sums ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct processes_view *v = p->state;
	int r = process_sums_take(v->sums, p->index, b);

	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* ---- out ---- */

static void fill_rates(struct table *t, const struct process_sum *s, nsec_t elapsed)
{
	double seconds = (double)elapsed / NSEC_PER_SEC, cpu = 0;
	unsigned int known = 0;

	if (!elapsed)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
		unsigned int c = rates[i].counter;
		double v = (double)s->used[c - PROCESS_USER];

		if (!(s->known >> c & 1))
			continue;
		v = rates[i].pct ? 100 * v / (double)elapsed : v / seconds;
		table_set_f64(t, rates[i].column, v);
		if (c == PROCESS_USER || c == PROCESS_SYSTEM) {
			cpu += v;
			known++;
		}
	}
	if (known == 2)
		table_set_f64(t, CPU_PCT, cpu);
}

static void fill_levels(struct table *t, const struct process_sum *s)
{
	char state[2] = { (char)s->state, '\0' };

	if (s->rss.ticks) {
		table_set_u64(t, RSS, (uint64_t)(s->rss.area / s->rss.ticks));
		table_set_u64(t, RSS_MAX, s->rss.max);
	}
	if (s->vsize.ticks)
		table_set_u64(t, VSIZE_MAX, s->vsize.max);
	if (s->swap.ticks)
		table_set_u64(t, SWAP_MAX, s->swap.max);
	if (s->threads.ticks)
		table_set_u64(t, THREADS_MAX, s->threads.max);
	if (s->members == 1 && state[0] >= 'A' && state[0] <= 'z')
		table_set_text(t, STATE, state);
	if (s->members == 1 && s->has_parent)
		table_set_u64(t, PARENT, s->parent);
}

static uint64_t cpu_of(const struct process_sum *s)
{
	return s->used[PROCESS_USER - PROCESS_USER] + s->used[PROCESS_SYSTEM - PROCESS_USER];
}

static bool idle(const struct process_sum *s)
{
	for (unsigned int i = 0; i < PROCESS_VALUES; i++)
		if (s->used[i])
			return false;
	return !s->began && !s->ended;
}

static void fill_row(struct analysis_pass *p, uint32_t group, uint64_t bin)
{
	struct processes_view *v = p->state;
	const struct process_sum *s = process_sums_at(v->sums, group, bin);
	const struct process_group *g = process_sums_group(v->sums, group);
	struct table *t = p->answer->table;

	if (!s || (v->interval && idle(s)))
		return;
	table_row(t);
	if (v->by != PROCESS_BY_USER)
		table_set_text(t, TASK, tasks_label(p->src->tasks, g->task));
	if (g->members == 1 && v->by != PROCESS_BY_USER)
		table_set_u64(t, TID, tasks_at(p->src->tasks, g->task)->tid);
	if (g->has_uid)
		table_set_u64(t, UID, g->uid);
	if (v->interval)
		table_set_u64(t, TIME, p->args->from - p->src->info->start + bin * v->interval);
	table_set_u64(t, MEMBERS, s->members);
	if (s->known >> PROCESS_USER & 1)
		table_set_u64(t, CPU, cpu_of(s));
	fill_rates(t, s, process_sums_elapsed(v->sums, bin));
	fill_levels(t, s);
	table_set_u64(t, BEGAN, s->began);
	table_set_u64(t, ENDED, s->ended);
}

static int compare_cpu(const void *a, const void *b, void *ctx)
{
	const uint32_t *x = a, *y = b;
	uint64_t p = process_sums_cpu(ctx, *x), q = process_sums_cpu(ctx, *y);

	return p != q ? (p > q ? -1 : 1) : *x < *y ? -1 : *x > *y;
}

static void set_title(struct processes_view *v, struct table_column *shown)
{
	shown[TASK].flags |= v->by == PROCESS_BY_USER ? TABLE_COLUMN_WIDE : 0;
	shown[TID].flags |= v->by != PROCESS_BY_TASK ? TABLE_COLUMN_WIDE : 0;
	shown[MEMBERS].flags |= v->by == PROCESS_BY_TASK ? TABLE_COLUMN_WIDE : 0;
	shown[UID].flags |= v->by == PROCESS_BY_NAME ? TABLE_COLUMN_WIDE : 0;
	/* Rows over time are not found in another run. */
	if (!v->interval)
		shown[TIME].flags = TABLE_COLUMN_WIDE | TABLE_COLUMN_LOCAL;
	/* What nobody did needs no column of text. */
	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++)
		if (!process_sums_used(v->sums, rates[i].counter))
			shown[rates[i].column].flags |= TABLE_COLUMN_WIDE;
}

static void add_facts(struct analysis_pass *p, uint32_t n)
{
	struct processes_view *v = p->state;
	char name[TASK_NAME_MAX], cpu[QUANTITY_MAX];

	answer_fact(p->answer,
		    v->by == PROCESS_BY_USER   ? "users"
		    : v->by == PROCESS_BY_NAME ? "names"
		    : v->threads	       ? "threads"
					       : "processes",
		    "%u", n);
	if (!n)
		return;
	const struct process_group *g = process_sums_group(v->sums, v->shown[0]);

	if (v->by == PROCESS_BY_TASK)
		(void)task_name_of(p->src->tasks, g->task, name);
	else if (v->by == PROCESS_BY_NAME)
		(void)snprintf(name, sizeof(name), "%s", tasks_label(p->src->tasks, g->task));
	else if (g->has_uid)
		(void)snprintf(name, sizeof(name), "uid %" PRIu32, g->uid);
	else
		(void)snprintf(name, sizeof(name), "unknown");
	answer_fact(p->answer, "busiest", "%s, %s of CPU time", name,
		    quantity_duration(cpu, process_sums_cpu(v->sums, v->shown[0])));
}

static void fill(struct analysis_pass *p, uint32_t n)
{
	struct processes_view *v = p->state;
	uint64_t bins = process_sums_bins(v->sums);

	for (uint64_t bin = 0; bin < bins; bin++)
		for (uint32_t i = 0; i < n; i++)
			fill_row(p, v->shown[i], bin);
	if (v->interval && n)
		table_note(p->answer->table, "what did nothing in an interval has no row in it");
	if (!process_sums_span(v->sums))
		table_note(p->answer->table, "one sample makes no rates");
	uint64_t anew = process_sums_anew(v->sums);

	if (anew)
		table_note(p->answer->table,
			   "counters of %" PRIu64 " tasks fell: their ids were used again, which "
			   "nobody told; counted from 0",
			   anew);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct processes_view *v = p->state;
	uint32_t n = process_sums_finish(v->sums);
	struct answer *a = p->answer;
	struct table_column shown[N_COLUMNS];

	memcpy(shown, columns, sizeof(shown));
	set_title(v, shown);
	a->table = table_new("processes", "Processes", shown, N_COLUMNS);
	v->shown = calloc((size_t)n + 1, sizeof(*v->shown));
	if (!a->table || !v->shown)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < n; i++)
		v->shown[i] = i;
	qsort_r(v->shown, n, sizeof(*v->shown), compare_cpu, v->sums);
	add_facts(p, n);
	fill(p, n);
	if (!v->interval)
		return 0;
	a->figure = (struct figure){ .mark = MARK_LINES, .title = "Processes over time" };
	answer_part(a, ROLE_X, TIME);
	answer_part(a, ROLE_VALUE, CPU_PCT);
	answer_part(a, ROLE_SERIES, v->by == PROCESS_BY_USER ? UID : TASK);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct processes_view *v = p->state;

	process_sums_free(v->sums);
	free(v->shown);
}

static const struct track *const needs_any[] = { &track_process, &track_thread, NULL };
static const char *const by_choices[] = { "process", "thread", "user", "comm", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "one row per process (unless given), thread, user, or name" },
	{ .name = "interval",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct view_options, interval),
	  .help = "over time: rows for each such interval of the window" },
	{ 0 },
};
static const struct view_options defaults = { 0 };

const struct analysis analysis_processes = {
	.name = "processes",
	.title = "Processes",
	.summary = "what each process used: CPU, memory, I/O, faults, switches, waits; also over "
		   "time",
	.help = "Of the metrics 'process' and 'thread'. Counters are differences of two samples, "
		"by the time that really passed between the first and the last sample of the "
		"window (or of those in an interval). What begins within the window counts from "
		"its start, and what ends in between to its end. A change belongs to the interval "
		"in which the middle of the two lies. Percentages are of one CPU. Memory is the "
		"mean over the samples in which the process was there; of users and names that of "
		"their processes together. The kernel counts with a process's I/O that of children "
		"that have ended and were waited for. What could not be known is missing: I/O of "
		"other users' processes without privileges, switches and waits of processes with "
		"several threads without BPF.",
	.needs_any = needs_any,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct processes_view),
	.begin = begin,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
