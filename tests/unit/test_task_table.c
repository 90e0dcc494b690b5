/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/task_table.h"

static void note_gone(void *ctx, const struct known_task *k)
{
	uint32_t *last = ctx;

	*last = k->tid;
}

/* One scan that tells of tids @from .. @to - 1. */
static uint32_t scan(struct task_table *t, uint32_t from, uint32_t to, uint32_t scans)
{
	uint32_t gone = 0;

	task_table_begin(t);
	for (uint32_t tid = from; tid < to; tid++) {
		struct known_task *k = task_table_find(t, tid);

		if (!k)
			k = task_table_add(t, tid);
		assert_non_null(k);
		assert_int_equal(k->tid, tid);
		k->seen = t->scan;
	}
	assert_int_equal(task_table_end(t, scans, note_gone, &gone), 0);
	return gone;
}

static void test_come_and_go(void **state)
{
	(void)state;
	struct task_table t = { 0 };

	assert_int_equal(scan(&t, 100, 1100, 1), 0);
	assert_int_equal(t.n, 1000);
	assert_int_equal(scan(&t, 100, 1101, 1), 0);
	assert_int_equal(scan(&t, 101, 1101, 1), 100);
	assert_int_equal(t.n, 1000);
	/* Others are found where they are now. */
	assert_int_equal(task_table_find(&t, 600)->tid, 600);
	assert_null(task_table_find(&t, 100));
	/* Ids that were used already. */
	assert_int_equal(scan(&t, 50, 1101, 1), 0);
	assert_int_equal(t.n, 1051);
	task_table_done(&t);
}

static void test_one_scan_may_miss_one(void **state)
{
	(void)state;
	struct task_table t = { 0 };

	scan(&t, 1, 10, 2);
	assert_int_equal(scan(&t, 2, 10, 2), 0);
	assert_int_equal(scan(&t, 2, 10, 2), 1);
	assert_int_equal(t.n, 8);
	task_table_done(&t);
}

static void test_what_has_ended_is_forgotten_in_silence(void **state)
{
	(void)state;
	struct task_table t = { 0 };

	scan(&t, 1, 4, 1);
	task_table_find(&t, 2)->ended = true;
	/* A zombie is told still. */
	assert_int_equal(scan(&t, 1, 4, 1), 0);
	assert_int_equal(t.n, 3);
	task_table_begin(&t);
	task_table_find(&t, 1)->seen = t.scan;
	task_table_find(&t, 3)->seen = t.scan;
	uint32_t gone = 0;

	assert_int_equal(task_table_end(&t, 1, note_gone, &gone), 0);
	assert_int_equal(gone, 0);
	assert_int_equal(t.n, 2);
	task_table_done(&t);
}

static void test_a_follower_takes_the_place(void **state)
{
	(void)state;
	struct task_table t = { 0 };
	uint32_t gone = 0;

	scan(&t, 1, 4, 1);
	task_table_begin(&t);
	struct known_task *old = task_table_find(&t, 2);

	old->start = 5;
	struct known_task *new = task_table_add(&t, 2);

	new->start = 6;
	new->seen = t.scan;
	assert_int_equal(task_table_find(&t, 2)->start, 6);
	assert_int_equal(task_table_end(&t, 1, note_gone, &gone), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(task_table_find(&t, 2)->start, 6);
	task_table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_one_scan_may_miss_one),
		cmocka_unit_test(test_what_has_ended_is_forgotten_in_silence),
		cmocka_unit_test(test_a_follower_takes_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
