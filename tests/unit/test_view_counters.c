/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_counters: a recording of events that took turns, worked out by hand.
 */
#include "profile_scenario.h"
#include "view_text.h"

#include <errno.h>

/* As the view has it. */
struct options {
	const char *by;
	nsec_t interval;
};

#define CYCLES 2048
#define GONE   2049
#define NEVER  2050

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "prog", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "other", 0);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, GONE, "gone", "", EVENT_FLAG_COUNTED | EVENT_FLAG_MISSING, "no PMU");
	scenario_event(s, NEVER, "never", "", EVENT_FLAG_COUNTED, "");
	/* 2, 4 and 3 a ns while counted: 200 (200 .. 300), 400 (250 .. 400), 300 (300 .. 350). */
	scenario_counter(s, 0, 100, CYCLES, COUNTER_CPU, 0, 100, 50);
	scenario_counter(s, 0, 200, CYCLES, COUNTER_CPU, 0, 100, 25);
	scenario_counter(s, 0, 200, NEVER, COUNTER_CPU, 0, 0, 0);
	scenario_counter(s, 0, 300, CYCLES, COUNTER_CPU, 0, 150, 50);
	/* All the time: exact. */
	scenario_counter(s, 1, 100, CYCLES, COUNTER_CPU, 0, 10, 100);
	scenario_counter(s, 1, 200, CYCLES, COUNTER_CPU, 0, 20, 100);
	scenario_counter(s, 1, 300, CYCLES, COUNTER_CPU, 0, 30, 100);
	scenario_end(s, 0, 300);
	scenario_end(s, 1, 300);
}

static void build_tasks(struct scenario *s)
{
	build(s);
	scenario_counter(s, BATCH_CPU_NONE, 100, CYCLES, COUNTER_TASK, 11, 5, 100);
	scenario_counter(s, BATCH_CPU_NONE, 150, CYCLES, COUNTER_TASK, 12, 7, 100);
	scenario_counter(s, BATCH_CPU_NONE, 200, CYCLES, COUNTER_TASK, 11, 6, 100);
	scenario_counter(s, 0, 300, CYCLES, COUNTER_SLICE, 11, 3, 100);
	scenario_counter(s, 1, 300, CYCLES, COUNTER_SLICE, 11, 4, 100);
}

static void check(void (*make)(struct scenario *), struct analysis_args args,
		  struct options options, const char *columns, const char *expected)
{
	if (!options.by)
		options.by = "event";
	args.options = &options;
	view_check(make, "counters", args, columns, expected);
}

static void test_events(void **state)
{
	(void)state;
	/* 960 in 600 ns of two CPUs: 3.2 a ns of the machine. */
	check(build, (struct analysis_args){ 0 }, (struct options){ 0 },
	      "event of count low high per_s counted_pct note",
	      "cycles CPUs 960.00 810.00 1110.00 3200000000.00 70.83 -; "
	      "never CPUs - - - - 0.00 never on a counter: the PMU had none free; "
	      "gone - - - - - - no PMU");
}

static void build_metrics(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, GONE, "instructions", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, NEVER, "branch-misses", "", EVENT_FLAG_COUNTED, "");
	/* 1 and 3 instructions a ns, each for half of the time: 100 (.. 200) and 300 (200 ..). */
	scenario_counter(s, 0, 100, CYCLES, COUNTER_CPU, 0, 100, 100);
	scenario_counter(s, 0, 100, GONE, COUNTER_CPU, 0, 50, 50);
	scenario_counter(s, 0, 200, CYCLES, COUNTER_CPU, 0, 100, 100);
	scenario_counter(s, 0, 200, GONE, COUNTER_CPU, 0, 150, 50);
	scenario_counter(s, 0, 200, NEVER, COUNTER_CPU, 0, 0, 0);
	scenario_end(s, 0, 200);
}

static void test_metrics(void **state)
{
	const struct options options = { "event", 0 };
	struct analysis_args args = { .options = &options };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build_metrics(&s);
	assert_int_equal(view_ask("counters", scenario_source(&s), &args, &a, &e), 0);
	assert_string_equal(answer_fact_value(&a, "Instructions per cycle"),
			    "2 insn/cycle (1.5 to 2.5)");
	assert_string_equal(answer_fact_value(&a, "Cycles per instruction"),
			    "0.5 cycles/insn (0.4 to 0.6667)");
	/* Of what was never counted nothing follows. */
	assert_int_equal(a.n_facts, 2);
	answer_done(&a);
	scenario_done(&s);
}

static void test_cpus(void **state)
{
	(void)state;
	check(build, (struct analysis_args){ 0 }, (struct options){ .by = "cpu" },
	      "cpu event count low high",
	      "0 cycles 900.00 750.00 1050.00; 0 never - - -; 1 cycles 60.00 60.00 60.00; "
	      "- gone - - -");
}

static void test_times(void **state)
{
	(void)state;
	/* Rows of 100 lie in the first interval, those of 200 and 300 in the second. */
	check(build, (struct analysis_args){ 0 }, (struct options){ .interval = 150 },
	      "time event count low high",
	      "0 cycles 210.00 210.00 310.00; 0 never - - -; "
	      "150 cycles 750.00 600.00 800.00; - gone - - -");
}

static void test_tasks(void **state)
{
	(void)state;
	check(build_tasks, (struct analysis_args){ 0 }, (struct options){ .by = "task" },
	      "tid event of count counted_pct",
	      "11 cycles run slices 7.00 100.00; 11 cycles tasks 11.00 100.00; "
	      "12 cycles tasks 7.00 100.00; - gone - - -");
	check(build_tasks, (struct analysis_args){ 0 }, (struct options){ .by = "cpu" },
	      "cpu of count",
	      "0 CPUs 900.00; 0 run slices 3.00; 0 CPUs -; 1 CPUs 60.00; 1 run slices 4.00; "
	      "- tasks 18.00; - - -");
}

static void test_refused(void **state)
{
	const struct options many = { "event", 1 };
	struct analysis_args args = { .options = &many };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	scenario_start(&s, 0, 0);
	scenario_counter(&s, 0, 100, CYCLES, COUNTER_CPU, 0, 1, 100);
	scenario_end(&s, 0, 2000000);
	assert_int_equal(view_ask("counters", scenario_source(&s), &args, &a, &e), -EINVAL);
	assert_non_null(strstr(e.text, "more than 1000000 intervals"));
	answer_done(&a);
	scenario_done(&s);

	/* Rows that no kernel writes. */
	const struct options plain = { "event", 0 };

	args = (struct analysis_args){ .options = &plain };
	scenario_init(&s, 10);
	scenario_start(&s, 0, 0);
	scenario_counter(&s, 0, 100, CYCLES, COUNTER_CPU, 0, 1, 101);
	scenario_end(&s, 0, 200);
	assert_int_equal(view_ask("counters", scenario_source(&s), &args, &a, &e), -EBADMSG);
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events), cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_cpus),   cmocka_unit_test(test_times),
		cmocka_unit_test(test_tasks),  cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
