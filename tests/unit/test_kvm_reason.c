/* SPDX-License-Identifier: MIT */
/* Exit reasons by number; those without a name keep their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "model/kvm_reason.h"

static void test_names(void **state)
{
	static const struct {
		unsigned int isa;
		uint32_t reason;
		const char *name;
	} row[] = {
		{ KVM_ISA_VMX, 0, "Exception or NMI" },
		{ KVM_ISA_VMX, 12, "HLT" },
		{ KVM_ISA_VMX, 48, "EPT violation" },
		{ KVM_ISA_VMX, 75, "NOTIFY" },
		{ KVM_ISA_VMX, 35, "reason 0x23" },
		{ KVM_ISA_VMX, 0x08000030, "EPT violation" }, /* from an enclave */
		{ KVM_ISA_VMX, 0x80000021, "failed entry: VM Entry Failure (invalid guest state)" },
		{ KVM_ISA_VMX, 0x8000ffff, "failed entry: reason 0xffff" },
		{ KVM_ISA_SVM, 0x00, "read_cr0" },
		{ KVM_ISA_SVM, 0x18, "write_cr8" },
		{ KVM_ISA_SVM, 0x37, "write_dr7" },
		{ KVM_ISA_SVM, 0x4e, "PF excp" },
		{ KVM_ISA_SVM, 0x60, "interrupt" },
		{ KVM_ISA_SVM, 0x64, "vintr" },
		{ KVM_ISA_SVM, 0x72, "cpuid" },
		{ KVM_ISA_SVM, 0x7b, "io" },
		{ KVM_ISA_SVM, 0x81, "hypercall" },
		{ KVM_ISA_SVM, 0x94, "write_cr4_trap" },
		{ KVM_ISA_SVM, 0x400, "npf" },
		{ KVM_ISA_SVM, 0xffffffff, "invalid_guest_state" },
		{ KVM_ISA_SVM, 0x5f, "reason 0x5f" },
		{ KVM_ISA_SVM, 0x404, "reason 0x404" },
		{ KVM_ISA_ARM64, 0x01, "WFx" },
		{ KVM_ISA_ARM64, 0x24, "DABT_LOW" },
		{ KVM_ISA_ARM64, 0x100, "IRQ" },
		{ KVM_ISA_ARM64, 0x3f, "reason 0x3f" },
		{ KVM_ISA_ARM64, 0x1ff, "reason 0x1ff" },
		{ KVM_ISA_USER, 2, "IO" },
		{ KVM_ISA_USER, 6, "MMIO" },
		{ KVM_ISA_USER, 39, "MEMORY_FAULT" },
		{ KVM_ISA_USER, 1000, "reason 0x3e8" },
		{ KVM_ISA_USER, KVM_REASON_ERRNO + 4, "signal" },
		{ KVM_ISA_USER, KVM_REASON_ERRNO + 14, "error 14" },
		{ KVM_ISA_USER, KVM_REASON_ERRNO, "reason 0x10000" },
		{ KVM_ISA_USER, UINT32_MAX, "reason 0xffffffff" },
		{ KVM_ISA_UNKNOWN, 12, "reason 0xc" },
		{ 200, UINT32_MAX, "reason 0xffffffff" },
	};
	char buf[KVM_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		assert_string_equal(kvm_reason_name(row[i].isa, row[i].reason, buf), row[i].name);
}

/* Whatever a file says has a name that fits. */
static void test_any_number(void **state)
{
	static const unsigned int isa[] = { 0, 1, 2, 3, 4, 5, 255 };
	char buf[KVM_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(isa); i++)
		for (uint32_t bit = 0; bit < 32; bit++)
			for (uint32_t low = 0; low < 0x500; low++) {
				const char *name = kvm_reason_name(isa[i], 1u << bit ^ low, buf);
				assert_true(strlen(name) > 0 && strlen(name) < KVM_REASON_MAX);
			}
}

/* No two numbers of a set have the same name. */
static void test_names_differ(void **state)
{
	char a[KVM_REASON_MAX], b[KVM_REASON_MAX];

	(void)state;
	for (unsigned int isa = KVM_ISA_VMX; isa <= KVM_ISA_USER; isa++)
		for (uint32_t x = 0; x < 0x410; x++)
			for (uint32_t y = 0; y < x; y++)
				assert_string_not_equal(kvm_reason_name(isa, x, a),
							kvm_reason_name(isa, y, b));
}

static void test_halt(void **state)
{
	(void)state;
	assert_true(kvm_reason_is_halt(KVM_ISA_VMX, 12));
	assert_true(kvm_reason_is_halt(KVM_ISA_SVM, 0x78));
	assert_true(kvm_reason_is_halt(KVM_ISA_ARM64, 1));
	assert_true(kvm_reason_is_halt(KVM_ISA_USER, 5));
	assert_false(kvm_reason_is_halt(KVM_ISA_VMX, 1));
	assert_false(kvm_reason_is_halt(KVM_ISA_UNKNOWN, 12));
	assert_string_equal(kvm_isa_name(KVM_ISA_VMX), "VMX");
	assert_string_equal(kvm_isa_name(KVM_ISA_USER), "user space");
	assert_string_equal(kvm_isa_name(77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_names_differ),
		cmocka_unit_test(test_halt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
