/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Processes or threads as binary records: a walk over all tasks of the machine, and a program at
 * the end of each, so that those that live between two readings are seen too. One of two programs
 * walks: on_walk() since 6.7, else on_task(), an iterator that user space reads like a file, which
 * looks up each process id and takes twice the time.
 *
 * A process is told at its first thread, as the sum of what the kernel kept of threads that have
 * ended (signal_struct) and of those that there are. These are added up in one go, so that a thread
 * that ends meanwhile is hardly ever missed, or counted twice.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "task_record.h"

#define THREADS_MAX   (1u << 20)
#define THREADS_BOUND 256 /* of a process, by kernels without bpf_loop(): 5.12 to 5.16 */
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
			     unsigned int flags) __ksym __weak;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;

/* Set before load. */
const volatile bool threads; /* each of them, instead of processes */
const volatile bool bounded; /* do without bpf_loop() */
const volatile bool delays; /* the kernel measures waits for block I/O */

__u64 ends_lost; /* ends for which there was no room */
__u64 walk_from; /* so many tasks are passed over */
__u64 walk_to; /* how many it came along until there was no room; 0 = all */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ends SEC(".maps");

/* What on_walk() finds. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} found SEC(".maps");

/* What one thread has used; @READ is how its fields are read. */
#define THREAD_COUNTS(c, t, READ)                                                        \
	do {                                                                             \
		(c)->user += READ(t, utime);                                             \
		(c)->sys += READ(t, stime);                                              \
		(c)->guest += READ(t, gtime);                                            \
		(c)->ran += READ(t, se.sum_exec_runtime);                                \
		(c)->minor += READ(t, min_flt);                                          \
		(c)->major += READ(t, maj_flt);                                          \
		(c)->voluntary += READ(t, nvcsw);                                        \
		(c)->involuntary += READ(t, nivcsw);                                     \
		if (bpf_core_field_exists(((struct task_struct *)0)->ioac.read_bytes)) { \
			(c)->read += READ(t, ioac.read_bytes);                           \
			(c)->written += READ(t, ioac.write_bytes);                       \
			(c)->cancelled += READ(t, ioac.cancelled_write_bytes);           \
		}                                                                        \
	} while (0)

/* What it waited. */
#define THREAD_WAITS(c, t, READ)                                                            \
	do {                                                                                \
		struct task_delay_info *d = 0;                                              \
                                                                                            \
		if (bpf_core_field_exists(((struct task_struct *)0)->sched_info.run_delay)) \
			(c)->run_delay += READ(t, sched_info.run_delay);                    \
		if (delays && bpf_core_field_exists(((struct task_struct *)0)->delays))     \
			d = READ(t, delays);                                                \
		if (d)                                                                      \
			(c)->block_delay += READ(d, blkio_delay);                           \
	} while (0)

#define DIRECTLY(p, field) ((p)->field)
#define PROBING(p, field)  BPF_CORE_READ(p, field)

/* ---- processes with several threads ---- */

/* Along the list of them. */
struct walk {
	struct task_counts *count;
	struct list_head *at, *head;
	struct task_struct *leader;
	bool handed_on; /* threads that end have handed their waits on before their other numbers */
};

static long walk_step(u32 i, struct walk *w)
{
	struct list_head *at = w->at;
	struct task_struct *t;

	if (!at || at == w->head)
		return 1;
	t = (void *)((char *)at - bpf_core_field_offset(struct task_struct, thread_node));
	if (t != w->leader)
		THREAD_COUNTS(w->count, t, PROBING);
	if (!w->handed_on || !(BPF_CORE_READ(t, flags) & PF_EXITING))
		THREAD_WAITS(w->count, t, PROBING);
	w->at = BPF_CORE_READ(at, next);
	return 0;
}

/*
 * Add what all threads of a process waited, and what all but the first used; 0: not all. A global
 * function, with an address as a number: the verifier looks at it once, and not on each of the ways
 * on which it is called.
 */
__noinline int add_threads(struct task_counts *c, u64 leader)
{
	struct signal_struct *s = BPF_CORE_READ((struct task_struct *)leader, signal);
	struct list_head *head =
		(void *)((char *)s + bpf_core_field_offset(struct signal_struct, thread_head));
	struct taskstats *stats = 0;

	if (!c)
		return 0;
	if (bpf_core_field_exists(s->stats))
		stats = BPF_CORE_READ(s, stats);
	if (stats) {
		c->run_delay += BPF_CORE_READ(stats, cpu_delay_total);
		c->block_delay += BPF_CORE_READ(stats, blkio_delay_total);
	}
	struct walk w = {
		.count = c,
		.at = BPF_CORE_READ(head, next),
		.head = head,
		.leader = (void *)leader,
		.handed_on = stats,
	};

	if (!bounded &&
	    bpf_core_enum_value_exists(enum bpf_func_id___loop, BPF_FUNC_loop___there)) {
		bpf_loop(THREADS_MAX, walk_step, &w, 0);
	} else {
		for (u32 i = 0; i < THREADS_BOUND; i++)
			if (walk_step(i, &w))
				break;
	}
	return !w.at || w.at == head;
}

/* ---- records ---- */

/* Branches are few below, since each doubles the ways that the verifier goes. */

/* Counted per CPU: the sum of parts may be below 0. */
static __always_inline u64 pages(s64 n)
{
	return (u64)n & ~(u64)(n >> 63);
}

static __always_inline void memory(struct task_record *r, struct mm_struct *mm)
{
	r->flags |= TASK_RECORD_MEMORY;
	r->vsize = mm->total_vm;
	if (bpf_core_type_exists(struct mm_rss_stat)) {
		struct mm_struct___v61 *m = (void *)mm;

		r->rss = pages(m->rss_stat.count[MM_FILEPAGES].counter) +
			 pages(m->rss_stat.count[MM_ANONPAGES].counter) +
			 pages(m->rss_stat.count[MM_SHMEMPAGES].counter);
		r->swap = pages(m->rss_stat.count[MM_SWAPENTS].counter);
	} else {
		struct mm_struct___v62 *m = (void *)mm;

		r->rss = pages(m->rss_stat[MM_FILEPAGES].count) +
			 pages(m->rss_stat[MM_ANONPAGES].count) +
			 pages(m->rss_stat[MM_SHMEMPAGES].count);
		r->swap = pages(m->rss_stat[MM_SWAPENTS].count);
	}
}

static __always_inline void describe(struct task_record *r, struct task_struct *t,
				     struct signal_struct *s)
{
	r->start = t->start_time;
	r->tid = t->pid;
	r->tgid = t->tgid;
	r->parent = t->real_parent->tgid;
	r->uid = t->real_cred->uid.val;
	r->threads = s->nr_threads;
	r->live = s->live.counter;
	if (bpf_core_field_exists(t->__state))
		r->state = t->__state;
	else
		r->state = ((struct task_struct___v513 *)t)->state;
	r->exit_state = t->exit_state;
	r->kernel_flags = t->flags;
	r->prio = t->prio;
	if (bpf_core_field_exists(t->thread_info.cpu))
		r->cpu = t->thread_info.cpu;
	else if (bpf_core_field_exists(((struct task_struct___cpu *)0)->cpu))
		r->cpu = ((struct task_struct___cpu *)t)->cpu;
	if (bpf_core_field_exists(t->ioac.read_bytes))
		r->flags |= TASK_RECORD_IO;
	if (bpf_core_field_exists(t->sched_info.run_delay))
		r->flags |= TASK_RECORD_RUN;
	if (bpf_core_field_exists(t->prev_cputime.utime))
		r->flags |= TASK_RECORD_ADJUSTED;
	if (delays && bpf_core_field_exists(t->delays) && t->delays)
		r->flags |= TASK_RECORD_BLOCK;
	__builtin_memcpy(r->comm, t->comm, sizeof(r->comm));
}

/* What threads that have ended used. */
static __always_inline void count_ended(struct task_counts *c, struct signal_struct *s)
{
	c->user += s->utime;
	c->sys += s->stime;
	c->guest += s->gtime;
	c->ran += s->sum_sched_runtime;
	c->minor += s->min_flt;
	c->major += s->maj_flt;
	c->voluntary += s->nvcsw;
	c->involuntary += s->nivcsw;
}

static __always_inline void tell_thread(struct task_record *r, struct task_struct *t)
{
	describe(r, t, t->signal);
	THREAD_COUNTS(&r->count, t, DIRECTLY);
	THREAD_WAITS(&r->count, t, DIRECTLY);
	if (bpf_core_field_exists(t->prev_cputime.utime)) {
		r->told_user = t->prev_cputime.utime;
		r->told_sys = t->prev_cputime.stime;
	}
}

static __always_inline void tell_process(struct task_record *r, struct task_struct *leader)
{
	struct signal_struct *s = leader->signal;
	struct mm_struct *mm = leader->mm;
	void *stats = 0;

	describe(r, leader, s);
	if (mm)
		memory(r, mm);
	if (bpf_core_field_exists(s->prev_cputime.utime)) {
		r->told_user = s->prev_cputime.utime;
		r->told_sys = s->prev_cputime.stime;
	}
	THREAD_COUNTS(&r->count, leader, DIRECTLY);
	/* Also what children did that were waited for, as /proc/PID/io has it. */
	if (bpf_core_field_exists(s->ioac.read_bytes)) {
		r->count.read += s->ioac.read_bytes;
		r->count.written += s->ioac.write_bytes;
		r->count.cancelled += s->ioac.cancelled_write_bytes;
	}
	/* It is there once a thread of several has ended: for most there is nothing to read then,
	 * in lines that are not in the cache. */
	if (bpf_core_field_exists(s->stats))
		stats = s->stats;
	if (stats || !bpf_core_field_exists(s->stats))
		count_ended(&r->count, s);
	if (!stats && s->nr_threads < 2)
		THREAD_WAITS(&r->count, leader, DIRECTLY);
	else if (!add_threads(&r->count, (u64)BPF_CORE_READ(leader, group_leader)))
		r->flags |= TASK_RECORD_PART;
	/* Nothing keeps the waits of threads that have ended. */
	if (!bpf_core_field_exists(s->stats) && s->nr_threads > 1)
		r->flags &= ~(TASK_RECORD_RUN | TASK_RECORD_BLOCK);
}

/* @r is zeroed. */
static __always_inline void tell(struct task_record *r, struct task_struct *t)
{
	if (threads)
		tell_thread(r, t);
	else
		tell_process(r, t);
}

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct task_record r = {};

	if (!t || (!threads && t->pid != t->tgid))
		return 0;
	tell(&r, t);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

/* Not attached to anything: user space runs it. */
SEC("raw_tp")
int on_walk(void *ctx)
{
	u64 from = walk_from, to = 0, n = 0;
	struct bpf_iter_task it;
	struct task_struct *t;

	bpf_iter_task_new(&it, 0, threads ? BPF_TASK_ITER_ALL_THREADS : BPF_TASK_ITER_ALL_PROCS);
	while ((t = bpf_iter_task_next(&it))) {
		/* Idle tasks are among them. */
		if (!t->pid || n++ < from)
			continue;
		struct task_record *r = bpf_ringbuf_reserve(&found, sizeof(*r), 0);

		if (!r) {
			to = n;
			break;
		}
		__builtin_memset(r, 0, sizeof(*r));
		tell(r, t);
		bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	}
	bpf_iter_task_destroy(&it);
	walk_to = to;
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	/* Threads that end at once may all find that none is left: the reader takes the last. */
	if (!threads && t->signal->live.counter)
		return 0;
	struct task_record *r = bpf_ringbuf_reserve(&ends, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&ends_lost, 1);
		return 0;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->time = bpf_ktime_get_ns();
	tell(r, threads ? t : t->group_leader);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
