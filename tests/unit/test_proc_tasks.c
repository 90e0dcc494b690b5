/* SPDX-License-Identifier: MIT */
/* Tests of src/names/proc_tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/buf.h"
#include "machine_tree.h"
#include "names/proc_tasks.h"

static void test_a_line_of_stat(void **state)
{
	(void)state;
	struct proc_task t;

	assert_int_equal(proc_task_parse("42 (bash) S 41 42 42 34816 42 4194304 1 2 3\n", &t), 0);
	assert_int_equal(t.tid, 42);
	assert_int_equal(t.parent, 41);
	assert_false(t.kernel);
	assert_string_equal(t.comm, "bash");
}

static void test_names_that_look_like_fields(void **state)
{
	(void)state;
	struct proc_task t;

	assert_int_equal(proc_task_parse("7 (a) R 1 (b c)) S 6 7 7 0 -1 4194304 0\n", &t), 0);
	assert_string_equal(t.comm, "a) R 1 (b c)");
	assert_int_equal(t.parent, 6);
	assert_int_equal(proc_task_parse("8 (two\nlines) S 6 7 7 0 -1 4194304 0\n", &t), 0);
	assert_string_equal(t.comm, "two\nlines");
	assert_int_equal(proc_task_parse("9 () S 6 7 7 0 -1 4194304 0\n", &t), 0);
	assert_string_equal(t.comm, "");
}

static void test_kernel_workers_have_their_own_name(void **state)
{
	(void)state;
	struct proc_task t;

	assert_int_equal(proc_task_parse("5 (kworker/0:1H-kblockd) I 2 0 0 0 -1 69238880 0\n", &t),
			 0);
	assert_true(t.kernel);
	assert_string_equal(t.comm, "kworker/0:1H");
	assert_int_equal(proc_task_parse("6 (kworker/R-rcu_gp) I 2 0 0 0 -1 69238880 0\n", &t), 0);
	assert_string_equal(t.comm, "kworker/R-rcu_gp");
	/* A process that only looks like one. */
	assert_int_equal(proc_task_parse("5 (kworker/0:1-x) S 2 0 0 0 -1 4194304 0\n", &t), 0);
	assert_string_equal(t.comm, "kworker/0:1-x");
}

static void test_bad_lines_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"42",
		"42 (bash",
		"42 bash) S 1 2 3 4 5 6 7",
		"x (bash) S 41 42 42 34816 42 4194304",
		"42 (bash) S",
		"42 (bash) S 41 42 42 34816 42",
		"42 (bash) S -1 42 42 34816 42 4194304",
		"99999999999 (bash) S 41 42 42 34816 42 4194304",
	};
	struct proc_task t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(proc_task_parse(bad[i], &t), -EBADMSG);
}

static int list(void *ctx, const struct proc_task *t)
{
	struct buf *b = ctx;

	return buf_addf(b, "%u/%u %u %s%s;", t->tgid, t->tid, t->parent, t->comm,
			t->kernel ? " kernel" : "");
}

static int stop(void *ctx, const struct proc_task *t)
{
	(void)t;
	++*(int *)ctx;
	return -ECANCELED;
}

static void test_a_tree_with_threads_and_holes(void **state)
{
	(void)state;
	struct machine_tree tree;
	auto_buf b;

	buf_init(&b, 0);
	machine_tree_make(&tree);
	machine_tree_put(&tree, "proc/2/task/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0\n");
	machine_tree_put(&tree, "proc/10/task/10/stat", "10 (main) S 1 9 9 0 -1 4194304 0\n");
	machine_tree_put(&tree, "proc/10/task/11/stat", "11 (helper) S 1 9 9 0 -1 4194304 0\n");
	machine_tree_put(&tree, "proc/10/task/12/stat", "damaged");
	machine_tree_put(&tree, "proc/13/comm", "ended meanwhile");
	machine_tree_put(&tree, "proc/self/task/10/stat", "10 (main) S 1 9 9 0 -1 4194304 0\n");
	machine_tree_put(&tree, "proc/uptime", "1 1\n");
	assert_int_equal(proc_tasks_read(tree.fd, list, &b, NULL), 0);
	assert_non_null(strstr(buf_str(&b), "2/2 0 kthreadd kernel;"));
	assert_non_null(strstr(buf_str(&b), "10/10 1 main;"));
	assert_non_null(strstr(buf_str(&b), "10/11 1 helper;"));
	assert_int_equal(b.len, strlen("2/2 0 kthreadd kernel;10/10 1 main;10/11 1 helper;"));

	int calls = 0;

	assert_int_equal(proc_tasks_read(tree.fd, stop, &calls, NULL), -ECANCELED);
	assert_int_equal(calls, 1);
	machine_tree_remove(&tree);
}

static void test_no_proc_is_told(void **state)
{
	(void)state;
	struct machine_tree tree;
	struct err e = { 0 };

	machine_tree_make(&tree);
	assert_int_equal(proc_tasks_read(tree.fd, list, NULL, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/proc"));
	machine_tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_of_stat),
		cmocka_unit_test(test_names_that_look_like_fields),
		cmocka_unit_test(test_kernel_workers_have_their_own_name),
		cmocka_unit_test(test_bad_lines_are_refused),
		cmocka_unit_test(test_a_tree_with_threads_and_holes),
		cmocka_unit_test(test_no_proc_is_told),
	};

	return cmocka_run_group_tests_name("proc_tasks", tests, NULL, NULL);
}
