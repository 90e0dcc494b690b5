/* SPDX-License-Identifier: MIT */
/* Buckets at every edge, and quantiles against sorted values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/loghist.h"

static void test_buckets(void **state)
{
	(void)state;
	assert_int_equal(loghist_bucket(0), 0);
	assert_int_equal(loghist_bucket(15), 15);
	assert_int_equal(loghist_bucket(16), 16);
	assert_int_equal(loghist_bucket(31), 31);
	assert_int_equal(loghist_bucket(32), 32);
	assert_int_equal(loghist_bucket(33), 32);
	assert_int_equal(loghist_bucket(UINT64_MAX), LOGHIST_BUCKETS - 1);
	for (unsigned int i = 0; i < LOGHIST_BUCKETS; i++) {
		uint64_t low = loghist_low(i);
		uint64_t high = i + 1 < LOGHIST_BUCKETS ? loghist_low(i + 1) - 1 : UINT64_MAX;

		assert_true(low <= high);
		assert_int_equal(loghist_bucket(low), i);
		assert_int_equal(loghist_bucket(high), i);
		assert_true(i < 16 || (double)(high - low + 1) <= (double)low * 0.0625);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t middle_of(uint64_t v, uint64_t min, uint64_t max)
{
	unsigned int b = loghist_bucket(v);
	uint64_t width = b < 16 ? 1 : UINT64_C(1) << (b / 16 - 1);
	uint64_t m = loghist_low(b) + width / 2;

	return m < min ? min : m > max ? max : m;
}

static void test_quantiles(void **state)
{
	static const double q[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
	static uint64_t value[5000];
	uint64_t seed = 7;

	(void)state;
	for (unsigned int n = 1; n <= 5000; n = n * 3 + 1) {
		struct loghist h = { 0 };
		uint64_t sum = 0;

		for (unsigned int i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			value[i] = (seed >> 20) >> (seed >> 58) % 44;
			loghist_add(&h, value[i]);
			sum += value[i];
		}
		qsort(value, n, sizeof(*value), compare);
		assert_int_equal(h.count, n);
		assert_int_equal(h.sum, sum);
		assert_int_equal(h.min, value[0]);
		assert_int_equal(h.max, value[n - 1]);
		for (unsigned int i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
			double rank = ceil(q[i] * n);
			uint64_t at = value[rank < 1 ? 0 : (unsigned int)rank - 1];

			assert_int_equal(loghist_quantile(&h, q[i]),
					 middle_of(at, value[0], value[n - 1]));
		}
	}
}

static void test_edges(void **state)
{
	struct loghist h = { 0 };

	(void)state;
	assert_int_equal(loghist_quantile(&h, 0.5), 0);
	loghist_add(&h, 1000);
	assert_int_equal(loghist_quantile(&h, 0), 1000); /* clamped to what was seen */
	assert_int_equal(loghist_quantile(&h, 1), 1000);
	assert_int_equal(loghist_quantile(&h, -3), 1000);
	assert_int_equal(loghist_quantile(&h, 7), 1000);
	assert_int_equal(loghist_quantile(&h, (double)NAN), 1000);
	loghist_add(&h, UINT64_MAX);
	loghist_add(&h, UINT64_MAX - 1);
	assert_true(h.sum == UINT64_MAX); /* stops there */
	assert_true(h.max == UINT64_MAX);
	assert_true(loghist_quantile(&h, 1) >= loghist_low(LOGHIST_BUCKETS - 1));
}

static void test_merge(void **state)
{
	struct loghist a = { 0 }, b = { 0 }, both = { 0 }, none = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		loghist_add(i % 3 ? &a : &b, i * i);
		loghist_add(&both, i * i);
	}
	loghist_merge(&a, &b);
	loghist_merge(&a, &none);
	assert_memory_equal(&a, &both, sizeof(a));
	loghist_merge(&none, &both);
	assert_memory_equal(&none, &both, sizeof(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
