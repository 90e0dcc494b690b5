/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_vms. */
#include "view_text.h"

/* A machine with two vCPUs and another thread, and one with a vCPU. */
static void build(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_vm(s, 0, 11, 10, "web", "vcpu0");
	scenario_vm(s, 0, 12, 10, "web", "vcpu1");
	scenario_vm(s, 0, 10, 10, "web", "emulator");
	scenario_vm(s, 0, 21, 20, "db", "vcpu0");
	scenario_switch(s, 0, 100, 0, 11, 0);
	scenario_entry(s, 0, 110, 11);
	scenario_exit(s, 0, 160, 11, KVM_ISA_VMX, 12);
	scenario_wakeup(s, 0, 170, 12, 0); /* not known to sleep: from here on */
	scenario_switch(s, 0, 200, 11, 12, 1); /* 12 waited 30 */
	scenario_wakeup(s, 0, 250, 11, 0);
	scenario_switch(s, 0, 300, 12, 11, 0x100); /* 11 waited 50 */
	scenario_kvm(s, 0, 305, 11, KVM_KIND_VCPU_WAKEUP, 100, 3); /* waited */
	scenario_kvm(s, 0, 306, 11, KVM_KIND_VCPU_WAKEUP, 100, 2); /* polled */
	scenario_entry(s, 0, 310, 11);
	scenario_switch(s, 0, 400, 11, 12, 1); /* 12 stood 100 */
	scenario_switch(s, 0, 450, 12, 10, 1);
	scenario_switch(s, 0, 500, 10, 21, 1);
	scenario_exit(s, 0, 600, 21, KVM_ISA_VMX, 1);
	scenario_end(s, 0, 1000);
}

static void test_vms(void **state)
{
	(void)state;
	view_check(build, "vms", (struct analysis_args){ 0 },
		   "vm pid vcpus threads guest guest_pct host run other_run steal steal_pct "
		   "wake_p50 wake_max exits halts halt_polls",
		   "db 20 1 1 0 0.00 0 500 0 0 0.00 - - 1 0 0; "
		   "web 10 2 3 50 2.50 150 350 50 180 9.00 30 50 1 2 1");
}

static void test_filter(void **state)
{
	regex_t only;

	(void)state;
	assert_int_equal(regcomp(&only, "^<12>$", REG_EXTENDED | REG_NOSUB), 0);
	view_check(build, "vms", (struct analysis_args){ .task = &only }, "vm run steal",
		   "web 150 130");
	regfree(&only);
}

static void kvm_only(struct scenario *s)
{
	scenario_exit(s, 0, 100, 7, KVM_ISA_SVM, 0x78);
	scenario_entry(s, 0, 150, 7);
	scenario_exit(s, 0, 200, 7, KVM_ISA_SVM, 0x78);
}

static void test_without_switches(void **state)
{
	struct analysis_args args = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(kvm_only, "vms", args, "vm vcpus guest host run steal exits halts",
		   "<7>:7 1 50 50 - - 2 -");
	scenario_init(&s, 10);
	kvm_only(&s);
	assert_int_equal(view_ask("vms", scenario_source(&s), &args, &a, NULL), 0);
	assert_true(view_notes(&a, "run time, steal and wake-ups are not known"));
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vms),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_without_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
