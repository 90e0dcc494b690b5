/* SPDX-License-Identifier: MIT */
/* Where the time of each vCPU thread went: into the guest, into the host on its behalf, off the
 * CPU. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/kvm_notes.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"
#include "model/kvm_reason.h"

enum {
	GUEST = TASK_ROW_COLUMNS,
	GUEST_PCT,
	HOST,
	HOST_ON,
	OFF_CPU,
	EXITS,
	PER_SEC,
	LONGEST,
	LONGEST_REASON,
	LONGEST_AT,
	LONE,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[GUEST] = TABLE_NSEC("guest", "Guest", TABLE_COLUMN_ADDS, "time from entries to exits"),
	[GUEST_PCT] = { .name = "guest_pct",
			.title = "% of window",
			.type = CELL_F64,
			.unit = UNIT_PCT,
			.digits = 2,
			.help = "guest time / covered time" },
	[HOST] = TABLE_NSEC("host", "Host", TABLE_COLUMN_ADDS, "time from exits to entries"),
	[HOST_ON] = TABLE_NSEC("host_on_cpu", "on CPU", TABLE_COLUMN_ADDS,
			       "of it, what the thread ran"),
	[OFF_CPU] = TABLE_NSEC("host_off_cpu", "off CPU", TABLE_COLUMN_ADDS,
			       "of it, what it was switched out"),
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
	[LONGEST] =
		TABLE_NSEC("longest", "Longest host", 0, "longest time from an exit to its entry"),
	[LONGEST_REASON] = { .name = "longest_reason",
			     .title = "after",
			     .type = CELL_TEXT,
			     .help = "reason of that exit" },
	[LONGEST_AT] = { .name = "longest_at",
			 .title = "at",
			 .type = CELL_U64,
			 .unit = UNIT_TIME,
			 .help = "time of that exit" },
	[LONE] = { .name = "unmatched",
		   .title = "unmatched",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .flags = TABLE_COLUMN_ADDS,
		   .help = "exits and entries whose partner was not seen" },
};

struct sums {
	nsec_t guest, host, off_cpu, longest, longest_at;
	uint64_t exits, ended, lone;
	struct kvm_reason longest_reason;
};

struct guest {
	struct sums *task; /* by task number */
	size_t n_tasks;
	struct sums *row;
	struct task_rows rows;
	size_t vcpus; /* tasks with events */
};

static int make_room(struct analysis_pass *p)
{
	struct guest *g = p->state;
	void *array = g->task;
	int r = tasks_ensure(&array, &g->n_tasks, tasks_count(p->src->tasks), sizeof(*g->task));

	g->task = array;
	return r;
}

static void add_host(struct sums *s, const struct kvm_span *k)
{
	nsec_t length = k->end - k->begin;

	if (!s->ended++ || length > s->longest) {
		s->longest = length;
		s->longest_at = k->begin;
		s->longest_reason = (struct kvm_reason){ k->reason, k->isa };
	}
	s->host += length;
	s->off_cpu += k->off_cpu;
}

static int take_kvm(struct analysis_pass *p, const struct kvm_span *span, size_t n, struct err *e)
{
	struct guest *g = p->state;

	if (make_room(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (const struct kvm_span *k = span; k < span + n; k++) {
		struct sums *s = &g->task[k->task];

		if (k->kind == KVM_SPAN_GUEST)
			s->guest += k->end - k->begin - k->off_cpu;
		else if (k->kind == KVM_SPAN_HOST)
			add_host(s, k);
		else if (k->kind == KVM_SPAN_EXIT)
			s->exits++;
		else if (k->kind == KVM_SPAN_LONE)
			s->lone++;
	}
	return 0;
}

static void join(struct sums *to, const struct sums *from)
{
	if (from->ended && (!to->ended || from->longest > to->longest)) {
		to->longest = from->longest;
		to->longest_at = from->longest_at;
		to->longest_reason = from->longest_reason;
	}
	to->guest += from->guest;
	to->host += from->host;
	to->off_cpu += from->off_cpu;
	to->exits += from->exits;
	to->ended += from->ended;
	to->lone += from->lone;
}

static bool is_empty(const struct sums *s)
{
	return !s->exits && !s->ended && !s->guest && !s->lone;
}

static void fill_row(struct analysis_pass *p, size_t row)
{
	struct guest *g = p->state;
	struct table *t = p->answer->table;
	const struct sums *s = &g->row[row];
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	char name[KVM_REASON_MAX];

	table_row(t);
	task_rows_fill(&g->rows, row, t);
	table_set_u64(t, EXITS, s->exits);
	table_set_u64(t, LONE, s->lone);
	if (stats->covered)
		table_set_f64(t, PER_SEC, (double)s->exits * NSEC_PER_SEC / (double)stats->covered);
	if (!stats->user)
		table_set_u64(t, GUEST, s->guest);
	if (!stats->user && stats->covered)
		table_set_f64(t, GUEST_PCT, 100.0 * (double)s->guest / (double)stats->covered);
	if (stats->timed)
		table_set_u64(t, HOST, s->host);
	if (stats->timed && stats->switches) {
		table_set_u64(t, HOST_ON, s->host - s->off_cpu);
		table_set_u64(t, OFF_CPU, s->off_cpu);
	}
	if (!s->ended)
		return;
	table_set_u64(t, LONGEST, s->longest);
	table_set_text(t, LONGEST_REASON,
		       kvm_reason_name(s->longest_reason.isa, s->longest_reason.reason, name));
	table_set_u64(t, LONGEST_AT, s->longest_at - min_of(s->longest_at, p->src->info->start));
}

static int fold(struct analysis_pass *p)
{
	struct guest *g = p->state;

	if (make_room(p) < 0 || task_rows_init(&g->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	g->row = calloc(g->rows.n + 1, sizeof(*g->row));
	if (!g->row)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_tasks; i++) {
		uint32_t row = task_rows_of(&g->rows, i);

		if (row == TASK_ROW_NONE)
			continue;
		join(&g->row[row], &g->task[i]);
		g->vcpus += !is_empty(&g->task[i]);
	}
	return 0;
}

static void add_facts(struct analysis_pass *p)
{
	struct guest *g = p->state;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	struct sums all = { 0 };
	size_t longest = 0;
	char text[QUANTITY_MAX], name[TASK_NAME_MAX], reason[KVM_REASON_MAX];

	for (size_t i = 0; i < g->rows.n; i++) {
		if (g->row[i].ended && g->row[i].longest >= g->row[longest].longest)
			longest = i;
		join(&all, &g->row[i]);
	}
	answer_fact(p->answer, "vCPUs", "%zu", g->vcpus);
	if (!stats->user && stats->covered && g->vcpus)
		answer_fact(p->answer, "guest time", "%s, %.1f %% of each vCPU",
			    quantity_duration(text, all.guest),
			    100.0 * (double)all.guest / (double)stats->covered / (double)g->vcpus);
	answer_fact(p->answer, "exits", "%s", quantity_count(text, all.exits));
	if (all.ended)
		answer_fact(
			p->answer, "longest host time", "%s, %s after %s",
			quantity_duration(text, all.longest),
			task_rows_name(&g->rows, longest, name),
			kvm_reason_name(all.longest_reason.isa, all.longest_reason.reason, reason));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct guest *g = p->state;
	struct answer *a = p->answer;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);

	a->table = table_new("guest", "Guest and host time", columns, N_COLUMNS);
	if (!a->table || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < g->rows.n; i++) {
		if (!is_empty(&g->row[i]))
			fill_row(p, i);
	}
	if (table_sort(a->table, stats->user ? EXITS : GUEST, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	add_facts(p);
	kvm_notes(p->kvm, a->table);
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Guest time and exits" };
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_VALUE, stats->user ? EXITS : GUEST_PCT);
	answer_part(a, ROLE_SECOND, stats->user ? HOST : EXITS);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct guest *g = p->state;

	free(g->task);
	free(g->row);
	task_rows_done(&g->rows);
}

static const struct track *const needs_any[] = { &track_kvm_exit, &track_kvm, NULL };
static const struct track *const also[] = { &track_kvm_entry, &track_switch, NULL };

const struct analysis analysis_guest = {
	.name = "guest",
	.title = "Guest and host time",
	.summary = "where the time of vCPU threads went: guest, host, off CPU",
	.help = "Guest time lasts from an entry to the next exit of the thread, host time from an "
		"exit to the next entry. Off CPU is the part of the host time in which the thread "
		"was switched out, asleep (HLT) or not; the rest it ran in KVM and in the program "
		"that owns the machine. A span belongs to the window in which it ends, with its "
		"whole length, so a short window may hold more than itself. A loss on any CPU "
		"forgets what vCPUs were doing. An exit or entry whose partner was not seen has no "
		"length and is counted as unmatched.",
	.needs_any = needs_any,
	.also = also,
	.state_bytes = sizeof(struct guest),
	.take_kvm = take_kvm,
	.finish = finish,
	.done = done,
};
