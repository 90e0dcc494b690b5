/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/tallies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/tallies.h"

static void test_many_keys(void **state)
{
	struct tallies t = { 0 };

	(void)state;
	for (unsigned int round = 0; round < 3; round++) {
		for (uint64_t k = 0; k < 30000; k++) {
			struct tally *at = tallies_at(&t, k << 45 | k % 7);

			assert_non_null(at);
			assert_int_equal(at->count, round);
			at->count++;
			at->sum += k;
		}
	}
	assert_int_equal(t.used, 30000);
	tallies_sort(&t);
	for (uint64_t k = 0; k < 30000; k++) {
		assert_int_equal(t.slot[k].key, k << 45 | k % 7);
		assert_int_equal(t.slot[k].count, 3);
		assert_int_equal(t.slot[k].sum, 3 * k);
	}
	tallies_done(&t);
}

static void test_clear_keeps_nothing(void **state)
{
	struct tallies t = { 0 };

	(void)state;
	tallies_clear(&t);
	assert_non_null(tallies_at(&t, 0));
	tallies_at(&t, 0)->count = 5;
	tallies_clear(&t);
	assert_int_equal(t.used, 0);
	assert_int_equal(tallies_at(&t, 0)->count, 0);
	assert_int_equal(t.used, 1);
	tallies_done(&t);
}

static void test_empty(void **state)
{
	struct tallies t = { 0 };

	(void)state;
	tallies_sort(&t);
	assert_int_equal(t.used, 0);
	tallies_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_clear_keeps_nothing),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
