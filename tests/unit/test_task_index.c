/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/task_index and task_rows. */
#include "scenario.h"

#include "analysis/analysis.h"
#include "analysis/task_index.h"
#include "analysis/task_rows.h"

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 5, "five", 0);
	scenario_task(s, 100, TASK_EXIT, 5, "", 0);
	scenario_task(s, 200, TASK_FORK, 5, "again", 0);
	scenario_task(s, 200, TASK_ALIVE, 4194303, "highest", 0);
	scenario_task(s, 200, TASK_ALIVE, 4194304, "beyond", 0);
	scenario_task(s, 200, TASK_ALIVE, 7, "kymo", TASK_FLAG_SELF);
	scenario_task(s, 200, TASK_ALIVE, 8, "again", 0);
	scenario_switch(s, 3, 300, 5, 0, 1);
}

static void test_index_equals_the_task_table(void **state)
{
	static const uint32_t tids[] = { 0, 5, 7, 8, 12345, 4194303, 4194304, UINT32_MAX };
	static const nsec_t times[] = { 0, 50, 150, 250, 1000 };
	struct scenario s;

	(void)state;
	scenario_init(&s, 1);
	build(&s);
	struct tasks *tasks = scenario_source(&s)->tasks;
	auto_ptr(task_index) x = task_index_new(tasks);

	assert_non_null(x);
	for (unsigned int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_SIZE(tids); i++)
			for (size_t t = 0; t < ARRAY_SIZE(times); t++)
				assert_int_equal(task_index_get(x, tids[i], times[t], 3),
						 tasks_find(tasks, tids[i], times[t], 3));
	assert_true(task_index_get(x, 5, 50, 3) != task_index_get(x, 5, 250, 3));
	assert_true(task_index_get(x, 0, 50, 3) != task_index_get(x, 0, 50, 2));
	x = task_index_free(x);
	scenario_done(&s);
}

static void test_rows(void **state)
{
	struct analysis_args args = { 0 };
	struct task_rows rows;
	struct scenario s;
	char name[TASK_NAME_MAX];

	(void)state;
	scenario_init(&s, 1);
	build(&s);
	struct tasks *tasks = scenario_source(&s)->tasks;
	uint32_t idle = tasks_find(tasks, 0, 300, 3);

	assert_int_equal(task_rows_init(&rows, &args, tasks), 0);
	assert_int_equal(rows.n, 5);
	assert_int_equal(task_rows_of(&rows, idle), TASK_ROW_NONE);
	assert_int_equal(task_rows_of(&rows, 4711), TASK_ROW_NONE);
	assert_string_equal(
		task_rows_name(&rows, task_rows_of(&rows, tasks_find(tasks, 8, 300, 0)), name),
		"again:8");
	assert_string_equal(task_name_of(tasks, idle, name), "IDLE");
	task_rows_done(&rows);

	args.merge = args.include_self = true;
	assert_int_equal(task_rows_init(&rows, &args, tasks), 0);
	assert_int_equal(rows.n, 5);
	uint32_t row = task_rows_of(&rows, tasks_find(tasks, 8, 300, 0));

	assert_int_equal(row, task_rows_of(&rows, tasks_find(tasks, 5, 250, 0)));
	assert_int_equal(rows.row[row].members, 2);
	assert_string_equal(task_rows_name(&rows, row, name), "again (2 tasks)");
	task_rows_done(&rows);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index_equals_the_task_table),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
