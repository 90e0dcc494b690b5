/* SPDX-License-Identifier: MIT */
/*
 * The perf engine: tracepoint events opened on each CPU, all of a CPU writing into one ring, read
 * by a timer (no wake-ups). Costs three to ten times what the BPF engine costs, but needs no BPF.
 * Names come from the task records of a dummy event; fields are found by name in tracefs.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "capture/cgroup.h"
#include "capture/engine.h"
#include "capture/event_try.h"
#include "capture/facility.h"
#include "capture/gather.h"
#include "capture/perf_records.h"
#include "capture/tracefs.h"
#include "model/sched_track.h"
#include "names/proc_tasks.h"

#define DEFAULT_BYTES ((uint64_t)8 << 20) /* per CPU: a quarter of a second of the densest load */
#define RECORD_BYTES  88 /* of a context switch: 8 header, 8 time, 4 size, 68 raw */

/* ---- opening ---- */

static int read_fields(struct perf_source *s, int tracefs, unsigned int event, struct err *e)
{
	struct tracepoint *t = NULL;
	int r = tracefs_read_event(tracefs, perf_events[event].name, &t, e);

	if (r < 0)
		return r;
	s->id[event] = t->id;
	r = idmap_set(&s->by_id, t->id, event);
	for (unsigned int i = 0; i < PERF_MAX_FIELDS && perf_events[event].field[i] && r >= 0;
	     i++) {
		const struct tracepoint_field *f = tracepoint_field(t, perf_events[event].field[i]);

		if (!f) {
			r = err_set(e, -EOPNOTSUPP, "tracepoint %s has no field %s",
				    perf_events[event].name, perf_events[event].field[i]);
			break;
		}
		s->field[event][i] = (struct perf_field){ (uint16_t)f->offset, (uint16_t)f->size };
	}
	if (r >= 0 && event == PERF_EVENT_FORK) {
		const struct tracepoint_field *pid = tracepoint_field(t, "common_pid");

		if (pid)
			s->pid = (struct perf_field){ (uint16_t)pid->offset, (uint16_t)pid->size };
		s->fork = steal_ptr(t);
	}
	tracepoint_free(t);
	return r;
}

static const char *event_name(const struct perf_source *s, unsigned int event)
{
	if (event >= PERF_N_EVENTS)
		return s->kvm->item[event - PERF_N_EVENTS].name;
	return perf_events[event].name ? perf_events[event].name : "dummy";
}

static int open_one(struct perf_source *s, unsigned int event, int cpu, int cgroup_fd)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = event < PERF_N_EVENTS ? s->id[event]
						: s->kvm->item[event - PERF_N_EVENTS].id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
		.read_format = s->counts_lost ? PERF_FORMAT_LOST : 0,
		.disabled = 1,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX, /* we come by ourselves */
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	if (event == PERF_EVENT_TASKS) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_DUMMY;
		attr.sample_type = PERF_SAMPLE_TIME;
		attr.task = attr.comm = attr.comm_exec = 1;
	}
	/* Names are wanted of all tasks. */
	bool in_cgroup = cgroup_fd >= 0 && event >= PERF_EVENT_SWITCH;

	return event_open(&attr, in_cgroup ? cgroup_fd : -1, cpu,
			  in_cgroup ? PERF_FLAG_PID_CGROUP : 0);
}

/* One event's filter in the kernel's words: (prev_pid==7||next_pid==7||...)&&(prev_comm=="x"||...)
 */
static void filter_text(struct buf *b, const struct perf_event *event,
			const struct capture_filter *f)
{
	const char *join = "";

	for (unsigned int i = 0; i < f->n_tids; i++) {
		for (unsigned int k = 0; k < ARRAY_SIZE(event->tid) && event->tid[k]; k++) {
			buf_addf(b, "%s%s==%u", *join ? join : "(", event->tid[k], f->tid[i]);
			join = "||";
		}
	}
	if (*join)
		buf_add_str(b, f->comm[0] ? ")&&" : ")");
	join = "";
	for (unsigned int k = 0; f->comm[0] && k < ARRAY_SIZE(event->comm) && event->comm[k]; k++) {
		buf_addf(b, "%s%s==\"%s\"", *join ? join : "(", event->comm[k], f->comm);
		join = "||";
	}
	if (*join)
		buf_add_str(b, ")");
}

static int set_filter(int fd, unsigned int event, const struct capture_filter *f, struct err *e)
{
	/* COMM is the name of the current task, as for wake-ups. */
	static const struct perf_event kvm = { .comm = { "COMM" }, .tid = { "common_pid" } };
	const struct perf_event *v = event < PERF_N_EVENTS ? &perf_events[event] : &kvm;
	auto_buf b;

	buf_init(&b, 4095); /* the kernel takes a page */
	if (!f || !v->tid[0] || (!f->n_tids && !f->comm[0]))
		return 0;
	if (strpbrk(f->comm, "\"\\"))
		return err_set(e, -EINVAL, "engine perf cannot filter on the name '%s'", f->comm);
	filter_text(&b, v, f);
	if (buf_error(&b))
		return err_set(e, -E2BIG, "too many thread ids for engine perf");
	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, buf_str(&b)) < 0)
		return err_set(e, -errno, "the kernel does not take the filter '%.200s': %s",
			       buf_str(&b), strerror(errno));
	return 0;
}

static int open_cpu(struct perf_source *s, int cpu, uint64_t bytes, int cgroup_fd,
		    const struct capture_filter *filter, struct err *e)
{
	struct perf_cpu *c = &s->cpu[cpu];

	for (unsigned int event = 0; event < s->n_events; event++) {
		if (event < PERF_N_EVENTS && !(s->wanted & 1u << event))
			continue;
		int fd = open_one(s, event, cpu, cgroup_fd);

		if (fd == -EINVAL && s->counts_lost && event == PERF_EVENT_TASKS) {
			s->counts_lost = false;
			fd = open_one(s, event, cpu, cgroup_fd);
		}
		if (fd < 0)
			return err_set(e, fd, "cannot open event %s on CPU %d: %s",
				       event_name(s, event), cpu, strerror(-fd));
		c->fd[event] = fd;
		int r = event == PERF_EVENT_TASKS ? perf_ring_map(&c->ring, fd, bytes, e) : 0;

		if (r < 0)
			return r;
		if (event != PERF_EVENT_TASKS &&
		    ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, c->fd[PERF_EVENT_TASKS]) < 0)
			return err_set(e, -errno, "cannot join perf events into one ring: %s",
				       strerror(errno));
		r = set_filter(fd, event, filter, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_tid(void *ctx, const struct proc_task *t)
{
	struct perf_source *s = ctx;

	return idmap_get(&s->tgid_wanted, t->tgid) == IDMAP_NONE
		       ? 0
		       : idmap_set(&s->tid_wanted, t->tid, 1);
}

static int follow_processes(struct perf_source *s, const struct capture_options *o, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; i < o->filter->n_pids && !r; i++)
		r = idmap_set(&s->tgid_wanted, o->filter->pid[i], 1);
	s->follow = true;
	return r < 0 ? r : proc_tasks_read(o->root_fd, add_tid, s, e);
}

static void perf_source_free(struct event_source *base)
{
	struct perf_source *s = container_of(base, struct perf_source, base);

	for (unsigned int cpu = 0; s->cpu && cpu < s->n_cpus; cpu++) {
		perf_ring_unmap(&s->cpu[cpu].ring);
		for (unsigned int event = 0; s->cpu[cpu].fd && event < s->n_events; event++)
			if (s->cpu[cpu].fd[event] >= 0)
				close(s->cpu[cpu].fd[event]);
		free(s->cpu[cpu].fd);
	}
	tracepoint_free(s->fork);
	idmap_done(&s->by_id);
	idmap_done(&s->tgid_wanted);
	idmap_done(&s->tid_wanted);
	free(s->cpu);
	free(s);
}

static int perf_drain(struct event_source *base, unsigned int *fill_pct, struct err *e)
{
	return perf_records_drain(container_of(base, struct perf_source, base), fill_pct, e);
}

/* ---- start, stop ---- */

static int perf_start(struct event_source *base, struct err *e)
{
	struct perf_source *s = container_of(base, struct perf_source, base);

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		for (unsigned int event = 0; event < s->n_events; event++)
			if (s->cpu[cpu].fd[event] >= 0 &&
			    ioctl(s->cpu[cpu].fd[event], PERF_EVENT_IOC_ENABLE, 0) < 0)
				return err_set(e, -errno, "cannot enable perf events: %s",
					       strerror(errno));
		nsec_t now = nsec_monotonic();

		s->cpu[cpu].last = now;
		gather_cover(s->gather, (uint32_t)cpu, now, NSEC_MAX);
	}
	return 0;
}

/* Losses that no record tells of, because no event found room after them. */
static int take_late_losses(struct perf_source *s, uint32_t cpu, nsec_t now)
{
	struct perf_cpu *c = &s->cpu[cpu];
	uint64_t lost = 0;

	for (unsigned int event = 0; event < s->n_events; event++) {
		uint64_t v[2]; /* value, lost */

		if (c->fd[event] >= 0 && read(c->fd[event], v, sizeof(v)) == sizeof(v))
			lost += v[1];
	}
	return lost <= c->lost ? 0
			       : gather_loss(s->gather, cpu, NULL, min_of(c->last, now), now,
					     lost - c->lost);
}

static int perf_stop(struct event_source *base, struct err *e)
{
	struct perf_source *s = container_of(base, struct perf_source, base);
	unsigned int fill = 0;

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		s->gather->cpu[cpu].until = nsec_monotonic();
		for (unsigned int event = 0; event < s->n_events; event++)
			if (s->cpu[cpu].fd[event] >= 0)
				ioctl(s->cpu[cpu].fd[event], PERF_EVENT_IOC_DISABLE, 0);
	}
	int r = perf_drain(base, &fill, e);

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0 && s->counts_lost;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		r = take_late_losses(s, (uint32_t)cpu, s->gather->cpu[cpu].until);
	return r;
}

static int open_all(struct perf_source *s, const struct capture_options *o, struct err *e)
{
	bool own;
	auto_close int tracefs = tracefs_open(o->root_fd, &own, e);
	auto_close int cgroup_fd = -1;
	const struct capture_filter *f = o->filter;
	int r = 0;

	if (tracefs < 0)
		return tracefs;
	if (own)
		gather_note(s->gather, "tracefs is not mounted, using a mount of our own");
	for (unsigned int event = 0; event < PERF_N_EVENTS && r >= 0; event++) {
		if (!(perf_events[event].wanted_by & o->events))
			continue;
		s->wanted |= 1u << event;
		r = perf_events[event].name ? read_fields(s, tracefs, event, e) : 0;
	}
	for (unsigned int i = 0; s->kvm && i < s->kvm->n && r >= 0; i++)
		r = idmap_set(&s->by_id, s->kvm->item[i].id, PERF_N_EVENTS + i);
	if (r >= 0 && f && f->n_pids && f->n_tids)
		r = err_set(e, -EINVAL, "--pid and --tid exclude each other");
	if (r >= 0 && f && f->n_pids)
		r = follow_processes(s, o, e);
	if (r >= 0 && f && f->cgroup[0]) {
		struct cgroup_place place;

		r = cgroup_find(o->root_fd, f->cgroup, &place, e);
		if (r >= 0)
			cgroup_fd = openat(o->root_fd, place.path, O_RDONLY | O_CLOEXEC);
		if (r >= 0 && cgroup_fd < 0)
			r = err_set(e, -errno, "cannot open cgroup '%s': %s", f->cgroup,
				    strerror(errno));
	}
	if (r < 0)
		return r;

	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned int n = cpuset_count(&s->cpus);
	uint64_t bytes =
		o->buffer_bytes ? o->buffer_bytes / n : min_of(DEFAULT_BYTES, memory / 64 / n);

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		r = open_cpu(s, cpu, bytes, cgroup_fd, f, e);
	if (r >= 0)
		s->base.fills_in = s->cpu[cpuset_next(&s->cpus, 0)].ring.bytes / RECORD_BYTES *
				   NSEC_PER_SEC / ENGINE_DENSE_LOAD;
	return r;
}

static int make_cpus(struct perf_source *s)
{
	s->cpu = calloc(s->n_cpus, sizeof(s->cpu[0]));
	if (!s->cpu)
		return -ENOMEM;
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		int *fd = s->cpu[cpu].fd = calloc(s->n_events, sizeof(*fd));

		if (!fd)
			return -ENOMEM;
		memset(fd, -1, s->n_events * sizeof(*fd));
	}
	return 0;
}

/* A hundred kvm events on ten CPUs are more than the usual limit. */
static int open_with_many_files(struct perf_source *s, const struct capture_options *o,
				struct err *e)
{
	struct rlimit old;

	event_files_raise(&old);
	int r = open_all(s, o, e);

	event_files_restore(&old);
	return r;
}

static int perf_open(const struct capture_options *o, const struct kvm_events *kvm,
		     struct gather *g, struct event_source **ret, struct err *e)
{
	struct perf_source *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base = (struct event_source){
		.start = perf_start,
		.drain = perf_drain,
		.stop = perf_stop,
		.free = perf_source_free,
	};
	s->gather = g;
	s->cpus = *o->cpus;
	s->n_cpus = g->n_cpus;
	s->counts_lost = true;
	s->kvm = kvm;
	s->n_events = PERF_N_EVENTS + (kvm ? kvm->n : 0);

	int r = make_cpus(s);

	if (r >= 0)
		r = open_with_many_files(s, o, e);

	if (r < 0) {
		perf_source_free(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}

static int perf_probe(int root_fd, struct err *why)
{
	return facility_need(root_fd, (const char *const[]){ "perf", NULL }, why);
}

const struct engine engine_perf = {
	.name = "perf",
	.summary = "perf events on tracepoints, where BPF is not allowed",
	.probe = perf_probe,
	.open = perf_open,
};
