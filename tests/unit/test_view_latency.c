/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_latency. */
#include "view_text.h"

struct latency_options {
	uint64_t worst;
	bool histogram;
};

/* Task 11 waits 10, 4 and 1000; task 12 waits 6, then comes without a wake-up; kymo waits 5000. */
static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 9, "waker", 0);
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 14, "kymo", TASK_FLAG_SELF);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_wakeup(s, 1, 100, 11, 9);
	scenario_switch(s, 0, 110, 0, 11, 0);
	scenario_switch(s, 0, 200, 11, 0, 1);
	scenario_wakeup(s, 1, 300, 11, 0);
	scenario_switch(s, 0, 304, 0, 11, 0);
	scenario_wakeup(s, 1, 398, 12, 9);
	scenario_switch(s, 0, 400, 11, 0, 1);
	scenario_switch(s, 0, 404, 0, 12, 0);
	scenario_switch(s, 0, 500, 12, 0, 1);
	scenario_switch(s, 0, 600, 0, 12, 0);
	scenario_wakeup(s, 1, 1000, 11, 9);
	scenario_wakeup(s, 1, 1000, 14, 9);
	scenario_switch(s, 0, 2000, 12, 11, 1);
	scenario_switch(s, 0, 6000, 11, 14, 1);
	scenario_end(s, 0, 10000);
	scenario_end(s, 1, 10000);
}

static void test_per_task(void **state)
{
	(void)state;
	/* 1000 lies in the bucket of 992 to 1023: middle 1008, clamped to the maximum. */
	view_check(build, "latency", (struct analysis_args){ 0 },
		   "task tid waits mean p50 p99 max max_at total no_wakeup",
		   "a 11 3 338 10 1000 1000 1000 1014 0; b 12 1 6 6 6 6 398 6 1");
	view_check(build, "latency", (struct analysis_args){ .from = 304, .to = 405 },
		   "tid waits max no_wakeup", "12 1 6 0; 11 1 4 0");
	view_check(build, "latency", (struct analysis_args){ .merge = true, .include_self = true },
		   "task waits max", "kymo 1 5000; a 3 1000; b 1 6");
}

static void test_worst(void **state)
{
	const struct latency_options two = { .worst = 2 };

	(void)state;
	view_check(build, "latency", (struct analysis_args){ .options = &two },
		   "task tid woken wait cpu waker waker_tid waker_cpu",
		   "a 11 1000 1000 0 waker 9 1; a 11 100 10 0 waker 9 1");

	const struct latency_options many = { .worst = 100 };

	view_check(build, "latency",
		   (struct analysis_args){ .options = &many, .include_self = true },
		   "tid wait waker",
		   "14 5000 waker; 11 1000 waker; 11 10 waker; 12 6 waker; 11 4 IDLE");
}

static void test_histogram(void **state)
{
	const struct latency_options o = { .histogram = true };

	(void)state;
	view_check(build, "latency", (struct analysis_args){ .options = &o },
		   "from to waits up_to_pct",
		   "4 5 1 25.00; 6 7 1 50.00; 10 11 1 75.00; 992 1024 1 100.00");
}

static void test_facts(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("latency", scenario_source(&s), &args, &a, NULL), 0);
	assert_string_equal(view_fact(&a, "worst delay"), "1.00 us, a:11 at 0.000001 s");
	assert_string_equal(view_fact(&a, "waits"), "4");
	assert_string_equal(view_fact(&a, "no wake-up seen"), "1");
	answer_done(&a);
	scenario_done(&s);
}

static void no_wakeups(struct scenario *s)
{
	scenario_switch(s, 0, 100, 1, 2, 1);
}

static void test_refused_without_wakeups(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct err e = { 0 };
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	no_wakeups(&s);
	assert_int_equal(view_ask("latency", scenario_source(&s), &args, &a, &e), -ENODATA);
	assert_non_null(strstr(e.text, "has no wakeup events (record with -e switch,wakeup)"));
	assert_null(a.table);
	answer_done(&a);
	scenario_done(&s);
}

static void nothing_waits(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 100, 1, 2, 1);
	scenario_wakeup(s, 0, 200, 2, 2);
	scenario_end(s, 0, 1000);
}

static void test_no_waits_at_all(void **state)
{
	const struct latency_options histogram = { .histogram = true }, worst = { .worst = 5 };

	(void)state;
	view_check(nothing_waits, "latency", (struct analysis_args){ 0 }, "tid waits", "");
	view_check(nothing_waits, "latency", (struct analysis_args){ .options = &histogram },
		   "waits", "");
	view_check(nothing_waits, "latency", (struct analysis_args){ .options = &worst }, "wait",
		   "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_per_task),
		cmocka_unit_test(test_worst),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_refused_without_wakeups),
		cmocka_unit_test(test_no_waits_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
