/* SPDX-License-Identifier: MIT */
/*
 * Opens, starts and stops sampling. The first event on each CPU is a dummy that brings the records
 * of tasks and mappings; it owns the ring that all others write into. The machine is sampled per
 * CPU; processes, threads and a command are sampled with an event per thread and CPU, whose
 * children inherit it, which every user may do with programs of his own.
 */
#include "capture/sampler.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/quantity.h"
#include "capture/build_id.h"
#include "capture/event_rows.h"
#include "capture/event_targets.h"
#include "capture/event_try.h"
#include "capture/gather.h"
#include "capture/host_facts.h"
#include "capture/sample_records.h"
#include "names/proc_tasks.h"

#define SMALLEST_RING ((uint64_t)512 << 10) /* what an ordinary user may lock per CPU */
#define LARGEST_RING  ((uint64_t)16 << 20)
#define OFF_CPU_RING  ((uint64_t)8 << 20) /* every task that blocks: some 100,000 a second */
#define SAMPLE_BYTES  600u /* of a usual one: 64 and a chain of 60 */
#define PERIOD_RATE   20000u /* samples a second that are expected of events by period */
#define ARRIVAL_TIME  NSEC_PER_MSEC /* a record is in its ring so soon after its time */
#define BLOCKS	      "prev_state&255" /* without bit 0x100: preempted */

static struct sampler *get(struct event_source *base)
{
	return container_of(base, struct sampler, base);
}

static void sampler_free(struct event_source *base)
{
	struct sampler *s = get(base);

	for (unsigned int i = 0; i < s->n_opened; i++)
		close(s->opened[i].fd);
	for (unsigned int cpu = 0; s->ring && cpu < s->n_cpus; cpu++) {
		perf_ring_unmap(&s->ring[cpu].ring);
		free(s->ring[cpu].throttled);
	}
	unwinder_free(s->unwinder);
	sample_names_free(s->names);
	chain_writer_free(s->chains);
	idmap_done(&s->by_id);
	idmap_done(&s->threads);
	idmap_done(&s->build_ids);
	free(s->build_id);
	free(s->opened);
	free(s->event);
	free(s->heap);
	free(s->ring);
	free(s);
}

/* ---- which events ---- */

static int add_event(struct sampler *s, const struct event *ev)
{
	struct sampled_event *grown = reallocarray(s->event, s->n_events + 1, sizeof(*s->event));

	if (!grown)
		return -ENOMEM;
	s->event = grown;
	s->event[s->n_events] = (struct sampled_event){ .ev = *ev };
	snprintf(s->event[s->n_events].note, sizeof(s->event[0].note), "%s", ev->missing);
	s->n_events++;
	return 0;
}

static int add_named(struct sampler *s, const char *name, struct err *e)
{
	auto_event_list l = { 0 };
	int r = event_list_parse(&l, s->root_fd, name, e);

	return r < 0 ? r : add_event(s, &l.item[0]);
}

static int settle_events(struct sampler *s, struct err *e)
{
	const struct event_list *l = s->options.events;
	int r = add_named(s, "dummy", e);

	if (r >= 0)
		s->event[0].dummy = true;
	for (unsigned int i = 0; l && i < l->n && r >= 0; i++)
		r = add_event(s, &l->item[i]);
	if (r >= 0 && (!l || !l->n)) {
		char why[EVENT_MISSING_MAX];

		r = add_named(s, "cycles", e);
		if (r >= 0 && event_try(&s->event[1].ev, true, why, sizeof(why)) < 0) {
			s->n_events--;
			r = add_named(s, "cpu-clock", e);
			snprintf(s->event[1].note, sizeof(s->event[1].note),
				 "stands for cycles: no hardware counters here");
			s->event[1].stand_in = true;
			gather_note(s->gather, "no hardware counters, sampling cpu-clock");
		}
	}
	if (r >= 0 && s->options.off_cpu) {
		r = add_named(s, "sched:sched_switch", e);
		if (r >= 0 && s->event[s->n_events - 1].ev.missing[0])
			return err_set(e, -EOPNOTSUPP, "--off-cpu: %s",
				       s->event[s->n_events - 1].ev.missing);
		s->event[s->n_events - 1].off_cpu = true;
	}
	return r;
}

/* The kernel refuses more than this. */
static void settle_freq(struct sampler *s)
{
	char line[32];
	uint64_t max;

	s->freq = s->options.freq || s->options.period ? s->options.freq : SAMPLER_FREQ;
	if (file_read_line_at(s->root_fd, "proc/sys/kernel/perf_event_max_sample_rate", line,
			      sizeof(line)) < 0 ||
	    quantity_parse_u64(line, &max, NULL) < 0 || s->freq <= max)
		return;
	s->freq = max;
	gather_note(s->gather,
		    "sampling at %llu Hz, the kernel allows no more (try: sudo sysctl "
		    "kernel.perf_event_max_sample_rate=N)",
		    (unsigned long long)max);
}

static void make_attr(const struct sampler *s, const struct sampled_event *v, bool inherit,
		      struct perf_event_attr *a)
{
	*a = v->ev.attr;
	a->disabled = 1;
	a->inherit = inherit;
	a->sample_id_all = 1;
	a->watermark = 1;
	a->wakeup_watermark = UINT32_MAX; /* we come by ourselves */
	a->use_clockid = 1;
	a->clockid = CLOCK_MONOTONIC;
	a->sample_type = SAMPLE_RECORD_TYPE;
	a->read_format = s->counts_lost ? PERF_FORMAT_LOST : 0;
	if (s->user_only && !a->exclude_user) {
		a->exclude_kernel = a->exclude_hv = 1;
		a->exclude_callchain_kernel = 1;
	}
	if (v->dummy) {
		a->task = a->comm = a->comm_exec = a->mmap = a->mmap2 = 1;
		a->build_id = !s->no_build_ids;
		return;
	}
	if (!a->sample_period) {
		a->freq = !s->options.period;
		a->sample_period = s->options.period ? s->options.period : s->freq;
	}
	a->exclude_idle = v->stand_in;
	if (s->options.call_graph != CALL_GRAPH_NONE)
		a->sample_type |= PERF_SAMPLE_CALLCHAIN;
	if (s->options.call_graph == CALL_GRAPH_LBR && !v->off_cpu) {
		a->sample_type |= PERF_SAMPLE_BRANCH_STACK;
		a->branch_sample_type = PERF_SAMPLE_BRANCH_USER | PERF_SAMPLE_BRANCH_CALL_STACK |
					PERF_SAMPLE_BRANCH_NO_FLAGS | PERF_SAMPLE_BRANCH_NO_CYCLES;
		a->exclude_callchain_user = 1;
	}
	if (s->options.call_graph == CALL_GRAPH_DWARF) {
		a->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		a->sample_regs_user = s->regs_mask;
		a->sample_stack_user = s->options.stack_bytes;
		a->exclude_callchain_user = 1;
	}
	/* What runs inside of a guest has addresses that mean nothing here. */
	if (!v->ev.guest_said && a->type != PERF_TYPE_SOFTWARE && a->type != PERF_TYPE_TRACEPOINT &&
	    a->type != PERF_TYPE_BREAKPOINT)
		a->exclude_guest = 1;
	if (v->ev.most_precise)
		a->precise_ip = 3;
}

/* ---- opening ---- */

static int keep(struct sampler *s, int fd, int cpu, unsigned int event)
{
	if (s->n_opened == s->cap_opened) {
		unsigned int cap = s->cap_opened ? 2 * s->cap_opened : 64;
		void *grown = reallocarray(s->opened, cap, sizeof(*s->opened));

		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		s->opened = grown;
		s->cap_opened = cap;
	}
	s->opened[s->n_opened].fd = fd;
	s->opened[s->n_opened].cpu = cpu;
	s->opened[s->n_opened++].event = event;
	return 0;
}

/* What this kernel or user does not have is left away, one after the other. */
static int open_event(struct sampler *s, unsigned int event, const struct event_target *t, int cpu,
		      bool inherit)
{
	struct sampled_event *v = &s->event[event];
	struct perf_event_attr a;
	/* Mappings of all processes: they may be moved into the cgroup. */
	bool all = v->dummy && t->flags & PERF_FLAG_PID_CGROUP;

	for (;;) {
		make_attr(s, v, inherit, &a);
		int fd = event_open(&a, all ? -1 : t->pid, cpu, all ? 0 : t->flags);

		if (fd >= 0)
			return fd;
		if ((fd == -EACCES || fd == -EPERM) && !s->user_only && t->pid >= 0 && !t->flags)
			s->user_only = true;
		else if (fd == -EINVAL && v->dummy && s->counts_lost)
			s->counts_lost = false;
		else if (fd == -EINVAL && v->dummy && !s->no_build_ids)
			s->no_build_ids = true;
		else if (fd == -EINVAL && a.exclude_guest && !v->ev.guest_said)
			v->ev.guest_said = true;
		else if ((fd == -EINVAL || fd == -EOPNOTSUPP) && v->ev.most_precise)
			v->ev.most_precise = false; /* as precise as without */
		else
			return fd;
	}
}

static int join(struct sampler *s, int fd, int cpu, unsigned int event, uint64_t bytes,
		struct err *e)
{
	struct sample_ring *ring = &s->ring[cpu];
	uint64_t id;
	int owner = -1;

	if (!ring->ring.page)
		return perf_ring_map(&ring->ring, fd, bytes, e);
	for (unsigned int i = 0; i < s->n_opened && owner < 0; i++)
		if (s->opened[i].cpu == cpu)
			owner = s->opened[i].fd;
	if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, owner) < 0 ||
	    ioctl(fd, PERF_EVENT_IOC_ID, &id) < 0)
		return err_set(e, -errno, "cannot join perf events into one ring: %s",
			       strerror(errno));
	if (s->event[event].off_cpu && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, BLOCKS) < 0)
		return err_set(e, -errno, "the kernel does not take the filter '%s': %s", BLOCKS,
			       strerror(errno));
	int r = s->event[event].dummy ? 0 : idmap_set(&s->by_id, id, event);

	return r;
}

/* 0, 1: the event is not to be had and has its note, or -errno. */
static int open_one(struct sampler *s, unsigned int event, const struct event_target *t, int cpu,
		    uint64_t bytes, bool inherit, struct err *e)
{
	struct sampled_event *v = &s->event[event];
	int fd = open_event(s, event, t, cpu, inherit);

	if (fd == -ESRCH)
		return 0; /* the thread has ended */
	if (fd < 0) {
		event_refusal(&v->ev, fd, v->note, sizeof(v->note));
		if (v->dummy || fd == -EACCES || fd == -EPERM || fd == -EMFILE)
			return err_set(e, fd, "sampling: %s", v->note);
		snprintf(v->ev.missing, sizeof(v->ev.missing), "%s", v->note);
		return 1;
	}
	int r = join(s, fd, cpu, event, bytes, e);

	if (r < 0) {
		close(fd);
		return r;
	}
	return keep(s, fd, cpu, event);
}

static int open_events(struct sampler *s, const struct event_targets *t, uint64_t bytes,
		       struct err *e)
{
	int r = 0;

	for (unsigned int event = 0; event < s->n_events; event++) {
		struct sampled_event *v = &s->event[event];

		for (unsigned int i = 0; i < t->n; i++) {
			for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && !v->ev.missing[0];
			     cpu = cpuset_next(&s->cpus, cpu + 1)) {
				if (v->ev.has_cpus && !cpuset_has(&v->ev.cpus, (uint32_t)cpu))
					continue;
				r = open_one(s, event, &t->item[i], cpu, bytes, t->inherit, e);
				if (r < 0)
					return r;
			}
		}
	}
	return 0;
}

/* At least one event has to be there; those that are not are told. */
static int tell_missing(struct sampler *s, struct err *e)
{
	unsigned int there = 0, missing = 0;

	for (unsigned int i = 1; i < s->n_events; i++) {
		if (!s->event[i].ev.missing[0]) {
			there++;
			continue;
		}
		missing = missing ? missing : i;
		gather_note(s->gather, "event %s is not sampled: %s", s->event[i].ev.name,
			    s->event[i].note);
	}
	if (!there && s->options.call_graph == CALL_GRAPH_LBR)
		return err_set(e, -EOPNOTSUPP,
			       "--call-graph lbr: no branch records here, needs a CPU that has "
			       "them and a PMU (try: --call-graph fp)");
	if (!there)
		return err_set(e, -EOPNOTSUPP, "event %s: %s", s->event[missing].ev.name,
			       s->event[missing].note);
	if (s->user_only)
		gather_note(s->gather, "kernel code is not sampled, needs CAP_PERFMON (try: sudo)");
	return 0;
}

static void close_all(struct sampler *s)
{
	for (unsigned int i = 0; i < s->n_opened; i++)
		close(s->opened[i].fd);
	for (unsigned int cpu = 0; cpu < s->n_cpus; cpu++)
		perf_ring_unmap(&s->ring[cpu].ring);
	idmap_clear(&s->by_id);
	s->n_opened = 0;
}

static uint64_t sample_bytes(const struct sampler *s)
{
	return SAMPLE_BYTES +
	       (s->options.call_graph == CALL_GRAPH_DWARF ? s->options.stack_bytes : 0);
}

static uint64_t ring_bytes(const struct sampler *s, const struct capture_options *o, uint64_t rate)
{
	struct sysinfo info;
	uint64_t bytes = rate * sample_bytes(s), n = cpuset_count(&s->cpus);

	if (s->alone && o->buffer_bytes)
		return o->buffer_bytes / n;
	if (s->options.off_cpu)
		bytes = max_of(bytes, OFF_CPU_RING);
	bytes = min_of(max_of(bytes, SMALLEST_RING), LARGEST_RING);
	if (sysinfo(&info) == 0)
		bytes = min_of(bytes, max_of((uint64_t)info.totalram * info.mem_unit / 64 / n,
					     SMALLEST_RING));
	return bytes;
}

static int open_all(struct sampler *s, const struct capture_options *o, struct err *e)
{
	uint64_t rate = (s->freq ? s->freq : PERIOD_RATE) * (s->n_events - 1);
	uint64_t bytes = ring_bytes(s, o, rate);
	struct event_targets t;
	struct err why = { 0 };
	int r = event_targets_settle(&t, s->root_fd, o->filter, "samples", e);

	if (r >= 0)
		r = open_events(s, &t, bytes, &why);
	/* Not the machine, but the command is one's own. */
	if ((r == -EACCES || r == -EPERM) && t.n == 1 && t.item[0].pid == -1 &&
	    s->options.workload) {
		close_all(s);
		why = (struct err){ 0 };
		event_targets_done(&t);
		r = event_targets_one(&t, s->options.workload);
		gather_note(s->gather,
			    "only the command is sampled, the machine needs CAP_PERFMON (try: "
			    "sudo)");
		r = r < 0 ? r : open_events(s, &t, bytes, &why);
	}
	event_targets_done(&t);
	if (r < 0)
		return why.text[0] ? err_set(e, r, "%s", why.text) : r;
	r = tell_missing(s, e);
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		if (!s->ring[cpu].ring.page)
			r = err_set(e, -ESRCH, "no such process");
	if (r >= 0)
		s->base.fills_in = s->ring[cpuset_next(&s->cpus, 0)].ring.bytes * NSEC_PER_SEC /
				   (max_of(rate, (uint64_t)PERIOD_RATE / 4) * sample_bytes(s));
	return r;
}

/* ---- running ---- */

static int take_task_alive(void *ctx, const struct proc_task *p)
{
	struct sampler *s = ctx;
	uint32_t n = idmap_get(&s->threads, p->tgid);
	int r = idmap_set(&s->threads, p->tgid, n == IDMAP_NONE ? 1 : n + 1);

	if (r < 0 || p->kernel || p->tid != p->tgid)
		return r;
	return sample_records_read_maps(s, nsec_monotonic(), p->tgid, s->gather->error);
}

static int enable(struct sampler *s, bool dummy, struct err *e)
{
	for (unsigned int i = 0; i < s->n_opened; i++)
		if (s->event[s->opened[i].event].dummy == dummy &&
		    ioctl(s->opened[i].fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
			return err_set(e, -errno, "cannot enable perf events: %s", strerror(errno));
	return 0;
}

/* Mappings from here on are told by records; those before are read; then come the samples. */
static int sampler_start(struct event_source *base, struct err *e)
{
	struct sampler *s = get(base);
	char kernel[BUILD_ID_MAX];

	s->chains = chain_writer_new(s->gather->sink);
	if (!s->chains)
		return -ENOMEM;
	if (s->options.call_graph == CALL_GRAPH_DWARF) {
		s->unwinder = unwinder_new(
			s->root_fd, s->machine, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
			chain_writer_spaces(s->chains), chain_writer_modules(s->chains));
		if (!s->unwinder)
			return -ENOMEM;
	}
	s->gather->error = e;
	build_id_read_notes(s->root_fd, "sys/kernel/notes", kernel);
	int r = chain_writer_kernel(s->chains, nsec_monotonic(), kernel, e);

	if (r >= 0 && s->options.call_graph != CALL_GRAPH_NONE)
		r = sample_names_open(s->root_fd, chain_writer_modules(s->chains), &s->names, e);
	if (r >= 0)
		r = enable(s, true, e);
	if (r >= 0)
		r = proc_tasks_read(s->root_fd, take_task_alive, s, e);
	if (r >= 0)
		r = enable(s, false, e);
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&s->cpus, cpu + 1)) {
		s->ring[cpu].last = nsec_monotonic();
		if (s->alone)
			gather_cover(s->gather, (uint32_t)cpu, s->ring[cpu].last, NSEC_MAX);
	}
	return r;
}

static int sampler_drain(struct event_source *base, unsigned int *fill_pct, struct err *e)
{
	struct sampler *s = get(base);

	return sample_records_drain(s, s->stopped ? NSEC_MAX : nsec_monotonic() - ARRIVAL_TIME,
				    fill_pct, e);
}

/* Losses that no record tells of, because nothing found room after them; and what is still
 * throttled. */
static int take_late_losses(struct sampler *s, nsec_t now)
{
	int r = 0;

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&s->cpus, cpu + 1)) {
		struct sample_ring *ring = &s->ring[cpu];
		uint64_t lost = 0, v[2]; /* value, lost */

		for (unsigned int i = 0; i < s->n_opened && s->counts_lost; i++)
			if (s->opened[i].cpu == cpu &&
			    read(s->opened[i].fd, v, sizeof(v)) == sizeof(v))
				lost += v[1];
		if (lost > ring->lost)
			r = gather_loss(s->gather, (uint32_t)cpu, &track_sample,
					min_of(ring->last, now), now, lost - ring->lost);
		for (unsigned int i = 0; i < s->n_events && r >= 0; i++)
			if (ring->throttled[i])
				r = gather_loss_by(s->gather, (uint32_t)cpu, &track_sample,
						   ring->throttled[i], now, 0, LOSS_THROTTLED);
	}
	return r;
}

static int sampler_stop(struct event_source *base, struct err *e)
{
	struct sampler *s = get(base);
	unsigned int fill = 0;
	nsec_t now = nsec_monotonic();

	for (unsigned int i = 0; i < s->n_opened; i++)
		ioctl(s->opened[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && s->alone;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		s->gather->cpu[cpu].until = now;
	s->stopped = true;
	int r = sampler_drain(base, &fill, e);

	return r < 0 ? r : take_late_losses(s, now);
}

/* ---- description ---- */

static int add_row(const struct sampler *s, struct batch *b, unsigned int number, nsec_t time)
{
	const struct sampled_event *v = &s->event[number];
	struct event ev = v->ev;

	make_attr(s, v, false, &ev.attr);
	return event_rows_add(b, time, number, &ev, v->off_cpu ? EVENT_FLAG_OFF_CPU : 0, v->note);
}

int sampler_describe(struct event_source *base, struct sink *sink, nsec_t time, struct err *e)
{
	static const char *const name[] = {
		[CALL_GRAPH_FP] = "fp",
		[CALL_GRAPH_NONE] = "none",
		[CALL_GRAPH_LBR] = "lbr",
		[CALL_GRAPH_DWARF] = "dwarf",
	};
	const struct sampler *s = get(base);
	auto_ptr(batch) b = batch_new(&track_event, s->n_events);
	int r = b ? 0 : -ENOMEM;

	for (unsigned int i = SAMPLER_FIRST_EVENT; i < s->n_events && r >= 0; i++)
		r = add_row(s, b, i, time);
	if (r < 0)
		return err_set(e, r, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	r = sink_write(sink, b, e);
	if (r >= 0 && s->names)
		r = sample_names_write(s->names, chain_writer_frames(s->chains),
				       chain_writer_modules(s->chains), s->options.all_names, time,
				       sink, e);
	return r < 0 ? r
		     : host_facts_meta(sink, time, "profile.call_graph",
				       name[s->options.call_graph], e);
}

/* ---- open ---- */

/* All registers that unwinding may want, numbered as arch/../include/uapi/asm/perf_regs.h does:
 * on x86_64 all but the segments, on arm64 x0 to x30, sp and pc. */
static int settle_unwinding(struct sampler *s, struct err *e)
{
	struct utsname u = { 0 };

	if (s->options.call_graph != CALL_GRAPH_DWARF)
		return 0;
	uname(&u);
	s->machine = unwind_machine_named(u.machine);
	if (s->machine == UNWIND_NONE)
		return err_set(e, -EOPNOTSUPP,
			       "--call-graph dwarf: not for %s (try: --call-graph fp)", u.machine);
	s->regs_mask = s->machine == UNWIND_X86_64 ? UINT64_C(0xff0fff) : UINT64_C(0x1ffffffff);
	if (!s->options.stack_bytes)
		s->options.stack_bytes = SAMPLER_STACK;
	if (s->options.stack_bytes % 8 || s->options.stack_bytes > SAMPLER_STACK_MAX)
		return err_set(e, -EINVAL,
			       "--call-graph dwarf: a stack of %u bytes cannot be copied, only "
			       "multiples of 8 up to %u",
			       s->options.stack_bytes, SAMPLER_STACK_MAX);
	return 0;
}

static int make_rings(struct sampler *s)
{
	s->ring = calloc(s->n_cpus, sizeof(*s->ring));
	s->heap = calloc(s->n_cpus, sizeof(*s->heap));
	if (!s->ring || !s->heap)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < s->n_cpus; cpu++) {
		s->ring[cpu].throttled = calloc(s->n_events, sizeof(nsec_t));
		if (!s->ring[cpu].throttled)
			return -ENOMEM;
	}
	return 0;
}

int sampler_open(const struct capture_options *o, bool alone, struct gather *g,
		 struct event_source **ret, struct err *e)
{
	struct sampler *s = calloc(1, sizeof(*s));
	struct rlimit files;

	if (!s)
		return -ENOMEM;
	s->base = (struct event_source){
		.start = sampler_start,
		.drain = sampler_drain,
		.stop = sampler_stop,
		.free = sampler_free,
	};
	s->gather = g;
	s->options = *o->sampler;
	s->root_fd = o->root_fd;
	s->alone = alone;
	s->cpus = *o->cpus;
	s->n_cpus = g->n_cpus;
	s->counts_lost = true;
	event_files_raise(&files);
	int r = settle_unwinding(s, e);

	if (r >= 0)
		r = settle_events(s, e);
	if (r >= 0) {
		settle_freq(s);
		r = make_rings(s);
	}
	if (r >= 0)
		r = open_all(s, o, e);
	event_files_restore(&files);
	if (r < 0) {
		sampler_free(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}
