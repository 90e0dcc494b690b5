/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_offcpu, off_cpu and switch_chains: a known pattern of blocking. */
#include "profile_scenario.h"
#include "view_text.h"

/* As the view has it. */
struct options {
	const char *by;
};

#define US *1000

static void build_switches(struct scenario *s)
{
	scenario_program(s);
	scenario_switch(s, 0, 100 US, 11, 12, 1);
	scenario_wakeup(s, 0, 300 US, 11, 12);
	scenario_switch(s, 0, 350 US, 12, 11, 0); /* 12 is preempted */
	scenario_switch(s, 0, 500 US, 11, 12, 1); /* no chain of this one */
	scenario_wakeup(s, 0, 600 US, 11, 12);
	scenario_switch(s, 0, 700 US, 12, 11, 1);
	scenario_switch(s, 0, 800 US, 11, 0, 1);
	scenario_wakeup(s, 0, 900 US, 11, 0);
	scenario_switch(s, 0, 910 US, 0, 11, 0);
	scenario_end(s, 0, 1000 US);
}

static void build(struct scenario *s)
{
	build_switches(s);
	scenario_event(s, 0, "cpu-clock", "ns", 0, "");
	scenario_event(s, 1, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_sample(s, 0, 99 US, 0, 11, 3, 1); /* no chain of a switch */
	scenario_sample(s, 0, 103 US, 1, 11, 7, 0);
	scenario_sample(s, 0, 440 US, 1, 11, 6, 0); /* too far from the one at 500 us */
	scenario_sample(s, 0, 697 US, 1, 12, 7, 0);
	scenario_sample(s, 0, 799 US, 1, 11, 4, 0); /* main work work memcpy */
}

static void check(void (*make)(struct scenario *), struct analysis_args args, const char *by,
		  const char *columns, const char *expected)
{
	struct options options = { by };

	args.options = &options;
	view_check(make, "offcpu", args, columns, expected);
}

static void test_functions(void **state)
{
	(void)state;
	check(build, (struct analysis_args){ 0 }, NULL,
	      "function module kernel off_cpu sleep wait preempted count max",
	      "[no chain] - - 350000 100000 100000 150000 2 150000; "
	      "idle_loop prog sys_call 250000 200000 50000 0 1 200000; "
	      "memcpy libc.so.6 - 110000 100000 10000 0 1 100000");
}

static void test_stacks_and_tasks(void **state)
{
	(void)state;
	check(build, (struct analysis_args){ 0 }, "stack", "stack off_cpu",
	      "[no chain] 350000; main;idle_loop;sys_call;__schedule 250000; "
	      "main;work;work;memcpy 110000");
	check(build, (struct analysis_args){ 0 }, "task", "task tid off_cpu off_cpu_pct count mean",
	      "prog 11 560000 78.87 3 186666; other 12 150000 21.13 1 150000");
}

static void test_without_chains(void **state)
{
	struct scenario s;
	struct answer a;
	struct err e = { 0 };
	struct analysis_args args = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	scenario_init(&s, 100);
	build_switches(&s);
	assert_int_equal(view_ask("offcpu", scenario_source(&s), &args, &a, &e), 0);
	assert_string_equal(view_rows_text(&a, "task off_cpu", &out), "prog 560000; other 150000");
	assert_true(view_notes(&a, "no call chains of threads that block"));
	answer_done(&a);
	scenario_done(&s);
}

/* The sleep before the wait ended before the window: nobody looked at its chain. */
static void test_window(void **state)
{
	(void)state;
	check(build, (struct analysis_args){ .from = 320 US, .to = 400 US }, NULL,
	      "function off_cpu sleep wait", "[no chain] 50000 0 50000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_stacks_and_tasks),
		cmocka_unit_test(test_without_chains),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
