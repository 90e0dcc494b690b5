/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_durations. */
#include "view_text.h"

struct durations_options {
	const char *kind;
};

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 100, 11, 12, 1); /* a sleeps; it ran since before: no length */
	scenario_wakeup(s, 0, 150, 11, 12);
	scenario_switch(s, 0, 160, 12, 11, 0x100); /* b ran 60 */
	scenario_switch(s, 0, 200, 11, 12, 1); /* a ran 40, b stood preempted 40 */
	scenario_wakeup(s, 0, 230, 11, 12);
	scenario_switch(s, 0, 300, 12, 11, 0x100); /* b ran 100 */
	scenario_end(s, 0, 1000);
}

static const char columns[] = "task tid kind count total mean p50 max max_at";

static void test_all(void **state)
{
	(void)state;
	/* p50 of two values is the smaller one's bucket. */
	view_check(build, "durations", (struct analysis_args){ 0 }, columns,
		   "b 12 run 2 160 80 61 100 200; b 12 preempted 1 40 40 40 40 160; "
		   "a 11 run 1 40 40 40 40 160; a 11 sleep 2 80 40 30 50 100; "
		   "a 11 wait 2 80 40 10 70 230");
}

static void test_one_kind_and_window(void **state)
{
	const struct durations_options run = { "run" };

	(void)state;
	view_check(build, "durations",
		   (struct analysis_args){ .options = &run, .from = 200, .to = 301 }, columns,
		   "b 12 run 1 100 100 100 100 200; a 11 run 1 40 40 40 40 160");
}

static void without_wakeups(struct scenario *s)
{
	scenario_switch(s, 0, 100, 11, 12, 1);
	scenario_switch(s, 0, 300, 12, 11, 1);
}

static void test_without_wakeups(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(without_wakeups, "durations", args, "tid kind count total",
		   "12 run 1 200; 11 sleep 1 200");
	scenario_init(&s, 10);
	without_wakeups(&s);
	assert_int_equal(view_ask("durations", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "sleep lasts to the next switch to the task"));
	answer_done(&a);
	scenario_done(&s);
}

static void vcpu(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_entry(s, 0, 100, 11);
	scenario_exit(s, 0, 150, 11, KVM_ISA_VMX, 12);
	scenario_switch(s, 0, 160, 11, 12, 1);
	scenario_switch(s, 0, 200, 12, 11, 1);
	scenario_entry(s, 0, 210, 11);
	scenario_exit(s, 0, 300, 11, KVM_ISA_VMX, 1);
	scenario_entry(s, 0, 310, 11);
	scenario_end(s, 0, 1000);
}

static void test_vcpus(void **state)
{
	const struct durations_options host = { "host" };

	(void)state;
	view_check(vcpu, "durations", (struct analysis_args){ 0 },
		   "tid kind count total max max_at",
		   "12 run 1 40 40 160; 11 sleep 1 40 40 160; 11 guest 2 140 90 210; "
		   "11 host 2 70 60 150");
	view_check(vcpu, "durations", (struct analysis_args){ .options = &host }, "tid kind total",
		   "11 host 70");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_one_kind_and_window),
		cmocka_unit_test(test_without_wakeups),
		cmocka_unit_test(test_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
