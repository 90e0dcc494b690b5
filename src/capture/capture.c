/* SPDX-License-Identifier: MIT */
/*
 * A capture session: chooses the engine, knows which CPUs are recorded and since when, reads the
 * tasks that are there at the start, and takes the clock anchors. Order at the start: events first,
 * then the tasks, so that a task that forks meanwhile is seen at least once.
 */
#include "capture/capture.h"

#include "base/buf.h"
#include "capture/beside_sink.h"
#include "capture/counting.h"
#include "capture/engine.h"
#include "capture/gather.h"
#include "capture/host_facts.h"
#include "capture/kvm_events.h"
#include "capture/sampler.h"
#include "capture/tracefs.h"
#include "model/file_track.h"
#include "names/proc_tasks.h"
#include "names/roles.h"
#include "names/vm_list.h"
#include "names/vm_scan.h"

#define ANCHOR_EVERY (10 * NSEC_PER_SEC)
#define DRAIN_EVERY  256 /* tasks read, so that the rings do not overflow meanwhile */

struct capture {
	struct capture_options options;
	struct cpuset cpus;
	unsigned int n_cpus;
	const struct engine *engine; /* NULL: samples or counters alone */
	/* In the order of starting: a sampler reads what is mapped while the engine's rings, which
	 * fill faster, are still empty. NULL = none. */
	struct event_source *sampler, *source, *counting;
	struct kvm_events *kvm; /* NULL = none */
	struct gather gather;
	struct beside_sink beside;
	nsec_t start, last_drain, last_anchor;
	unsigned int max_fill_pct;
	unsigned int n_snapshot; /* tasks of the snapshot in progress */
	struct vm_scan *scan; /* of the snapshot in progress, or NULL */
	struct err *error; /* of the snapshot in progress */
	bool stopped;
};

/* ---- open ---- */

static int settle_cpus(struct capture *c, struct err *e)
{
	struct cpuset online;
	int r = cpuset_online(c->options.root_fd, &online, e);

	if (r < 0)
		return r;
	c->cpus = online;
	if (c->options.cpus) {
		c->cpus = *c->options.cpus;
		for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0;
		     cpu = cpuset_next(&c->cpus, cpu + 1))
			if (!cpuset_has(&online, (uint32_t)cpu))
				return err_set(e, -EINVAL, "CPU %d is not online", cpu);
	}
	for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0; cpu = cpuset_next(&c->cpus, cpu + 1))
		c->n_cpus = (unsigned int)cpu + 1;
	if (!c->n_cpus)
		return err_set(e, -EINVAL, "no CPUs to record");
	c->options.cpus = &c->cpus;
	return 0;
}

static int settle_kvm(struct capture *c, struct err *e)
{
	bool own;
	struct err why = { 0 };

	if (!(c->options.events & (CAPTURE_KVM | CAPTURE_KVM_ALL)))
		return 0;
	auto_close int tracefs = tracefs_open(c->options.root_fd, &own, &why);

	if (tracefs < 0)
		return err_set(e, tracefs, "kvm events: %s (try: sudo)", err_text(&why, tracefs));
	char note[256];
	int r = kvm_events_settle(tracefs, &c->options.events, &c->kvm, note, sizeof(note), e);

	if (r >= 0 && *note)
		gather_note(&c->gather, "%s", note);
	return r;
}

static int probe(const struct capture *c, const struct engine *engine, struct err *why)
{
	int r = engine->probe(c->options.root_fd, why);

	return r >= 0 && c->kvm && engine->probe_kvm ? engine->probe_kvm(c->options.root_fd, why)
						     : r;
}

/* The engine that was asked for, or the first that works; when none does, why not. */
static int choose_engine(struct capture *c, struct err *e)
{
	const char *name = c->options.engine;
	struct err why = { 0 }, all = { 0 };
	int code = 0;

	for (const struct engine *const *i = engine_list; *i; i++) {
		if (name && strcmp(name, (*i)->name))
			continue;
		int r = probe(c, *i, &why);

		if (r >= 0) {
			c->engine = *i;
			return 0;
		}
		char before[ERR_TEXT_MAX];

		snprintf(before, sizeof(before), "%s", all.text);
		err_set(&all, r, "%s%sengine %s: %s", before, *before ? "; " : "", (*i)->name,
			err_text(&why, r));
		/* What is said first counts. */
		code = code ? code : r;
	}
	if (!code)
		return err_set(e, -EINVAL, "no engine '%s'", name);
	return err_set(e, code, "%s", all.text);
}

static int open_engine(struct capture *c, struct err *e)
{
	struct err why = { 0 };

	bool besides = c->options.sampler || c->options.counting || c->options.metrics;

	if (besides && !(c->options.events & ~CAPTURE_TASK))
		return 0;
	int r = choose_engine(c, &why);

	if (r >= 0)
		r = c->engine->open(&c->options, c->kvm, &c->gather, &c->source, &why);
	if (r >= 0)
		return 0;
	if (!besides || !c->options.engine_optional ||
	    (r != -EPERM && r != -EACCES && r != -EOPNOTSUPP))
		return err_set(e, r, "%s", err_text(&why, r));
	c->engine = NULL;
	c->options.events = CAPTURE_TASK;
	gather_note(&c->gather,
		    "switches and wake-ups are not recorded, they need CAP_BPF or CAP_PERFMON "
		    "(try: sudo)");
	return 0;
}

int capture_open(const struct capture_options *o, struct capture **ret, struct err *e)
{
	auto_ptr(capture) c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->options = *o;
	if (!c->options.events)
		c->options.events = CAPTURE_DEFAULT;
	int r = settle_cpus(c, e);

	if (r >= 0)
		r = gather_init(&c->gather, c->n_cpus);
	beside_sink_init(&c->beside, &c->gather);
	if (r >= 0)
		r = settle_kvm(c, e);
	if (r >= 0)
		r = open_engine(c, e);
	if (r >= 0 && c->options.sampler)
		r = sampler_open(&c->options, !c->source, &c->gather, &c->sampler, e);
	if (r >= 0 && c->options.counting)
		r = counting_open(&c->options, !c->source && !c->sampler, &c->gather, &c->counting,
				  e);
	if (r < 0)
		return r;
	*ret = steal_ptr(c);
	return 0;
}

struct capture *capture_free(struct capture *c)
{
	if (!c)
		return NULL;
	if (c->source)
		c->source->free(c->source);
	if (c->sampler)
		c->sampler->free(c->sampler);
	if (c->counting)
		c->counting->free(c->counting);
	kvm_events_free(c->kvm);
	vm_scan_free(c->scan);
	gather_done(&c->gather);
	free(c);
	return NULL;
}

struct sink *capture_sink(struct capture *c)
{
	return &c->beside.base;
}

bool capture_tells_tasks(const struct capture *c)
{
	return c->source || c->sampler;
}

/* ---- running ---- */

static int write_anchor(struct capture *c, struct sink *sink, struct err *e)
{
	return host_facts_anchor(sink, &c->last_anchor, e);
}

int capture_drain(struct capture *c, unsigned int *ret_fill_pct, struct err *e)
{
	unsigned int fill = 0;
	nsec_t now = nsec_monotonic();
	int r = c->source ? c->source->drain(c->source, &fill, e) : 0;

	if (r >= 0 && c->sampler)
		r = c->sampler->drain(c->sampler, &fill, e);
	if (r >= 0 && c->counting)
		r = c->counting->drain(c->counting, &fill, e);
	if (r >= 0)
		r = gather_flush(&c->gather, e);
	if (r >= 0 && now - c->last_anchor >= ANCHOR_EVERY)
		r = write_anchor(c, c->gather.sink, e);
	if (r < 0)
		return err_set(e, r, "cannot store events: %s", err_text(e, r));
	c->last_drain = now;
	c->max_fill_pct = max_of(c->max_fill_pct, fill);
	if (ret_fill_pct)
		*ret_fill_pct = fill;
	return 0;
}

static int take_alive(void *ctx, const struct proc_task *p)
{
	struct capture *c = ctx;
	const struct gather_task t = {
		.time = nsec_monotonic(),
		.kind = TASK_ALIVE,
		.tid = p->tid,
		.tgid = p->tgid,
		.parent = p->parent,
		.kernel = p->kernel,
		.comm = p->comm,
	};
	int r = gather_task(&c->gather, BATCH_CPU_NONE, &t);

	if (r >= 0 && c->scan)
		r = vm_scan_task(c->scan, p);
	if (r >= 0 && ++c->n_snapshot % DRAIN_EVERY == 0)
		r = capture_drain(c, NULL, c->error);
	return r;
}

/* Rows of the machines that the snapshot has met. Roles go through gather, which keeps the task
 * stream's times in order. */
static int write_machines(struct capture *c, struct err *e)
{
	auto_ptr(vm_list) vms = vm_list_new();
	const struct role_sources names = { .vms = vms, .machine_names = true };
	nsec_t now = nsec_monotonic();
	int r = vms ? vm_scan_finish(c->scan, now, vms) : -ENOMEM;

	if (r >= 0)
		r = vm_list_write(vms, now, c->gather.sink, e);
	for (size_t i = 0; r >= 0 && i < vm_list_count(vms); i++) {
		const struct vm_thread *t = vm_list_at(vms, i);
		char role[2 * NAME_MAX_BYTES];

		if (role_of_vm_thread(&names, t, role, sizeof(role)))
			r = gather_task(&c->gather, BATCH_CPU_NONE,
					&(struct gather_task){ .time = now,
							       .kind = TASK_ROLE,
							       .tid = t->tid,
							       .comm = role });
	}
	return r;
}

int capture_snapshot(struct capture *c, nsec_t *ret_time, struct err *e)
{
	*ret_time = nsec_monotonic();
	c->n_snapshot = 0;
	c->error = e;
	int r = c->options.without_vms ? 0 : vm_scan_new(c->options.root_fd, &c->scan);

	if (r >= 0)
		r = proc_tasks_read(c->options.root_fd, take_alive, c, e);
	if (r >= 0 && c->scan)
		r = write_machines(c, e);
	c->scan = vm_scan_free(c->scan);
	return r < 0 ? r : gather_flush(&c->gather, e);
}

/* Nothing is captured beside metrics: the time that they are read in is covered. */
static bool nothing_captured(const struct capture *c)
{
	return !c->sampler && !c->source && !c->counting;
}

int capture_start(struct capture *c, struct sink *sink, struct err *e)
{
	nsec_t at;

	c->gather.sink = sink;
	int r = c->sampler ? c->sampler->start(c->sampler, e) : 0;

	if (r >= 0 && c->source)
		r = c->source->start(c->source, e);
	if (r >= 0 && c->counting)
		r = c->counting->start(c->counting, e);
	if (r < 0)
		return r;
	c->start = NSEC_MAX;
	for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0 && nothing_captured(c);
	     cpu = cpuset_next(&c->cpus, cpu + 1))
		gather_cover(&c->gather, (uint32_t)cpu, nsec_monotonic(), NSEC_MAX);
	for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0; cpu = cpuset_next(&c->cpus, cpu + 1))
		c->start = min_of(c->start, c->gather.cpu[cpu].from);
	r = write_anchor(c, sink, e);
	return r < 0 ? r : capture_snapshot(c, &at, e);
}

int capture_stop(struct capture *c, struct err *e)
{
	if (c->stopped)
		return 0;
	c->stopped = true;
	/* Its last rows have to lie in the covered time that the others end. */
	int r = c->counting ? c->counting->stop(c->counting, e) : 0;

	if (r >= 0 && c->source)
		r = c->source->stop(c->source, e);
	if (r >= 0 && c->sampler)
		r = c->sampler->stop(c->sampler, e);
	for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0 && nothing_captured(c);
	     cpu = cpuset_next(&c->cpus, cpu + 1))
		c->gather.cpu[cpu].until = nsec_monotonic();
	return r < 0 ? r : capture_drain(c, NULL, e);
}

/* ---- description ---- */

static int write_marks(struct capture *c, struct sink *sink, const nsec_t *from, struct err *e)
{
	for (int cpu = cpuset_next(&c->cpus, 0); cpu >= 0; cpu = cpuset_next(&c->cpus, cpu + 1)) {
		const struct gather_cpu *g = &c->gather.cpu[cpu];
		nsec_t start = from ? max_of(g->from, from[cpu]) : g->from;
		nsec_t end = min_of(g->until, c->stopped ? NSEC_MAX : c->last_drain);
		int r = host_facts_mark(sink, (uint32_t)cpu, start, MARK_START, e);

		if (r >= 0)
			r = host_facts_mark(sink, (uint32_t)cpu, max_of(start, end), MARK_END, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "switch,wakeup,task,kvm_exit,kvm_entry,kvm": tracks that are recorded, with or without rows. */
static int write_event_names(const struct capture *c, struct sink *sink, struct err *e)
{
	static const char *const sched[] = { "switch", "wakeup", "migrate", "task" };
	static const char *const kvm[] = { [KVM_CLASS_EXIT] = "kvm_exit",
					   [KVM_CLASS_ENTRY] = "kvm_entry",
					   [KVM_CLASS_OTHER] = "kvm" };
	auto_buf b;

	buf_init(&b, 256);
	for (unsigned int i = 0; i < ARRAY_SIZE(sched); i++)
		if ((c->options.events | CAPTURE_TASK) & 1u << i)
			buf_addf(&b, "%s%s", b.len ? "," : "", sched[i]);
	for (unsigned int i = 0; c->kvm && i < ARRAY_SIZE(kvm); i++)
		if (kvm_events_have(c->kvm, (enum kvm_class)i))
			buf_addf(&b, ",%s", kvm[i]);
	if (c->sampler)
		buf_add_str(&b, ",sample");
	if (c->counting)
		buf_add_str(&b, ",counter");
	int r = buf_error(&b);

	return r < 0 ? r : host_facts_meta(sink, c->start, "kymo.events", buf_str(&b), e);
}

/* What the kinds without a number of their own are. */
static int write_kind_names(const struct capture *c, struct sink *sink, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; c->kvm && i < c->kvm->n && r >= 0; i++) {
		const struct kvm_event *v = &c->kvm->item[i];
		char key[32];

		snprintf(key, sizeof(key), "kvm.kind.%u", v->layout.kind);
		if (v->layout.kind >= KVM_KIND_NAMED)
			r = host_facts_meta(sink, c->start, key, v->name, e);
	}
	return r;
}

/* The machines that there are now: some may have come, or got vCPUs, since the start. */
static int describe_machines(struct capture *c, struct sink *sink, struct err *e)
{
	auto_ptr(vm_list) vms = vm_list_new();
	const struct role_sources names = { .vms = vms, .machine_names = true };
	nsec_t now = nsec_monotonic();

	if (c->options.without_vms)
		return 0;
	int r = vms ? vm_scan_machine(c->options.root_fd, now, vms, e) : -ENOMEM;

	r = r < 0 ? r : vm_list_write(vms, now, sink, e);
	return r < 0 ? r : roles_write_machines(&names, now, sink, e);
}

int capture_describe(struct capture *c, struct sink *sink, const nsec_t *from, struct err *e)
{
	int r = host_facts_meta(sink, c->start, "kymo.version", KYMO_VERSION, e);

	r = r < 0 ? r : host_facts_meta(sink, c->start, "kymo.engine", capture_engine_name(c), e);
	r = r < 0 ? r : write_event_names(c, sink, e);
	r = r < 0 ? r : write_kind_names(c, sink, e);
	if (r >= 0 && c->sampler)
		r = sampler_describe(c->sampler, sink, c->start, e);
	if (r >= 0 && c->counting)
		r = counting_describe(c->counting, sink, c->start, e);
	r = r < 0 ? r : host_facts_write(sink, c->options.root_fd, c->start, e);
	r = r < 0 ? r : host_facts_cpus(sink, c->options.root_fd, c->start, &c->cpus, e);
	r = r < 0 ? r : write_anchor(c, sink, e);
	r = r < 0 ? r : describe_machines(c, sink, e);
	return r < 0 ? r : write_marks(c, sink, from, e);
}

void capture_stats(const struct capture *c, struct capture_stats *ret)
{
	*ret = (struct capture_stats){
		.events = c->gather.events,
		.lost = c->gather.lost,
		.start = c->start,
		.max_fill_pct = c->max_fill_pct,
	};
}

unsigned int capture_n_cpus(const struct capture *c)
{
	return c->n_cpus;
}

const struct cpuset *capture_cpus(const struct capture *c)
{
	return &c->cpus;
}

const char *capture_engine_name(const struct capture *c)
{
	return c->engine ? c->engine->name : "none";
}

nsec_t capture_due(const struct capture *c)
{
	return c->counting ? c->counting->due : 0;
}

nsec_t capture_fills_in(const struct capture *c)
{
	nsec_t r = c->source ? c->source->fills_in : NSEC_MAX;

	r = c->counting ? min_of(r, c->counting->fills_in) : r;
	return c->sampler ? min_of(r, c->sampler->fills_in) : r;
}

const char *capture_notes(struct capture *c)
{
	return buf_str(&c->gather.notes);
}
