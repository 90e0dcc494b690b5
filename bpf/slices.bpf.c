/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Counters of each run slice: at a context switch all counters of the CPU are read; the difference
 * to the switch before is what happened in the slice that ends. One program for all kinds of
 * events; what a slice costs is a read of each counter and a record.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "slice.h"

/* Set before load. */
const volatile __u32 n_events;
const volatile __u32 n_cpus;

__u64 slices_lost; /* for which there was no room */

/* [event * n_cpus + cpu] */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} counters SEC(".maps");

struct at_switch {
	u32 there; /* bit per event */
	struct bpf_perf_event_value count[SLICE_EVENTS];
};

/* As of the last switch on this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct at_switch);
} before SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} slices SEC(".maps");

SEC("tp_btf/sched_switch")
int on_slice_end(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1];
	u32 zero = 0, cpu = bpf_get_smp_processor_id(), there = 0, tid = prev->pid;
	struct at_switch *was = bpf_map_lookup_elem(&before, &zero);
	struct slice *s = 0;

	if (!was)
		return 0;
	/* Idle time is nobody's slice, but where the next one begins. */
	if (tid && was->there) {
		s = bpf_ringbuf_reserve(&slices, sizeof(*s), 0);
		if (!s)
			__sync_fetch_and_add(&slices_lost, 1);
	}
	for (u32 i = 0; i < SLICE_EVENTS; i++) {
		struct bpf_perf_event_value now;

		if (i >= n_events)
			break;
		if (bpf_perf_event_read_value(&counters, i * n_cpus + cpu, &now, sizeof(now)))
			continue;
		if (s) {
			s->count[i].value = now.counter - was->count[i].counter;
			s->count[i].enabled = now.enabled - was->count[i].enabled;
			s->count[i].running = now.running - was->count[i].running;
		}
		was->count[i] = now;
		there |= 1u << i;
	}
	if (s) {
		s->time = bpf_ktime_get_ns();
		s->cpu = cpu;
		s->tid = tid;
		s->there = there & was->there;
		s->reserved = 0;
		bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
	}
	was->there = there;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
