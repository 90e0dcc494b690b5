/* SPDX-License-Identifier: MIT */
/* KVM exits by type: how many, what they cost, and which were the last before the vCPU was switched
 * out; per task, per machine or in all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/exit_counts.h"
#include "analysis/exit_matrix.h"
#include "analysis/kvm_notes.h"
#include "analysis/task_rows.h"
#include "analysis/vm_groups.h"
#include "base/quantity.h"
#include "model/vm_track.h"

enum {
	VM = TASK_ROW_COLUMNS,
	REASON,
	CODE,
	EXITS,
	PER_SEC,
	SHARE,
	HOST,
	HOST_SHARE,
	MEAN,
	MIN,
	P50,
	P99,
	MAX,
	MAX_AT,
	OFF_CPU,
	LAST,
	LAST_ASLEEP,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[VM] = { .name = "vm",
		 .title = "VM",
		 .type = CELL_TEXT,
		 .flags = TABLE_COLUMN_KEY,
		 .help = "virtual machine, with --by vm" },
	[REASON] = { .name = "reason",
		     .title = "Exit reason",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY,
		     .help = "why the guest was left; missing: all reasons together" },
	[CODE] = { .name = "code",
		   .title = "Code",
		   .type = CELL_U64,
		   .unit = UNIT_ID,
		   .flags = TABLE_COLUMN_WIDE,
		   .help = "number of the reason in its instruction set" },
	[EXITS] = { .name = "exits",
		    .title = "Exits",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "exits in the window" },
	[PER_SEC] = { .name = "exits_per_s",
		      .title = "Exits/s",
		      .type = CELL_F64,
		      .unit = UNIT_PER_SEC,
		      .digits = 1,
		      .help = "exits / covered time" },
	[SHARE] = { .name = "exits_pct",
		    .title = "% of exits",
		    .type = CELL_F64,
		    .unit = UNIT_PCT,
		    .digits = 2,
		    .help = "share of the exits of the task (or machine)" },
	[HOST] = TABLE_NSEC("host", "Host time", TABLE_COLUMN_ADDS,
			    "from exit to entry, sum; with what it slept meanwhile"),
	[HOST_SHARE] = { .name = "host_pct",
			 .title = "% of time",
			 .type = CELL_F64,
			 .unit = UNIT_PCT,
			 .digits = 2,
			 .help = "share of the host time of the task (or machine)" },
	[MEAN] = TABLE_NSEC("mean", "Mean", 0, "host time / exits whose entry was seen"),
	[MIN] = TABLE_NSEC("min", "Min", TABLE_COLUMN_WIDE, "the shortest"),
	[P50] = TABLE_NSEC("p50", "p50", 0, "half of them were no longer (to 3.2 %)"),
	[P99] = TABLE_NSEC("p99", "p99", 0, "99 % of them were no longer (to 3.2 %)"),
	[MAX] = TABLE_NSEC("max", "Max", 0, "the longest"),
	[MAX_AT] = { .name = "max_at",
		     .title = "begun at",
		     .type = CELL_U64,
		     .unit = UNIT_TIME,
		     .flags = TABLE_COLUMN_WIDE,
		     .help = "exit of the longest" },
	[OFF_CPU] = TABLE_NSEC("off_cpu", "off CPU", TABLE_COLUMN_ADDS,
			       "of the host time, what the thread was switched out"),
	[LAST] = { .name = "last",
		   .title = "Last",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .flags = TABLE_COLUMN_ADDS,
		   .help = "exits that were the last before a switch-out" },
	[LAST_ASLEEP] = { .name = "last_asleep",
			  .title = "asleep",
			  .type = CELL_U64,
			  .unit = UNIT_COUNT,
			  .flags = TABLE_COLUMN_ADDS,
			  .help = "of these, those after which the thread slept rather than stood "
				  "preempted" },
};

struct view_options {
	const char *by;
	bool last, matrix;
};

struct kvm_view {
	struct exit_counts counts;
	struct task_rows rows;
	struct vm_groups vms;
	uint32_t *one; /* the group of all tasks, by task: 0 */
	enum { BY_TASK, BY_REASON, BY_VM } by;
};

static int begin(struct analysis_pass *p, struct err *e)
{
	struct kvm_view *v = p->state;
	const struct view_options *o = p->options;

	(void)e;
	v->by = !strcmp(o->by, "vm") ? BY_VM : !strcmp(o->by, "reason") ? BY_REASON : BY_TASK;
	v->counts.last = o->last;
	return 0;
}

static int take_kvm(struct analysis_pass *p, const struct kvm_span *span, size_t n, struct err *e)
{
	struct kvm_view *v = p->state;
	int r = 0;

	for (const struct kvm_span *k = span; k < span + n && r >= 0; k++)
		if (p->wanted[k->task])
			r = exit_counts_add(&v->counts, k);
	return r < 0 ? err_set(e, -ENOMEM, "out of memory") : 0;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct kvm_view *v = p->state;

	if (b->track == &track_vm && v->by == BY_VM && vm_groups_add(&v->vms, b) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	return 0;
}

/* ---- groups ---- */

static int settle_vms(struct analysis_pass *p)
{
	struct kvm_view *v = p->state;
	size_t n = tasks_count(p->src->tasks);
	auto_free bool *has_kvm = calloc(n + 1, sizeof(*has_kvm));

	if (!has_kvm)
		return -ENOMEM;
	for (size_t i = 0; i < v->counts.task.n; i++)
		has_kvm[v->counts.task.key[i] >> 32] = true;
	return vm_groups_settle(&v->vms, p->src->tasks, has_kvm, n);
}

static int fold(struct analysis_pass *p)
{
	struct kvm_view *v = p->state;

	switch (v->by) {
	case BY_VM:
		if (settle_vms(p) < 0)
			return -ENOMEM;
		return exit_counts_fold(&v->counts, v->vms.of);
	case BY_REASON:
		v->one = calloc(tasks_count(p->src->tasks) + 1, sizeof(*v->one));
		return v->one ? exit_counts_fold(&v->counts, v->one) : -ENOMEM;
	default:
		if (task_rows_init(&v->rows, p->args, p->src->tasks) < 0)
			return -ENOMEM;
		return exit_counts_fold(&v->counts, v->rows.of);
	}
}

static void name_group(const struct kvm_view *v, struct table *t, uint32_t group)
{
	if (v->by == BY_TASK)
		task_rows_fill(&v->rows, group, t);
	else if (v->by == BY_VM)
		table_set_text(t, VM, v->vms.group[group].name);
}

/* ---- the long table ---- */

static void set_lengths(struct analysis_pass *p, const struct exit_line *l)
{
	const struct exit_counts *c = &((struct kvm_view *)p->state)->counts;
	struct table *t = p->answer->table;
	const struct spread *s = &c->group.spreads.of[l->cell];
	const struct spread *all = &c->group.spreads.of[exit_counts_all(c, l->group)];
	struct loghist h;

	if (!s->count)
		return;
	spreads_histogram(&c->group.spreads, l->cell, &h);
	table_set_u64(t, HOST, s->sum);
	if (all->sum)
		table_set_f64(t, HOST_SHARE, 100.0 * (double)s->sum / (double)all->sum);
	table_set_u64(t, MEAN, s->sum / s->count);
	table_set_u64(t, MIN, s->min);
	table_set_u64(t, P50, loghist_quantile(&h, 0.5));
	table_set_u64(t, P99, loghist_quantile(&h, 0.99));
	table_set_u64(t, MAX, s->max);
	table_set_u64(t, MAX_AT, s->max_begin - min_of(s->max_begin, p->src->info->start));
	if (kvm_scan_stats(p->kvm)->switches)
		table_set_u64(t, OFF_CPU, c->group.sums[l->cell].off_cpu);
}

static void fill_line(struct analysis_pass *p, const struct exit_line *l)
{
	struct kvm_view *v = p->state;
	struct table *t = p->answer->table;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	const struct exit_sums *s = &v->counts.group.sums[l->cell];
	char name[KVM_REASON_MAX];

	table_row(t);
	name_group(v, t, l->group);
	if (l->place != EXIT_REASON_NONE) {
		const struct kvm_reason *r = &v->counts.reasons.reason[l->place];

		table_set_text(t, REASON, kvm_reason_name(r->isa, r->reason, name));
		table_set_u64(t, CODE, r->reason);
	}
	table_set_u64(t, EXITS, s->exits);
	if (stats->covered)
		table_set_f64(t, PER_SEC, (double)s->exits * NSEC_PER_SEC / (double)stats->covered);
	if (l->group_exits)
		table_set_f64(t, SHARE, 100.0 * (double)s->exits / (double)l->group_exits);
	set_lengths(p, l);
	if (stats->switches) {
		table_set_u64(t, LAST, s->last);
		table_set_u64(t, LAST_ASLEEP, s->asleep);
	}
}

static int answer_lines(struct analysis_pass *p)
{
	struct kvm_view *v = p->state;
	struct answer *a = p->answer;

	struct table_column shown[N_COLUMNS];

	memcpy(shown, columns, sizeof(shown));
	shown[VM].flags |= v->by != BY_VM ? TABLE_COLUMN_WIDE : 0;
	shown[TASK_ROW_TASK].flags |= v->by != BY_TASK ? TABLE_COLUMN_WIDE : 0;
	shown[TASK_ROW_TID].flags |= v->by != BY_TASK ? TABLE_COLUMN_WIDE : 0;
	a->table = table_new("kvm", "KVM exits by type", shown, N_COLUMNS);
	if (!a->table)
		return -ENOMEM;
	for (size_t i = 0; i < v->counts.n_lines; i++)
		fill_line(p, &v->counts.line[i]);
	a->figure = (struct figure){ .mark = MARK_STACK, .title = "KVM exits by type" };
	answer_part(a, ROLE_Y, v->by == BY_VM ? VM : TASK_ROW_TASK);
	answer_part(a, ROLE_SERIES, REASON);
	answer_part(a, ROLE_VALUE, EXITS);
	answer_part(a, ROLE_SECOND, HOST);
	return 0;
}

/* ---- the matrix ---- */

static void name_matrix_row(void *ctx, struct table *t, uint32_t group)
{
	const struct kvm_view *v = ctx;

	if (v->by == BY_TASK)
		task_rows_fill(&v->rows, group, t);
	else
		table_set_text(t, 0, v->by == BY_VM ? v->vms.group[group].name : "all tasks");
}

static int answer_matrix(struct analysis_pass *p)
{
	struct kvm_view *v = p->state;
	const struct table_column key[EXIT_MATRIX_KEYS] = {
		columns[v->by == BY_VM ? VM : TASK_ROW_TASK], columns[TASK_ROW_TID]
	};
	const struct exit_matrix_query q = { .key = key, .name = name_matrix_row, .ctx = v };

	return exit_matrix_make(&v->counts, &q, &p->answer->table);
}

/* ---- all ---- */

/* The greatest line of the groups: one reason in one of them. */
static const struct exit_line *greatest(const struct exit_counts *c, bool by_time)
{
	const struct exit_line *best = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < c->n_lines; i++) {
		const struct exit_line *l = &c->line[i];
		uint64_t v = by_time ? c->group.spreads.of[l->cell].sum : l->exits;

		if (l->place == EXIT_REASON_NONE || v <= most)
			continue;
		most = v;
		best = l;
	}
	return best;
}

static void add_facts(struct analysis_pass *p)
{
	const struct exit_counts *c = &((struct kvm_view *)p->state)->counts;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	uint64_t exits = 0, host = 0, last = 0;
	char text[QUANTITY_MAX], name[KVM_REASON_MAX];

	for (size_t i = 0; i < c->n_lines; i++) {
		if (c->line[i].place != EXIT_REASON_NONE)
			continue;
		exits += c->line[i].exits;
		host += c->group.spreads.of[c->line[i].cell].sum;
		last += c->group.sums[c->line[i].cell].last;
	}
	answer_fact(p->answer, c->last ? "last exits" : "exits", "%s, %.0f per second",
		    quantity_count(text, exits),
		    stats->covered ? (double)exits * NSEC_PER_SEC / (double)stats->covered : 0.0);
	for (unsigned int by_time = 0; by_time < 2; by_time++) {
		const struct exit_line *l = greatest(c, by_time);

		if (!l)
			continue;
		const struct kvm_reason *r = &c->reasons.reason[l->place];
		const char *reason = kvm_reason_name(r->isa, r->reason, name);

		if (by_time)
			answer_fact(p->answer, "most time", "%s, %s", reason,
				    quantity_duration(text, c->group.spreads.of[l->cell].sum));
		else
			answer_fact(p->answer, "most frequent", "%s, %s", reason,
				    quantity_count(text, l->exits));
	}
	if (host)
		answer_fact(p->answer, "host time", "%s", quantity_duration(text, host));
	if (stats->switches && !c->last)
		answer_fact(p->answer, "last before a switch-out", "%s",
			    quantity_count(text, last));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	const struct view_options *o = p->options;

	if (fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if ((o->matrix ? answer_matrix(p) : answer_lines(p)) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	add_facts(p);
	kvm_notes(p->kvm, p->answer->table);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct kvm_view *v = p->state;

	exit_counts_done(&v->counts);
	vm_groups_done(&v->vms);
	task_rows_done(&v->rows);
	free(v->one);
}

static const struct track *const needs_any[] = { &track_kvm_exit, &track_kvm, NULL };
static const struct track *const also[] = { &track_kvm_entry, &track_switch, &track_vm, NULL };
static const char *const by_choices[] = { "task", "reason", "vm", NULL };
static const struct option_spec options[] = {
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "per task (unless given), all tasks together (reason), or per virtual machine "
		  "(vm)" },
	{ .name = "last",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, last),
	  .help = "only the exits that were the last before the vCPU was switched out" },
	{ .name = "matrix",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, matrix),
	  .help = "numbers of exits with one column per reason" },
	{ 0 },
};
static const struct view_options defaults = { .by = "task" };

const struct analysis analysis_kvm = {
	.name = "kvm",
	.title = "KVM exits by type",
	.summary = "why vCPUs left the guest, how often, and how long it took",
	.help = "An exit counts in the window in which it happened. Its host time lasts from the "
		"exit to the next entry of the thread, and belongs to the window in which it ends, "
		"with its whole length; it holds what the thread slept meanwhile (off CPU). An "
		"exit whose entry was not seen counts, but has no length. Last: after this exit "
		"the thread was switched out before it entered the guest again; it counts where "
		"the switch-out is. A loss on any CPU forgets what vCPUs were doing. On a host "
		"without kvm_exit events the exits to user space are shown. Rows without a reason "
		"are the sums of a task. Percentiles come from a histogram with 16 buckets per "
		"octave; the rest is exact.",
	.needs_any = needs_any,
	.also = also,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct kvm_view),
	.begin = begin,
	.take_kvm = take_kvm,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
