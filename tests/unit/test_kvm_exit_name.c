/* SPDX-License-Identifier: MIT */
/* Names of exit reasons in event text: the lists are in order, and every name is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/kvm_exit_name.h"

static void expect(const char *name, enum kvm_isa isa, uint32_t reason)
{
	enum kvm_isa got_isa = KVM_ISA_USER;
	uint32_t got = 0xdead;

	if (!kvm_exit_name_find(name, strlen(name), &got_isa, &got))
		fail_msg("'%s' is not known", name);
	assert_int_equal(got_isa, isa);
	assert_int_equal(got, reason);
}

static void test_lists(void **state)
{
	static const enum kvm_isa isas[] = { KVM_ISA_VMX, KVM_ISA_SVM };

	(void)state;
	for (unsigned int k = 0; k < 2; k++) {
		const char *last = "", *name;
		uint32_t reason = 0;
		unsigned int n = 0;

		for (; (name = kvm_exit_name_at(isas[k], n, &reason)); n++) {
			if (strcmp(last, name) >= 0)
				fail_msg("'%s' stands before '%s'", last, name);
			last = name;
			expect(name, isas[k], reason);
		}
		assert_in_range(n, 60, 300);
	}
}

static void test_names(void **state)
{
	(void)state;
	expect("EXCEPTION_NMI", KVM_ISA_VMX, 0);
	expect("EPT_VIOLATION", KVM_ISA_VMX, 48);
	expect("PENDING_INTERRUPT", KVM_ISA_VMX, 7);
	expect("INTERRUPT_WINDOW", KVM_ISA_VMX, 7);
	expect("EPT_VIOLATION FAILED_VMENTRY", KVM_ISA_VMX, 0x80000030);
	expect("INVALID_STATE FAILED_VMENTRY 0x8000000", KVM_ISA_VMX, 0x88000021);
	expect("CPUID", KVM_ISA_VMX, 10);
	expect("cpuid", KVM_ISA_SVM, 0x72);
	expect("npf", KVM_ISA_SVM, 0x400);
	expect("PF excp", KVM_ISA_SVM, 0x4e);
	expect("invalid_guest_state", KVM_ISA_SVM, UINT32_MAX);
	/* The plugin's */
	expect("EXIT_IOIO", KVM_ISA_SVM, 0x7b);
	expect("EXIT_CPUID", KVM_ISA_SVM, 0x72);
	expect("EXIT_READ_CR0", KVM_ISA_SVM, 0);
	expect("EXIT_EXCP_UD", KVM_ISA_SVM, 0x46);
	expect("EXIT_ERR", KVM_ISA_SVM, UINT32_MAX);
	/* Without a name */
	expect("0x8e", KVM_ISA_UNKNOWN, 0x8e);
	expect("0x41 FAILED_VMENTRY", KVM_ISA_UNKNOWN, 0x80000041);
	expect("UNKNOWN (142)", KVM_ISA_UNKNOWN, 142);
}

static void test_unknown(void **state)
{
	static const char *const names[] = {
		"",
		"UNKNOWN",
		"UNKNOWN-ISA",
		"Cpuid",
		"EXIT_",
		"EXIT_nothing",
		"cpuid ",
		" cpuid",
		"a name that is much longer than the longest one there is, by far",
		"EXIT_A_NAME_THAT_IS_LONGER_THAN_THE_LONGEST",
		"FAILED_VMENTRY",
		"cpuid excp",
	};
	enum kvm_isa isa;
	uint32_t reason;

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kvm_exit_name_find(names[i], strlen(names[i]), &isa, &reason))
			fail_msg("'%s' is no reason", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("kvm_exit_name", tests, NULL, NULL);
}
