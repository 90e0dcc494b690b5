/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_kvmevents. */
#include "view_text.h"

#include <errno.h>

struct kvmevents_options {
	const char *of, *by;
};

static void pio(struct scenario *s, nsec_t at, uint32_t tid, uint64_t port, bool write)
{
	scenario_kvm(s, 0, at, tid, KVM_KIND_PIO, port, 1u << 16 | (write ? 0x100 : 0) | 4);
}

static void build(struct scenario *s)
{
	struct batch *b = scenario_row(s, &track_meta, BATCH_CPU_NONE, 0);

	((uint32_t *)b->col[META_KEY])[0] = (uint32_t)batch_add_text(b, "kvm.kind.130");
	((uint32_t *)b->col[META_VALUE])[0] = (uint32_t)batch_add_text(b, "kvm_new_thing");
	scenario_start(s, 0, 0);
	scenario_entry(s, 0, 50, 11);
	scenario_exit(s, 0, 100, 11, KVM_ISA_VMX, 30);
	pio(s, 110, 11, 0x3f8, true);
	scenario_kvm(s, 0, 120, 12, KVM_KIND_SET_IRQ, 4, 1); /* not of this vCPU, not of the kind */
	scenario_kvm(s, 0, 130, 11, KVM_KIND_SET_IRQ, 4, 1);
	scenario_entry(s, 0, 150, 11);
	scenario_exit(s, 0, 200, 11, KVM_ISA_VMX, 30);
	pio(s, 210, 11, 0x3f8, true); /* the next one is the last before the entry */
	pio(s, 230, 11, 0x3f8, false);
	scenario_entry(s, 0, 250, 11);
	pio(s, 260, 11, 0x3f8, true); /* in the guest: no exit, no length */
	scenario_exit(s, 0, 300, 11, KVM_ISA_VMX, 48);
	scenario_kvm(s, 0, 340, 11, KVM_KIND_MMIO, 0xfee00000, KVM_MMIO_READ << 8 | 4);
	scenario_entry(s, 0, 350, 11);
	scenario_exit(s, 0, 400, 11, KVM_ISA_VMX, 48);
	scenario_kvm(s, 0, 410, 11, KVM_KIND_MMIO, 0xfee00000, KVM_MMIO_WRITE << 8 | 4);
	scenario_entry(s, 0, 450, 11);
	scenario_kvm(s, 0, 500, 12, KVM_KIND_MSR, 0x830, 1);
	scenario_kvm(s, 0, 510, 12, KVM_KIND_USERSPACE_EXIT, 2, 0);
	scenario_kvm(s, 0, 520, 12, 130, 0, 0);
	scenario_kvm(s, 0, 530, 12, 131, 0, 0);
	scenario_end(s, 0, 1000);
}

static void test_all_kinds(void **state)
{
	(void)state;
	view_check(build, "kvmevents", (struct analysis_args){ 0 }, "tid event what count pct time",
		   "11 - - 16 100.00 -; 11 kvm_entry - 5 31.25 -; 11 kvm_pio - 4 25.00 -; "
		   "11 kvm_exit - 4 25.00 -; 11 kvm_mmio - 2 12.50 -; 11 kvm_set_irq - 1 6.25 -; "
		   "12 - - 5 100.00 -; 12 kvm_userspace_exit - 1 20.00 -; 12 kvm_msr - 1 20.00 -; "
		   "12 kvm_set_irq - 1 20.00 -; 12 kvm_new_thing - 1 20.00 -; "
		   "12 kind 131 - 1 20.00 -");
}

static void test_of_pio(void **state)
{
	const struct kvmevents_options pio_task = { "pio", "task" }, all = { "kvm_pio", "all" };

	(void)state;
	view_check(build, "kvmevents", (struct analysis_args){ .options = &pio_task },
		   "tid event what count time time_pct mean max",
		   "11 kvm_pio - 4 60 100.00 30 40; 11 kvm_pio 0x3f8 write 3 40 66.67 40 40; "
		   "11 kvm_pio 0x3f8 read 1 20 33.33 20 20");
	view_check(build, "kvmevents", (struct analysis_args){ .options = &all },
		   "tid what count time", "- - 4 60; - 0x3f8 write 3 40; - 0x3f8 read 1 20");
}

static void test_of_others(void **state)
{
	const struct kvmevents_options mmio = { "mmio", "task" }, msr = { "msr", "task" };
	const struct kvmevents_options user = { "userspace_exit", "task" };
	const struct kvmevents_options named = { "new_thing", "all" }, virq = { "virq", "task" };

	(void)state;
	view_check(build, "kvmevents", (struct analysis_args){ .options = &mmio },
		   "what count time", "- 2 80; 0xfee00000 read 1 40; 0xfee00000 write 1 40");
	view_check(build, "kvmevents", (struct analysis_args){ .options = &msr },
		   "tid what count time", "12 - 1 -; 12 0x830 write 1 -");
	view_check(build, "kvmevents", (struct analysis_args){ .options = &user }, "what count",
		   "- 1; IO 1");
	view_check(build, "kvmevents", (struct analysis_args){ .options = &named },
		   "event what count", "kvm_new_thing - 1; kvm_new_thing 0x0 1");
	view_check(build, "kvmevents", (struct analysis_args){ .options = &virq }, "count", "");
}

static void test_unknown_event(void **state)
{
	const struct kvmevents_options bad = { "nonsense", "task" };
	struct analysis_args args = { .options = &bad };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("kvmevents", scenario_source(&s), &args, &a, &e), -EINVAL);
	assert_non_null(strstr(e.text, "--of 'nonsense': no such event"));
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_of_pio),
		cmocka_unit_test(test_of_others),
		cmocka_unit_test(test_unknown_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
