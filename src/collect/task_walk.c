/* SPDX-License-Identifier: MIT */
/*
 * Reading what bpf/tasks.bpf.c tells. On kernels that have them, kfuncs walk along the list of
 * processes, in a program that is run here and writes into a ring; an iterator that is read like a
 * file is there for the others. Ends come through a ring of their own.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "task_record.h"
#include "tasks.skel.h"

#include "base/buf.h"
#include "collect/task_files.h"
#include "collect/task_walk.h"

#define RING_BYTES (512u << 10) /* 2,200 records; mapped twice, so that RSS has 1 MiB of it */
/* The ring of ends holds those of half a second, 2,200 of each CPU, up to a limit. */
#define END_BYTES_MAX (16u << 20)
#define READ_BYTES    65536u /* of the iterator, which gives 32 KiB at a time */
#define FIRST_PID_NS  UINT32_C(0xeffffffc) /* PROC_PID_INIT_INO, include/linux/proc_ns.h */
#define STEPS_BACK    64u /* tasks that may leave the list while it is walked along */
#define WALKS_MAX     65536u /* of one scan, each of a ring full */
#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD */

struct task_walk {
	struct task_source base;
	struct tasks_bpf *skel;
	struct bpf_link *iterator; /* or NULL: on_walk() */
	struct ring_buffer *found, *ends;
	uint8_t *text; /* READ_BYTES, of the iterator */
	int proc_fd;
	bool threads;
	uint64_t page_bytes;
	uint64_t ends_lost_seen;
	/* Of the call in progress. */
	const struct task_taker *to;
	uint64_t n_told;
	int error;
};

/* ---- records ---- */

static void take_counts(struct task_numbers *n, const struct task_record *r)
{
	const struct task_counts *c = &r->count;
	struct task_cpu_time cpu = { .user = c->user, .sys = c->sys };

	if (r->flags & TASK_RECORD_ADJUSTED)
		cpu = task_cpu_adjust(
			cpu, c->ran,
			(struct task_cpu_time){ .user = r->told_user, .sys = r->told_sys });
	task_numbers_set(n, PROCESS_USER, cpu.user);
	task_numbers_set(n, PROCESS_SYSTEM, cpu.sys);
	task_numbers_set(n, PROCESS_GUEST, c->guest);
	task_numbers_set(n, PROCESS_MINOR, c->minor);
	task_numbers_set(n, PROCESS_MAJOR, c->major);
	task_numbers_set(n, PROCESS_VOLUNTARY, c->voluntary);
	task_numbers_set(n, PROCESS_INVOLUNTARY, c->involuntary);
	if (r->flags & TASK_RECORD_IO) {
		task_numbers_set(n, PROCESS_READ, c->read);
		task_numbers_set(n, PROCESS_WRITTEN, c->written);
		task_numbers_set(n, PROCESS_CANCELLED, c->cancelled);
	}
	if (r->flags & TASK_RECORD_RUN)
		task_numbers_set(n, PROCESS_RUN_DELAY, c->run_delay);
	if (r->flags & TASK_RECORD_BLOCK)
		task_numbers_set(n, PROCESS_BLOCK_DELAY, c->block_delay);
}

static void take_memory(const struct task_walk *w, struct task_numbers *n,
			const struct task_record *r)
{
	if (w->threads || (!n->kernel && !(r->flags & TASK_RECORD_MEMORY)))
		return;
	/* A kernel thread may have the memory of another one for a while. */
	uint64_t bytes = n->kernel ? 0 : w->page_bytes;

	task_numbers_set(n, PROCESS_RSS, r->rss * bytes);
	task_numbers_set(n, PROCESS_VSIZE, r->vsize * bytes);
	task_numbers_set(n, PROCESS_SWAP, r->swap * bytes);
}

static int take_record(struct task_walk *w, const struct task_record *r, bool end)
{
	struct task_numbers n = {
		.tid = r->tid,
		.pid = r->tgid,
		.parent = r->parent,
		.uid = r->uid,
		.cpu = r->cpu,
		.threads = r->threads,
		.have = TASK_HAVE_ALWAYS | 1u << PROCESS_PARENT | 1u << PROCESS_STATE |
			1u << PROCESS_UID | 1u << PROCESS_CPU | 1u << PROCESS_PRIO |
			1u << PROCESS_THREADS,
		.state = (uint8_t)(end ? 'X' : task_state_letter(r->state, r->exit_state)),
		.prio = (uint8_t)r->prio,
		.kernel = r->kernel_flags & KERNEL_THREAD,
		.ended = end || (w->threads ? r->exit_state != 0 : r->live == 0),
		.start = r->start,
		.end = end ? r->time : 0,
	};

	w->n_told++;
	memcpy(n.name, r->comm, sizeof(r->comm));
	n.name[sizeof(r->comm) - 1] = '\0';
	if (!(r->flags & TASK_RECORD_PART))
		take_counts(&n, r);
	else if (!end)
		(void)task_files_counts(w->proc_fd, &n);
	take_memory(w, &n, r);
	return w->to->take(w->to->ctx, &n);
}

static int take_found(void *ctx, void *data, size_t size)
{
	struct task_walk *w = ctx;

	/* A failure must not stop libbpf half way: what it has read is gone. */
	if (size >= sizeof(struct task_record) && w->error >= 0)
		w->error = take_record(w, data, false);
	return 0;
}

static int take_end(void *ctx, void *data, size_t size)
{
	struct task_walk *w = ctx;

	if (size >= sizeof(struct task_record) && w->error >= 0)
		w->error = take_record(w, data, true);
	return 0;
}

/* ---- reading ---- */

static int read_iterator(struct task_walk *w, struct err *e)
{
	auto_close int fd = bpf_iter_create(bpf_link__fd(w->iterator));
	size_t have = 0;

	if (fd < 0)
		return err_set(e, fd, "cannot read tasks by BPF: %s", strerror(-fd));
	for (;;) {
		ssize_t n = read(fd, w->text + have, READ_BYTES - have);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(e, -errno, "cannot read tasks by BPF: %s", strerror(errno));
		if (n == 0)
			return w->error;
		have += (size_t)n;

		size_t at = 0;

		for (; have - at >= sizeof(struct task_record); at += sizeof(struct task_record)) {
			struct task_record r;

			memcpy(&r, w->text + at, sizeof(r));
			(void)take_found(w, &r, sizeof(r));
		}
		memmove(w->text, w->text + at, have - at);
		have -= at;
	}
}

/* As often as the ring is full, each time from a little before where the last one came to: some
 * tasks are told twice. */
static int walk(struct task_walk *w, struct err *e)
{
	uint64_t from = 0;

	for (unsigned int i = 0; i < WALKS_MAX && w->error >= 0; i++) {
		w->skel->bss->walk_from = from;
		int r = bpf_prog_test_run_opts(bpf_program__fd(w->skel->progs.on_walk), NULL);

		if (r < 0)
			return err_set(e, r, "cannot walk along tasks by BPF: %s", strerror(-r));
		ring_buffer__consume(w->found);
		uint64_t to = w->skel->bss->walk_to;

		if (!to)
			return w->error;
		if (to > from)
			from = to - min_of((to - from) / 2, (uint64_t)STEPS_BACK);
	}
	w->base.lost.tasks++;
	return w->error;
}

static int walk_scan(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct task_walk *w = container_of(s, struct task_walk, base);

	w->to = to;
	w->error = 0;
	return w->iterator ? read_iterator(w, e) : walk(w, e);
}

static int walk_ends(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct task_walk *w = container_of(s, struct task_walk, base);

	(void)e;
	w->to = to;
	w->error = 0;
	ring_buffer__consume(w->ends);
	uint64_t lost = __atomic_load_n(&w->skel->bss->ends_lost, __ATOMIC_RELAXED);

	w->base.lost.ends += lost - w->ends_lost_seen;
	w->ends_lost_seen = lost;
	return w->error;
}

static void walk_free(struct task_source *s)
{
	struct task_walk *w = container_of(s, struct task_walk, base);

	ring_buffer__free(w->found);
	ring_buffer__free(w->ends);
	bpf_link__destroy(w->iterator);
	tasks_bpf__destroy(w->skel);
	if (w->proc_fd >= 0)
		close(w->proc_fd);
	free(w->text);
	free(w);
}

/* ---- open ---- */

/* Process ids are those of the first namespace, and of the machine that runs here. */
static int check_place(const struct task_walk *w, struct err *e)
{
	struct statfs fs;
	struct stat ns;

	if (fstatfs(w->proc_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, -EOPNOTSUPP, "its /proc is not of this machine");
	if (fstatat(w->proc_fd, "self/ns/pid", &ns, 0) < 0)
		return err_set(e, -errno, "cannot tell the pid namespace: %s", strerror(errno));
	return ns.st_ino == FIRST_PID_NS
		       ? 0
		       : err_set(e, -EOPNOTSUPP, "this is a pid namespace of its own");
}

/* Off since 5.14 unless asked for; before, there is nothing that tells. */
static bool delays_are_told(int proc_fd)
{
	char c = '1';
	auto_close int fd = openat(proc_fd, "sys/kernel/task_delayacct", O_RDONLY | O_CLOEXEC);

	return fd < 0 || read(fd, &c, 1) != 1 || c != '0';
}

static int load(struct task_walk *w, const struct task_walk_options *o, bool by_iterator,
		struct err *e)
{
	struct tasks_bpf *skel = w->skel = tasks_bpf__open();
	uint32_t ring = o->ring_bytes ? o->ring_bytes : RING_BYTES, ends = ring;
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (!skel)
		return err_set(e, -errno, "cannot read the BPF program: %s", strerror(errno));
	skel->rodata->threads = o->threads;
	skel->rodata->bounded = o->bounded;
	skel->rodata->delays = delays_are_told(w->proc_fd);
	while (!o->ring_bytes && ends < END_BYTES_MAX && ends / (RING_BYTES / 2) < cpus + 1)
		ends *= 2;
	bpf_map__set_max_entries(skel->maps.ends, ends);
	bpf_map__set_max_entries(skel->maps.found, ring);
	bpf_program__set_autoload(skel->progs.on_task, by_iterator);
	bpf_program__set_autoload(skel->progs.on_walk, !by_iterator);
	int r = tasks_bpf__load(skel);

	if (r >= 0)
		return 0;
	tasks_bpf__destroy(skel);
	w->skel = NULL;
	return err_set(e, r, "the kernel does not take the BPF program: %s", strerror(-r));
}

static int attach(struct task_walk *w, bool by_iterator, struct err *e)
{
	struct tasks_bpf *skel = w->skel;

	skel->links.on_exit = bpf_program__attach(skel->progs.on_exit);
	if (!skel->links.on_exit)
		return err_set(e, -errno, "cannot attach the BPF program: %s", strerror(errno));
	w->ends = ring_buffer__new(bpf_map__fd(skel->maps.ends), take_end, w, NULL);
	if (by_iterator) {
		w->iterator = bpf_program__attach_iter(skel->progs.on_task, NULL);
		w->text = malloc(READ_BYTES);
	} else {
		w->found = ring_buffer__new(bpf_map__fd(skel->maps.found), take_found, w, NULL);
	}
	if (!w->ends || (by_iterator ? !w->iterator || !w->text : !w->found))
		return err_set(e, -errno, "cannot read tasks by BPF: %s", strerror(errno));
	return 0;
}

static int count(void *ctx, const struct task_numbers *n)
{
	(void)ctx;
	(void)n;
	return 0;
}

/* Some refuse only when it is really done. */
static int try_out(struct task_walk *w, struct err *e)
{
	const struct task_taker to = { .take = count };
	int r = walk_scan(&w->base, &to, e);

	if (r < 0)
		return r;
	return w->n_told ? 0 : err_set(e, -EOPNOTSUPP, "BPF tells no tasks");
}

static int open_walk(struct task_walk *w, const struct task_walk_options *o, struct err *e)
{
	bool by_iterator = o->by_iterator;
	int r = check_place(w, e);

	if (r < 0)
		return r;
	libbpf_set_print(NULL); /* says less than the words that we return */
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	r = load(w, o, by_iterator, e);
	/* Not for want of a right: those are needed for both. */
	if (r < 0 && r != -EPERM && r != -EACCES && !by_iterator) {
		by_iterator = true;
		r = load(w, o, by_iterator, e);
	}
	if (r >= 0)
		r = attach(w, by_iterator, e);
	/* The kernel's types, some MB, were needed for loading only. */
	malloc_trim(0);
	return r < 0 ? r : try_out(w, e);
}

int task_walk_open(const struct task_walk_options *o, struct task_source **ret, struct err *e)
{
	struct task_walk *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	*w = (struct task_walk){
		.base = { .name = "bpf", .scan = walk_scan, .ends = walk_ends, .free = walk_free },
		.proc_fd = openat(o->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.threads = o->threads,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	int r = w->proc_fd < 0 ? err_set(e, -errno, "cannot open /proc: %s", strerror(errno))
			       : open_walk(w, o, e);

	if (r < 0) {
		walk_free(&w->base);
		return r;
	}
	*ret = &w->base;
	return 0;
}
