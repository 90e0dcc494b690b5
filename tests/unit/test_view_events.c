/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_events. */
#include "profile_scenario.h"
#include "view_text.h"

static void build(struct scenario *s)
{
	scenario_program(s);
	scenario_event(s, 0, "cpu-clock", "ns", EVENT_FLAG_USER, "");
	scenario_event(s, 1, "cycles", "", EVENT_FLAG_MISSING, "this machine has no PMU");
	scenario_event(s, 2, "instructions", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, 3, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_event(s, 4, "faults", "", 0, "");
	scenario_sample(s, 0, 100, 0, 11, 4, 500);
	scenario_sample(s, 0, 200, 0, 12, 3, 100);
	scenario_sample(s, 0, 300, 3, 11, 7, 0);
	scenario_counter(s, 0, 400, 2, COUNTER_CPU, 0, 70, 50);
	scenario_counter(s, 0, 500, 2, COUNTER_SLICE, 11, 30, 100); /* the same, told again */
	scenario_counter(s, 0, 600, 2, COUNTER_CPU, 0, 30, 100);
	scenario_end(s, 0, 1000);
}

static void test_all(void **state)
{
	(void)state;
	view_check(build, "events", (struct analysis_args){ 0 },
		   "event how samples weight counted running_pct unit freq mode note",
		   "cpu-clock sampled 2 600 - - ns 999 user -; "
		   "cycles missing - - - - - 999 - this machine has no PMU; "
		   "instructions counted - - 100 75.00 - 999 - -; "
		   "sched:sched_switch chains 1 - - - - 999 - -; "
		   "faults sampled 0 - - - - 999 - -");
}

static void test_window(void **state)
{
	(void)state;
	view_check(build, "events", (struct analysis_args){ .from = 150, .to = 450 },
		   "event samples weight counted",
		   "cpu-clock 1 100 -; cycles - - -; instructions - - 70; "
		   "sched:sched_switch 1 - -; faults 0 - -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
