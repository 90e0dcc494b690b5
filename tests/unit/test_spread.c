/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/spread: the same as a full histogram, and folding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/spread.h"

static void test_equals_a_full_histogram(void **state)
{
	struct spreads s = { 0 };
	struct loghist full[3] = { 0 }, got;

	(void)state;
	assert_int_equal(spreads_ensure(&s, 3), 0);
	for (uint64_t i = 0; i < 5000; i++) {
		uint64_t length = i * i * 977 % 1000003;

		assert_int_equal(spreads_add(&s, i % 2, i, i + length), 0);
		loghist_add(&full[i % 2], length);
	}
	spreads_settle(&s);
	for (uint32_t k = 0; k < 3; k++) {
		spreads_histogram(&s, k, &got);
		assert_memory_equal(&got, &full[k], sizeof(got));
	}
	spreads_done(&s);
}

static void test_fold(void **state)
{
	const uint32_t all_in_one[] = { 0, SPREAD_NONE, 0 };
	struct spreads s = { 0 }, sum = { 0 };
	uint32_t map[1000];
	struct loghist h;

	(void)state;
	assert_int_equal(spreads_ensure(&s, 3), 0);
	assert_true(s.n <= 1000);
	memset(map, 0xff, sizeof(map));
	memcpy(map, all_in_one, sizeof(all_in_one));
	assert_int_equal(spreads_add(&s, 0, 10, 30), 0);
	assert_int_equal(spreads_add(&s, 1, 10, 1010), 0);
	assert_int_equal(spreads_add(&s, 2, 50, 55), 0);
	assert_int_equal(spreads_add(&s, 2, 60, 100), 0);
	assert_int_equal(spreads_fold(&sum, &s, map), 0);
	spreads_settle(&sum);
	assert_int_equal(sum.of[0].count, 3);
	assert_int_equal(sum.of[0].sum, 65);
	assert_int_equal(sum.of[0].min, 5);
	assert_int_equal(sum.of[0].max, 40);
	assert_int_equal(sum.of[0].max_begin, 60);
	spreads_histogram(&sum, 0, &h);
	assert_int_equal(loghist_quantile(&h, 0.5), 20);
	spreads_done(&s);
	spreads_done(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_a_full_histogram),
		cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
