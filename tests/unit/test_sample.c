/* SPDX-License-Identifier: MIT */
/* Samples against sums done by hand and tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/sample.h"

static void close_to(double is, double should, double by)
{
	if (!(fabs(is - should) <= by))
		fail_msg("%.15g instead of %.15g", is, should);
}

static void test_by_hand(void **state)
{
	static const double v[] = { 4, 1, 3, 2, 10 };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe(v, 5, 0.95, &s), 0);
	assert_int_equal(s.n, 5);
	close_to(s.mean, 4, 1e-15);
	close_to(s.sd, sqrt(12.5), 1e-14);
	close_to(s.median, 3, 0);
	close_to(s.min, 1, 0);
	close_to(s.max, 10, 0);
	close_to(s.q1, 2, 0);
	close_to(s.q3, 4, 0);
	/* t(0.975, 4) = 2.776445105 */
	close_to(s.mean_high - s.mean, 2.776445105 * sqrt(12.5 / 5), 1e-8);
	close_to(s.mean - s.mean_low, 2.776445105 * sqrt(12.5 / 5), 1e-8);
	assert_true(isnan(s.median_low) && isnan(s.median_high));
	assert_int_equal(s.far_low, 0);
	assert_int_equal(s.far_high, 0); /* 10 is on the fence, not beyond it */
}

static void test_quantiles(void **state)
{
	static const double v[] = { 1, 2, 4, 8 };

	(void)state;
	close_to(sample_quantile(v, 4, 0), 1, 0);
	close_to(sample_quantile(v, 4, 1), 8, 0);
	close_to(sample_quantile(v, 4, 0.5), 3, 1e-15);
	close_to(sample_quantile(v, 4, 0.9), 6.8, 1e-12);
	close_to(sample_quantile(v, 1, 0.9), 1, 0);
	close_to(sample_quantile(v, 4, -1), 1, 0);
	close_to(sample_quantile(v, 4, 2), 8, 0);
}

/* Which order statistics bound the median at 95 %: as tables of the sign test have it. */
static void test_median_interval(void **state)
{
	static const unsigned int row[][2] = { { 6, 1 },   { 8, 1 },   { 9, 2 },
					       { 10, 2 },  { 20, 6 },  { 25, 8 },
					       { 30, 10 }, { 50, 18 }, { 100, 40 } };
	double v[100];
	struct sample s;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		v[i] = i + 1;
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(sample_describe(v, row[i][0], 0.95, &s), 0);
		close_to(s.median_low, row[i][1], 0);
		close_to(s.median_high, row[i][0] + 1 - row[i][1], 0);
	}
}

static void test_far_out(void **state)
{
	double v[40];
	struct sample s;

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		v[i] = 100 + i % 10;
	v[3] = 500;
	v[17] = 900;
	v[20] = 1;
	assert_int_equal(sample_describe(v, 40, 0.95, &s), 0);
	assert_int_equal(s.far_low, 1);
	assert_int_equal(s.far_high, 2);
	assert_int_equal(s.n, 40);
	close_to(s.max, 900, 0); /* told, not removed */
}

static void test_small(void **state)
{
	static const double v[] = { 7, 7 };
	struct sample s;

	(void)state;
	assert_int_equal(sample_describe(v, 1, 0.95, &s), 0);
	close_to(s.mean, 7, 0);
	close_to(s.median, 7, 0);
	assert_true(isnan(s.sd) && isnan(s.mean_low) && isnan(s.median_low));
	assert_int_equal(sample_describe(v, 2, 0.95, &s), 0);
	close_to(s.sd, 0, 0);
	close_to(s.mean_low, 7, 0);
	close_to(s.mean_high, 7, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_median_interval), cmocka_unit_test(test_far_out),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
