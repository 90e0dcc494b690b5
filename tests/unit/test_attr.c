/* SPDX-License-Identifier: MIT */
/* Tests of src/base/attr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

struct outer {
	int before;
	int member;
};

static void test_array_size_counts_elements(void **state)
{
	(void)state;

	int a[7];

	assert_int_equal(ARRAY_SIZE(a), 7);
}

static void test_min_and_max_evaluate_once(void **state)
{
	(void)state;

	int calls = 0;

	assert_int_equal(min_of(++calls, 5), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(max_of(++calls, 1), 2);
	assert_int_equal(calls, 2);
	assert_int_equal(min_of(-3, -4), -4);
	assert_int_equal(max_of(-3, -4), -3);
	assert_int_equal(min_of(7, max_of(min_of(3, 9), 5)), 5);
}

static void test_container_of_finds_the_whole(void **state)
{
	(void)state;

	struct outer o = { 1, 2 };
	int *member = &o.member;

	assert_ptr_equal(container_of(member, struct outer, member), &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array_size_counts_elements),
		cmocka_unit_test(test_min_and_max_evaluate_once),
		cmocka_unit_test(test_container_of_finds_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
