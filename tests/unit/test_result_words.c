/* SPDX-License-Identifier: MIT */
/* Verdicts in words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/result_words.h"

static void check(double ratio, double low, double high, bool time, const char *expected)
{
	const struct sample_ratio r = { .ratio = ratio, .low = low, .high = high, .n = 30 };
	char text[128];

	result_words(&r, "B", time, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_words(void **state)
{
	(void)state;
	check(1.002, 0.991, 1.013, true, "no difference found: ratio 1.002 [0.991, 1.013]");
	check(1.048, 1.039, 1.057, true, "B is slower by 4.8 % [3.9, 5.7]");
	check(0.952, 0.943, 0.961, true, "B is faster by 4.8 % [3.9, 5.7]");
	check(1.5, 1.25, 2, false, "B has 50.0 % more [25.0, 100.0]");
	check(0.5, 0.4, 0.75, false, "B has 50.0 % less [25.0, 60.0]");
	check(1.00052, 1.00041, 1.00063, true, "B is slower by 0.052 % [0.041, 0.063]");
	check(1.1, NAN, NAN, true, "too few runs to tell");
	/* An interval that ends at 1 has 1 in it. */
	check(1.01, 1, 1.02, true, "no difference found: ratio 1.010 [1.000, 1.020]");
	check(1, 1, 1, false, "no difference found: ratio 1.000 [1.000, 1.000]");
}

static void test_short(void **state)
{
	const struct sample_ratio r = { .ratio = 2, .low = 1.5, .high = 3 };
	char text[8];

	(void)state;
	result_words(&r, "C", true, text, sizeof(text));
	assert_string_equal(text, "C is sl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
