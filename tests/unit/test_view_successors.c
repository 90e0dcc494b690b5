/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_successors. */
#include "view_text.h"

struct successors_options {
	const char *of;
};

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 13, "b", 0);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_switch(s, 0, 200, 12, 11, 1);
	scenario_switch(s, 0, 300, 11, 13, 1);
	scenario_switch(s, 0, 400, 13, 11, 1);
	scenario_switch(s, 0, 500, 11, 13, 1);
	scenario_switch(s, 0, 600, 13, 0, 1);
	scenario_switch(s, 1, 600, 0, 11, 1);
	scenario_switch(s, 1, 700, 11, 0, 1);
	scenario_switch(s, 0, 700, 0, 11, 1);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static const char columns[] = "task tid next next_tid count pct";

static void test_all(void **state)
{
	(void)state;
	view_check(
		build, "successors", (struct analysis_args){ 0 }, columns,
		"a 11 b 13 2 50.00; IDLE - a 11 2 100.00; a 11 b 12 1 25.00; a 11 IDLE - 1 25.00; "
		"b 12 a 11 1 100.00; b 13 a 11 1 50.00; b 13 IDLE - 1 50.00");
}

static void test_of_one(void **state)
{
	const struct successors_options tid = { "13" }, name = { "b" }, idle = { "IDLE" };

	(void)state;
	view_check(build, "successors", (struct analysis_args){ .options = &tid }, columns,
		   "b 13 a 11 1 50.00; b 13 IDLE - 1 50.00");
	view_check(build, "successors", (struct analysis_args){ .options = &name, .merge = true },
		   columns, "b - a 11 2 66.67; b - IDLE - 1 33.33");
	view_check(build, "successors", (struct analysis_args){ .options = &idle }, columns,
		   "IDLE - a 11 2 100.00");
}

static void test_merged_window_and_filter(void **state)
{
	regex_t a;

	(void)state;
	assert_int_equal(regcomp(&a, "a", REG_EXTENDED | REG_NOSUB), 0);
	view_check(build, "successors",
		   (struct analysis_args){ .task = &a, .merge = true, .from = 150, .to = 650 },
		   columns, "a 11 b - 2 100.00");
	regfree(&a);
}

static void test_unknown_task(void **state)
{
	const struct successors_options nobody = { "nobody" };
	struct analysis_args args = { .options = &nobody };
	struct scenario s;
	struct err e = { 0 };
	struct answer answer;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("successors", scenario_source(&s), &args, &answer, &e), -ENOENT);
	assert_string_equal(e.text, "no switch away from 'nobody' in the window");
	answer_done(&answer);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_of_one),
		cmocka_unit_test(test_merged_window_and_filter),
		cmocka_unit_test(test_unknown_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
