/* SPDX-License-Identifier: MIT */
/* Counters are handed to the program in an array of perf events; it hands back whole slices. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/resource.h>

#include "slice.h"
#include "slices.skel.h"

#include "capture/facility.h"
#include "capture/slices.h"

#define BUFFER_BYTES (16u << 20)
#define DENSE_LOAD   500000u /* slices a second, of all CPUs */
#define RECORD_BYTES (sizeof(struct slice) + 8) /* with the ring buffer's head */

_Static_assert(SLICES_EVENTS == SLICE_EVENTS, "bpf/slice.h");

struct slices {
	struct counters *counters;
	struct gather *gather;
	struct slices_bpf *skel;
	struct ring_buffer *ring;
	unsigned int first_event, n_events;
	uint64_t lost_seen, taken;
	nsec_t last_drain;
	int error; /* of a callback */
};

struct slices *slices_free(struct slices *s)
{
	if (!s)
		return NULL;
	ring_buffer__free(s->ring);
	slices_bpf__destroy(s->skel);
	free(s);
	return NULL;
}

static int take(void *ctx, void *data, size_t size)
{
	struct slices *s = ctx;
	const struct slice *v = data;

	if (size < sizeof(*v) || v->cpu >= s->gather->n_cpus)
		return 0;
	s->taken++;
	for (unsigned int i = 0; i < s->n_events && s->error >= 0; i++) {
		const struct gather_counter row = {
			.event = (uint16_t)(s->first_event + i),
			.kind = COUNTER_SLICE,
			.tid = v->tid,
			.value = v->count[i].value,
			.enabled = v->count[i].enabled,
			.running = v->count[i].running,
		};

		if (v->there & 1u << i)
			s->error = gather_counter(s->gather, v->cpu, v->time, &row);
	}
	/* A failure must not stop libbpf half way: what it has read is gone. */
	return 0;
}

static int fill_counters(struct slices *s, struct err *e)
{
	int map = bpf_map__fd(s->skel->maps.counters);

	for (unsigned int p = 0; p < counters_n_places(s->counters); p++) {
		int cpu = counters_place(s->counters, p)->cpu;

		for (unsigned int i = 0; i < s->n_events; i++) {
			uint32_t key = i * s->gather->n_cpus + (uint32_t)cpu;
			int fd = counters_fd(s->counters, i, p);

			if (fd < 0)
				continue;
			int r = bpf_map_update_elem(map, &key, &fd, BPF_ANY);

			if (r < 0)
				return err_set(e, r, "counter %s cannot be read at switches: %s",
					       counters_event(s->counters, i)->name, strerror(-r));
		}
	}
	return 0;
}

static int load(struct slices *s, struct err *e)
{
	struct slices_bpf *skel = s->skel = slices_bpf__open();

	if (!skel)
		return err_set(e, -errno, "cannot read the BPF program: %s", strerror(errno));
	skel->rodata->n_events = s->n_events;
	skel->rodata->n_cpus = s->gather->n_cpus;
	bpf_map__set_max_entries(skel->maps.counters, s->n_events * s->gather->n_cpus);
	bpf_map__set_max_entries(skel->maps.slices, BUFFER_BYTES);
	int r = slices_bpf__load(skel);

	if (r < 0)
		return err_set(e, r, "the kernel does not take the BPF program of run slices: %s",
			       strerror(-r));
	r = fill_counters(s, e);
	if (r < 0)
		return r;
	s->ring = ring_buffer__new(bpf_map__fd(skel->maps.slices), take, s, NULL);
	return s->ring ? 0
		       : err_set(e, -errno, "cannot map the BPF ring buffer: %s", strerror(errno));
}

int slices_open(struct counters *c, struct gather *g, int root_fd, unsigned int first_event,
		struct slices **ret, struct err *e)
{
	if (counters_n_events(c) > SLICES_EVENTS)
		return err_set(e, -E2BIG, "run slices have room for %u events", SLICES_EVENTS);
	int r = facility_need(root_fd, (const char *const[]){ "btf", "bpf", "tp_btf", NULL }, e);

	if (r < 0)
		return err_prefix(e, "counters per run slice");
	struct slices *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct slices){ .counters = c,
			      .gather = g,
			      .first_event = first_event,
			      .n_events = counters_n_events(c) };
	libbpf_set_print(NULL); /* says less than the words that we return */
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	r = load(s, e);
	if (r < 0) {
		slices_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

int slices_start(struct slices *s, struct err *e)
{
	int r = slices_bpf__attach(s->skel);

	s->last_drain = nsec_monotonic();
	return r < 0 ? err_set(e, r, "cannot attach the BPF program of run slices: %s",
			       strerror(-r))
		     : 0;
}

void slices_stop(struct slices *s)
{
	slices_bpf__detach(s->skel);
}

int slices_drain(struct slices *s, unsigned int *fill_pct)
{
	nsec_t now = nsec_monotonic();

	s->taken = 0;
	int r = ring_buffer__consume(s->ring);

	*fill_pct =
		max_of(*fill_pct, (unsigned int)min_of(s->taken * RECORD_BYTES * 100 / BUFFER_BYTES,
						       (uint64_t)100));
	uint64_t lost = __atomic_load_n(&s->skel->bss->slices_lost, __ATOMIC_RELAXED);

	if (r >= 0 && lost != s->lost_seen)
		r = gather_loss(s->gather, BATCH_CPU_NONE, &track_counter, s->last_drain, now,
				lost - s->lost_seen);
	s->lost_seen = lost;
	s->last_drain = now;
	return r < 0 ? r : s->error;
}

nsec_t slices_fills_in(const struct slices *s)
{
	(void)s;
	return BUFFER_BYTES / RECORD_BYTES * NSEC_PER_SEC / DENSE_LOAD;
}
