/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * What the scheduler programs (sched.bpf.c) and their reader (src/capture/bpf_engine.c) share.
 *
 * Each CPU has a ring of 16-byte events in memory that both sides map: an array map of `struct
 * event`, cut into one stretch per CPU, and an array map of `struct cpu_ring`, one per CPU. The
 * programs on a CPU write, one reader reads, and no call leaves the program on the way. Positions
 * count events since the beginning and are masked on use. Life-cycle events are rare and carry
 * names: they go through a BPF ring buffer.
 */
#pragma once

#define EVENT_TID_BITS	 22 /* PID_MAX_LIMIT is 2^22 */
#define EVENT_STATE_BITS 9
#define EVENT_PRIO_BITS	 8
#define EVENT_EXIT_BITS	 35 /* KVM exit: reason 32, instruction set 3 */
#define EVENT_CPU_BITS	 13
#define EVENT_KIND_SHIFT 61

/* `what`, highest 3 bits. The rest, from bit 0:
 *	switch	next tid 22, prev tid 22, state of prev 9, prio of next 8
 *	wakeup	tid 22, waker 22, target CPU 13, new 1
 *	migrate	tid 22, from CPU 13, to CPU 13
 *	KVM exit	tid 22, reason 32, instruction set 3
 *	KVM entry	tid 22
 *	KVM		tid 22, kind 8, detail 31; a second slot follows
 *	more		second slot: detail's highest bit; `time` holds the 64 bits of its `what` */
enum event_kind {
	EVENT_SWITCH,
	EVENT_WAKEUP,
	EVENT_MIGRATE,
	EVENT_KVM_EXIT,
	EVENT_KVM_ENTRY,
	EVENT_KVM,
	EVENT_KINDS, /* those that can be lost */
	EVENT_MORE = 7,
};

#define EVENT_DETAIL_BITS 31 /* in the first slot */

struct event {
	__u64 time; /* CLOCK_MONOTONIC ns */
	__u64 what;
};

struct event_loss {
	__u64 count; /* since the beginning */
	__u64 first; /* time of the first loss after the reader had acknowledged all before it */
	__u64 last;
};

/* Writer's and reader's words lie in cache lines of their own. */
struct cpu_ring {
	/* Writer's */
	__u64 head __attribute__((aligned(64))); /* position of the next event */
	/*
	 * 0, or 1 + a position from which on places are reserved but not written yet. The reader
	 * reads head, then this, and stops there. See reserve() in sched.bpf.c.
	 */
	__u64 hold;

	/* Reader's */
	__u64 tail __attribute__((aligned(64))); /* position of the next event to read */
	__u64 room; /* events that the ring holds; 0 = CPU is not recorded */
	__u64 base; /* index of its first event in the events map */

	/* Writer's, when the ring is full */
	struct event_loss loss[EVENT_KINDS] __attribute__((aligned(64)));
	/* Reader's: the loss counts that it has taken note of */
	__u64 seen[EVENT_KINDS] __attribute__((aligned(64)));
};

enum life_kind { LIFE_FORK = 2, LIFE_EXEC = 3, LIFE_RENAME = 4, LIFE_EXIT = 5 };

struct life_event {
	__u64 time;
	__u32 cpu;
	__u32 kind;
	__u32 tid;
	__u32 tgid;
	__u32 parent;
	__u32 kernel; /* 1 = kernel thread */
	char comm[16];
};

#define FILTER_TGID   (1u << 0)
#define FILTER_TID    (1u << 1)
#define FILTER_COMM   (1u << 2)
#define FILTER_CGROUP (1u << 3)
