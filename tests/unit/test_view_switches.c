/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_switches. */
#include "view_text.h"

#define SEC NSEC_PER_SEC

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_switch(s, 0, SEC, 11, 12, 1);
	scenario_switch(s, 0, 4 * SEC, 12, 11, 0x100);
	scenario_switch(s, 1, 4 * SEC, 0, 12, 0);
	scenario_switch(s, 0, 5 * SEC, 11, 0, 1);
	scenario_end(s, 0, 10 * SEC);
	scenario_end(s, 1, 10 * SEC);
}

static const char columns[] =
	"task tid cpu run_pct run switches switches_per_s voluntary preempted "
	"mean_run longest_run";

static void test_by_task(void **state)
{
	(void)state;
	view_check(build, "switches", (struct analysis_args){ 0 }, columns,
		   "b 12 - 90.00 9000000000 1 0.10 0 1 4500000000 6000000000; "
		   "a 11 - 20.00 2000000000 2 0.20 2 0 1000000000 1000000000");
}

static void test_by_core(void **state)
{
	const struct {
		const char *by;
	} by_core = { "core" };

	(void)state;
	view_check(build, "switches", (struct analysis_args){ .options = &by_core }, columns,
		   "all tasks - 0 50.00 5000000000 3 0.30 2 1 1666666666 3000000000; "
		   "all tasks - 1 60.00 6000000000 0 0.00 0 0 6000000000 6000000000");
}

static void test_window(void **state)
{
	(void)state;
	view_check(build, "switches", (struct analysis_args){ .from = 2 * SEC, .to = 3 * SEC },
		   "tid run_pct switches longest_run", "12 100.00 0 1000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_task),
		cmocka_unit_test(test_by_core),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
