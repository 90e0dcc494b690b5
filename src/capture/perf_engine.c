/* SPDX-License-Identifier: MIT */
/*
 * The perf engine: tracepoint events opened on each CPU, all of a CPU writing into one ring, read
 * by a timer (no wake-ups). Costs three to ten times what the BPF engine costs, but needs no BPF.
 * Names come from the task records of a dummy event; fields are found by name in tracefs.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "capture/cgroup.h"
#include "capture/engine.h"
#include "capture/facility.h"
#include "capture/gather.h"
#include "capture/perf_ring.h"
#include "capture/proc_tasks.h"
#include "capture/tracefs.h"
#include "model/sched_track.h"

#define DEFAULT_BYTES ((uint64_t)8 << 20) /* per CPU: a quarter of a second of the densest load */
#define RECORD_BYTES  88 /* of a context switch: 8 header, 8 time, 4 size, 68 raw */
#define MAX_FIELDS    5

enum {
	EVENT_TASKS, /* dummy: fork, exec, rename, exit; owns the ring */
	EVENT_FORK,
	EVENT_SWITCH,
	EVENT_WAKEUP,
	EVENT_WAKEUP_NEW,
	EVENT_MIGRATE,
	N_EVENTS,
};

/* What is read of each tracepoint. All are integers but fork's name. */
static const struct perf_event {
	const char *name;
	unsigned int wanted_by; /* CAPTURE_* */
	const char *field[MAX_FIELDS];
	const char *comm[2], *tid[2]; /* fields that a filter looks at */
} events[N_EVENTS] = {
	[EVENT_TASKS] = { .wanted_by = ~0u },
	[EVENT_FORK] = {
		.name = "sched/sched_process_fork",
		.wanted_by = ~0u,
		.field = { "child_pid", "child_comm" },
	},
	[EVENT_SWITCH] = {
		.name = "sched/sched_switch",
		.wanted_by = CAPTURE_SWITCH,
		.field = { "next_pid", "prev_pid", "prev_state", "next_prio" },
		.comm = { "prev_comm", "next_comm" },
		.tid = { "prev_pid", "next_pid" },
	},
	/* COMM is the name of the current task (kernel/trace/trace_events_filter.c). */
	[EVENT_WAKEUP] = {
		.name = "sched/sched_wakeup",
		.wanted_by = CAPTURE_WAKEUP,
		.field = { "pid", "common_pid", "target_cpu" },
		.comm = { "comm", "COMM" },
		.tid = { "pid", "common_pid" },
	},
	[EVENT_WAKEUP_NEW] = {
		.name = "sched/sched_wakeup_new",
		.wanted_by = CAPTURE_WAKEUP,
		.field = { "pid", "common_pid", "target_cpu" },
		.comm = { "comm", "COMM" },
		.tid = { "pid", "common_pid" },
	},
	[EVENT_MIGRATE] = {
		.name = "sched/sched_migrate_task",
		.wanted_by = CAPTURE_MIGRATE,
		.field = { "pid", "orig_cpu", "dest_cpu" },
		.comm = { "comm" },
		.tid = { "pid" },
	},
};

struct perf_field {
	uint16_t offset, size;
};

struct perf_cpu {
	struct perf_ring ring;
	int fd[N_EVENTS]; /* -1 = not opened */
	nsec_t last; /* time of its last record */
	uint64_t lost; /* as the ring has said so far */
};

struct perf_source {
	struct event_source base;
	struct gather *gather;
	struct cpuset cpus;
	struct perf_cpu *cpu; /* [n_cpus] */
	unsigned int n_cpus;
	unsigned int wanted; /* bit per event */
	uint32_t id[N_EVENTS]; /* of the tracepoint */
	struct perf_field field[N_EVENTS][MAX_FIELDS];
	struct tracepoint *fork; /* its name has a changing place */
	bool counts_lost; /* PERF_FORMAT_LOST, kernel 6.0 */
	bool follow; /* --pid: rows are chosen here */
	struct idmap tgid_wanted, tid_wanted;
};

/* ---- opening ---- */

static int read_fields(struct perf_source *s, int tracefs, unsigned int event, struct err *e)
{
	struct tracepoint *t = NULL;
	int r = tracefs_read_event(tracefs, events[event].name, &t, e);

	if (r < 0)
		return r;
	s->id[event] = t->id;
	for (unsigned int i = 0; i < MAX_FIELDS && events[event].field[i]; i++) {
		const struct tracepoint_field *f = tracepoint_field(t, events[event].field[i]);

		if (!f) {
			r = err_set(e, -EOPNOTSUPP, "tracepoint %s has no field %s",
				    events[event].name, events[event].field[i]);
			break;
		}
		s->field[event][i] = (struct perf_field){ (uint16_t)f->offset, (uint16_t)f->size };
	}
	if (r >= 0 && event == EVENT_FORK)
		s->fork = steal_ptr(t);
	tracepoint_free(t);
	return r;
}

static int open_one(struct perf_source *s, unsigned int event, int cpu, int cgroup_fd)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = s->id[event],
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

	if (event == EVENT_TASKS) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_DUMMY;
		attr.sample_type = PERF_SAMPLE_TIME;
		attr.task = attr.comm = attr.comm_exec = 1;
	}
	/* Names are wanted of all tasks. */
	bool in_cgroup = cgroup_fd >= 0 && event >= EVENT_SWITCH;
	int fd = (int)syscall(SYS_perf_event_open, &attr, in_cgroup ? cgroup_fd : -1, cpu, -1,
			      PERF_FLAG_FD_CLOEXEC | (in_cgroup ? PERF_FLAG_PID_CGROUP : 0));

	return fd < 0 ? -errno : fd;
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
	auto_buf b;

	buf_init(&b, 4095); /* the kernel takes a page */
	if (!f || !events[event].tid[0] || (!f->n_tids && !f->comm[0]))
		return 0;
	if (strpbrk(f->comm, "\"\\"))
		return err_set(e, -EINVAL, "engine perf cannot filter on the name '%s'", f->comm);
	filter_text(&b, &events[event], f);
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

	for (unsigned int event = 0; event < N_EVENTS; event++) {
		if (!(s->wanted & 1u << event))
			continue;
		int fd = open_one(s, event, cpu, cgroup_fd);

		if (fd == -EINVAL && s->counts_lost && event == EVENT_TASKS) {
			s->counts_lost = false;
			fd = open_one(s, event, cpu, cgroup_fd);
		}
		if (fd < 0)
			return err_set(e, fd, "cannot open event %s on CPU %d: %s",
				       events[event].name ? events[event].name : "dummy", cpu,
				       strerror(-fd));
		c->fd[event] = fd;
		int r = event == EVENT_TASKS ? perf_ring_map(&c->ring, fd, bytes, e) : 0;

		if (r < 0)
			return r;
		if (event != EVENT_TASKS &&
		    ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, c->fd[EVENT_TASKS]) < 0)
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
		for (unsigned int event = 0; event < N_EVENTS; event++)
			if (s->cpu[cpu].fd[event] >= 0)
				close(s->cpu[cpu].fd[event]);
	}
	tracepoint_free(s->fork);
	idmap_done(&s->tgid_wanted);
	idmap_done(&s->tid_wanted);
	free(s->cpu);
	free(s);
}

/* ---- records ---- */

static int64_t get_field(const struct perf_source *s, unsigned int event, unsigned int i,
			 const uint8_t *raw)
{
	const struct perf_field *f = &s->field[event][i];
	int64_t v64;
	int32_t v32;
	int16_t v16;

	switch (f->size) {
	case 8:
		memcpy(&v64, raw + f->offset, sizeof(v64));
		return v64;
	case 4:
		memcpy(&v32, raw + f->offset, sizeof(v32));
		return v32;
	case 2:
		memcpy(&v16, raw + f->offset, sizeof(v16));
		return v16;
	}
	return raw[f->offset];
}

static bool wanted(const struct perf_source *s, uint32_t tid)
{
	return !s->follow || idmap_get(&s->tid_wanted, tid) != IDMAP_NONE;
}

/* The name of a new task: the fork record before it has none. */
static int take_fork_name(struct perf_source *s, uint32_t cpu, nsec_t time, const uint8_t *raw,
			  size_t size)
{
	const struct tracepoint_field *f = tracepoint_field(s->fork, "child_comm");
	const char *text;
	size_t n;
	char comm[64];

	if (!f ||
	    tracepoint_str(f, raw, size, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, &text, &n) < 0)
		return 0;
	snprintf(comm, sizeof(comm), "%.*s", (int)n, text);
	const struct gather_task t = {
		.time = time,
		.kind = TASK_SEEN,
		.tid = (uint32_t)get_field(s, EVENT_FORK, 0, raw),
		.comm = comm,
	};

	return gather_task(s->gather, cpu, &t);
}

static int take_sample(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	/* u64 time, u32 size, raw */
	const uint8_t *p = (const uint8_t *)(h + 1), *raw = p + 12;
	nsec_t time;
	uint32_t size;
	uint16_t type;

	if (h->size < sizeof(*h) + 12 + sizeof(type))
		return -EPROTO;
	memcpy(&time, p, sizeof(time));
	memcpy(&size, p + 8, sizeof(size));
	memcpy(&type, raw, sizeof(type));
	if (size > h->size - sizeof(*h) - 12)
		return -EPROTO;
	unsigned int event = EVENT_FORK;

	while (event < N_EVENTS && s->id[event] != type)
		event++;
	if (event == N_EVENTS)
		return 0;
	for (unsigned int i = 0; i < MAX_FIELDS && events[event].field[i]; i++)
		if (s->field[event][i].offset + s->field[event][i].size > size)
			return -EPROTO;
	s->cpu[cpu].last = time;
	if (event == EVENT_FORK)
		return take_fork_name(s, cpu, time, raw, size);

	uint32_t a = (uint32_t)get_field(s, event, 0, raw);
	uint32_t b = (uint32_t)get_field(s, event, 1, raw);
	uint32_t c = (uint32_t)get_field(s, event, 2, raw);

	if (event == EVENT_MIGRATE)
		return !wanted(s, a)
			       ? 0
			       : gather_migrate(s->gather, cpu, time, a, (uint16_t)b, (uint16_t)c);
	if (!wanted(s, a) && !wanted(s, b))
		return 0;
	if (event == EVENT_SWITCH)
		return gather_switch(s->gather, cpu, time, a, b, c & 0x1ff,
				     (uint8_t)get_field(s, event, 3, raw));
	return gather_wakeup(s->gather, cpu, time, a, b, (uint16_t)c,
			     event == EVENT_WAKEUP_NEW ? WAKEUP_FLAG_NEW : 0);
}

/* fork, exit: u32 pid, ppid, tid, ptid, u64 time */
static int take_task(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	struct {
		uint32_t pid, ppid, tid, ptid;
		uint64_t time;
	} r;

	if (h->size < sizeof(*h) + sizeof(r))
		return -EPROTO;
	memcpy(&r, h + 1, sizeof(r));
	const struct gather_task t = {
		.time = r.time,
		.kind = h->type == PERF_RECORD_FORK ? TASK_FORK : TASK_EXIT,
		.tid = r.tid,
		.tgid = r.pid,
		.parent = r.ptid,
		.kernel = h->type == PERF_RECORD_FORK && r.ppid == 2, /* kthreadd's */
		.comm = "",
	};

	s->cpu[cpu].last = r.time;
	return gather_task(s->gather, cpu, &t);
}

/* u32 pid, tid, name with zeros, u64 time */
static int take_comm(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	uint32_t id[2];
	nsec_t time;
	char comm[64];
	const uint8_t *p = (const uint8_t *)(h + 1);
	size_t n = h->size - sizeof(*h);

	if (n < sizeof(id) + sizeof(time))
		return -EPROTO;
	memcpy(id, p, sizeof(id));
	memcpy(&time, p + n - sizeof(time), sizeof(time));
	snprintf(comm, sizeof(comm), "%.*s", (int)(n - sizeof(id) - sizeof(time)),
		 (const char *)p + sizeof(id));
	const struct gather_task t = {
		.time = time,
		.kind = h->misc & PERF_RECORD_MISC_COMM_EXEC ? TASK_EXEC : TASK_RENAME,
		.tid = id[1],
		.tgid = id[0],
		.comm = comm,
	};

	s->cpu[cpu].last = time;
	return gather_task(s->gather, cpu, &t);
}

/* u64 id, lost, time. The kernel also counts in LOST_SAMPLES records for some events: the same
 * events, so those are not added. */
static int take_lost(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	uint64_t v[3];
	struct perf_cpu *c = &s->cpu[cpu];

	if (h->size < sizeof(*h) + sizeof(v))
		return -EPROTO;
	memcpy(v, h + 1, sizeof(v));
	int r = gather_loss(s->gather, cpu, NULL, min_of(c->last, v[2]), v[2], v[1]);

	c->last = v[2];
	c->lost += v[1];
	return r;
}

static int take(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	switch (h->type) {
	case PERF_RECORD_SAMPLE:
		return take_sample(s, cpu, h);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return take_task(s, cpu, h);
	case PERF_RECORD_COMM:
		return take_comm(s, cpu, h);
	case PERF_RECORD_LOST:
		return take_lost(s, cpu, h);
	}
	return 0;
}

/* Learn of new threads of followed processes before rows are chosen: a child may run on another CPU
 * than the one whose ring has its fork. */
static int scan_forks(struct perf_source *s, struct perf_ring *ring)
{
	uint64_t tail = ring->tail;
	const struct perf_event_header *h;
	int r = 0;

	while (r >= 0 && (h = perf_ring_next(ring, &r))) {
		uint32_t id[3]; /* pid, ppid, tid */

		if (h->type != PERF_RECORD_FORK || h->size < sizeof(*h) + sizeof(id))
			continue;
		memcpy(id, h + 1, sizeof(id));
		if (idmap_get(&s->tgid_wanted, id[0]) == IDMAP_NONE &&
		    idmap_get(&s->tgid_wanted, id[1]) == IDMAP_NONE)
			continue;
		r = idmap_set(&s->tgid_wanted, id[0], 1);
		if (r >= 0)
			r = idmap_set(&s->tid_wanted, id[2], 1);
	}
	ring->tail = tail;
	return r;
}

static int perf_drain(struct event_source *base, unsigned int *fill_pct, struct err *e)
{
	struct perf_source *s = container_of(base, struct perf_source, base);
	int r = 0;

	s->gather->error = e;
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		unsigned int fill = perf_ring_refresh(&s->cpu[cpu].ring);

		*fill_pct = max_of(*fill_pct, fill);
		if (s->follow && (r = scan_forks(s, &s->cpu[cpu].ring)) < 0)
			return r;
	}
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		struct perf_ring *ring = &s->cpu[cpu].ring;
		const struct perf_event_header *h;
		unsigned int n = 0;

		while (r >= 0 && (h = perf_ring_next(ring, &r))) {
			r = take(s, (uint32_t)cpu, h);
			if (++n % 1024 == 0)
				perf_ring_release(ring);
		}
		perf_ring_release(ring);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- start, stop ---- */

static int perf_start(struct event_source *base, struct err *e)
{
	struct perf_source *s = container_of(base, struct perf_source, base);

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		for (unsigned int event = 0; event < N_EVENTS; event++)
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

	for (unsigned int event = 0; event < N_EVENTS; event++) {
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
		for (unsigned int event = 0; event < N_EVENTS; event++)
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
		snprintf(s->base.note, sizeof(s->base.note),
			 "tracefs is not mounted, using a mount of our own");
	for (unsigned int event = 0; event < N_EVENTS && r >= 0; event++) {
		if (!(events[event].wanted_by & o->events))
			continue;
		s->wanted |= 1u << event;
		r = events[event].name ? read_fields(s, tracefs, event, e) : 0;
	}
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

static int perf_open(const struct capture_options *o, struct gather *g, struct event_source **ret,
		     struct err *e)
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
	s->cpu = calloc(s->n_cpus, sizeof(s->cpu[0]));
	for (unsigned int cpu = 0; s->cpu && cpu < s->n_cpus; cpu++)
		memset(s->cpu[cpu].fd, -1, sizeof(s->cpu[cpu].fd));

	int r = s->cpu ? open_all(s, o, e) : -ENOMEM;

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
