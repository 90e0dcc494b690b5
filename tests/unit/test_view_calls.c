/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_calls and call_sums. */
#include "profile_scenario.h"
#include "view_text.h"

#include <errno.h>

#include "analysis/call_sums.h"

/* As the view has it. */
struct options {
	const char *event, *of;
	double min;
	bool inverted;
};

static void build(struct scenario *s)
{
	scenario_program(s);
	scenario_event(s, 3, "cpu-clock", "ns", 0, "");
	scenario_sample(s, 0, 100, 3, 11, 4, 500); /* main work work memcpy */
	scenario_sample(s, 0, 200, 3, 11, 3, 100); /* main work work */
	scenario_sample(s, 0, 300, 3, 11, 9, 100); /* main work */
	scenario_sample(s, 0, 400, 3, 12, 8, 200); /* 0x9000 */
	scenario_sample(s, 0, 500, 3, 11, 7, 100); /* main idle_loop sys_call __schedule */
	scenario_end(s, 0, 1000);
}

static void check(struct options options, uint64_t top, const char *columns, const char *expected)
{
	view_check(build, "calls", (struct analysis_args){ .options = &options, .top = top },
		   columns, expected);
}

static void test_tree(void **state)
{
	(void)state;
	check((struct options){ 0 }, 0, "depth total_pct self_pct samples function",
	      "0 80.00 0.00 4 main; 1 70.00 10.00 3 work; 2 60.00 10.00 2 work; "
	      "3 50.00 50.00 1 memcpy; 1 10.00 0.00 1 idle_loop; 2 10.00 0.00 1 sys_call; "
	      "3 10.00 10.00 1 __schedule; 0 20.00 20.00 1 0x0000000000009000");
	check((struct options){ 0 }, 0, "call",
	      "- main;   - work;     work;     memcpy;   - idle_loop;     sys_call;     "
	      "__schedule; "
	      "- 0x0000000000009000");
	check((struct options){ .min = 20 }, 0, "function total",
	      "main 800; work 700; work 600; memcpy 500; 0x0000000000009000 200");
	check((struct options){ 0 }, 2, "function total", "main 800; work 700");
}

static void test_inverted(void **state)
{
	(void)state;
	check((struct options){ .inverted = true }, 0, "depth function total self",
	      "0 memcpy 500 0; 1 work 500 0; 2 work 500 0; 3 main 500 500; "
	      "0 work 200 0; 1 main 100 100; 1 work 100 0; 2 main 100 100; "
	      "0 0x0000000000009000 200 200; 0 __schedule 100 0; 1 sys_call 100 0; 2 idle_loop 100 "
	      "0; "
	      "3 main 100 100");
}

static void test_of(void **state)
{
	(void)state;
	check((struct options){ .of = "work" }, 0, "depth function total self",
	      "0 work 700 100; 1 work 600 100; 2 memcpy 500 500");
	check((struct options){ .of = "work", .inverted = true }, 0, "depth function total",
	      "0 work 700; 1 main 700");
	check((struct options){ .of = "memcpy", .inverted = true }, 0, "depth function total",
	      "0 memcpy 500; 1 work 500; 2 work 500; 3 main 500");
}

static void ask(struct options options, int expected, const char *words, const char *note)
{
	struct analysis_args args = { .options = &options };
	struct scenario s;
	struct answer a;
	struct err e = { 0 };

	scenario_init(&s, 100);
	build(&s);
	assert_int_equal(view_ask("calls", scenario_source(&s), &args, &a, &e), expected);
	if (words)
		assert_non_null(strstr(e.text, words));
	if (note)
		assert_true(view_notes(&a, note));
	answer_done(&a);
	scenario_done(&s);
}

static void test_words(void **state)
{
	(void)state;
	ask((struct options){ .of = "nobody" }, -EINVAL, "'nobody'", NULL);
	ask((struct options){ .min = 101 }, -EINVAL, "101", NULL);
	ask((struct options){ .min = 15 }, 0, NULL, "3 nodes below 15 %");
}

/* More callers than are shown. */
static void test_many_callers(void **state)
{
	struct options options = { .inverted = true };
	struct analysis_args args = { .options = &options };
	struct scenario s;
	struct answer a;
	struct err e = { 0 };

	(void)state;
	scenario_init(&s, 1000);
	scenario_start(&s, 0, 0);
	scenario_module(&s, 0, MODULE_FILE, "/deep");
	for (uint32_t i = 1; i <= 600; i++)
		scenario_frame(&s, i, i - 1, 0, i);
	scenario_sample(&s, 0, 100, 0, 11, 600, 5);
	scenario_end(&s, 0, 1000);
	assert_int_equal(view_ask("calls", scenario_source(&s), &args, &a, &e), 0);
	assert_int_equal(table_n_rows(a.table), 512);
	assert_true(view_notes(&a, "of 1 chains only the nearest 512 callers"));
	answer_done(&a);
	scenario_done(&s);
}

/* Recursion counts where it begins, siblings each for themselves. */
static void test_outermost(void **state)
{
	auto_ptr(frames) tree = frames_new();
	const uint32_t row_of[] = { 0, 1, 0 };
	uint8_t outermost[8];

	(void)state;
	uint32_t a = frames_add(tree, 0, 0, 0), b = frames_add(tree, a, 1, 0);
	uint32_t again = frames_add(tree, b, 2, 0), other = frames_add(tree, 0, 1, 0);
	uint32_t below = frames_add(tree, other, 0, 0), twice = frames_add(tree, a, 0, 0);

	assert_int_equal(call_outermost(tree, row_of, 2, outermost), 0);
	assert_int_equal(outermost[a], 1);
	assert_int_equal(outermost[b], 1);
	assert_int_equal(outermost[again], 0); /* function 2 is in row 0 too */
	assert_int_equal(outermost[other], 1);
	assert_int_equal(outermost[below], 1);
	assert_int_equal(outermost[twice], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),	     cmocka_unit_test(test_inverted),
		cmocka_unit_test(test_of),	     cmocka_unit_test(test_words),
		cmocka_unit_test(test_many_callers), cmocka_unit_test(test_outermost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
