/* SPDX-License-Identifier: MIT */
/*
 * Reading tasks from /proc. The directory is listed at each scan; what it lists and what was known
 * are both in order of ids, so that one pass finds what is new and what has gone.
 */
#include "collect/task_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/idmap.h"
#include "collect/id_listing.h"
#include "collect/task_ends.h"

#define TEXT_BYTES 65536u /* of a file; all that is read of it */

enum { STAT, SCHEDSTAT, STATUS, IO, FILES };
static const char *const file_name[FILES] = { "stat", "schedstat", "status", "io" };

struct file_task {
	uint32_t pid, tid;
	int fd[FILES]; /* + 1; 0 = not open */
	bool io_refused, has_sched, told_before;
	bool had_threads; /* more than one, once: no sums of what is told by thread */
	uint64_t start; /* ticks: a process id may be used again */
	uint64_t rss; /* pages, as of the status */
	struct task_schedstat sched;
	struct task_status status;
	struct task_io io;
	bool has_io;
};

struct task_files {
	struct task_source base;
	int proc_fd;
	bool threads;
	struct id_listing *listing;
	struct file_task *task, *next; /* by order(): as of the last scan; being made */
	size_t n, cap, n_next, cap_next;
	unsigned int n_open, max_open;
	uint64_t tick_ns, page_bytes;
	nsec_t suspended; /* until now */
	bool delays_told; /* stat has the time waited for block I/O */
	struct task_ends *enders; /* or NULL */
	struct idmap ended; /* ids that these told since the last scan: no use in looking */
	const struct task_taker *to; /* of the call in progress */
	char text[TEXT_BYTES];
};

/* ---- files ---- */

static void close_files(struct task_files *f, struct file_task *t)
{
	for (unsigned int i = 0; i < FILES; i++) {
		if (!t->fd[i])
			continue;
		close(t->fd[i] - 1);
		t->fd[i] = 0;
		f->n_open--;
	}
}

static int open_file(const struct task_files *f, const struct file_task *t, unsigned int which)
{
	char path[64];

	if (f->threads)
		(void)snprintf(path, sizeof(path), "%u/task/%u/%s", t->pid, t->tid,
			       file_name[which]);
	else
		(void)snprintf(path, sizeof(path), "%u/%s", t->pid, file_name[which]);
	int fd = openat(f->proc_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* The text of a file, or -errno. Of a task that has ended it is -ESRCH or -ENOENT. */
static int read_file(struct task_files *f, struct file_task *t, unsigned int which)
{
	auto_close int own = -1;
	int fd = t->fd[which] - 1;

	if (fd < 0) {
		fd = open_file(f, t, which);
		if (fd < 0)
			return fd;
		/* Most are read once only, of processes that sleep. */
		bool seldom = (which == STATUS || which == IO) && !t->told_before;

		if (f->n_open < f->max_open && !seldom) {
			t->fd[which] = fd + 1;
			f->n_open++;
		} else {
			own = fd;
		}
	}
	ssize_t n;

	do
		n = pread(fd, f->text, sizeof(f->text) - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	f->text[n] = '\0';
	return 0;
}

/* ---- one task ---- */

static int read_stat(struct task_files *f, struct file_task *t, struct task_stat *s)
{
	bool kept = t->fd[STAT];
	int r = read_file(f, t, STAT);

	if (r == -ESRCH && kept) {
		/* The one of which files are open has ended; its id may be another one's. */
		close_files(f, t);
		*t = (struct file_task){ .pid = t->pid, .tid = t->tid };
		r = read_file(f, t, STAT);
	}
	if (r >= 0)
		r = task_stat_parse(f->text, s);
	if (r >= 0 && s->fields < TASK_STAT_RSS)
		r = -EBADMSG;
	return r >= 0 && s->tid != t->tid ? -EBADMSG : r;
}

/* Has it run since the last scan, or is that not known? */
static bool has_run(struct task_files *f, struct file_task *t)
{
	struct task_schedstat s;

	if (read_file(f, t, SCHEDSTAT) < 0 || task_schedstat_parse(f->text, &s) < 0) {
		t->has_sched = false;
		return true;
	}
	bool same = t->has_sched && s.ran == t->sched.ran && s.slices == t->sched.slices &&
		    s.run_delay == t->sched.run_delay;

	t->sched = s;
	t->has_sched = true;
	return !same;
}

static void read_rest(struct task_files *f, struct file_task *t)
{
	if (read_file(f, t, STATUS) >= 0)
		task_status_parse(f->text, &t->status);
	if (t->io_refused)
		return;
	int r = read_file(f, t, IO);

	t->io_refused = r == -EACCES || r == -EPERM;
	t->has_io = r >= 0 && task_io_parse(f->text, &t->io) >= 0;
}

static void put_stat(const struct task_files *f, struct task_numbers *n, const struct task_stat *s)
{
	n->parent = s->parent;
	n->state = (uint8_t)s->state;
	n->prio = (uint8_t)(s->priority + 100);
	n->threads = s->threads;
	n->kernel = s->kernel;
	n->ended = (s->state == 'Z' || s->state == 'X') && (f->threads || s->threads < 2);
	memcpy(n->name, s->name, sizeof(n->name));
	n->have |= TASK_HAVE_ALWAYS | 1u << PROCESS_PARENT | 1u << PROCESS_STATE |
		   1u << PROCESS_PRIO | 1u << PROCESS_THREADS;
	if (s->fields >= TASK_STAT_CPU) {
		n->cpu = s->cpu;
		n->have |= 1u << PROCESS_CPU;
	}
	task_numbers_set(n, PROCESS_USER, s->user * f->tick_ns);
	task_numbers_set(n, PROCESS_SYSTEM, s->sys * f->tick_ns);
	task_numbers_set(n, PROCESS_MINOR, s->minor);
	task_numbers_set(n, PROCESS_MAJOR, s->major);
	if (s->fields >= TASK_STAT_GUEST)
		task_numbers_set(n, PROCESS_GUEST, s->guest * f->tick_ns);
	/* What has begun to end has no memory left: that is not what it had. */
	if (f->threads || s->state == 'Z' || s->state == 'X')
		return;
	task_numbers_set(n, PROCESS_RSS, s->rss * f->page_bytes);
	task_numbers_set(n, PROCESS_VSIZE, s->vsize);
	if (s->kernel)
		task_numbers_set(n, PROCESS_SWAP, 0);
}

static void put_rest(const struct task_files *f, struct task_numbers *n, const struct file_task *t,
		     const struct task_stat *s)
{
	bool alone = f->threads || !t->had_threads;

	if (t->status.has_uid) {
		n->uid = t->status.uid;
		n->have |= 1u << PROCESS_UID;
	}
	if (t->status.has_swap && n->have & 1u << PROCESS_RSS)
		task_numbers_set(n, PROCESS_SWAP, t->status.swap);
	if (t->has_io) {
		task_numbers_set(n, PROCESS_READ, t->io.read);
		task_numbers_set(n, PROCESS_WRITTEN, t->io.written);
		task_numbers_set(n, PROCESS_CANCELLED, t->io.cancelled);
	}
	if (t->status.has_switches && alone) {
		task_numbers_set(n, PROCESS_VOLUNTARY, t->status.voluntary);
		task_numbers_set(n, PROCESS_INVOLUNTARY, t->status.involuntary);
	}
	if (t->has_sched && alone)
		task_numbers_set(n, PROCESS_RUN_DELAY, t->sched.run_delay);
	if (alone && s->fields >= TASK_STAT_BLOCK && f->delays_told)
		task_numbers_set(n, PROCESS_BLOCK_DELAY, s->block * f->tick_ns);
}

/* 1: *@n is filled; 0: it has gone, or its text is none. */
static int sample(struct task_files *f, struct file_task *t, struct task_numbers *n)
{
	struct task_stat s;

	if (read_stat(f, t, &s) < 0)
		return 0;
	if (t->told_before && s.start != t->start) {
		/* Of files that are not kept open: the id is used again. */
		close_files(f, t);
		*t = (struct file_task){ .pid = t->pid, .tid = t->tid };
		if (read_stat(f, t, &s) < 0)
			return 0;
	}
	t->start = s.start;
	t->had_threads |= s.threads > 1;
	bool ran = has_run(f, t);

	if (ran || !t->told_before || (s.threads > 1 && !f->threads) || s.rss != t->rss)
		read_rest(f, t);
	/* An id that was not listed may be a thread's. */
	if (!f->threads && t->status.has_pid && t->status.pid != t->pid)
		return 0;
	t->told_before = true;
	t->rss = s.rss;
	*n = (struct task_numbers){ .tid = t->tid, .pid = t->pid };
	n->start = s.start * f->tick_ns;
	n->start -= min_of(n->start, f->suspended);
	put_stat(f, n, &s);
	put_rest(f, n, t, &s);
	return 1;
}

/* ---- all tasks ---- */

static struct file_task *add_next(struct task_files *f)
{
	if (f->n_next == f->cap_next) {
		size_t cap = f->cap_next ? 2 * f->cap_next : 256;
		struct file_task *grown = reallocarray(f->next, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		f->next = grown;
		f->cap_next = cap;
	}
	return &f->next[f->n_next++];
}

/* By process; its first thread comes first. */
static int order(const struct file_task *t, uint32_t pid, uint32_t tid)
{
	uint32_t a = t->tid == t->pid ? 0 : t->tid, b = tid == pid ? 0 : tid;

	if (t->pid != pid)
		return t->pid < pid ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Read (@pid, @tid), the next in order; *@at goes along what was known. */
static int scan_one(struct task_files *f, uint32_t pid, uint32_t tid, size_t *at,
		    const struct task_taker *to, uint32_t *ret_threads)
{
	struct task_numbers n;

	for (; *at < f->n && order(&f->task[*at], pid, tid) < 0; ++*at)
		close_files(f, &f->task[*at]);
	struct file_task *t = add_next(f);

	if (!t)
		return -ENOMEM;
	*t = (struct file_task){ .pid = pid, .tid = tid };
	if (*at < f->n && order(&f->task[*at], pid, tid) == 0) {
		*t = f->task[*at];
		memset(f->task[*at].fd, 0, sizeof(f->task[*at].fd));
		++*at;
	}
	if (!sample(f, t, &n)) {
		close_files(f, t);
		f->n_next--;
		*ret_threads = 0;
		return 0;
	}
	*ret_threads = n.threads;
	return to->take(to->ctx, &n);
}

static int scan_threads(struct task_files *f, uint32_t pid, size_t *at, const struct task_taker *to)
{
	uint32_t n_threads;
	const uint32_t *tid;
	size_t n;
	int r = scan_one(f, pid, pid, at, to, &n_threads);

	/* The first one tells whether there are others. */
	if (r < 0 || n_threads == 1)
		return r;
	r = id_listing_threads(f->listing, pid, &tid, &n);
	for (size_t i = 0; i < n && r >= 0; i++)
		if (tid[i] != pid)
			r = scan_one(f, pid, tid[i], at, to, &n_threads);
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}

static void swap_lists(struct task_files *f)
{
	struct file_task *list = f->task;
	size_t cap = f->cap;

	f->task = f->next;
	f->cap = f->cap_next;
	f->n = f->n_next;
	f->next = list;
	f->cap_next = cap;
	f->n_next = 0;
}

/* How long the machine was suspended, which CLOCK_MONOTONIC leaves out. */
static nsec_t suspended(void)
{
	nsec_t monotonic = nsec_monotonic();
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	nsec_t boot = (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;

	return boot - min_of(boot, monotonic);
}

static int scan_listed(struct task_files *f, size_t *at, const struct task_taker *to, struct err *e)
{
	const uint32_t *pid;
	size_t n;
	uint32_t n_threads;
	int r = id_listing_processes(f->listing, &pid, &n);

	if (r < 0)
		return err_set(e, r, "cannot list /proc: %s", strerror(-r));
	for (size_t i = 0; i < n && r >= 0; i++)
		r = f->threads ? scan_threads(f, pid[i], at, to)
			       : scan_one(f, pid[i], pid[i], at, to, &n_threads);
	return r;
}

/* Those that are known, and ids from @first to @last that have not ended already. */
static int scan_known(struct task_files *f, uint32_t first, uint32_t last, size_t *at,
		      const struct task_taker *to)
{
	uint32_t n_threads;
	int r = 0;

	while (r >= 0 && (*at < f->n || first <= last)) {
		uint32_t pid = *at < f->n && (first > last || f->task[*at].pid <= first)
				       ? f->task[*at].pid
				       : first;

		bool is_new =
			first <= last && pid == first && (*at == f->n || f->task[*at].pid != pid);

		first += first <= last && pid == first;
		if (!is_new || idmap_get(&f->ended, pid) == IDMAP_NONE)
			r = scan_one(f, pid, pid, at, to, &n_threads);
	}
	return r;
}

static int files_scan(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct task_files *f = container_of(s, struct task_files, base);
	uint32_t first, last;
	size_t at = 0;

	f->suspended = suspended();
	int r = !f->threads && id_listing_since(f->listing, f->n, &first, &last)
			? scan_known(f, first, last, &at, to)
			: scan_listed(f, &at, to, e);

	for (; at < f->n; at++)
		close_files(f, &f->task[at]);
	swap_lists(f);
	idmap_clear(&f->ended);
	return r;
}

static int take_end(void *ctx, const struct task_numbers *n)
{
	struct task_files *f = ctx;
	int r = idmap_set(&f->ended, n->tid, 0);

	return r < 0 ? r : f->to->take(f->to->ctx, n);
}

static int files_ends(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct task_files *f = container_of(s, struct task_files, base);

	f->to = to;
	return task_ends_read(f->enders, &(struct task_taker){ .take = take_end, .ctx = f },
			      &f->base.lost.ends, e);
}

static void files_free(struct task_source *s)
{
	struct task_files *f = container_of(s, struct task_files, base);

	for (size_t i = 0; i < f->n; i++)
		close_files(f, &f->task[i]);
	free(f->task);
	free(f->next);
	id_listing_free(f->listing);
	task_ends_free(f->enders);
	idmap_done(&f->ended);
	if (f->proc_fd >= 0)
		close(f->proc_fd);
	free(f);
}

/* ---- open ---- */

/* How many files may be kept open: the process needs some for other things. */
static unsigned int open_limit(unsigned int wanted)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 0;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 0;
	return (unsigned int)min_of((rlim_t)(wanted ? wanted : TASK_FILES_OPEN), l.rlim_cur / 2);
}

/* Whether the kernel measures it at all (since 5.14 it is off unless asked for). */
static bool delays_are_told(int proc_fd)
{
	char c = '0';
	auto_close int fd = openat(proc_fd, "sys/kernel/task_delayacct", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1 && c == '1';
}

int task_files_open(const struct task_files_options *o, struct task_source **ret, struct err *e)
{
	struct task_files *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->base = (struct task_source){ .name = "proc", .scan = files_scan, .free = files_free };
	f->threads = o->threads;
	f->tick_ns = NSEC_PER_SEC / (uint64_t)max_of(sysconf(_SC_CLK_TCK), 1L);
	f->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	f->max_open = open_limit(o->max_open);
	f->proc_fd = openat(o->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = f->proc_fd < 0 ? -errno : id_listing_new(f->proc_fd, &f->listing);

	if (r < 0) {
		files_free(&f->base);
		return err_set(e, r, "cannot open /proc: %s", strerror(-r));
	}
	const uint32_t *pid;
	size_t n;

	r = id_listing_processes(f->listing, &pid, &n);
	if (r < 0 || !n) {
		files_free(&f->base);
		return err_set(e, r < 0 ? r : -ENOENT, "no processes in '/proc'");
	}
	f->delays_told = delays_are_told(f->proc_fd);

	struct err why = { 0 };

	r = o->ends ? task_ends_open(o->root_fd, o->threads, &f->enders, &why) : -EOPNOTSUPP;
	if (r >= 0)
		f->base.ends = files_ends;
	else if (o->ends)
		(void)snprintf(f->base.note, sizeof(f->base.note),
			       "what begins and ends between two samples is not seen: %s",
			       err_text(&why, r));
	*ret = &f->base;
	return 0;
}

int task_files_counts(int proc_fd, struct task_numbers *n)
{
	struct task_files f = { .proc_fd = proc_fd,
				.tick_ns =
					NSEC_PER_SEC / (uint64_t)max_of(sysconf(_SC_CLK_TCK), 1L) };
	struct file_task t = { .pid = n->pid, .tid = n->pid };
	struct task_stat s;
	int r = read_stat(&f, &t, &s);

	if (r < 0)
		return r;
	task_numbers_set(n, PROCESS_USER, s.user * f.tick_ns);
	task_numbers_set(n, PROCESS_SYSTEM, s.sys * f.tick_ns);
	task_numbers_set(n, PROCESS_MINOR, s.minor);
	task_numbers_set(n, PROCESS_MAJOR, s.major);
	if (s.fields >= TASK_STAT_GUEST)
		task_numbers_set(n, PROCESS_GUEST, s.guest * f.tick_ns);
	r = read_file(&f, &t, IO);
	if (r >= 0)
		r = task_io_parse(f.text, &t.io);
	if (r < 0)
		return r;
	task_numbers_set(n, PROCESS_READ, t.io.read);
	task_numbers_set(n, PROCESS_WRITTEN, t.io.written);
	task_numbers_set(n, PROCESS_CANCELLED, t.io.cancelled);
	return 0;
}
