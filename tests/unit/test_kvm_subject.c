/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/kvm_subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/kvm_subject.h"

static void test_numbers(void **state)
{
	struct kvm_subjects s = { 0 };

	(void)state;
	for (unsigned int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 500; i++) {
			/* Size and count do not tell ports apart, the direction does. */
			assert_int_equal(kvm_subjects_number(&s, KVM_KIND_PIO, i / 2,
							     i % 2 << 8 | (round + 1) << 16 | 4),
					 i);
		}
	assert_int_equal(s.n, 500);
	assert_int_equal(kvm_subjects_number(&s, KVM_KIND_PIO, UINT64_MAX, 0), 500);
	kvm_subjects_done(&s);
}

static void test_names(void **state)
{
	static const struct {
		unsigned int kind;
		uint64_t what;
		uint32_t detail;
		const char *name;
	} row[] = {
		{ KVM_KIND_PIO, 0x3f8, 1u << 16 | 1u << 8 | 4, "0x3f8 write" },
		{ KVM_KIND_PIO, 0x71, 1u << 16 | 1, "0x71 read" },
		{ KVM_KIND_MMIO, 0xfee00300, KVM_MMIO_READ << 8 | 4, "0xfee00300 read" },
		{ KVM_KIND_MMIO, 0xfee00300, KVM_MMIO_WRITE << 8 | 4, "0xfee00300 write" },
		{ KVM_KIND_MMIO, 1, 4, "0x1 unsatisfied read" },
		{ KVM_KIND_MMIO, UINT64_MAX, UINT32_MAX, "0xffffffffffffffff ?" },
		{ KVM_KIND_MSR, 0x830, 1, "0x830 write" },
		{ KVM_KIND_MSR, 0x10, 2, "0x10 read" },
		{ KVM_KIND_CPUID, 0x40000000, 77, "0x40000000" },
		{ KVM_KIND_HYPERCALL, 9, 0, "0x9" },
		{ KVM_KIND_INJ_VIRQ, 0xec, 1, "0xec" },
		{ KVM_KIND_USERSPACE_EXIT, 2, 0, "IO" },
		{ KVM_KIND_USERSPACE_EXIT, UINT64_MAX, 0, "0xffffffffffffffff" },
		{ KVM_KIND_FPU, 1, 0, "load" },
		{ KVM_KIND_FPU, 0, 0, "unload" },
		{ KVM_KIND_HALT_POLL, 200000, 0, "200000" },
		{ KVM_KIND_MAX, 5, 5, "0x5" },
	};
	char buf[KVM_SUBJECT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct kvm_subjects s = { 0 };

		assert_int_equal(kvm_subjects_number(&s, row[i].kind, row[i].what, row[i].detail),
				 0);
		assert_string_equal(kvm_subject_name(row[i].kind, &s.subject[0], buf), row[i].name);
		kvm_subjects_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_numbers),
					    cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
