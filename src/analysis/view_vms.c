/* SPDX-License-Identifier: MIT */
/* Virtual machines: what their vCPUs got, what they had to wait for, and how often they left the
 * guest. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/kvm_notes.h"
#include "analysis/spread.h"
#include "analysis/vm_groups.h"
#include "base/quantity.h"
#include "model/vm_track.h"

enum {
	VM,
	PID,
	VCPUS,
	THREADS,
	GUEST,
	GUEST_PCT,
	HOST,
	RUN,
	OTHER_RUN,
	STEAL,
	STEAL_PCT,
	WAKE_P50,
	WAKE_P99,
	WAKE_MAX,
	EXITS,
	PER_SEC,
	HALTS,
	POLLS,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	[VM] = { .name = "vm",
		 .title = "VM",
		 .type = CELL_TEXT,
		 .flags = TABLE_COLUMN_KEY,
		 .help = "role without its last part, else the machine's name, else its process" },
	[PID] = { .name = "pid",
		  .title = "PID",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		  .help = "process of the machine" },
	[VCPUS] = TABLE_COUNT("vcpus", "vCPUs", 0, "threads that run the guest"),
	[THREADS] = TABLE_COUNT("threads", "Threads", 0, "threads of the machine that were seen"),
	[GUEST] = TABLE_NSEC("guest", "Guest", TABLE_COLUMN_ADDS,
			     "time from entries to exits, all vCPUs"),
	[GUEST_PCT] = TABLE_PCT("guest_pct", "guest %", 0, "guest time / (vCPUs x covered time)"),
	[HOST] = TABLE_NSEC("host", "Host", TABLE_COLUMN_ADDS,
			    "time from exits to entries, with sleep"),
	[RUN] = TABLE_NSEC("run", "vCPU run", TABLE_COLUMN_ADDS,
			   "time of the vCPU threads on CPUs"),
	[OTHER_RUN] = TABLE_NSEC("other_run", "other run", TABLE_COLUMN_ADDS,
				 "time of the machine's other threads on CPUs"),
	[STEAL] = TABLE_NSEC("steal", "Steal", TABLE_COLUMN_ADDS,
			     "time in which vCPU threads wanted to run and did not: waits after "
			     "a wake-up, and preemption"),
	[STEAL_PCT] = TABLE_PCT("steal_pct", "steal %", 0, "steal / (vCPUs x covered time)"),
	[WAKE_P50] = TABLE_NSEC("wake_p50", "wake p50", 0,
				"half of the vCPUs' waits from wake-up to run were no longer"),
	[WAKE_P99] = TABLE_NSEC("wake_p99", "p99", 0, "99 % of these waits were no longer"),
	[WAKE_MAX] = TABLE_NSEC("wake_max", "max", 0, "the longest of these waits"),
	[EXITS] = TABLE_COUNT("exits", "Exits", TABLE_COLUMN_ADDS,
			      "exits of its vCPUs in the window"),
	[PER_SEC] = { .name = "exits_per_s",
		      .title = "Exits/s",
		      .type = CELL_F64,
		      .unit = UNIT_PER_SEC,
		      .digits = 1,
		      .help = "exits / covered time" },
	[HALTS] = TABLE_COUNT("halts", "Halts", TABLE_COLUMN_ADDS, "ends of HLT: kvm_vcpu_wakeup"),
	[POLLS] = TABLE_COUNT("halt_polls", "polled", TABLE_COLUMN_ADDS,
			      "of these, ended while KVM polled, so that the thread did not sleep"),
};

/* Of a task, and of a machine. */
struct sums {
	nsec_t guest, host, run, other_run, steal;
	uint64_t exits, halts, polls;
	bool seen; /* task: has KVM events; machine: a thread of it was asked for */
};

struct vms {
	struct sums *task; /* by task number */
	size_t n_tasks;
	struct sums *vm; /* by group */
	struct vm_groups groups;
	struct spreads wait, vm_wait; /* by task, by group */
	bool has_halts;
};

static int make_room(struct analysis_pass *p, struct err *e)
{
	struct vms *v = p->state;
	size_t need = tasks_count(p->src->tasks);
	void *array = v->task;
	int r = tasks_ensure(&array, &v->n_tasks, need, sizeof(*v->task));

	v->task = array;
	if (r >= 0)
		r = spreads_ensure(&v->wait, need);
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

static int take_runs(struct analysis_pass *p, const struct run *run, size_t n, struct err *e)
{
	struct vms *v = p->state;
	int ret = make_room(p, e);

	for (const struct run *r = run; r < run + n && ret >= 0; r++)
		v->task[r->task].run += r->end - r->begin;
	return ret;
}

static int take_delays(struct analysis_pass *p, const struct delay *delay, size_t n, struct err *e)
{
	struct vms *v = p->state;
	int r = make_room(p, e);

	for (const struct delay *d = delay; d < delay + n && r >= 0; d++) {
		if (d->kind == DELAY_WAIT || d->kind == DELAY_PREEMPTED)
			v->task[d->task].steal += d->end - d->begin;
		if (d->kind == DELAY_WAIT && spreads_add(&v->wait, d->task, d->begin, d->end) < 0)
			r = err_set(e, -ENOMEM, "out of memory");
	}
	return r;
}

static int take_kvm(struct analysis_pass *p, const struct kvm_span *span, size_t n, struct err *e)
{
	struct vms *v = p->state;
	int r = make_room(p, e);

	for (const struct kvm_span *k = span; k < span + n && r >= 0; k++) {
		struct sums *s = &v->task[k->task];

		if (k->kind == KVM_SPAN_GUEST)
			s->guest += k->end - k->begin - k->off_cpu;
		else if (k->kind == KVM_SPAN_HOST)
			s->host += k->end - k->begin;
		else if (k->kind == KVM_SPAN_EXIT)
			s->exits++;
		s->seen = true;
	}
	return r;
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct vms *v = p->state;

	if (b->track == &track_vm && vm_groups_add(&v->groups, b) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (b->track != &track_kvm)
		return 0;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (batch_u8(b, KVM_KIND)[i] != KVM_KIND_VCPU_WAKEUP)
			continue;
		uint32_t task =
			task_index_get(p->index, batch_u32(b, KVM_TID)[i], b->time[i], b->cpu);

		if (task == TASKS_NONE)
			return err_set(e, -ENOMEM, "out of memory");
		if (task >= v->n_tasks && make_room(p, e) < 0)
			return -ENOMEM;
		v->has_halts = true;
		v->task[task].halts++;
		v->task[task].polls += !(batch_u32(b, KVM_DETAIL)[i] & 1);
	}
	return 0;
}

/* ---- folding ---- */

static int settle(struct analysis_pass *p)
{
	struct vms *v = p->state;
	auto_free bool *has_kvm = calloc(v->n_tasks + 1, sizeof(*has_kvm));

	if (!has_kvm)
		return -ENOMEM;
	for (size_t i = 0; i < v->n_tasks; i++)
		has_kvm[i] = v->task[i].seen;
	return vm_groups_settle(&v->groups, p->src->tasks, has_kvm, v->n_tasks);
}

static int fold(struct analysis_pass *p, struct err *e)
{
	struct vms *v = p->state;

	if (make_room(p, e) < 0 || settle(p) < 0 || make_room(p, e) < 0)
		return -ENOMEM;
	auto_free uint32_t *map = calloc(v->wait.n + 1, sizeof(*map));

	v->vm = calloc(v->groups.n + 1, sizeof(*v->vm));
	if (!map || !v->vm)
		return -ENOMEM;
	for (size_t i = 0; i < v->wait.n; i++)
		map[i] = SPREAD_NONE;
	for (uint32_t i = 0; i < v->groups.n_tasks; i++) {
		const struct sums *from = &v->task[i];

		if (v->groups.of[i] == VM_GROUP_NONE || !analysis_wants(p->args, p->src->tasks, i))
			continue;
		struct sums *to = &v->vm[v->groups.of[i]];

		to->seen = true;
		if (!v->groups.vcpu[i]) {
			to->other_run += from->run;
			continue;
		}
		map[i] = v->groups.of[i];
		to->guest += from->guest;
		to->host += from->host;
		to->run += from->run;
		to->steal += from->steal;
		to->exits += from->exits;
		to->halts += from->halts;
		to->polls += from->polls;
	}
	if (spreads_fold(&v->vm_wait, &v->wait, map) < 0 ||
	    spreads_ensure(&v->vm_wait, v->groups.n + 1) < 0)
		return -ENOMEM;
	spreads_settle(&v->vm_wait);
	return 0;
}

/* ---- out ---- */

static void set_sched(struct analysis_pass *p, uint32_t vm)
{
	struct vms *v = p->state;
	struct table *t = p->answer->table;
	const struct sums *s = &v->vm[vm];
	const struct spread *wait = &v->vm_wait.of[vm];
	double whole = (double)sched_scan_longest(p->scan) * v->groups.group[vm].vcpus;
	struct loghist h;

	table_set_u64(t, RUN, s->run);
	table_set_u64(t, OTHER_RUN, s->other_run);
	table_set_u64(t, STEAL, s->steal);
	if (whole > 0)
		table_set_f64(t, STEAL_PCT, 100.0 * (double)s->steal / whole);
	if (!wait->count)
		return;
	spreads_histogram(&v->vm_wait, vm, &h);
	table_set_u64(t, WAKE_P50, loghist_quantile(&h, 0.5));
	table_set_u64(t, WAKE_P99, loghist_quantile(&h, 0.99));
	table_set_u64(t, WAKE_MAX, wait->max);
}

static void set_kvm(struct analysis_pass *p, uint32_t vm)
{
	struct vms *v = p->state;
	struct table *t = p->answer->table;
	const struct kvm_scan_stats *stats = kvm_scan_stats(p->kvm);
	const struct sums *s = &v->vm[vm];
	double whole = (double)stats->covered * v->groups.group[vm].vcpus;

	table_set_u64(t, EXITS, s->exits);
	if (stats->covered)
		table_set_f64(t, PER_SEC, (double)s->exits * NSEC_PER_SEC / (double)stats->covered);
	if (!stats->user)
		table_set_u64(t, GUEST, s->guest);
	if (!stats->user && whole > 0)
		table_set_f64(t, GUEST_PCT, 100.0 * (double)s->guest / whole);
	if (stats->timed)
		table_set_u64(t, HOST, s->host);
	if (v->has_halts) {
		table_set_u64(t, HALTS, s->halts);
		table_set_u64(t, POLLS, s->polls);
	}
}

static void fill_row(struct analysis_pass *p, uint32_t vm, bool sched)
{
	struct vms *v = p->state;
	struct table *t = p->answer->table;
	const struct vm_group *g = &v->groups.group[vm];

	table_row(t);
	table_set_text(t, VM, g->name);
	if (g->pid)
		table_set_u64(t, PID, g->pid);
	table_set_u64(t, VCPUS, g->vcpus);
	table_set_u64(t, THREADS, g->threads);
	if (sched)
		set_sched(p, vm);
	if (p->kvm)
		set_kvm(p, vm);
}

static void add_facts(struct analysis_pass *p, bool sched)
{
	struct vms *v = p->state;
	uint64_t vcpus = 0;
	nsec_t steal = 0;
	uint32_t most = 0;
	char text[QUANTITY_MAX];

	for (uint32_t i = 0; i < v->groups.n; i++) {
		if (!v->vm[i].seen)
			continue;
		vcpus += v->groups.group[i].vcpus;
		steal += v->vm[i].steal;
		most = v->vm[i].steal > v->vm[most].steal ? i : most;
	}
	answer_fact(p->answer, "virtual machines", "%zu, %s vCPUs", table_n_rows(p->answer->table),
		    quantity_count(text, vcpus));
	if (sched)
		answer_fact(p->answer, "steal", "%s", quantity_duration(text, steal));
	if (sched && steal)
		answer_fact(p->answer, "most stolen from", "%s, %s", v->groups.group[most].name,
			    quantity_duration(text, v->vm[most].steal));
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct vms *v = p->state;
	struct answer *a = p->answer;
	bool sched = analysis_has_track(p->src->info, &track_switch);

	a->table = table_new("vms", "Virtual machines", columns, N_COLUMNS);
	if (!a->table || fold(p, e) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < v->groups.n; i++)
		if (v->vm[i].seen)
			fill_row(p, i, sched);
	if (table_sort(a->table, sched ? RUN : EXITS, true) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	add_facts(p, sched);
	if (!sched)
		table_note(a->table, "switches were not recorded: run time, steal and wake-ups are "
				     "not known (record with -e switch,wakeup,kvm)");
	else if (!sched_scan_stats(p->scan)->wakeups)
		table_note(a->table, "wake-ups were not recorded: steal is preemption only (record "
				     "with -e switch,wakeup,kvm)");
	if (p->kvm)
		kvm_notes(p->kvm, a->table);
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "Virtual machines" };
	answer_part(a, ROLE_Y, VM);
	answer_part(a, ROLE_VALUE, STEAL_PCT);
	answer_part(a, ROLE_SECOND, EXITS);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct vms *v = p->state;

	free(v->task);
	free(v->vm);
	vm_groups_done(&v->groups);
	spreads_done(&v->wait);
	spreads_done(&v->vm_wait);
}

static const struct track *const needs_any[] = { &track_kvm_exit, &track_kvm, &track_vm, NULL };
static const struct track *const also[] = { &track_kvm_entry, &track_switch, &track_wakeup, NULL };

const struct analysis analysis_vms = {
	.name = "vms",
	.title = "Virtual machines",
	.summary = "guest time, steal, wake-up latency and exits per virtual machine",
	.help = "A vCPU is a thread with KVM events, or one that /proc, its role or QEMU's name "
		"for it call so. Threads belong to one machine by their process, where that is "
		"not known by the role without its last part. Guest and host time as in 'guest'. "
		"Steal is the time in which vCPU threads wanted to run and did not: waits from "
		"wake-up to run, and preemption; a delay belongs to the window in which it ends, "
		"with its whole length. Percentages are of the covered time of all vCPUs. Wake "
		"p50, p99 and max are of the vCPUs' waits from wake-up to run. A halt is polled "
		"when it ended before KVM put the thread to sleep.",
	.needs_any = needs_any,
	.also = also,
	.state_bytes = sizeof(struct vms),
	.take_runs = take_runs,
	.take_delays = take_delays,
	.take_kvm = take_kvm,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
