/* SPDX-License-Identifier: MIT */
/*
 * Records of the sampler's rings into rows. They are merged by time with a heap of the rings; a
 * record is only taken when it is old enough that no earlier one can still be on its way into
 * another ring.
 */
#include "capture/sample_records.h"

#include <string.h>

#include "capture/build_id.h"
#include "capture/gather.h"
#include "capture/perf_records.h"
#include "capture/proc_maps.h"
#include "model/file_track.h"

#define MISC_MMAP_BUILD_ID (1u << 14) /* PERF_RECORD_MISC_MMAP_BUILD_ID, since 5.12 */
#define CHAIN_MAX	   1200u /* kernel.perf_event_max_stack is 127, at most 640 and contexts */
#define BRANCHES_MAX	   256u
_Static_assert(BRANCHES_MAX <= UNWIND_MAX_FRAMES, "a chain has room for both");

/* ---- build ids ---- */

/* The build id of a mapped file whose record has none, once per file. */
static int file_build_id(struct sampler *s, uint32_t pid, const struct proc_map *m, char *ret)
{
	uint64_t key = m->inode ^ (uint64_t)m->major << 44 ^ (uint64_t)m->minor << 56;
	uint32_t at = idmap_get(&s->build_ids, key);
	char path[4200];

	if (at == IDMAP_NONE) {
		if (s->n_build_ids == s->cap_build_ids) {
			uint32_t cap = s->cap_build_ids ? 2 * s->cap_build_ids : 256;
			void *grown = reallocarray(s->build_id, cap, sizeof(*s->build_id));

			if (!grown)
				return -ENOMEM;
			s->build_id = grown;
			s->cap_build_ids = cap;
		}
		at = s->n_build_ids;
		/* As the process sees it: it may live in another mount namespace. */
		snprintf(path, sizeof(path), "proc/%u/root%s", pid, m->path);
		build_id_read(s->root_fd, path, s->build_id[at]);
		if (idmap_set(&s->build_ids, key, at) < 0)
			return -ENOMEM;
		s->n_build_ids++;
	}
	snprintf(ret, BUILD_ID_MAX, "%s", s->build_id[at]);
	return 0;
}

static int map(struct sampler *s, nsec_t time, uint32_t pid, const struct proc_map *m,
	       const char *build_id, struct err *e)
{
	char text[BUILD_ID_MAX] = "";
	bool file = m->path[0] == '/' && m->path[1] != '/' && m->inode;

	if (!build_id && file && file_build_id(s, pid, m, text) < 0)
		return -ENOMEM;
	return chain_writer_map(s->chains, time, pid, m->start, m->end - m->start, m->pgoff,
				m->path, build_id ? build_id : text, e);
}

struct maps_reading {
	struct sampler *s;
	nsec_t time;
	uint32_t pid;
	struct err *error;
};

static int take_proc_map(void *ctx, const struct proc_map *m)
{
	const struct maps_reading *r = ctx;

	return map(r->s, r->time, r->pid, m, NULL, r->error);
}

int sample_records_read_maps(struct sampler *s, nsec_t time, uint32_t pid, struct err *e)
{
	struct maps_reading r = { .s = s, .time = time, .pid = pid, .error = e };

	return proc_maps_read(s->root_fd, pid, take_proc_map, &r);
}

/* ---- one record ---- */

/* The user part by last branch records: where the calls stand, innermost first. */
static size_t add_branches(const uint8_t *p, size_t left, bool in_user, uint64_t ip,
			   uint64_t *chain, size_t n)
{
	uint64_t count, from, to;

	if (left < 8)
		return n;
	memcpy(&count, p, 8);
	count = min_of(min_of(count, (uint64_t)BRANCHES_MAX), (uint64_t)(left - 8) / 24);
	if (!count)
		return n;
	memcpy(&to, p + 16, 8);
	chain[n++] = CHAIN_CONTEXT_USER;
	chain[n++] = in_user ? ip : to;
	for (uint64_t i = 0; i < count; i++) {
		memcpy(&from, p + 8 + 24 * i, 8);
		chain[n++] = from;
	}
	return n;
}

/* The user part from a copy of the stack: u64 abi, registers, u64 size, bytes, u64 how many of them
 * are the stack. Kernel threads have none. */
static size_t add_unwound(struct sampler *s, uint32_t pid, const uint8_t *p, size_t left,
			  uint64_t *chain, size_t n)
{
	size_t regs = 8 * (size_t)__builtin_popcountll(s->regs_mask);
	struct unwind_thread t = { .pid = pid };
	uint64_t abi, size, used;

	if (left < 8)
		return n;
	memcpy(&abi, p, 8);
	/* 32-bit programs have other registers and rules. */
	if (abi != PERF_SAMPLE_REGS_ABI_64 || left < 8 + regs + 8)
		return n;
	const uint8_t *values = p + 8, *stack = values + regs + 8;

	memcpy(&size, values + regs, 8);
	left -= 8 + regs + 8;
	if (!size || size > left || left - size < 8)
		return n;
	memcpy(&used, stack + size, 8);
	t.stack = stack;
	t.stack_bytes = min_of(size, used);
	if (!unwind_thread_regs(&t, s->machine, s->regs_mask, values,
				__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		return n;
	chain[n++] = CHAIN_CONTEXT_USER;
	return n + unwinder_walk(s->unwinder, &t, chain + n, UNWIND_MAX_FRAMES);
}

/* Up to the mark behind which user addresses come. */
static size_t kernel_part(const uint64_t *chain, size_t n)
{
	size_t i = 0;

	while (i < n && chain[i] != CHAIN_CONTEXT_USER)
		i++;
	return i;
}

/* u64 id, ip, u32 pid, tid, u64 time, u32 cpu, 0, u64 period, [u64 n, ip[n]], [u64 n, branch[n]],
 * [registers, stack] */
static int take_sample(struct sampler *s, uint32_t cpu, const struct perf_event_header *h,
		       nsec_t time, struct err *e)
{
	struct {
		uint64_t id, ip;
		uint32_t pid, tid;
		uint64_t time;
		uint32_t cpu, zero;
		uint64_t period;
	} r;
	const uint8_t *p = (const uint8_t *)(h + 1);
	size_t left = h->size - sizeof(*h);
	uint64_t chain[CHAIN_MAX + UNWIND_MAX_FRAMES + 2], n = 0;
	enum sample_mode mode = h->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	uint32_t node;

	if (left < sizeof(r))
		return -EPROTO;
	memcpy(&r, p, sizeof(r));
	p += sizeof(r);
	left -= sizeof(r);
	if (s->options.call_graph != CALL_GRAPH_NONE) {
		if (left < 8)
			return -EPROTO;
		memcpy(&n, p, 8);
		if (n > (left - 8) / 8)
			return -EPROTO;
		p += 8 + n * 8;
		left -= 8 + n * 8;
		const uint8_t *from = p - n * 8;

		n = min_of(n, (uint64_t)CHAIN_MAX);
		memcpy(chain, from, n * 8);
	}
	if (s->options.call_graph == CALL_GRAPH_LBR)
		n = add_branches(p, left, mode == SAMPLE_MODE_USER, r.ip, chain,
				 kernel_part(chain, n));
	else if (s->options.call_graph == CALL_GRAPH_DWARF)
		n = add_unwound(s, r.pid, p, left, chain, kernel_part(chain, n));
	uint32_t event = idmap_get(&s->by_id, r.id);

	if (event == IDMAP_NONE)
		return 0;
	/* Without frames at all it is known where it was. */
	bool any = false;

	for (uint64_t i = 0; i < n && !any; i++)
		any = chain[i] < CHAIN_CONTEXT_MIN;
	if (!any && r.ip) {
		chain[0] = r.ip;
		n = 1;
	}
	int result = chain_writer_node(s->chains, time, r.pid, mode, chain, n, &node, e);

	if (result < 0)
		return result;
	const struct gather_sample row = {
		.event = (uint16_t)event,
		.tid = r.tid,
		.pid = r.pid,
		.node = node,
		.weight = s->event[event].off_cpu ? 0 : r.period,
		.mode = (uint8_t)mode,
	};
	return gather_sample(s->gather, cpu, time, &row);
}

/* u32 pid, tid, u64 address, length, pgoff, device and inode or build id, u32 prot, flags, name */
static int take_mmap(struct sampler *s, const struct perf_event_header *h, nsec_t time,
		     struct err *e)
{
	struct {
		uint32_t pid, tid;
		uint64_t address, length, pgoff;
		union {
			struct {
				uint32_t major, minor;
				uint64_t inode, generation;
			};
			struct {
				uint8_t id_bytes, zero[3], id[20];
			};
		};
		uint32_t prot, flags;
	} r;
	char text[BUILD_ID_MAX], path[4200];
	size_t left = h->size - sizeof(*h);
	uint64_t end;

	if (left < sizeof(r) + SAMPLE_RECORD_TRAILER)
		return -EPROTO;
	memcpy(&r, h + 1, sizeof(r));
	left -= sizeof(r) + SAMPLE_RECORD_TRAILER;
	if (__builtin_add_overflow(r.address, r.length, &end) ||
	    (h->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL)
		return 0;
	snprintf(path, sizeof(path), "%.*s", (int)min_of(left, sizeof(path) - 1),
		 (const char *)(h + 1) + sizeof(r));
	struct proc_map m = {
		.start = r.address, .end = end, .pgoff = r.pgoff, .exec = true, .path = path
	};

	if (h->misc & MISC_MMAP_BUILD_ID) {
		build_id_text(r.id, min_of(r.id_bytes, (uint8_t)sizeof(r.id)), text);
		return map(s, time, r.pid, &m, text, e);
	}
	m.inode = r.inode;
	m.major = r.major;
	m.minor = r.minor;
	return map(s, time, r.pid, &m, NULL, e);
}

static int count_threads(struct sampler *s, uint32_t pid, int change)
{
	uint32_t n = idmap_get(&s->threads, pid);

	if (n == IDMAP_NONE || !(n + (uint32_t)change))
		return n == IDMAP_NONE ? 0 : 1;
	return idmap_set(&s->threads, pid, n + (uint32_t)change);
}

/* fork, exit: u32 pid, ppid, tid, ptid, u64 time */
static int take_task(struct sampler *s, uint32_t cpu, const struct perf_event_header *h)
{
	uint32_t id[4];
	int r = 0;

	if (h->size < sizeof(*h) + sizeof(id) + 8)
		return -EPROTO;
	memcpy(id, h + 1, sizeof(id));
	if (h->type == PERF_RECORD_FORK && id[0] != id[1]) {
		r = spaces_fork(chain_writer_spaces(s->chains), id[1], id[0]);
		if (r >= 0)
			r = idmap_set(&s->threads, id[0], 1);
	} else {
		r = count_threads(s, id[0], h->type == PERF_RECORD_FORK ? 1 : -1);
		/* The last one of its process: its mappings would stay for ever. */
		if (r > 0)
			spaces_clear(chain_writer_spaces(s->chains), id[0]);
	}
	return r < 0 || !s->alone ? min_of(r, 0) : perf_records_task(s->gather, cpu, h, NULL);
}

static int take_comm(struct sampler *s, uint32_t cpu, const struct perf_event_header *h,
		     nsec_t time)
{
	uint32_t id[2];

	if (h->size < sizeof(*h) + sizeof(id) + SAMPLE_RECORD_TRAILER)
		return -EPROTO;
	memcpy(id, h + 1, sizeof(id));
	if (h->misc & PERF_RECORD_MISC_COMM_EXEC)
		spaces_clear(chain_writer_spaces(s->chains), id[0]);
	return s->alone ? perf_records_comm(s->gather, cpu, h, SAMPLE_RECORD_TRAILER, time) : 0;
}

/* LOST: u64 id, lost; LOST_SAMPLES: u64 lost */
static int take_lost(struct sampler *s, uint32_t cpu, const struct perf_event_header *h,
		     nsec_t time)
{
	uint64_t v;
	size_t at = h->type == PERF_RECORD_LOST ? 8 : 0;
	struct sample_ring *ring = &s->ring[cpu];

	if (h->size < sizeof(*h) + at + 8)
		return -EPROTO;
	memcpy(&v, (const uint8_t *)(h + 1) + at, 8);
	if (h->type == PERF_RECORD_LOST)
		ring->lost += v;
	return gather_loss(s->gather, cpu, &track_sample, min_of(ring->last, time), time, v);
}

/* u64 time, id, stream id: samples of this event are not taken until it is unthrottled, at the next
 * timer tick. How many were left out nobody knows. */
static int take_throttle(struct sampler *s, uint32_t cpu, const struct perf_event_header *h,
			 nsec_t time)
{
	uint64_t id;
	int r = 0;

	if (h->size < sizeof(*h) + 24)
		return -EPROTO;
	memcpy(&id, (const uint8_t *)(h + 1) + 8, 8);
	uint32_t event = idmap_get(&s->by_id, id);

	if (event == IDMAP_NONE)
		return 0;
	nsec_t *since = &s->ring[cpu].throttled[event];

	if (*since && h->type == PERF_RECORD_UNTHROTTLE)
		r = gather_loss_by(s->gather, cpu, &track_sample, *since, time, 0, LOSS_THROTTLED);
	*since = h->type == PERF_RECORD_THROTTLE ? time : 0;
	return r;
}

static int take(struct sampler *s, uint32_t cpu, const struct perf_event_header *h, nsec_t time,
		struct err *e)
{
	switch (h->type) {
	case PERF_RECORD_SAMPLE:
		return take_sample(s, cpu, h, time, e);
	case PERF_RECORD_MMAP2:
		return take_mmap(s, h, time, e);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return take_task(s, cpu, h);
	case PERF_RECORD_COMM:
		return take_comm(s, cpu, h, time);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		return take_lost(s, cpu, h, time);
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		return take_throttle(s, cpu, h, time);
	}
	return 0;
}

/* ---- merging ---- */

static int time_of(const struct perf_event_header *h, nsec_t *ret)
{
	const uint8_t *p = (const uint8_t *)h;

	if (h->size < sizeof(*h) + SAMPLE_RECORD_TRAILER)
		return -EPROTO;
	/* A sample: id, ip, pid and tid before it; else it is in the trailer. */
	p += h->type == PERF_RECORD_SAMPLE ? sizeof(*h) + 24 : h->size - SAMPLE_RECORD_TRAILER + 8;
	memcpy(ret, p, sizeof(*ret));
	return 0;
}

/* Look at the next record of a ring. Times of a ring hardly ever fall (an interrupt within an
 * event); one that does is taken as late as the one before. */
static int look(struct sample_ring *ring)
{
	int r = 0;

	ring->next = perf_ring_next(&ring->ring, &r);
	if (!ring->next)
		return r;
	r = time_of(ring->next, &ring->next_time);
	return r;
}

static bool earlier(const struct sampler *s, uint32_t a, uint32_t b)
{
	return s->ring[a].next_time < s->ring[b].next_time ||
	       (s->ring[a].next_time == s->ring[b].next_time && a < b);
}

/* The top of the heap has changed: let it sink to its place. */
static void sink_top(struct sampler *s)
{
	uint32_t *heap = s->heap, top = heap[0];
	unsigned int i = 0;

	for (;;) {
		unsigned int child = 2 * i + 1;

		if (child >= s->n_heap)
			break;
		if (child + 1 < s->n_heap && earlier(s, heap[child + 1], heap[child]))
			child++;
		if (!earlier(s, heap[child], top))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = top;
}

static void push(struct sampler *s, uint32_t cpu)
{
	unsigned int i = s->n_heap++;

	for (; i && earlier(s, cpu, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = cpu;
}

int sample_records_drain(struct sampler *s, nsec_t until, unsigned int *fill_pct, struct err *e)
{
	int r = 0;

	s->gather->error = e;
	s->n_heap = 0;
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&s->cpus, cpu + 1)) {
		struct sample_ring *ring = &s->ring[cpu];
		unsigned int fill = perf_ring_refresh(&ring->ring);

		*fill_pct = max_of(*fill_pct, fill);
		r = look(ring);
		if (r >= 0 && ring->next)
			push(s, (uint32_t)cpu);
	}
	for (unsigned int n = 1; r >= 0 && s->n_heap; n++) {
		uint32_t cpu = s->heap[0];
		struct sample_ring *ring = &s->ring[cpu];
		nsec_t time = ring->next_time;

		if (time > until)
			break;
		r = take(s, cpu, ring->next, time, e);
		ring->last = max_of(ring->last, time);
		if (r >= 0)
			r = look(ring);
		if (!ring->next)
			s->heap[0] = s->heap[--s->n_heap];
		sink_top(s);
	}
	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0; cpu = cpuset_next(&s->cpus, cpu + 1)) {
		struct sample_ring *ring = &s->ring[cpu];

		/* What was looked at but not taken stays in the ring. */
		if (ring->next)
			ring->ring.tail -= ring->next->size;
		ring->next = NULL;
		perf_ring_release(&ring->ring);
	}
	if (r == -EPROTO)
		return err_set(e, r, "a perf ring holds a record that makes no sense");
	return r < 0 ? r : chain_writer_flush(s->chains, e);
}
