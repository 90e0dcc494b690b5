/* SPDX-License-Identifier: MIT */
/*
 * The capture library on this machine: filters in the kernel, CPU lists, losses of a ring that
 * nobody empties, snapshots, with both engines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/engine.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "ping_pong.h"

#define ROUNDS 5000u

/* What was captured, kept whole. */
struct kept_switch {
	nsec_t time;
	uint32_t cpu, next, prev;
};

struct keeper {
	struct sink sink;
	struct kept_switch *row;
	size_t n, cap;
	uint64_t wakeups, migrations, lost, loss_rows, alive, forks;
	nsec_t last[64][3]; /* by CPU and track */
	bool unordered, loss_outside;
	nsec_t start;
};

static int keep(struct sink *sink, const struct batch *b, struct err *e)
{
	struct keeper *k = (struct keeper *)sink;

	(void)e;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track->id >= track_switch.id && b->cpu < 64) {
			nsec_t *last = &k->last[b->cpu][b->track->id - track_switch.id];

			k->unordered |= b->time[i] < *last;
			*last = b->time[i];
		}
		if (b->track == &track_switch) {
			if (k->n == k->cap) {
				k->cap = k->cap ? k->cap * 2 : 1024;
				k->row = reallocarray(k->row, k->cap, sizeof(*k->row));
				if (!k->row)
					abort();
			}
			k->row[k->n++] = (struct kept_switch){ b->time[i], b->cpu,
							       batch_u32(b, SWITCH_NEXT)[i],
							       batch_u32(b, SWITCH_PREV)[i] };
		} else if (b->track == &track_task) {
			k->alive += batch_u8(b, TASK_KIND)[i] == TASK_ALIVE;
			k->forks += batch_u8(b, TASK_KIND)[i] == TASK_FORK;
		} else if (b->track == &track_loss) {
			k->loss_rows++;
			k->lost += batch_u64(b, LOSS_COUNT)[i];
			k->loss_outside |= batch_u64(b, LOSS_END)[i] < b->time[i] ||
					   batch_u64(b, LOSS_END)[i] > nsec_monotonic() ||
					   !batch_u64(b, LOSS_COUNT)[i];
		}
	}
	k->wakeups += b->track == &track_wakeup ? b->rows : 0;
	k->migrations += b->track == &track_migrate ? b->rows : 0;
	return 0;
}

static struct capture *open_or_skip(struct capture_options *o, const char *engine)
{
	struct capture *c = NULL;
	struct err e = { 0 };

	o->engine = engine;
	o->root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = capture_open(o, &c, &e);

	if (r < 0) {
		print_message("SKIP: %s\n", e.text);
		close(o->root_fd);
		if (r != -EPERM && r != -EACCES && r != -EOPNOTSUPP && r != -ENOENT)
			fail_msg("%s", e.text);
		skip();
	}
	return c;
}

static void drain(struct capture *c)
{
	struct err e = { 0 };

	if (capture_drain(c, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

static void start(struct capture *c, struct keeper *k)
{
	struct err e = { 0 };
	struct capture_stats stats;

	k->sink.write = keep;
	if (capture_start(c, &k->sink, &e) < 0)
		fail_msg("%s", e.text);
	capture_stats(c, &stats);
	k->start = stats.start;
	assert_true(k->alive > 0);
}

static void stop(struct capture *c, struct capture_options *o)
{
	struct err e = { 0 };

	if (capture_stop(c, &e) < 0)
		fail_msg("%s", e.text);
	capture_free(c);
	close(o->root_fd);
}

static bool is_player(const struct ping_pong_result *w, uint32_t tid)
{
	return tid == w->thread[0].tid || tid == w->thread[1].tid;
}

/* Switch-outs of the workload's threads while it was watched, and rows that have no part in @w. */
static void count(const struct keeper *k, const struct ping_pong_result *w, uint64_t *ret_out,
		  uint64_t *ret_others)
{
	*ret_out = *ret_others = 0;
	for (size_t i = 0; i < k->n; i++) {
		const struct kept_switch *s = &k->row[i];

		if (s->time <= w->until && is_player(w, s->prev))
			++*ret_out;
		if (!is_player(w, s->prev) && !is_player(w, s->next))
			++*ret_others;
	}
}

static uint64_t switches_of(const struct ping_pong_result *w)
{
	return w->thread[0].voluntary + w->thread[0].involuntary + w->thread[1].voluntary +
	       w->thread[1].involuntary;
}

/* The kernel's perf drops some samples without a word where its recursion guard is taken. */
static void check_out(const char *engine, uint64_t out, const struct ping_pong_result *w)
{
	uint64_t switches = switches_of(w), slack = strcmp(engine, "perf") ? 0 : switches / 100;

	assert_in_range(out, switches - slack, switches);
}

/* ---- filters ---- */

static void filter_by_name(const char *engine)
{
	struct capture_filter f = { .comm = PING_PONG_COMM };
	struct capture_options o = { .events = CAPTURE_SWITCH, .filter = &f };
	struct capture *c = open_or_skip(&o, engine);
	struct keeper k = { 0 };
	struct ping_pong_child child;
	struct ping_pong_result w;
	uint64_t out, others;

	start(c, &k);
	ping_pong_fork(&child, ROUNDS, 0);
	ping_pong_go(&child);
	ping_pong_wait(&child, &w);
	stop(c, &o);
	count(&k, &w, &out, &others);
	/* Threads take their name some switches after their begin at the latest. */
	check_out(engine, min_of(out + 8, switches_of(&w)), &w);
	assert_int_equal(others, 0);
	assert_int_equal(k.wakeups, 0); /* not asked for */
	assert_false(k.unordered);
	free(k.row);
}

static void filter_by_process(const char *engine)
{
	struct ping_pong_child watched, other;
	struct ping_pong_result w, x;
	struct capture_filter f = { .n_pids = 1 };
	struct capture_options o = { .events = CAPTURE_SWITCH | CAPTURE_WAKEUP, .filter = &f };
	struct keeper k = { 0 };
	uint64_t out, others = 0;

	ping_pong_fork(&watched, ROUNDS, 0);
	ping_pong_fork(&other, ROUNDS, 0);
	f.pid[0] = (uint32_t)watched.pid;
	struct capture *c = open_or_skip(&o, engine);

	start(c, &k);
	ping_pong_go(&watched);
	ping_pong_go(&other);
	ping_pong_wait(&watched, &w);
	ping_pong_wait(&other, &x);
	stop(c, &o);
	count(&k, &w, &out, &others);
	/* Its threads began while it was watched: all their switches are there. */
	check_out(engine, out, &w);
	for (size_t i = 0; i < k.n; i++) {
		bool own = is_player(&w, k.row[i].prev) || is_player(&w, k.row[i].next) ||
			   k.row[i].prev == w.tgid || k.row[i].next == w.tgid;

		assert_true(own);
	}
	assert_true(k.wakeups > 0);
	free(k.row);
}

static void filter_by_cpu(const char *engine)
{
	static struct cpuset one;
	struct capture_options o = { .events = CAPTURE_SWITCH, .cpus = &one };
	struct keeper k = { 0 };
	struct ping_pong_child child;
	struct ping_pong_result w;
	uint64_t out, others;

	cpuset_add(&one, 0);
	struct capture *c = open_or_skip(&o, engine);

	assert_int_equal(cpuset_count(capture_cpus(c)), 1);
	start(c, &k);
	ping_pong_fork(&child, ROUNDS, 0);
	ping_pong_go(&child);
	ping_pong_wait(&child, &w);
	stop(c, &o);
	count(&k, &w, &out, &others);
	check_out(engine, out, &w);
	for (size_t i = 0; i < k.n; i++)
		assert_int_equal(k.row[i].cpu, 0);
	free(k.row);
}

/* ---- losses ---- */

/* Nobody empties the rings: what does not fit is counted, and what is there is whole. */
static void lose(const char *engine)
{
	struct capture_options o = { .events = CAPTURE_SWITCH, .buffer_bytes = 4096 };
	struct capture *c = open_or_skip(&o, engine);
	struct keeper k = { 0 };
	struct ping_pong_child child;
	struct ping_pong_result w;

	start(c, &k);
	ping_pong_fork(&child, ROUNDS * 4, 0);
	ping_pong_go(&child);
	ping_pong_wait(&child, &w);
	drain(c);
	/* There is room again. (A perf ring tells of its losses when the next event comes.) */
	uint64_t switches = switches_of(&w);

	ping_pong_fork(&child, 100, 0);
	ping_pong_go(&child);
	ping_pong_wait(&child, &w);
	drain(c);
	assert_true(k.loss_rows > 0);
	assert_false(k.loss_outside);
	assert_true(k.n + k.lost >= switches);
	assert_true(k.lost > switches / 4);
	assert_true(k.row[k.n - 1].time > w.until - NSEC_PER_SEC);
	struct capture_stats stats;

	capture_stats(c, &stats);
	assert_int_equal(stats.lost, k.lost);
	stop(c, &o);
	assert_false(k.unordered);
	free(k.row);
}

/* ---- the rest ---- */

static void end_is_sharp(const char *engine)
{
	struct capture_options o = { .events = CAPTURE_SWITCH | CAPTURE_WAKEUP | CAPTURE_MIGRATE };
	struct capture *c = open_or_skip(&o, engine);
	struct keeper k = { 0 };
	struct ping_pong_child child;
	struct ping_pong_result w;
	struct err e = { 0 };
	nsec_t at;

	start(c, &k);
	ping_pong_fork(&child, 100, 0);
	ping_pong_go(&child);
	ping_pong_wait(&child, &w);
	uint64_t alive = k.alive;

	assert_int_equal(capture_snapshot(c, &at, &e), 0);
	drain(c);
	assert_true(k.alive > alive);
	assert_true(k.forks >= 3); /* the child and its threads */
	assert_int_equal(capture_stop(c, &e), 0);
	nsec_t end = nsec_monotonic();

	drain(c);
	for (size_t i = 0; i < k.n; i++)
		assert_true(k.row[i].time >= k.start && k.row[i].time <= end);
	stop(c, &o);
	assert_false(k.unordered);
	free(k.row);
}

#define BOTH(what)                                   \
	static void test_##what##_bpf(void **state)  \
	{                                            \
		(void)state;                         \
		what("bpf");                         \
	}                                            \
	static void test_##what##_perf(void **state) \
	{                                            \
		(void)state;                         \
		what("perf");                        \
	}
BOTH(filter_by_name)
BOTH(filter_by_process)
BOTH(filter_by_cpu)
BOTH(lose)
BOTH(end_is_sharp)

static void test_filter_by_cgroup_below_too(void **state)
{
	(void)state;
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char outer[128] = "", inner[160], procs[192], pid[16];
	struct ping_pong_child watched, other;
	struct ping_pong_result w, x;
	struct capture_filter f = { 0 };
	struct capture_options o = { .events = CAPTURE_SWITCH, .filter = &f };
	struct keeper k = { 0 };
	uint64_t out, others;

	for (unsigned int i = 0; i < ARRAY_SIZE(mounts); i++) {
		char file[64];

		snprintf(file, sizeof(file), "%s/cgroup.procs", mounts[i]);
		if (access(file, W_OK) == 0)
			snprintf(outer, sizeof(outer), "%s/kymo-test-%d", mounts[i], (int)getpid());
	}
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	if (!*outer || mkdir(outer, 0755) < 0 || mkdir(inner, 0755) < 0) {
		print_message("SKIP: no cgroup v2 that can be written\n");
		rmdir(outer);
		skip();
	}
	ping_pong_fork(&watched, ROUNDS, 0);
	ping_pong_fork(&other, ROUNDS, 0);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", inner);
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	int n = snprintf(pid, sizeof(pid), "%d", (int)watched.pid);

	assert_int_equal(write(fd, pid, (size_t)n), n);
	close(fd);
	snprintf(f.cgroup, sizeof(f.cgroup), "%s", outer);
	o.engine = "bpf";
	struct capture *c = open_or_skip(&o, "bpf");

	start(c, &k);
	ping_pong_go(&watched);
	ping_pong_go(&other);
	ping_pong_wait(&watched, &w);
	ping_pong_wait(&other, &x);
	stop(c, &o);
	rmdir(inner);
	rmdir(outer);
	count(&k, &w, &out, &others);
	assert_int_equal(out, switches_of(&w));
	for (size_t i = 0; i < k.n; i++)
		assert_false(is_player(&x, k.row[i].prev) && is_player(&x, k.row[i].next));
	free(k.row);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	static struct cpuset far;
	struct capture_options o = { .engine = "none" };
	struct capture *c = NULL;
	struct err e = { 0 };

	o.root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(capture_open(&o, &c, &e), -EINVAL);
	assert_string_equal(e.text, "no engine 'none'");
	cpuset_add(&far, CPUSET_MAX - 1);
	o.cpus = &far;
	assert_int_equal(capture_open(&o, &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "is not online"));
	assert_null(c);
	close(o.root_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_by_name_bpf),
		cmocka_unit_test(test_filter_by_name_perf),
		cmocka_unit_test(test_filter_by_process_bpf),
		cmocka_unit_test(test_filter_by_process_perf),
		cmocka_unit_test(test_filter_by_cpu_bpf),
		cmocka_unit_test(test_filter_by_cpu_perf),
		cmocka_unit_test(test_filter_by_cgroup_below_too),
		cmocka_unit_test(test_lose_bpf),
		cmocka_unit_test(test_lose_perf),
		cmocka_unit_test(test_end_is_sharp_bpf),
		cmocka_unit_test(test_end_is_sharp_perf),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests_name("live_capture", tests, NULL, NULL);
}
