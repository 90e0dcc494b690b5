/* SPDX-License-Identifier: MIT */
/*
 * Processes of this machine that know what they did, as all sources of tasks tell them: the BPF
 * walk, the BPF iterator of older kernels, files of /proc, and taskstats of those that have ended.
 * What two sources both know must be equal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/task_files.h"
#include "collect/task_sampler.h"
#include "collect/task_walk.h"
#include "model/memory.h"
#include "model/tasks.h"

#define PAGES	1000u
#define WRITTEN (1u << 20)
#define NAPS	20u
#define THREADS 3
#define STORM	1000u
#define TICK	(NSEC_PER_SEC / 100)

static int root = -1;

/* ---- processes that do something ---- */

static uint64_t cpu_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static void burn(clockid_t clock, uint64_t ns)
{
	for (uint64_t begin = cpu_of(clock); cpu_of(clock) - begin < ns;)
		;
}

static void touch(void)
{
	uint8_t *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	for (unsigned int i = 0; p != MAP_FAILED && i < PAGES; i++)
		p[i * 4096] = 1;
}

static void write_file(void)
{
	static const char text[65536];
	char path[] = "/var/tmp/kymo-live-XXXXXX"; /* a real file system: tmpfs counts nothing */
	int fd = mkstemp(path);

	unlink(path);
	for (size_t n = 0; fd >= 0 && n < WRITTEN; n += sizeof(text))
		if (write(fd, text, sizeof(text)) < 0)
			break;
	if (fd >= 0)
		fsync(fd);
}

static void nap(void)
{
	for (unsigned int i = 0; i < NAPS; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void work(void)
{
	burn(CLOCK_PROCESS_CPUTIME_ID, 100 * NSEC_PER_MSEC);
	touch();
	write_file();
	nap();
}

static void *thread_work(void *all_done)
{
	burn(CLOCK_THREAD_CPUTIME_ID, 40 * NSEC_PER_MSEC);
	nap();
	if (!all_done)
		return NULL;
	pthread_barrier_wait(all_done);
	pause();
	return NULL;
}

/* One thread ends, the others stay. */
static void work_in_threads(void)
{
	static pthread_barrier_t all_done;
	pthread_t id;

	pthread_barrier_init(&all_done, NULL, THREADS + 1);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_create(&id, NULL, thread_work, &all_done);
	pthread_create(&id, NULL, thread_work, NULL);
	pthread_join(id, NULL);
	touch();
	pthread_barrier_wait(&all_done);
}

enum how { AND_STAY, AND_END };

struct child {
	pid_t pid;
};

/* A child that does @work and then tells; it sleeps until it is killed, or ends. */
static struct child start(bool threads, enum how how)
{
	struct child c;
	int p[2];
	char x;

	assert_int_equal(pipe(p), 0);
	c.pid = fork();
	if (c.pid == 0) {
		if (threads)
			work_in_threads();
		else
			work();
		(void)!write(p[1], "x", 1);
		if (how == AND_STAY)
			pause();
		_exit(0);
	}
	close(p[1]);
	assert_int_equal(read(p[0], &x, 1), 1);
	close(p[0]);
	/* It sleeps, or is a zombie. */
	if (how == AND_STAY)
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	return c;
}

static void stop(struct child *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
}

/* ---- sources ---- */

struct wanted {
	uint32_t tid;
	bool found;
	struct task_numbers n;
	size_t all;
};

static int take(void *ctx, const struct task_numbers *n)
{
	struct wanted *w = ctx;

	w->all++;
	if (n->tid == w->tid) {
		w->n = *n;
		w->found = true;
	}
	return 0;
}

static struct task_numbers scan(struct task_source *s, pid_t pid)
{
	struct wanted w = { .tid = (uint32_t)pid };
	struct err e = { 0 };

	if (s->scan(s, &(struct task_taker){ .take = take, .ctx = &w }, &e) < 0)
		fail_msg("%s: %s", s->name, e.text);
	assert_true(w.found);
	return w.n;
}

/* The end of @pid, when the source tells it within a while; else false. */
static bool end_of(struct task_source *s, pid_t pid, struct task_numbers *ret)
{
	struct wanted w = { .tid = (uint32_t)pid };
	struct err e = { 0 };

	for (unsigned int i = 0; i < 200 && !w.found; i++) {
		if (s->ends(s, &(struct task_taker){ .take = take, .ctx = &w }, &e) < 0)
			fail_msg("%s: %s", s->name, e.text);
		if (!w.found)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	*ret = w.n;
	return w.found;
}

static struct task_source *need_walk(const struct task_walk_options *o)
{
	struct task_walk_options with_root = *o;
	struct task_source *s;
	struct err e = { 0 };

	with_root.root_fd = root;
	int r = task_walk_open(&with_root, &s, &e);

	if (r < 0) {
		print_message("SKIP: %s\n", err_text(&e, r));
		skip();
	}
	return s;
}

static struct task_source *files(bool threads, bool ends)
{
	const struct task_files_options o = { .root_fd = root, .threads = threads, .ends = ends };
	struct task_source *s;
	struct err e = { 0 };

	if (task_files_open(&o, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static uint64_t value(const struct task_numbers *n, unsigned int column)
{
	return n->value[column - PROCESS_USER];
}

static bool has(const struct task_numbers *n, unsigned int column)
{
	return n->have >> column & 1;
}

/*
 * What both know is equal; times of /proc are whole ticks. @alone: there was never a second thread,
 * of which /proc would not tell what it left.
 */
static void assert_agree(const struct task_numbers *a, const struct task_numbers *b, bool alone)
{
	assert_int_equal(a->tid, b->tid);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->parent, b->parent);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->threads, b->threads);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->prio, b->prio);
	assert_string_equal(a->name, b->name);
	assert_true(a->kernel == b->kernel && a->ended == b->ended);
	assert_true(max_of(a->start, b->start) - min_of(a->start, b->start) <= 2 * TICK);
	for (unsigned int c = PROCESS_USER; c < PROCESS_COLUMNS; c++) {
		uint64_t x = value(a, c), y = value(b, c);

		if (!has(a, c) || !has(b, c))
			continue;
		bool ticks = c == PROCESS_USER || c == PROCESS_SYSTEM || c == PROCESS_GUEST ||
			     c == PROCESS_BLOCK_DELAY;

		bool by_thread = c == PROCESS_VOLUNTARY || c == PROCESS_INVOLUNTARY ||
				 c == PROCESS_RUN_DELAY || c == PROCESS_BLOCK_DELAY;

		if (by_thread && !alone && x >= y)
			continue;
		if (max_of(x, y) - min_of(x, y) >= (ticks ? TICK : 1))
			fail_msg("%s: %" PRIu64 " and %" PRIu64, track_process.column[c].name, x,
				 y);
	}
}

/* ---- tests ---- */

static const uint32_t of_files = TASK_HAVE_ALWAYS | 0x7c0 | 1u << PROCESS_PARENT |
				 1u << PROCESS_USER | 1u << PROCESS_SYSTEM | 1u << PROCESS_MINOR |
				 1u << PROCESS_MAJOR | 1u << PROCESS_RSS | 1u << PROCESS_VSIZE;

static void check_alone(const struct task_walk_options *o)
{
	struct task_source *w = need_walk(o), *f = files(false, false);
	struct child c = start(false, AND_STAY);
	struct task_numbers a = scan(w, c.pid), b = scan(f, c.pid);

	stop(&c);
	assert_agree(&a, &b, true);
	assert_int_equal(b.have & of_files, of_files);
	assert_int_equal(a.have & b.have, b.have);
	assert_true(has(&b, PROCESS_VOLUNTARY) && has(&b, PROCESS_SWAP));
	/* What it did. */
	assert_int_equal(a.threads, 1);
	assert_int_equal(a.state, 'S');
	assert_int_equal(a.parent, getpid());
	assert_int_equal(a.uid, getuid());
	assert_true(value(&a, PROCESS_USER) + value(&a, PROCESS_SYSTEM) >= 100 * NSEC_PER_MSEC);
	assert_true(value(&a, PROCESS_MINOR) >= PAGES);
	assert_true(value(&a, PROCESS_RSS) >= PAGES * 4096);
	assert_true(value(&a, PROCESS_VOLUNTARY) >= NAPS);
	if (has(&b, PROCESS_WRITTEN))
		assert_true(value(&a, PROCESS_WRITTEN) >= WRITTEN);
	task_source_free(w);
	task_source_free(f);
}

static void test_a_process(void **state)
{
	(void)state;
	check_alone(&(struct task_walk_options){ 0 });
}

static void test_a_process_on_older_kernels(void **state)
{
	(void)state;
	check_alone(&(struct task_walk_options){ .by_iterator = true, .bounded = true });
}

static void check_threads(const struct task_walk_options *o)
{
	struct task_source *w = need_walk(o), *f = files(false, false);
	struct child c = start(true, AND_STAY);
	struct task_numbers a = scan(w, c.pid), b = scan(f, c.pid);

	stop(&c);
	assert_agree(&a, &b, true);
	assert_int_equal(a.threads, THREADS + 1);
	/* The one that has ended counts too. */
	uint64_t cpu = value(&a, PROCESS_USER) + value(&a, PROCESS_SYSTEM);

	assert_true(cpu >= (THREADS + 1) * 40 * NSEC_PER_MSEC);
	assert_true(value(&a, PROCESS_VOLUNTARY) >= (THREADS + 1) * NAPS);
	assert_true(has(&a, PROCESS_RUN_DELAY));
	/* /proc has no sum of these. */
	assert_false(has(&b, PROCESS_VOLUNTARY) || has(&b, PROCESS_RUN_DELAY) ||
		     has(&b, PROCESS_BLOCK_DELAY));
	task_source_free(w);
	task_source_free(f);
}

static void test_a_process_of_threads(void **state)
{
	(void)state;
	check_threads(&(struct task_walk_options){ 0 });
}

static void test_a_process_of_threads_on_older_kernels(void **state)
{
	(void)state;
	check_threads(&(struct task_walk_options){ .by_iterator = true, .bounded = true });
}

static void test_threads(void **state)
{
	(void)state;
	struct task_source *w = need_walk(&(struct task_walk_options){ .threads = true });
	struct task_source *f = files(true, false);
	struct child c = start(true, AND_STAY);
	struct task_numbers a = scan(w, c.pid), b = scan(f, c.pid);

	assert_agree(&a, &b, true);
	/* Memory is of the process. */
	assert_int_equal((a.have | b.have) & TASK_HAVE_MEMORY, 0);
	assert_true(has(&b, PROCESS_VOLUNTARY) && has(&b, PROCESS_RUN_DELAY));
	/* Another one of it: it burned, the first did not. */
	struct wanted x = { .tid = (uint32_t)c.pid + 1 };
	struct err e = { 0 };
	const struct task_taker to = { .take = take, .ctx = &x };

	for (; x.tid < (uint32_t)c.pid + 64 && !(x.found && x.n.pid == (uint32_t)c.pid); x.tid++)
		assert_int_equal(w->scan(w, &to, &e), 0);
	x.tid--;
	if (x.found && x.n.pid == (uint32_t)c.pid) {
		a = x.n;
		x.found = false;
		assert_int_equal(f->scan(f, &to, &e), 0);
		assert_true(x.found);
		assert_agree(&a, &x.n, true);
		assert_true(value(&a, PROCESS_USER) + value(&a, PROCESS_SYSTEM) >=
			    40 * NSEC_PER_MSEC);
	}
	stop(&c);
	task_source_free(w);
	task_source_free(f);
}

/* All processes that sleep all the while, kernel threads among them. */
struct all {
	struct task_numbers *n;
	size_t count, cap;
};

static int take_all(void *ctx, const struct task_numbers *n)
{
	struct all *a = ctx;

	if (a->count == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 256;
		a->n = realloc(a->n, a->cap * sizeof(*a->n));
		assert_non_null(a->n);
	}
	a->n[a->count++] = *n;
	return 0;
}

static const struct task_numbers *find(const struct all *a, uint32_t tid)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->n[i].tid == tid)
			return &a->n[i];
	return NULL;
}

static bool unchanged(const struct task_numbers *a, const struct task_numbers *b)
{
	return a && b && a->start == b->start && a->cpu == b->cpu && a->state == b->state &&
	       a->threads == b->threads && !memcmp(a->value, b->value, sizeof(a->value));
}

static void test_all_processes(void **state)
{
	(void)state;
	struct task_source *w = need_walk(&(struct task_walk_options){ 0 });
	struct task_source *f = files(false, false);
	struct all before = { 0 }, between = { 0 }, after = { 0 };
	struct err e = { 0 };
	unsigned int same = 0;

	/* What runs meanwhile is left out, by its own numbers. */
	assert_int_equal(w->scan(w, &(struct task_taker){ take_all, &before }, &e), 0);
	assert_int_equal(f->scan(f, &(struct task_taker){ take_all, &between }, &e), 0);
	assert_int_equal(w->scan(w, &(struct task_taker){ take_all, &after }, &e), 0);
	for (size_t i = 0; i < between.count; i++) {
		const struct task_numbers *a = find(&before, between.n[i].tid);

		if (!unchanged(a, find(&after, between.n[i].tid)) || a->state == 'R')
			continue;
		/* The kernel shows more than 15 bytes of the names of its threads. */
		if (between.n[i].kernel)
			between.n[i].name[15] = '\0';
		assert_agree(a, &between.n[i], false);
		same++;
	}
	print_message("%u of %zu processes compared\n", same, between.count);
	assert_true(same > between.count / 2);
	free(before.n);
	free(between.n);
	free(after.n);
	task_source_free(w);
	task_source_free(f);
}

static void test_a_small_ring_tells_all(void **state)
{
	(void)state;
	struct task_source *w = need_walk(&(struct task_walk_options){ .ring_bytes = 4096 });
	struct task_source *f = files(false, false);
	struct all by_ring = { 0 }, by_files = { 0 };
	struct err e = { 0 };
	unsigned int missing = 0;

	assert_int_equal(f->scan(f, &(struct task_taker){ take_all, &by_files }, &e), 0);
	assert_int_equal(w->scan(w, &(struct task_taker){ take_all, &by_ring }, &e), 0);
	/* Those that have ended meanwhile are not there. (Some virtual machines hide their first
	 * process from BPF.) */
	for (size_t i = 0; i < by_files.count; i++)
		missing += !find(&by_ring, by_files.n[i].tid) && by_files.n[i].tid != 1 &&
			   kill((pid_t)by_files.n[i].tid, 0) == 0;
	assert_int_equal(missing, 0);
	assert_int_equal(w->lost.tasks, 0);
	free(by_ring.n);
	free(by_files.n);
	task_source_free(w);
	task_source_free(f);
}

/* What the kernel tells the parent afterwards. */
static void assert_like_rusage(const struct task_numbers *n, const struct rusage *u)
{
	uint64_t user = (uint64_t)u->ru_utime.tv_sec * NSEC_PER_SEC +
			(uint64_t)u->ru_utime.tv_usec * NSEC_PER_USEC;
	uint64_t sys = (uint64_t)u->ru_stime.tv_sec * NSEC_PER_SEC +
		       (uint64_t)u->ru_stime.tv_usec * NSEC_PER_USEC;
	uint64_t cpu = value(n, PROCESS_USER) + value(n, PROCESS_SYSTEM);

	/* The end itself takes time too; the parent is told a little more. */
	assert_true(cpu <= user + sys + TICK && cpu + 2 * TICK >= user + sys);
	assert_true(value(n, PROCESS_MINOR) <= (uint64_t)u->ru_minflt &&
		    value(n, PROCESS_MINOR) + 16 >= (uint64_t)u->ru_minflt);
	assert_true(value(n, PROCESS_VOLUNTARY) + 16 >= (uint64_t)u->ru_nvcsw &&
		    value(n, PROCESS_VOLUNTARY) <= (uint64_t)u->ru_nvcsw);
	assert_int_equal(n->state, 'X');
	assert_true(n->ended);
	assert_int_equal(n->parent, getpid());
}

static void check_end(struct task_source *s, bool threads)
{
	struct task_numbers n;
	struct rusage u;
	struct child c = start(threads, AND_END);

	wait4(c.pid, NULL, 0, &u);
	if (!end_of(s, c.pid, &n))
		fail_msg("%s does not tell the end of %d", s->name, (int)c.pid);
	assert_like_rusage(&n, &u);
	assert_int_equal(s->lost.ends, 0);
	if (!threads)
		assert_true(value(&n, PROCESS_WRITTEN) >= WRITTEN || !has(&n, PROCESS_WRITTEN));
}

static void test_ends_by_bpf(void **state)
{
	(void)state;
	struct task_source *w = need_walk(&(struct task_walk_options){ 0 });

	check_end(w, false);
	check_end(w, true);
	task_source_free(w);
}

static void test_ends_by_taskstats(void **state)
{
	(void)state;
	struct task_source *f = files(false, true);

	if (!f->ends) {
		print_message("SKIP: %s\n", f->note);
		task_source_free(f);
		skip();
	}
	check_end(f, false);
	check_end(f, true);
	task_source_free(f);
}

/* ---- rows ---- */

struct rows {
	uint32_t tid;
	unsigned int n, ended;
	uint64_t cpu, last_cpu;
	bool falls;
};

static void count_rows(struct memory *m, const struct track *track, struct rows *r)
{
	struct source *src = memory_source(m);
	const struct query q = { .tracks = track_bit(track) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };

	assert_int_equal(source_cursor(src, &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t i = 0; i < b->rows; i++) {
			if (batch_u32(b, PROCESS_TID)[i] != r->tid)
				continue;
			r->n++;
			r->ended += batch_u8(b, PROCESS_FLAGS)[i] & PROCESS_FLAG_EXITED;
			r->cpu = batch_u64(b, PROCESS_USER)[i] + batch_u64(b, PROCESS_SYSTEM)[i];
			r->falls |= r->cpu < r->last_cpu;
			r->last_cpu = r->cpu;
		}
}

static void sample(struct task_sampler *s, struct memory *m)
{
	struct tick t = { .time = nsec_monotonic(), .sink = memory_sink(m), .name_tasks = true };
	struct err e = { 0 };

	if (task_sampler_sample(s, &t, &e) < 0)
		fail_msg("%s", e.text);
}

/* Begins after a tick and ends before the next. */
static void check_between_ticks(struct task_source *source)
{
	struct task_sampler *s;
	auto_ptr(memory) m = memory_new();

	assert_int_equal(task_sampler_of(source, false, &s), 0);
	sample(s, m);
	struct child c = start(false, AND_END), stays = start(false, AND_STAY);

	waitpid(c.pid, NULL, 0);
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	sample(s, m);
	kill(stays.pid, SIGKILL);
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	sample(s, m); /* a zombie: no more rows */
	waitpid(stays.pid, NULL, 0);
	sample(s, m);

	struct rows r = { .tid = (uint32_t)c.pid }, q = { .tid = (uint32_t)stays.pid };

	count_rows(m, &track_process, &r);
	count_rows(m, &track_process, &q);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.ended, 1);
	assert_true(r.cpu >= 100 * NSEC_PER_MSEC);
	assert_int_equal(q.n, 2);
	assert_int_equal(q.ended, 1);
	assert_false(q.falls);

	/* Who they were. */
	struct tasks *tasks = memory_source(m)->tasks;
	uint32_t k = tasks_find(tasks, r.tid, nsec_monotonic(), BATCH_CPU_NONE);

	assert_string_equal(tasks_at(tasks, k)->comm, "live_processes");
	assert_true(tasks_at(tasks, k)->born > 0 && tasks_at(tasks, k)->died < NSEC_MAX);
	task_sampler_free(s);
}

/* All ends of a storm have a row, with the parent's pid and a name. */
static void check_storm(struct task_source *source)
{
	struct task_sampler *s;
	auto_ptr(memory) m = memory_new();
	unsigned int ended = 0, own = 0;

	assert_int_equal(task_sampler_of(source, false, &s), 0);
	sample(s, m);
	for (unsigned int i = 0; i < STORM; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	sample(s, m);
	const struct query q = { .tracks = track_bit(&track_process) };
	struct source *src = memory_source(m);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };

	assert_int_equal(source_cursor(src, &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t i = 0; i < b->rows; i++) {
			if (!(batch_u8(b, PROCESS_FLAGS)[i] & PROCESS_FLAG_EXITED) ||
			    batch_u32(b, PROCESS_PARENT)[i] != (uint32_t)getpid())
				continue;
			uint32_t k = tasks_find(src->tasks, batch_u32(b, PROCESS_TID)[i],
						b->time[i], BATCH_CPU_NONE);

			ended++;
			own += !strcmp(tasks_at(src->tasks, k)->comm, "live_processes");
		}
	assert_int_equal(ended, STORM);
	assert_int_equal(own, STORM);
	task_sampler_free(s);
}

static void test_rows_between_ticks_by_bpf(void **state)
{
	(void)state;
	check_between_ticks(need_walk(&(struct task_walk_options){ 0 }));
	check_storm(need_walk(&(struct task_walk_options){ .ring_bytes = 1u << 20 }));
}

static void test_rows_between_ticks_by_taskstats(void **state)
{
	(void)state;
	struct task_source *f = files(false, true);

	if (!f->ends) {
		print_message("SKIP: %s\n", f->note);
		task_source_free(f);
		skip();
	}
	check_between_ticks(f);
	check_storm(files(false, true));
}

static void test_own_processes_need_no_rights(void **state)
{
	(void)state;
	struct task_source *f = files(false, false);
	struct child c = start(false, AND_STAY);
	struct task_numbers n = scan(f, c.pid);

	stop(&c);
	assert_null(f->ends);
	assert_true(has(&n, PROCESS_READ) && value(&n, PROCESS_MINOR) >= PAGES);
	task_source_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_a_process_on_older_kernels),
		cmocka_unit_test(test_a_process_of_threads),
		cmocka_unit_test(test_a_process_of_threads_on_older_kernels),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_all_processes),
		cmocka_unit_test(test_a_small_ring_tells_all),
		cmocka_unit_test(test_ends_by_bpf),
		cmocka_unit_test(test_ends_by_taskstats),
		cmocka_unit_test(test_rows_between_ticks_by_bpf),
		cmocka_unit_test(test_rows_between_ticks_by_taskstats),
		cmocka_unit_test(test_own_processes_need_no_rights),
	};

	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
