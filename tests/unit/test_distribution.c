/* SPDX-License-Identifier: MIT */
/* Distributions against tabulated values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/distribution.h"

static void close_to(double is, double should, double by)
{
	if (!(fabs(is - should) <= by))
		fail_msg("%.15g instead of %.15g", is, should);
}

static void test_normal(void **state)
{
	(void)state;
	close_to(normal_cdf(0), 0.5, 1e-15);
	close_to(normal_cdf(1.959963984540054), 0.975, 1e-14);
	close_to(normal_cdf(-3), 0.00134989803163009, 1e-15);
	close_to(normal_quantile(0.975), 1.959963984540054, 1e-10);
	close_to(normal_quantile(0.8), 0.8416212335729143, 1e-10);
	close_to(normal_quantile(0.5), 0, 0);
	close_to(normal_quantile(1e-9), -5.997807015007774, 1e-8);
	assert_true(isnan(normal_quantile(0)) && isnan(normal_quantile(1)));
	assert_true(isnan(normal_quantile(NAN)));
}

static void test_beta(void **state)
{
	(void)state;
	close_to(beta_regularised(0.5, 2, 3), 0.6875, 1e-14);
	close_to(beta_regularised(0.25, 1, 1), 0.25, 1e-14);
	close_to(beta_regularised(0.1, 5, 2), 0.000055, 1e-15);
	close_to(beta_regularised(0.5, 500, 500), 0.5, 1e-11);
	close_to(beta_regularised(0, 2, 3), 0, 0);
	close_to(beta_regularised(1, 2, 3), 1, 0);
}

/* Critical values as printed in tables of Student's t. */
static void test_student(void **state)
{
	static const struct {
		double p, df, t;
	} row[] = {
		{ 0.975, 1, 12.7062047364 },   { 0.975, 2, 4.30265272991 },
		{ 0.975, 3, 3.18244630528 },   { 0.975, 5, 2.57058183661 },
		{ 0.975, 10, 2.22813885196 },  { 0.975, 29, 2.04522964213 },
		{ 0.975, 30, 2.04227245630 },  { 0.975, 100, 1.98397151853 },
		{ 0.995, 1, 63.6567411629 },   { 0.995, 10, 3.16927267261 },
		{ 0.95, 4, 2.13184678633 },    { 0.9, 20, 1.32534070698 },
		{ 0.975, 1e6, 1.95996635682 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		close_to(student_quantile(row[i].p, row[i].df), row[i].t, 1e-9 * row[i].t);
		close_to(student_quantile(1 - row[i].p, row[i].df), -row[i].t, 1e-9 * row[i].t);
		close_to(student_cdf(row[i].t, row[i].df), row[i].p, 1e-10);
	}
	close_to(student_cdf(0, 7), 0.5, 1e-14);
	assert_true(isnan(student_quantile(0.975, 0)));
	assert_true(isnan(student_cdf(NAN, 3)));
}

static void test_coins(void **state)
{
	(void)state;
	close_to(coin_cdf(2, 10), 56.0 / 1024, 1e-14);
	close_to(coin_cdf(0, 6), 1.0 / 64, 1e-15);
	close_to(coin_cdf(9, 20), 0.411901474, 1e-9);
	close_to(coin_cdf(10, 10), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_beta),
		cmocka_unit_test(test_student),
		cmocka_unit_test(test_coins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
