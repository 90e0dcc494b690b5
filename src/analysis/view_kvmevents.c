/* SPDX-License-Identifier: MIT */
/*
 * Every tracepoint of the kvm subsystem by number, and one of them by what it was about: ports,
 * addresses, MSRs. Numbers come of the rows; how long the host took, of the spans of kvm_scan.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/exit_counts.h"
#include "analysis/kvm_subject.h"
#include "analysis/task_rows.h"
#include "base/quantity.h"

enum {
	EVENT = TASK_ROW_COLUMNS,
	WHAT,
	COUNT,
	PER_SEC,
	SHARE,
	TIME,
	TIME_SHARE,
	MEAN,
	MIN,
	P99,
	MAX,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	TASK_ROW_TABLE_COLUMNS,
	[EVENT] = { .name = "event",
		    .title = "Event",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "tracepoint; missing: all together" },
	[WHAT] = { .name = "what",
		   .title = "What",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY,
		   .help = "with --of: port, address, number ... and direction; missing: all "
			   "together" },
	[COUNT] = { .name = "count",
		    .title = "Count",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS,
		    .help = "events in the window" },
	[PER_SEC] = { .name = "per_s",
		      .title = "per second",
		      .type = CELL_F64,
		      .unit = UNIT_PER_SEC,
		      .digits = 1,
		      .help = "events / covered time" },
	[SHARE] = { .name = "pct",
		    .title = "% of events",
		    .type = CELL_F64,
		    .unit = UNIT_PCT,
		    .digits = 2,
		    .help = "share of the events of the task that are listed" },
	[TIME] = TABLE_NSEC("time", "Time", TABLE_COLUMN_ADDS,
			    "with --of: from the event to the entry, sum; MMIO "
			    "reads: from the exit to the event"),
	[TIME_SHARE] = { .name = "time_pct",
			 .title = "% of time",
			 .type = CELL_F64,
			 .unit = UNIT_PCT,
			 .digits = 2,
			 .help = "share of that time" },
	[MEAN] = TABLE_NSEC("mean", "Mean", 0, "time / events with a length"),
	[MIN] = TABLE_NSEC("min", "Min", 0, "the shortest"),
	[P99] = TABLE_NSEC("p99", "p99", 0, "99 % of them were no longer (to 3.2 %)"),
	[MAX] = TABLE_NSEC("max", "Max", 0, "the longest"),
};

/* Places of exits and entries among the kinds, which are of 8 bits. */
#define PLACE_EXIT  (KVM_KIND_MAX + 1u)
#define PLACE_ENTRY (KVM_KIND_MAX + 2u)
#define KIND_ALL    0u /* no --of */

struct view_options {
	const char *of, *by;
};

struct kvmevents {
	unsigned int of; /* enum kvm_kind, or KIND_ALL */
	bool by_all;
	struct kvm_subjects subjects; /* of the events of that kind */
	struct exit_counts counts; /* by task and kind, or subject */
	struct task_rows rows;
	uint32_t *group; /* by task, with --by all */
};

/* ---- names ---- */

/* The name of a tracepoint: with a number here, or as the recording says. */
static const char *kind_name(const struct run_info *info, unsigned int place, char *buf,
			     size_t size)
{
	const char *name = place <= KVM_KIND_MAX ? kvm_kind_name(place) : NULL;

	if (place == PLACE_EXIT)
		return "kvm_exit";
	if (place == PLACE_ENTRY)
		return "kvm_entry";
	if (!name && place >= KVM_KIND_NAMED) {
		(void)snprintf(buf, size, "kvm.kind.%u", place);
		name = run_info_meta(info, buf);
	}
	if (!name) {
		(void)snprintf(buf, size, "kind %u", place);
		name = buf;
	}
	return name;
}

/* "kvm_pio", "pio", "virq" -> kind; KIND_ALL when there is none. */
static unsigned int kind_by_name(const struct run_info *info, const char *word)
{
	char buf[32];

	for (unsigned int kind = 1; kind <= KVM_KIND_MAX; kind++) {
		const char *name = kind_name(info, kind, buf, sizeof(buf));

		if (!strcmp(name, word) || (!strncmp(name, "kvm_", 4) && !strcmp(name + 4, word)))
			return kind;
	}
	return strcmp(word, "virq") ? KIND_ALL : KVM_KIND_INJ_VIRQ;
}

/* ---- reading ---- */

static int begin(struct analysis_pass *p, struct err *e)
{
	struct kvmevents *v = p->state;
	const struct view_options *o = p->options;

	v->by_all = !strcmp(o->by, "all");
	if (!o->of)
		return 0;
	v->of = kind_by_name(p->src->info, o->of);
	if (v->of == KIND_ALL)
		return err_set(e, -EINVAL,
			       "--of '%s': no such event (as pio, mmio, msr, cpuid, hypercall or "
			       "virq)",
			       o->of);
	p->kvm_event = v->of;
	return 0;
}

static int take_kvm(struct analysis_pass *p, const struct kvm_span *span, size_t n, struct err *e)
{
	struct kvmevents *v = p->state;

	if (v->of == KIND_ALL)
		return 0;
	for (const struct kvm_span *k = span; k < span + n; k++) {
		if (k->kind != KVM_SPAN_EVENT || !p->wanted[k->task])
			continue;
		uint32_t place = kvm_subjects_number(&v->subjects, v->of, k->what, k->detail);

		if (place == KVM_SUBJECT_NONE ||
		    exit_counts_length(&v->counts, k->task, place, k->begin, k->end) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

/* The place of row @i, or EXIT_REASON_NONE when it is not asked for, or out of memory. */
static uint32_t place_of(struct kvmevents *v, const struct batch *b, uint32_t i, bool *ret_failed)
{
	if (b->track != &track_kvm)
		return v->of != KIND_ALL	     ? EXIT_REASON_NONE
		       : b->track == &track_kvm_exit ? PLACE_EXIT
						     : PLACE_ENTRY;
	unsigned int kind = batch_u8(b, KVM_KIND)[i];

	if (v->of == KIND_ALL)
		return kind;
	if (kind != v->of)
		return EXIT_REASON_NONE;
	uint32_t place = kvm_subjects_number(&v->subjects, kind, batch_u64(b, KVM_WHAT)[i],
					     batch_u32(b, KVM_DETAIL)[i]);

	*ret_failed |= place == KVM_SUBJECT_NONE;
	return place;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct kvmevents *v = p->state;
	bool failed = false;
	const uint32_t *tid;

	if (b->track != &track_kvm && b->track != &track_kvm_exit && b->track != &track_kvm_entry)
		return 0;
	tid = batch_u32(b, b->track == &track_kvm	 ? KVM_TID
			   : b->track == &track_kvm_exit ? KVM_EXIT_TID
							 : KVM_ENTRY_TID);
	for (uint32_t i = 0; i < b->rows && !failed; i++) {
		uint32_t task = task_index_get(p->index, tid[i], b->time[i], b->cpu);
		uint32_t place = place_of(v, b, i, &failed);

		failed |= task == TASKS_NONE;
		if (!failed && place != EXIT_REASON_NONE)
			failed = exit_counts_count(&v->counts, task, place) < 0;
	}
	return failed ? err_set(e, -ENOMEM, "out of memory") : 0;
}

/* ---- out ---- */

static int fold(struct analysis_pass *p)
{
	struct kvmevents *v = p->state;

	if (task_rows_init(&v->rows, p->args, p->src->tasks) < 0)
		return -ENOMEM;
	if (!v->by_all)
		return exit_counts_fold(&v->counts, v->rows.of);
	v->group = calloc(v->rows.n_tasks + 1, sizeof(*v->group));
	if (!v->group)
		return -ENOMEM;
	for (size_t i = 0; i < v->rows.n_tasks; i++)
		v->group[i] = v->rows.of[i] == TASK_ROW_NONE ? TASK_ROW_NONE : 0;
	return exit_counts_fold(&v->counts, v->group);
}

static void set_lengths(struct analysis_pass *p, const struct exit_line *l)
{
	const struct exit_counts *c = &((struct kvmevents *)p->state)->counts;
	struct table *t = p->answer->table;
	const struct spread *s = &c->group.spreads.of[l->cell];
	const struct spread *all = &c->group.spreads.of[exit_counts_all(c, l->group)];
	struct loghist h;

	if (!s->count)
		return;
	spreads_histogram(&c->group.spreads, l->cell, &h);
	table_set_u64(t, TIME, s->sum);
	if (all->sum)
		table_set_f64(t, TIME_SHARE, 100.0 * (double)s->sum / (double)all->sum);
	table_set_u64(t, MEAN, s->sum / s->count);
	table_set_u64(t, MIN, s->min);
	table_set_u64(t, P99, loghist_quantile(&h, 0.99));
	table_set_u64(t, MAX, s->max);
}

static void fill_line(struct analysis_pass *p, const struct exit_line *l)
{
	struct kvmevents *v = p->state;
	struct table *t = p->answer->table;
	nsec_t covered = p->kvm ? kvm_scan_stats(p->kvm)->covered : 0;
	bool all = l->place == EXIT_REASON_NONE;
	char name[KVM_SUBJECT_MAX];

	table_row(t);
	if (!v->by_all)
		task_rows_fill(&v->rows, l->group, t);
	if (v->of != KIND_ALL)
		table_set_text(t, EVENT, kind_name(p->src->info, v->of, name, sizeof(name)));
	else if (!all)
		table_set_text(t, EVENT, kind_name(p->src->info, l->place, name, sizeof(name)));
	if (v->of != KIND_ALL && !all)
		table_set_text(t, WHAT,
			       kvm_subject_name(v->of, &v->subjects.subject[l->place], name));
	table_set_u64(t, COUNT, l->exits);
	if (covered)
		table_set_f64(t, PER_SEC, (double)l->exits * NSEC_PER_SEC / (double)covered);
	if (l->group_exits)
		table_set_f64(t, SHARE, 100.0 * (double)l->exits / (double)l->group_exits);
	set_lengths(p, l);
}

static void add_facts(struct analysis_pass *p)
{
	const struct exit_counts *c = &((struct kvmevents *)p->state)->counts;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	uint64_t events = 0, time = 0;
	char text[QUANTITY_MAX];

	for (size_t i = 0; i < c->n_lines; i++) {
		if (c->line[i].place != EXIT_REASON_NONE)
			continue;
		events += c->line[i].exits;
		time += c->group.spreads.of[c->line[i].cell].sum;
	}
	answer_fact(p->answer, "events", "%s, %.0f per second", quantity_count(text, events),
		    stats->covered ? (double)events * NSEC_PER_SEC / (double)stats->covered : 0.0);
	if (time)
		answer_fact(p->answer, "time", "%s", quantity_duration(text, time));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct kvmevents *v = p->state;
	struct answer *a = p->answer;
	struct table_column shown[N_COLUMNS];
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);

	memcpy(shown, columns, sizeof(shown));
	for (unsigned int i = 0; i < TASK_ROW_COLUMNS; i++)
		shown[i].flags |= v->by_all ? TABLE_COLUMN_WIDE : 0;
	for (unsigned int i = WHAT; i < N_COLUMNS; i++)
		if ((i == WHAT && v->of == KIND_ALL) ||
		    (i >= TIME && (v->of == KIND_ALL || stats->user)))
			shown[i].flags |= TABLE_COLUMN_WIDE;
	a->table = table_new("kvmevents", "KVM events", shown, N_COLUMNS);
	if (!a->table || fold(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < v->counts.n_lines; i++)
		fill_line(p, &v->counts.line[i]);
	add_facts(p);
	if (v->of != KIND_ALL && stats->user)
		table_note(a->table, "this host has no kvm_exit and kvm_entry events: how long "
				     "these events took is not known");
	a->figure = (struct figure){ .mark = MARK_STACK, .title = "KVM events" };
	answer_part(a, ROLE_Y, TASK_ROW_TASK);
	answer_part(a, ROLE_SERIES, v->of == KIND_ALL ? EVENT : WHAT);
	answer_part(a, ROLE_VALUE, COUNT);
	if (v->of != KIND_ALL)
		answer_part(a, ROLE_SECOND, TIME);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct kvmevents *v = p->state;

	exit_counts_done(&v->counts);
	kvm_subjects_done(&v->subjects);
	task_rows_done(&v->rows);
	free(v->group);
}

static const struct track *const needs_any[] = { &track_kvm, &track_kvm_exit, NULL };
static const struct track *const also[] = { &track_kvm_entry, NULL };
static const char *const by_choices[] = { "task", "all", NULL };
static const struct option_spec options[] = {
	{ .name = "of",
	  .type = OPTION_STRING,
	  .arg = "EVENT",
	  OPTION_AT(struct view_options, of),
	  .help = "one event by what it was about: pio (port), mmio (address), msr (number), cpuid "
		  "(function), hypercall (number), virq (vector) ..." },
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct view_options, by),
	  .help = "per task (unless given), or all tasks together" },
	{ 0 },
};
static const struct view_options defaults = { .by = "task" };

const struct analysis analysis_kvmevents = {
	.name = "kvmevents",
	.title = "KVM events",
	.summary = "all events of KVM by kind, or one kind by port, address, number ...",
	.help = "Events count for the thread that was current where they happened. With --of, time "
		"is what the host took for them: from the event to the next entry of the vCPU, and "
		"for reads of MMIO from the exit to the event. Of several such events between an "
		"exit and its entry only the last has a length. A length belongs to the window in "
		"which it ends. Rows without an event, or with --of without a subject, are the "
		"sums of a task.",
	.needs_any = needs_any,
	.also = also,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.state_bytes = sizeof(struct kvmevents),
	.begin = begin,
	.take_kvm = take_kvm,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
