/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_timeline. */
#include "view_text.h"

struct timeline_options {
	bool idle;
};

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_switch(s, 0, 200, 12, 0, 0x100);
	scenario_switch(s, 1, 150, 0, 11, 0);
	scenario_switch(s, 1, 300, 11, 0, 0x20);
	scenario_switch(s, 0, 400, 0, 12, 0);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static const char columns[] = "start length cpu task tid end_state";

static void test_slices(void **state)
{
	const struct timeline_options idle = { true };

	(void)state;
	view_check(build, "timeline", (struct analysis_args){ 0 }, columns,
		   "0 100 0 a 11 S; 100 100 0 b 12 R+; 150 150 1 a 11 Z; 400 600 0 b 12 -");
	view_check(build, "timeline",
		   (struct analysis_args){ .options = &idle, .from = 120, .to = 210 }, columns,
		   "120 80 0 b 12 R+; 120 30 1 IDLE 0 R; 150 60 1 a 11 -; 200 10 0 IDLE 0 -");
}

static void test_cut(void **state)
{
	struct analysis_args args = { .top = 3 };
	struct scenario s;
	struct answer a;
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	view_check(build, "timeline", args, "start cpu", "0 0; 100 0; 150 1");
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("timeline", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "1 more slices"));
	answer_done(&a);
	scenario_done(&s);
}

static void many(struct scenario *s)
{
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(s, c, 0);
	for (uint32_t i = 0; i < 10000; i++)
		scenario_switch(s, i % 2, 10 * i + 10, i % 4 < 2 ? 7 : 8, i % 4 < 2 ? 8 : 7, 1);
	for (uint32_t c = 0; c < 2; c++)
		scenario_end(s, c, 200000);
}

static void test_first_of_many(void **state)
{
	struct analysis_args args = { .from = 50000, .to = 90000, .top = UINT64_MAX };
	struct scenario s;
	struct answer a;
	union cell start, before = { 0 };

	(void)state;
	view_check(many, "timeline", (struct analysis_args){ .from = 50000, .to = 90000, .top = 4 },
		   "start length cpu tid", "50000 10 0 7; 50000 0 1 8; 50000 20 1 7; 50010 20 0 8");
	scenario_init(&s, 100);
	many(&s);
	assert_int_equal(view_ask("timeline", scenario_source(&s), &args, &a, NULL), 0);
	assert_int_equal(table_n_rows(a.table), 4002);
	for (size_t i = 0; i < table_n_rows(a.table); i++, before = start) {
		assert_true(table_get(a.table, i, view_column(a.table, "start"), &start));
		assert_true(start.u64 >= before.u64);
	}
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_first_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
