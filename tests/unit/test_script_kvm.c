/* SPDX-License-Identifier: MIT */
/* KVM events as text: the forms of kernels and tools that the fixtures do not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/script_kvm.h"
#include "perf_conversion.h"

static void convert_lines(struct conversion *c, const char *const *lines, size_t n)
{
	auto_buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			buf_addf(&text, "CPU 0/KVM  %d [001] %zu.0: %s\n", 7, i + 1, lines[i]), 0);
	convert_as(c, "perf-script", text.data, text.len, false);
	if (c->r < 0)
		fail_msg("%s", c->e.text);
}

/* Each line becomes one row of @track. */
struct form {
	const char *line, *track, *row;
};

static void expect_rows(const struct form *forms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct conversion c;
		char want[256];

		convert_lines(&c, &forms[i].line, 1);
		snprintf(want, sizeof(want), "%s 1 1000000000 %s", forms[i].track, forms[i].row);
		if (!strstr(buf_str(&c.rows->text), want))
			fail_msg("%s: %s", forms[i].line, buf_str(&c.rows->text));
		assert_true(c.result.complete);
		assert_int_equal(c.result.events, 1);
		assert_non_null(strstr(buf_str(&c.rows->text), " kind=6 tid=7 tgid=0 parent=0 "
							       "flags=0 comm=CPU 0/KVM\n"));
		done(&c);
	}
}

static void test_exits(void **state)
{
	static const struct form forms[] = {
		{ "kvm:kvm_exit: vcpu 3 reason npf rip 0x1 info1 0x0 info2 0x0 intr_info 0x0",
		  "kvm_exit", "tid=7 isa=2 reason=1024\n" },
		{ "kvm:kvm_exit: reason EPT_MISCONFIG rip 0xffff info 0 0", "kvm_exit",
		  "tid=7 isa=1 reason=49\n" },
		{ "kvm_exit: reason PF excp rip 0x1", "kvm_exit", "tid=7 isa=2 reason=78\n" },
		{ "kvm_exit:             reason EXIT_NPF rip 0xfff info 100 0", "kvm_exit",
		  "tid=7 isa=2 reason=1024\n" },
		{ "kvm:kvm_exit: SERROR: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0", "kvm_exit",
		  "tid=7 isa=3 reason=257\n" },
		{ "kvm:kvm_exit: HYP_GONE: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0", "kvm_exit",
		  "tid=7 isa=3 reason=273\n" },
		{ "kvm:kvm_exit: 0x4: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0", "kvm_exit",
		  "tid=7 isa=3 reason=260\n" },
		{ "kvm:kvm_exit: TRAP: HSR_EC: 0x0025 (DABT_CUR), PC: 0x0", "kvm_exit",
		  "tid=7 isa=3 reason=37\n" },
		{ "kvm:kvm_entry: vcpu 1, rip 0x7", "kvm_entry", "tid=7\n" },
		{ "kvm_entry: vcpu 1", "kvm_entry", "tid=7\n" },
	};

	(void)state;
	expect_rows(forms, sizeof(forms) / sizeof(forms[0]));
}

#define ROW(kind, what, detail) "kvm", "kind=" #kind " tid=7 what=" #what " detail=" #detail "\n"

static void test_others(void **state)
{
	static const struct form forms[] = {
		{ "kvm:kvm_userspace_exit: reason restart (4)", ROW(1, 0, 4) },
		{ "kvm:kvm_userspace_exit: reason error (14)", ROW(1, 0, 14) },
		{ "kvm:kvm_userspace_exit: reason 0x27 (39)", ROW(1, 39, 0) },
		{ "kvm:kvm_mmio: mmio unsatisfied-read len 8 gpa 0xfe val 0x0", ROW(2, 254, 8) },
		{ "kvm:kvm_pio: pio_write at 0xcf8 size 4 count 2", ROW(3, 3320, 131332) },
		{ "kvm:kvm_msr: msr_read c0000080 = 0x0 (#GP)", ROW(4, 3221225600, 2) },
		{ "kvm:kvm_hypercall: nr 0xb a0 0x0 a1 0x0", ROW(5, 11, 0) },
		{ "kvm:kvm_halt_poll_ns: vcpu 0: halt_poll_ns 0 (shrink 10000)", ROW(6, 0, 10000) },
		{ "kvm:kvm_vcpu_wakeup: wait time 99 ns", ROW(7, 99, 1) },
		{ "kvm:kvm_vcpu_wakeup: poll time 99 ns, polling valid", ROW(7, 99, 2) },
		{ "kvm:kvm_inj_virq: Soft/INTn 0x80", ROW(8, 128, 1) },
		{ "kvm:kvm_inj_exception: #PF (0x2)", ROW(9, 14, 2) },
		{ "kvm:kvm_inj_exception: #UD", ROW(9, 6, 0) },
		{ "kvm:kvm_cpuid: func 40000000 idx 6 rax 1", ROW(10, 1073741824, 6) },
		{ "kvm:kvm_page_fault: vcpu 0 rip 0x1 address 0x00000000000f0000 error_code 0x14",
		  ROW(12, 983040, 20) },
		{ "kvm:kvm_page_fault: address f0000 error_code 14", ROW(12, 983040, 20) },
		{ "kvm:kvm_set_irq: gsi 4 level 1 source 0", ROW(13, 4, 1) },
		{ "kvm:kvm_apic_accept_irq: apicid 1f vec 236 (Fixed|edge)", ROW(15, 236, 31) },
		{ "kvm:kvm_eoi: apicid 2 vector 236", ROW(16, 236, 2) },
		{ "kvm:kvm_pv_eoi: apicid 2 vector 48", ROW(17, 48, 2) },
		{ "kvm:kvm_cr: cr_write 4 = 0x6f8", ROW(20, 4, 1) },
		{ "kvm:kvm_fast_mmio: fast mmio at gpa 0xfeb0", ROW(21, 65200, 0) },
		{ "kvm:kvm_emulate_insn: 0:fff0:66 0f (prot64) failed", ROW(22, 65520, 1) },
		{ "kvm:kvm_ple_window_update: vcpu 0 old 4096 new 8192 (growed)",
		  ROW(23, 8192, 4096) },
		{ "kvm:kvm_ioapic_set_irq: pin 4 dst 1 vec 36 (Fixed|physical|edge) (coalesced)",
		  ROW(24, 4, 1) },
		{ "kvm:kvm_pic_set_irq: chip 0 pin 4 (edge|masked)", ROW(25, 4, 0) },
		{ "kvm:kvm_ack_irq: irqchip IOAPIC pin 9", ROW(26, 9, 2) },
		{ "kvm:kvm_async_pf_ready: token 0x10 gva 0x2000", ROW(27, 8192, 16) },
		{ "kvm:kvm_async_pf_completed: gva 0x2000 address 0x7f", ROW(29, 8192, 0) },
		{ "kvm:kvm_try_async_get_page: gva = 0x2000, gfn = 0x2", ROW(30, 8192, 0) },
		{ "kvm:kvm_wait_lapic_expire: vcpu 3: delta -1 (early)",
		  ROW(31, 18446744073709551615, 3) },
		{ "kvm:kvm_nested_vmexit: vcpu 0 reason VMCALL rip 0x1 info1 0x0", ROW(32, 18, 0) },
		{ "kvm:kvm_xen_hypercall: cpl 0 nr 0x11 a0 0x0", ROW(33, 17, 0) },
		{ "kvm:kvm_hv_hypercall: code 0x5c fast var_cnt 0x0", ROW(34, 92, 0) },
		/* Without a form: what it was. */
		{ "kvm:kvm_apic_ipi: dst 1 vec 253 (Fixed|physical|assert|edge|dst)",
		  ROW(18, 0, 0) },
		{ "kvm:vcpu_match_mmio: gva 0x1 gpa 0x2 Write GPA", ROW(128, 0, 0) },
		{ "kvm_pml_full: vcpu 1: PML full", ROW(128, 0, 0) },
	};

	(void)state;
	expect_rows(forms, sizeof(forms) / sizeof(forms[0]));
}

static void test_stat(void **state)
{
	static const struct form forms[] = {
		{ "sched:sched_stat_runtime: comm=a b pid=7 runtime=12 [ns] vruntime=3 [ns]",
		  "stat", "kind=1 tid=7 nsec=12\n" },
		{ "sched:sched_stat_sleep: comm=x pid=7 delay=5000000000 [ns]", "stat",
		  "kind=2 tid=7 nsec=5000000000\n" },
		{ "sched_stat_iowait: comm=x pid=7 delay=1 [ns]", "stat", "kind=3 tid=7 nsec=1\n" },
		{ "sched:sched_stat_blocked: comm=x pid=7 delay=1 [ns]", "stat",
		  "kind=4 tid=7 nsec=1\n" },
		{ "sched:sched_stat_wait: comm=x pid=7 delay=0 [ns]", "stat",
		  "kind=5 tid=7 nsec=0\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct conversion c;
		char want[256];

		convert_lines(&c, &forms[i].line, 1);
		snprintf(want, sizeof(want), "%s 1 1000000000 %s", forms[i].track, forms[i].row);
		if (!strstr(buf_str(&c.rows->text), want))
			fail_msg("%s: %s", forms[i].line, buf_str(&c.rows->text));
		assert_non_null(strstr(buf_str(&c.rows->text), i ? "comm=x\n" : "comm=a b\n"));
		done(&c);
	}
}

/* What is not known is told, and not taken for something else. */
static void test_unknown(void **state)
{
	static const char *const lines[] = {
		"kvm:kvm_exit: vcpu 0 reason 0x8e rip 0x1 ", /* of nobody knows what */
		"kvm:kvm_exit: vcpu 0 reason cpuid rip 0x1 ",
		"kvm:kvm_exit: vcpu 0 reason 0x8e rip 0x1 ", /* of the same machine */
		"kvm:kvm_exit: vcpu 0 reason brand_new rip 0x1 ",
		"kvm:kvm_exit: vcpu 0 reason brand_new rip 0x1 ",
		"kvm:kvm_exit: vcpu 0 reason UNKNOWN-ISA rip 0x1 ",
		"kvm:kvm_apic: apic_write APIC_EOI = 0x0",
		"kvm:kvm_new: x",
		"kvm:kvm_newer: x",
		"kvm:kvm_new: x",
	};
	struct conversion c;

	(void)state;
	convert_lines(&c, lines, sizeof(lines) / sizeof(lines[0]));
	assert_true(c.result.complete);
	assert_string_equal(
		buf_str(&c.result.notes),
		"exit reason 'brand_new' is not known: 2 exits without one\n"
		"exit reason 'UNKNOWN-ISA' is not known: 1 exits without one\n"
		"1 kvm events whose text says less than their record: kept without address and "
		"number\n");
	assert_string_equal(
		buf_str(&c.meta),
		"kvm.kind.128=kvm_new\nkvm.kind.129=kvm_newer\nimport.clock=as printed\n");
	assert_non_null(strstr(buf_str(&c.rows->text),
			       "kvm_exit 1 1000000000 tid=7 isa=0 reason=142\n"
			       "kvm_exit 1 2000000000 tid=7 isa=2 reason=114\n"
			       "kvm_exit 1 3000000000 tid=7 isa=2 reason=142\n"
			       "kvm_exit 1 4000000000 tid=7 isa=0 reason=0\n"));
	done(&c);
}

/* More names than are told one by one, and more events than there are kinds. */
static void test_many(void **state)
{
	char words[200][64];
	const char *lines[200];
	struct conversion c;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(words[i], sizeof(words[i]),
			 i < 40 ? "kvm:kvm_exit: reason n%u rip 0x1" : "kvm:kvm_e%u: x", i);
		lines[i] = words[i];
	}
	convert_lines(&c, lines, 200);
	assert_non_null(strstr(buf_str(&c.result.notes), "'n15' is not known: 1 exits"));
	assert_null(strstr(buf_str(&c.result.notes), "'n16'"));
	assert_non_null(
		strstr(buf_str(&c.result.notes), "24 exits with further unknown reasons\n"));
	assert_int_equal(c.result.events, 40 + KVM_ROWS_NAMES);
	assert_int_equal(c.result.other, 160 - KVM_ROWS_NAMES);
	done(&c);
}

static void test_damage(void **state)
{
	static const char *const lines[] = {
		"kvm:kvm_entry: ",
		"kvm:kvm_exit: something else",
		"kvm:kvm_pio: pio_jump at 0x1 size 1 count 1",
		"kvm:kvm_mmio: ",
		"kvm:kvm_inj_exception: nothing",
		"kvm:kvm_hypercall: nr 0x11111111111111111",
	};
	/* Found by the fuzzer: a name that goes on behind a NUL. */
	static const char nul[] = "a 1 [000] 1.0: kvm:kvm_new: x\n"
				  "a 1 [000] 2.0: kvm:kvm_\0new_and_longer: x\n";
	struct conversion c;

	(void)state;
	convert_as(&c, "perf-script", nul, sizeof(nul) - 1, false);
	assert_int_equal(c.result.events, 1);
	assert_int_equal(c.result.damaged, 1);
	done(&c);
	convert_lines(&c, lines, sizeof(lines) / sizeof(lines[0]));
	assert_int_equal(c.result.events, 1);
	assert_int_equal(c.result.damaged, 5);
	assert_non_null(strstr(c.result.damage, "line 2 (byte "));
	assert_non_null(strstr(c.result.damage, "a kvm event that is not understood"));
	done(&c);
}

static bool is_kvm(const char *line)
{
	struct script_line l;

	assert_true(script_line_parse(line, line + strlen(line), &l));
	return script_kvm_is(&l);
}

static void test_is(void **state)
{
	(void)state;
	assert_true(is_kvm("a 1 [000] 1.0: kvm:kvm_exit: x"));
	assert_true(is_kvm("a 1 [000] 1.0: kvm:vcpu_match_mmio: x"));
	assert_true(is_kvm("a-1 [000] 1.0: kvm_exit: x"));
	assert_false(is_kvm("a-1 [000] 1.0: kvm_mmu_get_page: x"));
	assert_false(is_kvm("a-1 [000] 1.0: kvm_tdp_mmu_spte_changed: x"));
	assert_false(is_kvm("a 1 [000] 1.0: kvmmmu:kvm_mmu_get_page: x"));
	assert_false(is_kvm("a 1 [000] 1.0: probe:kvm_exit: x"));
	assert_false(is_kvm("a 1 [000] 1.0: sched:sched_switch: x"));
	assert_false(is_kvm("a 1 [000] 1.0: kvm_: x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exits), cmocka_unit_test(test_others),
		cmocka_unit_test(test_stat),  cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_many),  cmocka_unit_test(test_damage),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests_name("script_kvm", tests, NULL, NULL);
}
