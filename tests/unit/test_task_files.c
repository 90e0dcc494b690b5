/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_files on trees that stand for a machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collect/task_files.h"
#include "machine_tree.h"

#define TICK (NSEC_PER_SEC / 100)

struct scanned {
	struct task_numbers n[64];
	unsigned int count;
};

static int take(void *ctx, const struct task_numbers *n)
{
	struct scanned *s = ctx;

	assert_true(s->count < 64);
	s->n[s->count++] = *n;
	return 0;
}

static void scan(struct task_source *s, struct scanned *ret)
{
	struct err e = { 0 };

	ret->count = 0;
	assert_int_equal(s->scan(s, &(struct task_taker){ .take = take, .ctx = ret }, &e), 0);
}

static struct task_source *open_source(const struct machine_tree *t, bool threads,
				       unsigned int max_open)
{
	const struct task_files_options o = { .root_fd = t->fd,
					      .threads = threads,
					      .max_open = max_open };
	struct task_source *s;
	struct err e = { 0 };

	assert_int_equal(task_files_open(&o, &s, &e), 0);
	return s;
}

struct fixture {
	uint32_t tid, threads, start, user, rss;
	const char *name, *state;
};

static void put(const struct machine_tree *t, const char *dir, const struct fixture *x)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "%s/stat", dir);
	snprintf(text, sizeof(text),
		 "%u (%s) %s 1 2 3 0 -1 4194304 11 0 12 0 %u 14 0 0 20 0 %u 0 %u 4096 %u 0 0 0 0 0 "
		 "0 0 0 0 0 0 0 0 17 3 0 0 7 9 0\n",
		 x->tid, x->name, x->state, x->user, x->threads, x->start, x->rss);
	machine_tree_put(t, path, text);
	snprintf(path, sizeof(path), "%s/schedstat", dir);
	snprintf(text, sizeof(text), "%u 500 3\n", x->user * 1000);
	machine_tree_put(t, path, text);
	snprintf(path, sizeof(path), "%s/status", dir);
	snprintf(text, sizeof(text),
		 "Uid:\t%u\t0\t0\t0\nVmSwap:\t4 kB\nvoluntary_ctxt_switches:\t%u\n"
		 "nonvoluntary_ctxt_switches:\t2\n",
		 1000 + x->tid, x->user);
	machine_tree_put(t, path, text);
	snprintf(path, sizeof(path), "%s/io", dir);
	snprintf(text, sizeof(text), "read_bytes: %u\nwrite_bytes: 6\ncancelled_write_bytes: 7\n",
		 x->user);
	machine_tree_put(t, path, text);
}

static void put_process(const struct machine_tree *t, const struct fixture *x)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "proc/%u", x->tid);
	put(t, dir, x);
}

static uint64_t value(const struct task_numbers *n, unsigned int column)
{
	assert_true(n->have >> column & 1);
	return n->value[column - PROCESS_USER];
}

static bool has(const struct task_numbers *n, unsigned int column)
{
	return n->have >> column & 1;
}

static void test_a_process(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;

	machine_tree_make(&t);
	machine_tree_put(&t, "proc/sys/kernel/task_delayacct", "1\n");
	machine_tree_put(&t, "proc/self_or_not/stat", "no process");
	machine_tree_put(&t, "proc/007/stat", "no process either");
	put_process(&t, &(struct fixture){ .tid = 42,
					   .threads = 1,
					   .start = 100,
					   .user = 50,
					   .rss = 3,
					   .name = "a ) b",
					   .state = "S" });
	auto_ptr(task_source) f = open_source(&t, false, 0);

	scan(f, &s);
	assert_int_equal(s.count, 1);
	const struct task_numbers *n = &s.n[0];

	assert_int_equal(n->tid, 42);
	assert_int_equal(n->pid, 42);
	assert_int_equal(n->parent, 1);
	assert_int_equal(n->uid, 1042);
	assert_int_equal(n->cpu, 3);
	assert_int_equal(n->prio, 120);
	assert_int_equal(n->threads, 1);
	assert_int_equal(n->state, 'S');
	assert_false(n->ended || n->kernel);
	assert_string_equal(n->name, "a ) b");
	assert_int_equal(value(n, PROCESS_USER), 50 * TICK);
	assert_int_equal(value(n, PROCESS_SYSTEM), 14 * TICK);
	assert_int_equal(value(n, PROCESS_GUEST), 9 * TICK);
	assert_int_equal(value(n, PROCESS_MINOR), 11);
	assert_int_equal(value(n, PROCESS_MAJOR), 12);
	assert_int_equal(value(n, PROCESS_VOLUNTARY), 50);
	assert_int_equal(value(n, PROCESS_INVOLUNTARY), 2);
	assert_int_equal(value(n, PROCESS_RSS), 3 * sysconf(_SC_PAGESIZE));
	assert_int_equal(value(n, PROCESS_VSIZE), 4096);
	assert_int_equal(value(n, PROCESS_SWAP), 4096);
	assert_int_equal(value(n, PROCESS_READ), 50);
	assert_int_equal(value(n, PROCESS_WRITTEN), 6);
	assert_int_equal(value(n, PROCESS_CANCELLED), 7);
	assert_int_equal(value(n, PROCESS_RUN_DELAY), 500);
	assert_int_equal(value(n, PROCESS_BLOCK_DELAY), 7 * TICK);
	machine_tree_remove(&t);
}

/* What the kernel does not measure, or does not show, is not known rather than 0. */
static void test_what_is_not_there(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;

	machine_tree_make(&t);
	put_process(&t, &(struct fixture){ .tid = 7, .threads = 1, .name = "x", .state = "S" });
	unlinkat(t.fd, "proc/7/io", 0);
	unlinkat(t.fd, "proc/7/schedstat", 0);
	unlinkat(t.fd, "proc/7/status", 0);
	auto_ptr(task_source) f = open_source(&t, false, 0);

	scan(f, &s);
	assert_int_equal(s.count, 1);
	assert_false(has(&s.n[0], PROCESS_READ) || has(&s.n[0], PROCESS_RUN_DELAY) ||
		     has(&s.n[0], PROCESS_UID) || has(&s.n[0], PROCESS_SWAP) ||
		     has(&s.n[0], PROCESS_VOLUNTARY) || has(&s.n[0], PROCESS_BLOCK_DELAY));
	assert_true(has(&s.n[0], PROCESS_USER) && has(&s.n[0], PROCESS_RSS));
	machine_tree_remove(&t);
}

static void test_several_threads(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = { .tid = 7, .threads = 2, .name = "x", .state = "Z" };

	machine_tree_make(&t);
	put_process(&t, &x);
	auto_ptr(task_source) f = open_source(&t, false, 0);

	/* Its first thread has ended, it has not. */
	scan(f, &s);
	assert_false(s.n[0].ended);
	assert_false(has(&s.n[0], PROCESS_VOLUNTARY) || has(&s.n[0], PROCESS_RUN_DELAY));
	assert_true(has(&s.n[0], PROCESS_READ));
	/* What the other one did stays unknown. */
	x.threads = 1;
	x.state = "S";
	put_process(&t, &x);
	scan(f, &s);
	assert_false(has(&s.n[0], PROCESS_VOLUNTARY) || has(&s.n[0], PROCESS_RUN_DELAY));
	x.state = "Z";
	put_process(&t, &x);
	scan(f, &s);
	assert_true(s.n[0].ended);
	assert_false(has(&s.n[0], PROCESS_RSS));
	machine_tree_remove(&t);
}

static void test_a_process_id_is_used_again(void **state)
{
	(void)state;
	static const unsigned int max_open[] = { 0, 1 };
	struct fixture x = {
		.tid = 7, .threads = 2, .start = 5, .user = 99, .name = "old", .state = "S"
	};
	struct machine_tree t;
	struct scanned s;

	for (unsigned int i = 0; i < 2; i++) {
		machine_tree_make(&t);
		put_process(&t, &x);
		auto_ptr(task_source) f = open_source(&t, false, max_open[i]);

		scan(f, &s);
		assert_false(has(&s.n[0], PROCESS_VOLUNTARY));
		put_process(&t, &(struct fixture){ .tid = 7,
						   .threads = 1,
						   .start = 6,
						   .user = 1,
						   .name = "new",
						   .state = "R" });
		scan(f, &s);
		assert_int_equal(s.count, 1);
		assert_string_equal(s.n[0].name, "new");
		assert_int_equal(value(&s.n[0], PROCESS_VOLUNTARY), 1);
		machine_tree_remove(&t);
	}
}

/* Its files that are kept open can still be read: those of /proc would say that it has gone. */
static void remove_process(const struct machine_tree *t, const char *dir)
{
	static const char *const file[] = { "stat", "status", "io", "schedstat" };
	char path[64];

	for (unsigned int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, file[i]);
		unlinkat(t->fd, path, 0);
	}
	unlinkat(t->fd, dir, AT_REMOVEDIR);
}

static unsigned int open_files(void)
{
	unsigned int n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void test_processes_come_and_go(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = { .threads = 1, .name = "x", .state = "S" };

	machine_tree_make(&t);
	for (x.tid = 10; x.tid < 20; x.tid++)
		put_process(&t, &x);
	auto_ptr(task_source) f = open_source(&t, false, 0);
	unsigned int before = open_files();

	scan(f, &s);
	assert_int_equal(s.count, 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(s.n[i].tid, 10 + i); /* in order, whatever the folder's is */
	assert_int_equal(open_files(), before + 20); /* stat and schedstat */
	remove_process(&t, "proc/10");
	remove_process(&t, "proc/15");
	x.tid = 5;
	put_process(&t, &x);
	scan(f, &s);
	assert_int_equal(s.count, 9);
	assert_int_equal(s.n[0].tid, 5);
	assert_int_equal(open_files(), before + 18);
	machine_tree_remove(&t);
}

static void test_only_so_many_files_stay_open(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = { .threads = 1, .name = "x", .state = "S", .user = 5 };

	machine_tree_make(&t);
	for (x.tid = 10; x.tid < 20; x.tid++)
		put_process(&t, &x);
	auto_ptr(task_source) f = open_source(&t, false, 6);
	unsigned int before = open_files();

	for (unsigned int i = 0; i < 3; i++) {
		scan(f, &s);
		assert_int_equal(s.count, 10);
		assert_int_equal(value(&s.n[9], PROCESS_READ), 5);
		assert_int_equal(open_files(), before + 6);
	}
	machine_tree_remove(&t);
}

/* What has not run says what it said; what has is read again. */
static void test_what_has_run_is_read_again(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = {
		.tid = 7, .threads = 1, .user = 5, .rss = 9, .name = "x", .state = "S"
	};

	machine_tree_make(&t);
	put_process(&t, &x);
	auto_ptr(task_source) f = open_source(&t, false, 0);

	scan(f, &s);
	x.user = 6;
	put_process(&t, &x);
	scan(f, &s);
	assert_int_equal(value(&s.n[0], PROCESS_READ), 6);
	/* The files change and schedstat does not: memory was taken from it. */
	machine_tree_put(&t, "proc/7/status", "VmSwap:\t8 kB\n");
	scan(f, &s);
	assert_int_equal(value(&s.n[0], PROCESS_SWAP), 4096);
	x.rss = 8;
	put_process(&t, &x);
	machine_tree_put(&t, "proc/7/status", "VmSwap:\t8 kB\n");
	scan(f, &s);
	assert_int_equal(value(&s.n[0], PROCESS_SWAP), 8192);
	machine_tree_remove(&t);
}

static void put_last_id(const struct machine_tree *t, uint32_t id)
{
	char text[64];

	snprintf(text, sizeof(text), "0.20 0.18 0.12 1/80 %u\n", id);
	machine_tree_put(t, "proc/loadavg", text);
}

/* The last id that was given tells where new processes are; not always is the folder listed. */
static void test_new_ids(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = { .threads = 1, .name = "x", .state = "S", .user = 5 };
	char self[32];

	machine_tree_make(&t);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	for (x.tid = 10; x.tid < 50; x.tid += 2)
		put_process(&t, &x);
	assert_int_equal(symlinkat(self, t.fd, "proc/self"), 0);
	put_last_id(&t, 100);
	auto_ptr(task_source) f = open_source(&t, false, 0);

	scan(f, &s);
	assert_int_equal(s.count, 20);
	put_last_id(&t, 104);
	x.tid = 103;
	put_process(&t, &x);
	x.tid = 104;
	put_process(&t, &x);
	machine_tree_put(&t, "proc/104/status", "Tgid:\t103\nUid:\t0\n");
	x.tid = 11; /* asked for, below what was given last */
	put_process(&t, &x);
	remove_process(&t, "proc/12");
	scan(f, &s);
	assert_int_equal(s.count, 21);
	assert_int_equal(s.n[20].tid, 103);
	for (unsigned int i = 0; i < 10; i++)
		scan(f, &s);
	assert_int_equal(s.count, 21);
	assert_int_equal(s.n[1].tid, 11);
	/* Ids have come round. */
	put_last_id(&t, 15);
	x.tid = 15;
	put_process(&t, &x);
	scan(f, &s);
	assert_int_equal(s.count, 22);
	machine_tree_remove(&t);
}

static void test_threads(void **state)
{
	(void)state;
	struct machine_tree t;
	struct scanned s;
	struct fixture x = { .tid = 20, .threads = 3, .user = 5, .name = "x", .state = "S" };

	machine_tree_make(&t);
	put(&t, "proc/20/task/20", &x);
	x.tid = 9; /* ids have come round */
	put(&t, "proc/20/task/9", &x);
	x.tid = 25;
	put(&t, "proc/20/task/25", &x);
	x.tid = 30;
	x.threads = 1;
	put(&t, "proc/30/task/30", &x);
	auto_ptr(task_source) f = open_source(&t, true, 0);

	for (unsigned int i = 0; i < 3; i++) {
		scan(f, &s);
		assert_int_equal(s.count, 4);
		assert_int_equal(s.n[0].tid, 20);
		assert_int_equal(s.n[1].tid, 9);
		assert_int_equal(s.n[1].pid, 20);
		assert_int_equal(s.n[2].tid, 25);
		assert_int_equal(s.n[3].tid, 30);
		assert_int_equal(value(&s.n[1], PROCESS_VOLUNTARY), 5);
		assert_false(has(&s.n[1], PROCESS_RSS));
	}
	remove_process(&t, "proc/20/task/9");
	scan(f, &s);
	assert_int_equal(s.count, 3);
	machine_tree_remove(&t);
}

static void test_hostile_trees(void **state)
{
	(void)state;
	static const char *const stat[] = {
		"",
		"7",
		"7 (x) S 1",
		"8 (of another one) S 1 2 3 0 -1 0 1 0 2 0 3 4 0 0 20 0 1 0 5 6 7 0\n",
		"7 (x) S 1 2 3 0 -1 0 1 0 2 0 3 4 0 0 20 0 1 0 5\n",
		"7 (x) S 99999999999999999999 2 3\n",
	};
	struct machine_tree t;
	struct scanned s;

	for (unsigned int i = 0; i < sizeof(stat) / sizeof(*stat); i++) {
		machine_tree_make(&t);
		machine_tree_put(&t, "proc/7/stat", stat[i]);
		machine_tree_put(&t, "proc/7/status", "Uid:\t\nVmSwap: -1 kB\n\n");
		machine_tree_put(&t, "proc/7/io", "read_bytes: 99999999999999999999\n");
		machine_tree_put(&t, "proc/7/schedstat", "\n");
		machine_tree_put(&t, "proc/8/stat/is/a/folder", "");
		machine_tree_put(&t, "proc/4294967295999/stat", "1 (x) S\n");
		auto_ptr(task_source) f = open_source(&t, false, 0);

		scan(f, &s);
		assert_int_equal(s.count, 0);
		machine_tree_remove(&t);
	}
}

static void test_no_proc(void **state)
{
	(void)state;
	struct machine_tree t;
	struct task_source *s;
	struct err e = { 0 };

	machine_tree_make(&t);
	const struct task_files_options o = { .root_fd = t.fd };

	assert_int_equal(task_files_open(&o, &s, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/proc"));
	machine_tree_put(&t, "proc/uptime", "1 1\n");
	assert_int_equal(task_files_open(&o, &s, &e), -ENOENT);
	assert_string_equal(e.text, "no processes in '/proc'");
	machine_tree_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_several_threads),
		cmocka_unit_test(test_a_process_id_is_used_again),
		cmocka_unit_test(test_processes_come_and_go),
		cmocka_unit_test(test_only_so_many_files_stay_open),
		cmocka_unit_test(test_what_has_run_is_read_again),
		cmocka_unit_test(test_new_ids),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_hostile_trees),
		cmocka_unit_test(test_no_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
