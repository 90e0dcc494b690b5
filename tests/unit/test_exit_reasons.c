/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/exit_reasons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/exit_reasons.h"

static void test_places(void **state)
{
	struct exit_reasons r = { 0 };

	(void)state;
	for (unsigned int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(exit_reasons_place(&r, i % 3, i * 7919), i);
	assert_int_equal(r.n, 1000);
	assert_int_equal(r.reason[999].isa, 0);
	assert_int_equal(r.reason[999].reason, 999 * 7919);
	/* The same number of another set is another reason. */
	assert_int_equal(exit_reasons_place(&r, 1, 0), 1000);
	exit_reasons_done(&r);
	assert_int_equal(r.n, 0);
}

static void test_order(void **state)
{
	struct kvm_reason r[] = { { 5, KVM_ISA_SVM },
				  { UINT32_MAX, KVM_ISA_VMX },
				  { 0, KVM_ISA_SVM },
				  { 7, KVM_ISA_VMX } };

	(void)state;
	qsort(r, 4, sizeof(*r), exit_reasons_order);
	assert_int_equal(r[0].reason, 7);
	assert_int_equal(r[1].reason, UINT32_MAX);
	assert_int_equal(r[2].reason, 0);
	assert_int_equal(r[3].reason, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_places),
					    cmocka_unit_test(test_order) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
