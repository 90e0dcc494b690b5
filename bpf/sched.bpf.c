/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Scheduler events into per-CPU rings that user space maps (events.h). Every instruction here is
 * paid at each context switch of the machine: no helper beside the clock and the CPU number on the
 * unfiltered path (array lookups are inlined), no second copy, no wake-up of the reader. Filters
 * are constants at load time, so that the verifier drops what is not asked for.
 *
 * Why a CPU's ring needs no lock: context switches, migrations and wake-ups happen with interrupts
 * off, so their programs cannot interrupt each other on one CPU. The exceptions are a task that
 * wakes itself (try_to_wake_up() with p == current) and KVM events, see reserve().
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.h"
#include "kvm_event.h"

/* Set before load. (The skeleton needs type names that user space has too.) */
const volatile __u32 filter; /* FILTER_*; 0 = everything */
const volatile bool has_prev_state; /* sched_switch passes the state it saw (since 5.18) */
const volatile char filter_comm[TASK_COMM_LEN];
const volatile __u64 filter_cgroup; /* id of a cgroup v2 ... */
const volatile __u32 filter_cgroup_level; /* ... and its depth: descendants match too */

__u64 life_lost; /* life-cycle events for which there was no room */
__u64 not_followed; /* new children of watched processes for which there was no room */

/* Sizes of all maps are set before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cpu_ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} life SEC(".maps");

/* Process or thread ids of the filter; fork adds children of processes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8);
} ids SEC(".maps");

/* Of the KVM tracepoints, by attach cookie - 1. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kvm_event_layout);
} kvm_layouts SEC(".maps");

#define barrier() asm volatile("" ::: "memory")

/* ---- filters ---- */

static __always_inline bool in_cgroup(struct task_struct *task)
{
	struct cgroup *c = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	const u32 level = filter_cgroup_level;

	if (BPF_CORE_READ(c, level) < (int)level)
		return false;
	if (bpf_core_field_exists(((struct cgroup___v61 *)0)->ancestors)) {
		struct cgroup *up = 0;

		bpf_probe_read_kernel(
			&up, sizeof(up),
			(char *)c + bpf_core_field_offset(struct cgroup___v61, ancestors) +
				level * sizeof(up));
		return BPF_CORE_READ(up, kn, id) == filter_cgroup;
	}
	if (bpf_core_field_exists(((struct cgroup___v419 *)0)->ancestor_ids)) {
		u64 id = 0;

		bpf_probe_read_kernel(
			&id, sizeof(id),
			(char *)c + bpf_core_field_offset(struct cgroup___v419, ancestor_ids) +
				level * sizeof(id));
		return id == filter_cgroup;
	}
	return BPF_CORE_READ(c, kn, id) == filter_cgroup;
}

/* Does @task pass the filter? Each kind that is asked for must. */
static __always_inline bool wanted(struct task_struct *task)
{
	u32 key;

	if (filter & FILTER_TGID) {
		key = task->tgid;
		if (!bpf_map_lookup_elem(&ids, &key))
			return false;
	}
	if (filter & FILTER_TID) {
		key = task->pid;
		if (!bpf_map_lookup_elem(&ids, &key))
			return false;
	}
	if (filter & FILTER_COMM) {
		for (int i = 0; i < TASK_COMM_LEN; i++) {
			char c = task->comm[i];

			if (c != filter_comm[i])
				return false;
			if (!c)
				break;
		}
	}
	if ((filter & FILTER_CGROUP) && !in_cgroup(task))
		return false;
	return true;
}

/* ---- rings ---- */

static __always_inline struct cpu_ring *this_ring(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&rings, &cpu);
}

static __noinline void count_loss(struct cpu_ring *ring, u32 kind)
{
	if (!ring || kind >= EVENT_KINDS || !ring->room)
		return;
	struct event_loss *loss = &ring->loss[kind];
	u64 now = bpf_ktime_get_ns();

	if (loss->count == ring->seen[kind])
		loss->first = now;
	loss->last = now;
	barrier();
	/* Atomic, since reserve() comes here with interrupts on. */
	__sync_fetch_and_add(&loss->count, 1);
}

/* Let the reader see what was written before. x86 keeps stores in order; elsewhere an atomic that
 * returns a value is a full barrier. */
static __always_inline void publish(u64 *position, u64 value)
{
#ifdef __TARGET_ARCH_x86
	barrier();
	*(volatile u64 *)position = value;
#else
	__sync_lock_test_and_set(position, value);
#endif
}

/* An event with interrupts off. */
static __always_inline void put(struct cpu_ring *ring, u32 kind, u64 what)
{
	u64 head = ring->head, room = ring->room;

	if (head - *(volatile u64 *)&ring->tail >= room) {
		count_loss(ring, kind);
		return;
	}
	u32 slot = ring->base + (head & (room - 1));
	struct event *e = bpf_map_lookup_elem(&events, &slot);

	if (!e)
		return;
	e->time = bpf_ktime_get_ns();
	e->what = what | (u64)kind << EVENT_KIND_SHIFT;
	publish(&ring->head, head + 1);
}

/*
 * Take @slots places for an event with interrupts on, between whose steps interrupts may put() or
 * reserve() theirs. What comes on top of us ends before we go on, so:
 *
 * - The places are taken by compare-and-exchange of the head, room checked on that very head. Who
 *   interrupts us in between moves the head, and we try again. (An add after a check would need
 *   places kept free for all that may come between; a wake-up of a thousand sleepers does.)
 * - @hold keeps the reader out of our places, and all behind, until they are filled. Only the
 *   outermost of nested reservations sets and clears it: its places come before those of the inner
 *   ones, and an inner one that cleared it would let the reader into places not filled yet.
 * - Slots of one event follow each other and become readable together.
 *
 * Interrupted between its place and its time, an event has the later time in the earlier place:
 * gather_reorder() puts the rows of a stream right.
 */
#define RESERVE_TRIES 16 /* so often interrupted in some ns: never seen */

struct places {
	u64 first; /* position */
	u64 mask; /* of positions */
	bool outermost;
};

static __always_inline bool reserve(struct cpu_ring *ring, u32 kind, u32 slots, struct places *ret)
{
	bool outermost = !*(volatile u64 *)&ring->hold;
	/* Once: it becomes 0 when the recording stops. */
	u64 room = *(volatile u64 *)&ring->room;

	for (int i = 0; i < RESERVE_TRIES; i++) {
		u64 head = *(volatile u64 *)&ring->head;

		if (head - *(volatile u64 *)&ring->tail + slots > room)
			break;
		/* Once: a place further ahead would let the reader into what it keeps shut. */
		if (outermost && !i)
			publish(&ring->hold, head + 1);
		if (__sync_val_compare_and_swap(&ring->head, head, head + slots) == head) {
			*ret = (struct places){ head, room - 1, outermost };
			return true;
		}
	}
	if (outermost)
		publish(&ring->hold, 0);
	count_loss(ring, kind);
	return false;
}

static __always_inline void fill(struct cpu_ring *ring, const struct places *p, u32 i, u64 time,
				 u64 what)
{
	u32 slot = ring->base + ((p->first + i) & p->mask);
	struct event *e = bpf_map_lookup_elem(&events, &slot);

	if (e) {
		e->time = time;
		e->what = what;
	}
}

/* The reader may have it. */
static __always_inline void release(struct cpu_ring *ring, const struct places *p)
{
	if (p->outermost)
		publish(&ring->hold, 0);
}

static __always_inline void put_shared(struct cpu_ring *ring, u32 kind, u64 what)
{
	struct places p;

	if (!reserve(ring, kind, 1, &p))
		return;
	fill(ring, &p, 0, bpf_ktime_get_ns(), what | (u64)kind << EVENT_KIND_SHIFT);
	release(ring, &p);
}

/* ---- events ---- */

/* The state that the sched_switch tracepoint reports (__trace_sched_switch_state(),
 * __task_state_index() in the kernel). */
static __always_inline u64 switch_state(bool preempt, u32 state, struct task_struct *prev)
{
	if (preempt)
		return 0x100;
	if (state <= 2)
		return state; /* running, sleep, disk: nearly all */
	if (state == 0x402) /* TASK_IDLE: uninterruptible without load */
		return 0x80;
	if (state & 0x1000) /* TASK_RTLOCK_WAIT */
		return 0x2;
	u32 bits = (state | (u32)prev->exit_state) & 0x7f;

	/* The highest bit alone. */
	bits |= bits >> 1;
	bits |= bits >> 2;
	bits |= bits >> 4;
	return bits ^ bits >> 1;
}

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	bool preempt = ctx[0];
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];

	if (filter && !wanted(prev) && !wanted(next))
		return 0;
	struct cpu_ring *ring = this_ring();

	if (!ring)
		return 0;
	u32 state;

	if (has_prev_state)
		state = (u32)ctx[3];
	else if (bpf_core_field_exists(prev->__state))
		state = prev->__state;
	else
		state = (u32)BPF_CORE_READ((struct task_struct___v513 *)prev, state);

	put(ring, EVENT_SWITCH,
	    (u64)(u32)next->pid | (u64)(u32)prev->pid << EVENT_TID_BITS |
		    switch_state(preempt, state, prev) << 2 * EVENT_TID_BITS |
		    (u64)(u8)next->prio << (2 * EVENT_TID_BITS + EVENT_STATE_BITS));
	return 0;
}

static __always_inline int wakeup(struct task_struct *task, u64 is_new)
{
	u32 current_tid = bpf_get_current_pid_tgid();

	if (filter && !wanted(task)) {
		/* Who wakes others is part of a task's story too. */
		struct task_struct *waker = bpf_get_current_task_btf();

		if (!wanted(waker))
			return 0;
	}
	struct cpu_ring *ring = this_ring();

	if (!ring)
		return 0;
	u64 target = 0;

	if (bpf_core_field_exists(task->thread_info.cpu))
		target = task->thread_info.cpu;
	else if (bpf_core_field_exists(((struct task_struct___cpu *)0)->cpu))
		target = BPF_CORE_READ((struct task_struct___cpu *)task, cpu);

	u32 tid = task->pid;
	u64 what = (u64)tid | (u64)current_tid << EVENT_TID_BITS | target << 2 * EVENT_TID_BITS |
		   is_new << (2 * EVENT_TID_BITS + EVENT_CPU_BITS);

	if (tid == current_tid)
		put_shared(ring, EVENT_WAKEUP, what);
	else
		put(ring, EVENT_WAKEUP, what);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int on_wakeup(u64 *ctx)
{
	return wakeup((void *)ctx[0], 0);
}

SEC("tp_btf/sched_wakeup_new")
int on_wakeup_new(u64 *ctx)
{
	return wakeup((void *)ctx[0], 1);
}

SEC("tp_btf/sched_migrate_task")
int on_migrate(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u64 to = (u32)ctx[1], from = 0;

	if (filter && !wanted(task))
		return 0;
	struct cpu_ring *ring = this_ring();

	if (!ring)
		return 0;
	if (bpf_core_field_exists(task->thread_info.cpu))
		from = task->thread_info.cpu;
	else if (bpf_core_field_exists(((struct task_struct___cpu *)0)->cpu))
		from = BPF_CORE_READ((struct task_struct___cpu *)task, cpu);

	put(ring, EVENT_MIGRATE,
	    (u64)(u32)task->pid | from << EVENT_TID_BITS | to << (EVENT_TID_BITS + EVENT_CPU_BITS));
	return 0;
}

/* ---- KVM: with interrupts on, some of them in interrupts ---- */

/*
 * These return 1: a 0 would take the event away from everybody else's perf events on the same
 * tracepoint. The kernel does not run a program of this type while another one runs on the CPU
 * (trace_call_bpf()); it counts that per program, which is why there is one program for each track:
 * the reader enters them as losses of the right one.
 *
 * Fields lie where the layout says. 8 bytes are read at any size, which stays in the kernel's
 * buffer for records (8 KiB), and the rest is shifted out.
 */
static __always_inline s64 read_field(void *ctx, const struct kvm_event_layout *l, u32 i)
{
	u64 raw = 0;

	if (!(l->there >> i & 1))
		return 0;
	bpf_probe_read_kernel(&raw, sizeof(raw), (char *)ctx + l->field[i].offset);
	return kvm_event_value(l, i, raw);
}

static __always_inline const struct kvm_event_layout *kvm_begin(void *ctx, struct cpu_ring **ret)
{
	u32 index = (u32)bpf_get_attach_cookie(ctx) - 1;

	if (filter && !wanted(bpf_get_current_task_btf()))
		return 0;
	*ret = this_ring();
	return *ret ? bpf_map_lookup_elem(&kvm_layouts, &index) : 0;
}

SEC("tracepoint")
int on_kvm_exit(void *ctx)
{
	struct cpu_ring *ring;
	const struct kvm_event_layout *l = kvm_begin(ctx, &ring);

	if (l)
		put_shared(ring, EVENT_KVM_EXIT,
			   (u32)bpf_get_current_pid_tgid() |
				   kvm_event_exit(l, read_field(ctx, l, 0), read_field(ctx, l, 1))
					   << EVENT_TID_BITS);
	return 1;
}

SEC("tracepoint")
int on_kvm_entry(void *ctx)
{
	struct cpu_ring *ring;

	if (kvm_begin(ctx, &ring))
		put_shared(ring, EVENT_KVM_ENTRY, (u32)bpf_get_current_pid_tgid());
	return 1;
}

SEC("tracepoint")
int on_kvm(void *ctx)
{
	struct cpu_ring *ring;
	const struct kvm_event_layout *l = kvm_begin(ctx, &ring);
	u64 what, detail = 0;
	struct places p;

	if (!l)
		return 1;
	what = read_field(ctx, l, 0);
#pragma unroll
	for (u32 i = 1; i < KVM_EVENT_FIELDS; i++)
		detail += kvm_event_part(l, i, read_field(ctx, l, i));
	detail = (u32)detail;
	if (!reserve(ring, EVENT_KVM, 2, &p))
		return 1;
	fill(ring, &p, 0, bpf_ktime_get_ns(),
	     (u32)bpf_get_current_pid_tgid() | (u64)l->kind << EVENT_TID_BITS |
		     (detail & ((1u << EVENT_DETAIL_BITS) - 1)) << (EVENT_TID_BITS + 8) |
		     (u64)EVENT_KVM << EVENT_KIND_SHIFT);
	fill(ring, &p, 1, what, detail >> EVENT_DETAIL_BITS | (u64)EVENT_MORE << EVENT_KIND_SHIFT);
	release(ring, &p);
	return 1;
}

/* ---- life cycle: with interrupts on, rare ---- */

static __always_inline void put_life(u32 kind, struct task_struct *task, const void *comm)
{
	struct life_event *e = bpf_ringbuf_reserve(&life, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&life_lost, 1);
		return;
	}
	e->time = bpf_ktime_get_ns();
	e->cpu = bpf_get_smp_processor_id();
	e->kind = kind;
	e->tid = task->pid;
	e->tgid = task->tgid;
	e->parent = BPF_CORE_READ(task, real_parent, pid);
	e->kernel = task->flags & PF_KTHREAD ? 1 : 0;
	bpf_probe_read_kernel_str(e->comm, sizeof(e->comm), comm);
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/sched_process_fork")
int on_fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];

	if (filter & FILTER_TGID) {
		u32 key = parent->tgid, add = child->tgid;
		u8 *follow = bpf_map_lookup_elem(&ids, &key);

		if (follow && key != add && bpf_map_update_elem(&ids, &add, follow, BPF_ANY))
			__sync_fetch_and_add(&not_followed, 1);
	}
	put_life(LIFE_FORK, child, child->comm);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	put_life(LIFE_EXEC, task, task->comm);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	put_life(LIFE_EXIT, task, task->comm);
	return 0;
}

SEC("tp_btf/task_rename")
int on_rename(u64 *ctx)
{
	put_life(LIFE_RENAME, (void *)ctx[0], (const void *)ctx[1]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
