/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_wakers. */
#include "view_text.h"

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 13, "b", 0);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_wakeup(s, 0, 100, 12, 11);
	scenario_wakeup(s, 0, 200, 13, 11);
	scenario_wakeup(s, 0, 300, 12, 0);
	scenario_wakeup(s, 1, 300, 12, 0);
	scenario_wakeup(s, 1, 400, 12, 13);
	scenario_wakeup(s, 1, 500, 11, 12);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static const char columns[] = "task tid waker waker_tid count pct";

static void test_all(void **state)
{
	(void)state;
	view_check(build, "wakers", (struct analysis_args){ 0 }, columns,
		   "b 12 IDLE - 2 50.00; a 11 b 12 1 100.00; b 12 a 11 1 25.00; b 12 b 13 1 25.00; "
		   "b 13 a 11 1 100.00");
}

static void test_merged_in_a_window(void **state)
{
	regex_t b;

	(void)state;
	assert_int_equal(regcomp(&b, "b", REG_EXTENDED | REG_NOSUB), 0);
	view_check(build, "wakers",
		   (struct analysis_args){ .task = &b, .merge = true, .from = 150, .to = 450 },
		   columns, "b - IDLE - 2 50.00; b - a 11 1 25.00; b - b - 1 25.00");
	regfree(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_merged_in_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
