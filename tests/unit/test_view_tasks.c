/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_tasks. */
#include "view_text.h"

/* Two CPUs, 0 to 1000. CPU 0: a until 100, b until 400 (preempted at 300 and resumed after kymo),
 * idle, a from 600. CPU 1: b2 until 500, then idle. */
static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 13, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 14, "kymo", TASK_FLAG_SELF);
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(s, c, 0);
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_switch(s, 0, 300, 12, 14, 0x100);
	scenario_switch(s, 0, 350, 14, 12, 1);
	scenario_switch(s, 0, 400, 12, 0, 2);
	scenario_wakeup(s, 1, 450, 11, 13);
	scenario_wakeup(s, 1, 455, 11, 13);
	scenario_migrate(s, 1, 450, 12);
	scenario_switch(s, 1, 500, 13, 12, 1);
	scenario_switch(s, 1, 510, 12, 0, 1);
	scenario_switch(s, 0, 600, 0, 11, 0);
	for (uint32_t c = 0; c < 2; c++)
		scenario_end(s, c, 1000);
}

static void test_whole_run(void **state)
{
	(void)state;
	view_check(build, "tasks", (struct analysis_args){ 0 },
		   "task tid tgid run run_pct switches voluntary preempted wakeups migrations cpus "
		   "first last",
		   "a 11 11 500 50.00 1 1 0 2 0 1 0 1000; "
		   "b 13 13 500 50.00 1 1 0 0 0 1 0 500; "
		   "b 12 12 260 26.00 3 2 1 0 1 2 100 510");
}

static void test_window(void **state)
{
	(void)state;
	view_check(build, "tasks", (struct analysis_args){ .from = 350, .to = 452 },
		   "tid run run_pct switches wakeups first last",
		   "13 102 100.00 0 0 350 452; 12 50 49.02 1 0 350 400; 11 0 0.00 0 1 - -");
}

static void test_filters(void **state)
{
	regex_t b;

	(void)state;
	view_check(build, "tasks", (struct analysis_args){ .include_self = true, .top = 9 },
		   "task tid run switches", "a 11 500 1; b 13 500 1; b 12 260 3; kymo 14 50 1");
	view_check(build, "tasks", (struct analysis_args){ .merge = true },
		   "task tid members run switches cpus", "b - 2 760 4 2; a 11 1 500 1 1");
	assert_int_equal(regcomp(&b, "^b$", REG_EXTENDED | REG_NOSUB), 0);
	view_check(build, "tasks", (struct analysis_args){ .task = &b, .top = 1 }, "tid run",
		   "13 500");
	regfree(&b);

	struct cpuset one = { 0 };

	cpuset_add(&one, 1);
	view_check(build, "tasks", (struct analysis_args){ .cpus = &one },
		   "tid run switches wakeups cpus", "13 500 1 0 1; 12 10 1 0 1; 11 0 0 2 0");
}

static void only_switches(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_end(s, 0, 1000);
	scenario_loss(s, 0, 600, 800, &track_switch, 5);
	scenario_loss(s, 0, 900, 900, &track_switch, 0);
}

static void test_what_is_missing(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	only_switches(&s);
	assert_int_equal(view_ask("tasks", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "wake-ups were not recorded"));
	assert_true(view_notes(&a, "migrations were not recorded"));
	assert_true(view_notes(&a,
			       "at least 5 events are missing in 2 spans (ring full; the first at "
			       "0.000001 s)"));
	assert_int_equal(a.lost, 5);
	assert_float_equal(a.coverage, 0.8, 1e-9);
	/* 800 known, of which 100 and 500 are runs. */
	auto_buf out;

	buf_init(&out, 0);
	assert_string_equal(view_rows_text(&a, "tid run run_pct switches wakeups", &out),
			    "12 500 62.50 0 -; 11 100 12.50 1 -");
	answer_done(&a);
	scenario_done(&s);
}

static void test_facts(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("tasks", scenario_source(&s), &args, &a, NULL), 0);
	assert_string_equal(view_fact(&a, "busiest task"), "a:11, 50.0 % of one core");
	assert_string_equal(view_fact(&a, "tasks"), "3");
	assert_string_equal(view_fact(&a, "context switches"), "5");
	assert_string_equal(view_fact(&a, "idle"), "34.5 % of 2 cores");
	assert_float_equal(a.coverage, 1.0, 1e-12);
	assert_int_equal(a.from, 0);
	assert_int_equal(a.to, 1000);
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_run), cmocka_unit_test(test_window),
		cmocka_unit_test(test_filters),	  cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
