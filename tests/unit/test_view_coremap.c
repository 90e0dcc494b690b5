/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_coremap. */
#include "view_text.h"

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 14, "kymo", TASK_FLAG_SELF);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 500);
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_switch(s, 0, 400, 12, 0, 1);
	scenario_switch(s, 1, 600, 0, 12, 0);
	scenario_switch(s, 1, 700, 12, 14, 1);
	scenario_switch(s, 1, 750, 14, 0, 1);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static void test_cells(void **state)
{
	(void)state;
	/* CPU 1 is covered for 500 only. */
	view_check(build, "coremap", (struct analysis_args){ 0 },
		   "task tid cpu run run_pct switches",
		   "all tasks - 0 400 40.00 2; all tasks - 1 100 20.00 1; all tasks - all 500 "
		   "50.00 3; "
		   "all tasks - IDLE 950 95.00 -; "
		   "b 12 0 300 30.00 1; b 12 1 100 20.00 1; b 12 all 400 40.00 2; b 12 IDLE 600 "
		   "60.00 -; "
		   "a 11 0 100 10.00 1; a 11 all 100 10.00 1; a 11 IDLE 900 90.00 -; "
		   "IDLE - 0 600 60.00 0; IDLE - 1 350 70.00 1; IDLE - all 950 95.00 1");
}

static void test_window_and_top(void **state)
{
	(void)state;
	view_check(build, "coremap", (struct analysis_args){ .from = 50, .to = 150, .top = 1 },
		   "task cpu run run_pct switches",
		   "all tasks 0 100 100.00 1; all tasks 1 0 - 0; all tasks all 100 100.00 1; "
		   "all tasks IDLE 0 0.00 -; "
		   "a 0 50 50.00 1; a all 50 50.00 1; a IDLE 50 50.00 -; IDLE all 0 0.00 0");
}

static void test_selection_sums(void **state)
{
	regex_t b;

	(void)state;
	assert_int_equal(regcomp(&b, "b|kymo", REG_EXTENDED | REG_NOSUB), 0);
	view_check(
		build, "coremap", (struct analysis_args){ .task = &b, .include_self = true },
		"task cpu run switches",
		"all tasks 0 300 1; all tasks 1 150 2; all tasks all 450 3; all tasks IDLE 950 -; "
		"b 0 300 1; b 1 100 1; b all 400 2; b IDLE 600 -; "
		"kymo 1 50 1; kymo all 50 1; kymo IDLE 950 -; "
		"IDLE 0 600 0; IDLE 1 350 1; IDLE all 950 1");
	regfree(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_window_and_top),
		cmocka_unit_test(test_selection_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
