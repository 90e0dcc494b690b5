/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_kvm. */
#include "view_text.h"

struct kvm_options {
	const char *by;
	bool last, matrix;
};

/* Two vCPUs of one machine and one of another. */
static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "b", 0);
	scenario_task(s, 0, TASK_ALIVE, 13, "c", 0);
	scenario_task(s, 0, TASK_ROLE, 11, "R.1.vcpu0", 0);
	scenario_task(s, 0, TASK_ROLE, 12, "R.1.vcpu1", 0);
	scenario_task(s, 0, TASK_ROLE, 13, "F.2.vcpu0", 0);
	for (uint32_t i = 0; i < s->stream[0]->rows; i++)
		batch_u32(s->stream[0], TASK_TGID)[i] = 0;
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_exit(s, 0, 100, 11, KVM_ISA_VMX, 30);
	scenario_entry(s, 0, 120, 11);
	scenario_exit(s, 0, 200, 11, KVM_ISA_VMX, 30);
	scenario_entry(s, 0, 240, 11);
	scenario_exit(s, 0, 300, 11, KVM_ISA_VMX, 12);
	scenario_switch(s, 0, 310, 11, 0, 1);
	scenario_switch(s, 0, 380, 0, 11, 1);
	scenario_entry(s, 0, 400, 11);
	scenario_exit(s, 1, 500, 12, KVM_ISA_SVM, 0x78);
	scenario_switch(s, 1, 510, 12, 13, 0x100);
	scenario_exit(s, 1, 600, 13, KVM_ISA_VMX, 30);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static const char columns[] = "tid reason exits exits_pct host host_pct mean max max_at off_cpu "
			      "last last_asleep";

static void test_by_task(void **state)
{
	(void)state;
	view_check(build, "kvm", (struct analysis_args){ 0 }, columns,
		   "11 - 3 100.00 160 100.00 53 100 300 70 1 1; "
		   "11 I/O Instruction 2 66.67 60 37.50 30 40 200 0 0 0; "
		   "11 HLT 1 33.33 100 62.50 100 100 300 70 1 1; "
		   "12 - 1 100.00 - - - - - - 1 0; 12 hlt 1 100.00 - - - - - - 1 0; "
		   "13 - 1 100.00 - - - - - - 0 0; 13 I/O Instruction 1 100.00 - - - - - - 0 0");
}

static void test_window(void **state)
{
	(void)state;
	/* The exit at 200 lies before; its entry within. */
	view_check(build, "kvm", (struct analysis_args){ .from = 220, .to = 350 }, columns,
		   "11 - 1 100.00 40 100.00 40 40 200 0 1 1; 11 HLT 1 100.00 - - - - - - 1 1; "
		   "11 I/O Instruction 0 0.00 40 100.00 40 40 200 0 0 0");
}

static void test_by_reason_and_vm(void **state)
{
	const struct kvm_options reason = { .by = "reason" }, vm = { .by = "vm" };

	(void)state;
	view_check(build, "kvm", (struct analysis_args){ .options = &reason },
		   "task reason exits host",
		   "- - 5 160; - I/O Instruction 3 60; - HLT 1 100; - hlt 1 -");
	view_check(build, "kvm", (struct analysis_args){ .options = &vm },
		   "vm reason code exits host last",
		   "R.1 - - 4 160 2; R.1 I/O Instruction 30 2 60 0; R.1 HLT 12 1 100 1; "
		   "R.1 hlt 120 1 - 1; F.2 - - 1 - 0; F.2 I/O Instruction 30 1 - 0");
}

static void test_last(void **state)
{
	const struct kvm_options last = { .by = "task", .last = true };

	(void)state;
	view_check(build, "kvm", (struct analysis_args){ .options = &last },
		   "tid reason exits host last last_asleep",
		   "11 - 1 100 1 1; 11 HLT 1 100 1 1; 12 - 1 - 1 0; 12 hlt 1 - 1 0");
}

/* Reasons in order of their numbers, whatever their instruction sets. */
static void test_matrix(void **state)
{
	const struct kvm_options matrix = { .by = "task", .matrix = true };
	const struct kvm_options vm = { .by = "vm", .matrix = true };
	struct analysis_args args = { .options = &matrix };
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(build, "kvm", args, "tid i_o_instruction total", "11 2 3; 12 - 1; 13 1 1");
	view_check(build, "kvm", (struct analysis_args){ .options = &vm },
		   "vm i_o_instruction total", "R.1 2 4; F.2 1 1");
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("kvm", scenario_source(&s), &args, &a, NULL), 0);
	assert_int_equal(table_n_columns(a.table), 6);
	assert_string_equal(table_column(a.table, 2)->name, "hlt");
	assert_string_equal(table_column(a.table, 2)->title, "HLT");
	assert_string_equal(table_column(a.table, 3)->title, "I/O Instruction");
	/* The same word of another instruction set. */
	assert_string_equal(table_column(a.table, 4)->name, "isa_2_reason_120");
	assert_string_equal(table_column(a.table, 4)->title, "hlt");
	answer_done(&a);
	scenario_done(&s);
}

/* More reasons than a table has columns, out of a file that is up to no good. */
static void many_reasons(struct scenario *s)
{
	for (uint32_t i = 0; i < 2000; i++)
		scenario_exit(s, 0, i, 11, KVM_ISA_VMX, i << 20 | i);
}

static void test_many_reasons(void **state)
{
	const struct kvm_options matrix = { .by = "task", .matrix = true };
	struct analysis_args args = { .options = &matrix };
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(many_reasons, "kvm", args, "tid total", "11 2000");
	scenario_init(&s, 10);
	many_reasons(&s);
	assert_int_equal(view_ask("kvm", scenario_source(&s), &args, &a, NULL), 0);
	assert_int_equal(table_n_columns(a.table), TABLE_MAX_COLUMNS);
	assert_true(view_notes(&a, "979 more reasons have no column"));
	answer_done(&a);
	scenario_done(&s);
}

static void user_exits(struct scenario *s)
{
	scenario_kvm(s, 0, 100, 7, KVM_KIND_USERSPACE_EXIT, 2, 0);
	scenario_kvm(s, 0, 200, 7, KVM_KIND_USERSPACE_EXIT, 6, 0);
	scenario_kvm(s, 0, 300, 7, KVM_KIND_USERSPACE_EXIT, 2, 4);
}

static void test_host_without_exits(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(user_exits, "kvm", args, "tid reason exits host last",
		   "7 - 3 - -; 7 IO 1 - -; 7 MMIO 1 - -; 7 signal 1 - -");
	scenario_init(&s, 10);
	user_exits(&s);
	assert_int_equal(view_ask("kvm", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "this host has no kvm_exit events"));
	assert_true(view_notes(&a, "exits have no length"));
	assert_true(view_notes(&a, "switches were not recorded"));
	assert_string_equal(view_fact(&a, "exits"), "3, 15000000 per second");
	answer_done(&a);
	scenario_done(&s);
}

static void test_figure(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("kvm", scenario_source(&s), &args, &a, NULL), 0);
	assert_int_equal(a.figure.mark, MARK_STACK);
	assert_int_equal(a.figure.n_parts, 4);
	assert_string_equal(view_fact(&a, "most frequent"), "I/O Instruction, 2");
	assert_string_equal(view_fact(&a, "most time"), "HLT, 100 ns");
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_task),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_by_reason_and_vm),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_many_reasons),
		cmocka_unit_test(test_host_without_exits),
		cmocka_unit_test(test_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
