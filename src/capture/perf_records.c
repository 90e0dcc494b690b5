/* SPDX-License-Identifier: MIT */
/* Records of perf rings (perf_event_open(2)) into events. Fields are read where tracefs says. */
#include "capture/perf_records.h"

#include "capture/gather.h"
#include "model/sched_track.h"

const struct perf_event perf_events[PERF_N_EVENTS] = {
	[PERF_EVENT_TASKS] = { .wanted_by = ~0u },
	[PERF_EVENT_FORK] = {
		.name = "sched/sched_process_fork",
		.wanted_by = ~0u,
		.field = { "child_pid", "child_comm" },
	},
	[PERF_EVENT_SWITCH] = {
		.name = "sched/sched_switch",
		.wanted_by = CAPTURE_SWITCH,
		.field = { "next_pid", "prev_pid", "prev_state", "next_prio" },
		.comm = { "prev_comm", "next_comm" },
		.tid = { "prev_pid", "next_pid" },
	},
	/* COMM is the name of the current task (kernel/trace/trace_events_filter.c). */
	[PERF_EVENT_WAKEUP] = {
		.name = "sched/sched_wakeup",
		.wanted_by = CAPTURE_WAKEUP,
		.field = { "pid", "common_pid", "target_cpu" },
		.comm = { "comm", "COMM" },
		.tid = { "pid", "common_pid" },
	},
	[PERF_EVENT_WAKEUP_NEW] = {
		.name = "sched/sched_wakeup_new",
		.wanted_by = CAPTURE_WAKEUP,
		.field = { "pid", "common_pid", "target_cpu" },
		.comm = { "comm", "COMM" },
		.tid = { "pid", "common_pid" },
	},
	[PERF_EVENT_MIGRATE] = {
		.name = "sched/sched_migrate_task",
		.wanted_by = CAPTURE_MIGRATE,
		.field = { "pid", "orig_cpu", "dest_cpu" },
		.comm = { "comm" },
		.tid = { "pid" },
	},
};

static int64_t get_at(const struct perf_field *f, const uint8_t *raw)
{
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

static int64_t get_field(const struct perf_source *s, unsigned int event, unsigned int i,
			 const uint8_t *raw)
{
	return get_at(&s->field[event][i], raw);
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
		.tid = (uint32_t)get_field(s, PERF_EVENT_FORK, 0, raw),
		.comm = comm,
	};

	return gather_task(s->gather, cpu, &t);
}

static int take_kvm(struct perf_source *s, uint32_t cpu, nsec_t time, const struct kvm_event *v,
		    const uint8_t *raw, size_t size)
{
	const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct kvm_record k;

	if (s->pid.offset + s->pid.size > size ||
	    kvm_layout_read(&v->layout, raw, size, big, &k) < 0)
		return -EPROTO;
	uint32_t tid = (uint32_t)get_at(&s->pid, raw);

	if (!wanted(s, tid))
		return 0;
	switch (v->layout.class) {
	case KVM_CLASS_EXIT:
		return gather_kvm_exit(s->gather, cpu, time, tid, k.isa, k.reason);
	case KVM_CLASS_ENTRY:
		return gather_kvm_entry(s->gather, cpu, time, tid);
	case KVM_CLASS_OTHER:
		return gather_kvm(s->gather, cpu, time, tid, v->layout.kind, k.what, k.detail);
	}
	return 0;
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
	uint32_t event = idmap_get(&s->by_id, type);

	if (event == IDMAP_NONE)
		return 0;
	if (event >= PERF_N_EVENTS) {
		s->cpu[cpu].last = time;
		return take_kvm(s, cpu, time, &s->kvm->item[event - PERF_N_EVENTS], raw, size);
	}
	for (unsigned int i = 0; i < PERF_MAX_FIELDS && perf_events[event].field[i]; i++)
		if (s->field[event][i].offset + s->field[event][i].size > size)
			return -EPROTO;
	s->cpu[cpu].last = time;
	if (event == PERF_EVENT_FORK)
		return take_fork_name(s, cpu, time, raw, size);

	uint32_t a = (uint32_t)get_field(s, event, 0, raw);
	uint32_t b = (uint32_t)get_field(s, event, 1, raw);
	uint32_t c = (uint32_t)get_field(s, event, 2, raw);

	if (event == PERF_EVENT_MIGRATE)
		return !wanted(s, a)
			       ? 0
			       : gather_migrate(s->gather, cpu, time, a, (uint16_t)b, (uint16_t)c);
	if (!wanted(s, a) && !wanted(s, b))
		return 0;
	if (event == PERF_EVENT_SWITCH)
		return gather_switch(s->gather, cpu, time, a, b, c & 0x1ff,
				     (uint8_t)get_field(s, event, 3, raw));
	return gather_wakeup(s->gather, cpu, time, a, b, (uint16_t)c,
			     event == PERF_EVENT_WAKEUP_NEW ? WAKEUP_FLAG_NEW : 0);
}

/* fork, exit: u32 pid, ppid, tid, ptid, u64 time */
int perf_records_task(struct gather *g, uint32_t cpu, const struct perf_event_header *h,
		      nsec_t *ret_time)
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

	if (ret_time)
		*ret_time = r.time;
	return gather_task(g, cpu, &t);
}

/* u32 pid, tid, name with zeros, trailer */
int perf_records_comm(struct gather *g, uint32_t cpu, const struct perf_event_header *h,
		      size_t trailer, nsec_t time)
{
	uint32_t id[2];
	char comm[64];
	const uint8_t *p = (const uint8_t *)(h + 1);
	size_t n = h->size - sizeof(*h);

	if (n < sizeof(id) + trailer)
		return -EPROTO;
	memcpy(id, p, sizeof(id));
	snprintf(comm, sizeof(comm), "%.*s", (int)(n - sizeof(id) - trailer),
		 (const char *)p + sizeof(id));
	const struct gather_task t = {
		.time = time,
		.kind = h->misc & PERF_RECORD_MISC_COMM_EXEC ? TASK_EXEC : TASK_RENAME,
		.tid = id[1],
		.tgid = id[0],
		.comm = comm,
	};

	return gather_task(g, cpu, &t);
}

static int take_comm(struct perf_source *s, uint32_t cpu, const struct perf_event_header *h)
{
	nsec_t time;

	if (h->size < sizeof(*h) + sizeof(time))
		return -EPROTO;
	memcpy(&time, (const uint8_t *)h + h->size - sizeof(time), sizeof(time));
	s->cpu[cpu].last = time;
	return perf_records_comm(s->gather, cpu, h, sizeof(time), time);
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
		return perf_records_task(s->gather, cpu, h, &s->cpu[cpu].last);
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

int perf_records_drain(struct perf_source *s, unsigned int *fill_pct, struct err *e)
{
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
