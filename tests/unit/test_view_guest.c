/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_guest. */
#include "view_text.h"

static void build(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_entry(s, 0, 100, 11);
	scenario_exit(s, 0, 300, 11, KVM_ISA_VMX, 12);
	scenario_switch(s, 0, 310, 11, 12, 1);
	scenario_entry(s, 0, 320, 12);
	scenario_exit(s, 0, 340, 12, KVM_ISA_VMX, 1);
	scenario_switch(s, 0, 350, 12, 11, 1);
	scenario_entry(s, 0, 360, 11);
	scenario_exit(s, 0, 400, 11, KVM_ISA_VMX, 1);
	scenario_entry(s, 0, 410, 11);
	scenario_end(s, 0, 1000);
}

static const char columns[] = "tid guest guest_pct host host_on_cpu host_off_cpu exits longest "
			      "longest_reason longest_at unmatched";

static void test_guest(void **state)
{
	(void)state;
	view_check(build, "guest", (struct analysis_args){ 0 }, columns,
		   "11 240 24.00 70 30 40 2 60 HLT 300 1; 12 20 2.00 0 0 0 1 - - - 1");
	view_check(build, "guest", (struct analysis_args){ .merge = true }, "tid exits",
		   "11 2; 12 1");
}

static void test_window(void **state)
{
	(void)state;
	view_check(build, "guest", (struct analysis_args){ .from = 350, .to = 405 }, columns,
		   "11 40 72.73 60 20 40 1 60 HLT 300 0");
}

static void user_exits(struct scenario *s)
{
	scenario_kvm(s, 0, 100, 7, KVM_KIND_USERSPACE_EXIT, 2, 0);
	scenario_kvm(s, 0, 150, 7, KVM_KIND_FPU, 1, 0);
	scenario_kvm(s, 0, 200, 7, KVM_KIND_USERSPACE_EXIT, 2, 0);
}

static void test_host_without_exits(void **state)
{
	(void)state;
	view_check(user_exits, "guest", (struct analysis_args){ 0 }, columns,
		   "7 - - 50 - - 2 50 IO 0 0");
}

static void entries_only(struct scenario *s)
{
	scenario_exit(s, 0, 100, 7, KVM_ISA_VMX, 12);
	scenario_exit(s, 0, 200, 7, KVM_ISA_VMX, 12);
}

static void test_without_entries(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	entries_only(&s);
	assert_int_equal(view_ask("guest", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "entries were not recorded"));
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_host_without_exits),
		cmocka_unit_test(test_without_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
