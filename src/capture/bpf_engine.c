/* SPDX-License-Identifier: MIT */
/*
 * The BPF engine: loads bpf/sched.bpf.c and reads the rings that its programs fill. Both maps of
 * the rings are mapped here, so that a drain is a walk through memory without system calls. Needs
 * kernel 5.12 (BTF tracepoints, mappable arrays, ring buffer, atomics) with CONFIG_DEBUG_INFO_BTF.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The types that events.h builds on come from linux/types.h by way of linux/bpf.h. */
#include "events.h"
#include "sched.skel.h"

#include "capture/bpf_kvm.h"
#include "capture/cgroup.h"
#include "capture/engine.h"
#include "capture/facility.h"
#include "capture/gather.h"
#include "capture/kvm_events.h"
#include "model/sched_track.h"

#define MAX_FOLLOWED   65536u /* processes, those that have ended too */
#define LIFE_BYTES     (1u << 20)
#define MIN_EVENTS     4096u /* per CPU */
#define DEFAULT_EVENTS 262144u /* per CPU: 4 MiB, a third of a second of the densest load */
#define PUBLISH_EVERY  4096u /* events after which the writer gets room back */
#define TID_MASK       ((1u << EVENT_TID_BITS) - 1)
#define CPU_MASK       ((1u << EVENT_CPU_BITS) - 1)
#define STATE_MASK     ((1u << EVENT_STATE_BITS) - 1)
#define DETAIL_MASK    ((1u << EVENT_DETAIL_BITS) - 1)
#define RING_STRIDE    sizeof(struct cpu_ring)

struct bpf_source {
	struct event_source base;
	struct gather *gather;
	struct sched_bpf *skel;
	const struct kvm_events *kvm; /* lent; NULL = none */
	struct bpf_kvm kvm_programs;
	struct ring_buffer *life;
	struct cpu_ring *ring; /* [n_cpus], mapped */
	struct event *event; /* mapped */
	size_t ring_bytes, event_bytes;
	unsigned int n_cpus;
	uint32_t events_per_cpu; /* power of two */
	struct cpuset cpus;
	nsec_t last_drain;
	uint64_t life_lost_seen, not_followed_seen;
	int error; /* of a life-cycle callback */
};

/* ---- loading ---- */

/* libbpf's own talk says less than the words that we return. */
static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/*
 * What this kernel's sched_switch tracepoint passes: *ret is true when the previous task's state
 * stands behind (preempt, prev, next), as since 5.18. -EOPNOTSUPP for another order (5.18-rc).
 */
static int switch_arguments(bool *ret, struct err *e)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return err_set(e, -EOPNOTSUPP,
			       "the kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)");
	int r = -EOPNOTSUPP;
	int id = btf__find_by_name_kind(btf, "btf_trace_sched_switch", BTF_KIND_TYPEDEF);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	if (t)
		t = btf__type_by_id(btf, t->type); /* pointer */
	if (t)
		t = btf__type_by_id(btf, t->type); /* function */
	if (t && btf_is_func_proto(t) && btf_vlen(t) >= 4) {
		const struct btf_param *p = btf_params(t);
		const struct btf_type *third = btf__type_by_id(btf, p[2].type);

		/* p[0] is the tracepoint's private data. */
		if (third && btf_is_ptr(third)) {
			*ret = btf_vlen(t) >= 5;
			r = 0;
		}
	}
	btf__free(btf);
	if (r < 0)
		err_set(e, r, "this kernel's sched_switch tracepoint has unknown arguments");
	return r;
}

static uint32_t floor_power_of_two(uint64_t v)
{
	return v < 2 ? 1 : (uint32_t)1 << (63 - __builtin_clzll(v));
}

/* Events per CPU: what was asked for, or a third of a second of the densest load, but at most 1/64
 * of the memory. */
static uint32_t events_per_cpu(const struct capture_options *o, unsigned int n)
{
	uint64_t bytes = o->buffer_bytes;

	if (!bytes) {
		uint64_t memory =
			(uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

		bytes = min_of((uint64_t)DEFAULT_EVENTS * sizeof(struct event) * n, memory / 64);
	}
	uint64_t events = bytes / n / sizeof(struct event);

	/* Positions in the events map are 32 bit. */
	events = min_of(events, ((uint64_t)1 << 31) / n);
	return max_of(floor_power_of_two(events), MIN_EVENTS);
}

static int set_filter(struct sched_bpf *skel, const struct capture_options *o, struct err *e)
{
	const struct capture_filter *f = o->filter;

	if (!f)
		return 0;
	uint32_t kinds = 0;

	if (f->n_pids && f->n_tids)
		return err_set(e, -EINVAL, "--pid and --tid exclude each other");
	if (f->n_pids)
		kinds |= FILTER_TGID;
	if (f->n_tids)
		kinds |= FILTER_TID;
	if (f->comm[0]) {
		kinds |= FILTER_COMM;
		memcpy((char *)skel->rodata->filter_comm, f->comm, sizeof(f->comm));
	}
	if (f->cgroup[0]) {
		struct cgroup_place place;
		int r = cgroup_find(o->root_fd, f->cgroup, &place, e);

		if (r < 0)
			return r;
		kinds |= FILTER_CGROUP;
		skel->rodata->filter_cgroup = place.id;
		skel->rodata->filter_cgroup_level = place.level;
	}
	skel->rodata->filter = kinds;
	return 0;
}

static int fill_ids(struct sched_bpf *skel, const struct capture_filter *f)
{
	uint8_t one = 1;
	int r = 0;

	for (unsigned int i = 0; f && i < f->n_pids && !r; i++)
		r = bpf_map__update_elem(skel->maps.ids, &f->pid[i], sizeof(f->pid[i]), &one,
					 sizeof(one), BPF_ANY);
	for (unsigned int i = 0; f && i < f->n_tids && !r; i++)
		r = bpf_map__update_elem(skel->maps.ids, &f->tid[i], sizeof(f->tid[i]), &one,
					 sizeof(one), BPF_ANY);
	return r;
}

static int load(struct bpf_source *s, const struct capture_options *o, struct err *e)
{
	bool has_prev_state = false;
	int r = switch_arguments(&has_prev_state, e);

	if (r < 0)
		return r;
	struct sched_bpf *skel = s->skel = sched_bpf__open();

	if (!skel)
		return err_set(e, -errno, "cannot read the BPF programs: %s", strerror(errno));
	skel->rodata->has_prev_state = has_prev_state;
	r = set_filter(skel, o, e);
	if (r < 0)
		return r;
	bpf_program__set_autoload(skel->progs.on_switch, o->events & CAPTURE_SWITCH);
	bpf_program__set_autoload(skel->progs.on_wakeup, o->events & CAPTURE_WAKEUP);
	bpf_program__set_autoload(skel->progs.on_wakeup_new, o->events & CAPTURE_WAKEUP);
	bpf_program__set_autoload(skel->progs.on_migrate, o->events & CAPTURE_MIGRATE);
	bpf_program__set_autoload(skel->progs.on_kvm_exit, s->kvm != NULL);
	bpf_program__set_autoload(skel->progs.on_kvm_entry, s->kvm != NULL);
	bpf_program__set_autoload(skel->progs.on_kvm, s->kvm != NULL);
	if (s->kvm)
		bpf_map__set_max_entries(skel->maps.kvm_layouts, s->kvm->n);

	unsigned int n = cpuset_count(&s->cpus);

	s->events_per_cpu = events_per_cpu(o, n);
	s->base.fills_in = s->events_per_cpu * NSEC_PER_SEC / ENGINE_DENSE_LOAD;
	bpf_map__set_max_entries(skel->maps.rings, s->n_cpus);
	bpf_map__set_max_entries(skel->maps.events, s->events_per_cpu * n);
	bpf_map__set_max_entries(skel->maps.life, LIFE_BYTES);
	if (skel->rodata->filter & (FILTER_TGID | FILTER_TID))
		bpf_map__set_max_entries(skel->maps.ids, MAX_FOLLOWED);
	r = sched_bpf__load(skel);
	if (r == -ENOMEM || r == -E2BIG)
		return err_set(e, r, "no memory for %zu MiB of event buffers (try: --buffer 4M)",
			       ((size_t)s->events_per_cpu * n * sizeof(struct event)) >> 20);
	if (r < 0)
		return err_set(e, r, "the kernel does not take the BPF programs: %s", strerror(-r));
	r = fill_ids(skel, o->filter);
	if (r < 0)
		return err_set(e, r, "cannot set the filter: %s", strerror(-r));
	return 0;
}

static int map_rings(struct bpf_source *s, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n = cpuset_count(&s->cpus);

	s->ring_bytes = (s->n_cpus * RING_STRIDE + page - 1) / page * page;
	s->event_bytes = (n * s->events_per_cpu * sizeof(struct event) + page - 1) / page * page;
	s->ring = mmap(NULL, s->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_map__fd(s->skel->maps.rings), 0);
	if (s->ring == MAP_FAILED)
		return err_set(e, -errno, "cannot map the event rings: %s", strerror(errno));
	s->event = mmap(NULL, s->event_bytes, PROT_READ, MAP_SHARED,
			bpf_map__fd(s->skel->maps.events), 0);
	if (s->event == MAP_FAILED)
		return err_set(e, -errno, "cannot map the event rings: %s", strerror(errno));

	uint64_t base = 0;

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		s->ring[cpu].base = base;
		base += s->events_per_cpu;
	}
	return 0;
}

/* ---- life cycle ---- */

static int take_life(void *ctx, void *data, size_t size)
{
	struct bpf_source *s = ctx;
	const struct life_event *l = data;

	if (size < sizeof(*l))
		return 0;
	char comm[17] = { 0 };

	memcpy(comm, l->comm, sizeof(l->comm));
	const struct gather_task t = {
		.time = l->time,
		.kind = (enum task_kind)l->kind,
		.tid = l->tid,
		.tgid = l->tgid,
		.parent = l->parent,
		.kernel = l->kernel,
		.comm = comm,
	};

	/* A failure must not stop libbpf half way: what it has read is gone. */
	int r = gather_task(s->gather, l->cpu, &t);

	if (r < 0)
		s->error = r;
	return 0;
}

static int drain_life(struct bpf_source *s, nsec_t now)
{
	int r = ring_buffer__consume(s->life);

	if (r < 0)
		return r;
	uint64_t lost = __atomic_load_n(&s->skel->bss->life_lost, __ATOMIC_RELAXED);

	if (lost != s->life_lost_seen) {
		r = gather_loss(s->gather, BATCH_CPU_NONE, &track_task, s->last_drain, now,
				lost - s->life_lost_seen);
		if (r < 0)
			return r;
		s->life_lost_seen = lost;
	}
	/* Events of children that the filter does not know are missing from now on: how many is not
	 * known. */
	uint64_t not_followed = __atomic_load_n(&s->skel->bss->not_followed, __ATOMIC_RELAXED);

	if (not_followed != s->not_followed_seen) {
		r = gather_loss(s->gather, BATCH_CPU_NONE, NULL, s->last_drain, now, 0);
		if (r < 0)
			return r;
		s->not_followed_seen = not_followed;
	}
	return s->error;
}

/* ---- events ---- */

/* One event and the slots behind @e that belong to it, at most @left all together; their number. */
static int take(struct gather *g, uint32_t cpu, const struct event *e, const struct event *next,
		uint64_t left)
{
	nsec_t time = e->time;
	uint64_t what = e->what;
	uint32_t tid = what & TID_MASK;
	int r = 0;

	switch (what >> EVENT_KIND_SHIFT) {
	case EVENT_SWITCH:
		r = gather_switch(g, cpu, time, tid, (what >> EVENT_TID_BITS) & TID_MASK,
				  (what >> 2 * EVENT_TID_BITS) & STATE_MASK,
				  (uint8_t)(what >> (2 * EVENT_TID_BITS + EVENT_STATE_BITS)));
		break;
	case EVENT_WAKEUP:
		r = gather_wakeup(
			g, cpu, time, tid, (what >> EVENT_TID_BITS) & TID_MASK,
			(what >> 2 * EVENT_TID_BITS) & CPU_MASK,
			(what >> (2 * EVENT_TID_BITS + EVENT_CPU_BITS)) & 1 ? WAKEUP_FLAG_NEW : 0);
		break;
	case EVENT_MIGRATE:
		r = gather_migrate(g, cpu, time, tid, (what >> EVENT_TID_BITS) & CPU_MASK,
				   (what >> (EVENT_TID_BITS + EVENT_CPU_BITS)) & CPU_MASK);
		break;
	case EVENT_KVM_EXIT:
		r = gather_kvm_exit(g, cpu, time, tid, (what >> (EVENT_TID_BITS + 32)) & 7,
				    (uint32_t)(what >> EVENT_TID_BITS));
		break;
	case EVENT_KVM_ENTRY:
		r = gather_kvm_entry(g, cpu, time, tid);
		break;
	case EVENT_KVM:
		if (left < 2 || next->what >> EVENT_KIND_SHIFT != EVENT_MORE)
			return -EPROTO;
		r = gather_kvm(g, cpu, time, tid, (uint8_t)(what >> EVENT_TID_BITS), next->time,
			       ((uint32_t)(what >> (EVENT_TID_BITS + 8)) & DETAIL_MASK) |
				       (uint32_t)(next->what & 1) << EVENT_DETAIL_BITS);
		return r < 0 ? r : 2;
	}
	return r < 0 ? r : 1;
}

static int take_losses(struct bpf_source *s, uint32_t cpu)
{
	static const struct track *const track[EVENT_KINDS] = {
		[EVENT_SWITCH] = &track_switch,	      [EVENT_WAKEUP] = &track_wakeup,
		[EVENT_MIGRATE] = &track_migrate,     [EVENT_KVM_EXIT] = &track_kvm_exit,
		[EVENT_KVM_ENTRY] = &track_kvm_entry, [EVENT_KVM] = &track_kvm,
	};
	struct cpu_ring *ring = &s->ring[cpu];
	const struct gather_cpu *c = &s->gather->cpu[cpu];

	for (unsigned int kind = 0; kind < EVENT_KINDS; kind++) {
		const struct event_loss *loss = &ring->loss[kind];
		uint64_t seen = ring->seen[kind];
		uint64_t count = __atomic_load_n(&loss->count, __ATOMIC_ACQUIRE);

		if (count == seen)
			continue;
		/* The writer may go on meanwhile: the span is then too long rather than too short.
		 */
		nsec_t first = loss->first, last = loss->last;

		__atomic_store_n(&ring->seen[kind], count, __ATOMIC_RELEASE);
		first = max_of(first, c->from);
		int r = gather_loss(s->gather, cpu, track[kind], first, max_of(first, last),
				    count - seen);

		if (r < 0)
			return r;
	}
	return 0;
}

static int drain_cpu(struct bpf_source *s, uint32_t cpu, unsigned int *fill_pct)
{
	struct cpu_ring *ring = &s->ring[cpu];
	const struct event *event = s->event + ring->base;
	uint64_t mask = s->events_per_cpu - 1, tail = ring->tail;
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint64_t hold = __atomic_load_n(&ring->hold, __ATOMIC_ACQUIRE);

	if (hold && hold - 1 < head)
		head = hold - 1;
	if (head - tail > s->events_per_cpu)
		return -EPROTO; /* somebody else wrote into our map */
	*fill_pct = max_of(*fill_pct, (unsigned int)((head - tail) * 100 / s->events_per_cpu));

	while (tail < head) {
		uint64_t stop = min_of(head, tail + PUBLISH_EVERY);

		while (tail < stop) {
			int r = take(s->gather, cpu, &event[tail & mask], &event[(tail + 1) & mask],
				     head - tail);

			if (r < 0)
				return r;
			tail += (unsigned int)r;
		}
		__atomic_store_n(&ring->tail, tail, __ATOMIC_RELEASE);
	}
	return take_losses(s, cpu);
}

/* On which CPU is not known. */
static int take_missed(struct bpf_source *s, nsec_t now)
{
	static const struct track *const track[BPF_KVM_PROGRAMS] = {
		[KVM_CLASS_EXIT] = &track_kvm_exit,
		[KVM_CLASS_ENTRY] = &track_kvm_entry,
		[KVM_CLASS_OTHER] = &track_kvm,
	};
	int r = 0;

	for (unsigned int i = 0; i < BPF_KVM_PROGRAMS && r >= 0; i++) {
		uint64_t missed = bpf_kvm_missed(&s->kvm_programs, (enum kvm_class)i);

		if (missed)
			r = gather_loss(s->gather, BATCH_CPU_NONE, track[i], s->last_drain, now,
					missed);
	}
	return r;
}

static int bpf_drain(struct event_source *base, unsigned int *fill_pct, struct err *e)
{
	struct bpf_source *s = container_of(base, struct bpf_source, base);
	nsec_t now = nsec_monotonic();

	s->gather->error = e;
	int r = drain_life(s, now);

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && !r;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		r = drain_cpu(s, (uint32_t)cpu, fill_pct);
	if (!r && s->kvm)
		r = take_missed(s, now);
	s->last_drain = now;
	return r;
}

/* ---- start, stop ---- */

static int bpf_start(struct event_source *base, struct err *e)
{
	struct bpf_source *s = container_of(base, struct bpf_source, base);
	int r = sched_bpf__attach(s->skel);

	if (r < 0)
		return err_set(e, r, "cannot attach the BPF programs: %s", strerror(-r));
	if (s->kvm) {
		struct bpf_program *const program[BPF_KVM_PROGRAMS] = {
			[KVM_CLASS_EXIT] = s->skel->progs.on_kvm_exit,
			[KVM_CLASS_ENTRY] = s->skel->progs.on_kvm_entry,
			[KVM_CLASS_OTHER] = s->skel->progs.on_kvm,
		};

		r = bpf_kvm_attach(&s->kvm_programs, s->kvm, s->skel->maps.kvm_layouts, program,
				   cpuset_next(&s->cpus, 0), e);
		if (r < 0)
			return r;
	}
	s->last_drain = nsec_monotonic();
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		/* All programs are attached; the room opens the ring for all tracks at once. */
		__atomic_store_n(&s->ring[cpu].room, s->events_per_cpu, __ATOMIC_SEQ_CST);
		gather_cover(s->gather, (uint32_t)cpu, nsec_monotonic(), NSEC_MAX);
	}
	return 0;
}

static int bpf_stop(struct event_source *base, struct err *e)
{
	struct bpf_source *s = container_of(base, struct bpf_source, base);

	(void)e;
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		s->gather->cpu[cpu].until = nsec_monotonic();
		__atomic_store_n(&s->ring[cpu].room, 0, __ATOMIC_SEQ_CST);
	}
	/* Programs that saw the ring open run with preemption off: an RCU grace period waits for
	 * them. Without the call (-ENOSYS) their last events may be missing. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return 0;
}

static void bpf_source_free(struct event_source *base)
{
	struct bpf_source *s = container_of(base, struct bpf_source, base);

	bpf_kvm_done(&s->kvm_programs);
	ring_buffer__free(s->life);
	if (s->ring && s->ring != MAP_FAILED)
		munmap(s->ring, s->ring_bytes);
	if (s->event && s->event != MAP_FAILED)
		munmap(s->event, s->event_bytes);
	sched_bpf__destroy(s->skel);
	free(s);
}

static int bpf_open(const struct capture_options *o, const struct kvm_events *kvm, struct gather *g,
		    struct event_source **ret, struct err *e)
{
	libbpf_set_print(quiet);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	/* Before 5.11 maps counted against RLIMIT_MEMLOCK. Where it cannot be raised it is mostly
	 * not needed either. */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });

	struct bpf_source *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base = (struct event_source){
		.start = bpf_start,
		.drain = bpf_drain,
		.stop = bpf_stop,
		.free = bpf_source_free,
	};
	s->gather = g;
	s->kvm = kvm;
	s->cpus = *o->cpus;
	s->n_cpus = g->n_cpus;

	int r = load(s, o, e);

	if (r >= 0)
		r = map_rings(s, e);
	if (r >= 0) {
		s->life = ring_buffer__new(bpf_map__fd(s->skel->maps.life), take_life, s, NULL);
		if (!s->life)
			r = err_set(e, -errno, "cannot map the BPF ring buffer: %s",
				    strerror(errno));
	}
	/* Reading the kernel's types took some MiB that are not needed again. */
	malloc_trim(0);
	if (r < 0) {
		bpf_source_free(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}

static int bpf_probe(int root_fd, struct err *why)
{
	return facility_need(root_fd, (const char *const[]){ "btf", "bpf", "tp_btf", NULL }, why);
}

static int bpf_probe_kvm(int root_fd, struct err *why)
{
	return facility_need(root_fd, (const char *const[]){ "cookie", NULL }, why);
}

const struct engine engine_bpf = {
	.name = "bpf",
	.summary = "BPF programs on tracepoints, per-CPU rings shared with user space",
	.probe = bpf_probe,
	.probe_kvm = bpf_probe_kvm,
	.open = bpf_open,
};
