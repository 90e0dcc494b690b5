/* SPDX-License-Identifier: MIT */
/* Shifts by ranks against tables and against all orders counted one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/rank_shift.h"

static void close_to(double is, double should, double by)
{
	if (!(fabs(is - should) <= by))
		fail_msg("%.15g instead of %.15g", is, should);
}

/*
 * a = 0 and b = 1 .. n give each difference n times; the interval begins with the one at the
 * critical place, which tables of Mann's and Whitney's U print as U + 1 (5 %, two-sided).
 */
static void test_tables(void **state)
{
	static const unsigned int row[][3] = { { 4, 4, 0 },	{ 5, 5, 2 },	{ 6, 6, 5 },
					       { 8, 8, 13 },	{ 10, 10, 23 }, { 15, 15, 64 },
					       { 20, 20, 127 }, { 5, 8, 6 },	{ 10, 20, 55 } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const unsigned int n_a = row[i][0], n_b = row[i][1], k = row[i][2] + 1;
		double a[20], b[20];
		struct rank_shift s;

		/* Differences that are all different: 1 .. n_a n_b. */
		for (unsigned int j = 0; j < n_a; j++)
			a[j] = -(double)j;
		for (unsigned int j = 0; j < n_b; j++)
			b[j] = 1 + (double)j * n_a;
		const struct rank_block block = { a, b, n_a, n_b };

		assert_int_equal(rank_shift(&block, 1, 0.95, &s), 0);
		close_to(s.low, k, 0);
		close_to(s.high, n_a * n_b + 1 - k, 0);
		close_to(s.shift, (n_a * n_b + 1) / 2.0, 1e-12);
	}
}

/* P(b > a in at most @most pairs), over all ways to share the places of two blocks out. */
static double all_orders(unsigned int a1, unsigned int b1, unsigned int a2, unsigned int b2,
			 unsigned int most)
{
	unsigned int all = 0, found = 0;

	for (unsigned int x = 0; x < 1u << (a1 + b1); x++) {
		if ((unsigned int)__builtin_popcount(x) != b1)
			continue;
		for (unsigned int y = 0; y < 1u << (a2 + b2); y++) {
			unsigned int pairs = 0;

			if ((unsigned int)__builtin_popcount(y) != b2)
				continue;
			for (unsigned int i = 0; i < a1 + b1; i++)
				for (unsigned int k = 0; k < i; k++)
					pairs += x >> i & 1 && !(x >> k & 1);
			for (unsigned int i = 0; i < a2 + b2; i++)
				for (unsigned int k = 0; k < i; k++)
					pairs += y >> i & 1 && !(y >> k & 1);
			all++;
			found += pairs <= most;
		}
	}
	return (double)found / all;
}

static void test_blocks(void **state)
{
	static const double a1[] = { 1, 4 }, b1[] = { 2, 6, 7 }, a2[] = { 10, 11, 30 },
			    b2[] = { 20, 21 };
	const struct rank_block block[] = { { a1, b1, 2, 3 },
					    { NULL, b1, 0, 3 },
					    { a2, b2, 3, 2 } };
	struct rank_shift s;

	(void)state;
	assert_int_equal(rank_shift(block, 3, 0.5, &s), 0);
	/* b is above a in 5 of 6 and 4 of 6 pairs, so below in 3 of 12. */
	close_to(s.p, 2 * all_orders(2, 3, 3, 2, 3), 1e-12);
	/* Differences: 1 -2 5 2 6 3 and 10 11 9 10 -10 -9. */
	close_to(s.shift, 4, 1e-12);
	unsigned int k = 0;

	while (all_orders(2, 3, 3, 2, k) <= 0.25)
		k++;
	static const double sorted[] = { -10, -9, -2, 1, 2, 3, 5, 6, 9, 10, 10, 11 };

	close_to(s.low, sorted[k - 1], 0);
	close_to(s.high, sorted[12 - k], 0);
}

/* Above the limit of the exact distribution the normal one takes over without a step. */
static void test_normal(void **state)
{
	double a[60], b[60];
	struct rank_shift exact, normal;

	(void)state;
	for (unsigned int i = 0; i < 60; i++) {
		a[i] = (double)(i * 37 % 60);
		b[i] = (double)(i * 23 % 60) + 9.5;
	}
	const struct rank_block less = { a, b, 50, 50 }, more = { a, b, 51, 50 };

	assert_int_equal(rank_shift(&less, 1, 0.95, &exact), 0);
	assert_int_equal(rank_shift(&more, 1, 0.95, &normal), 0);
	close_to(normal.low, exact.low, 1.01);
	close_to(normal.high, exact.high, 1.01);
	assert_true(normal.p / exact.p > 0.5 && normal.p / exact.p < 2);
}

static void test_ties_and_edges(void **state)
{
	static const double same[] = { 5, 5, 5, 5, 5, 5 }, some[] = { 5, 5, 5, 5, 5, 6 };
	const struct rank_block equal = { same, same, 6, 6 }, nearly = { same, some, 6, 6 };
	const struct rank_block few = { same, some + 5, 3, 1 }, none = { same, same, 6, 0 };
	struct rank_shift s;

	(void)state;
	assert_int_equal(rank_shift(&equal, 1, 0.95, &s), 0);
	close_to(s.shift, 0, 0);
	close_to(s.low, 0, 0);
	close_to(s.high, 0, 0);
	close_to(s.p, 1, 0);
	assert_int_equal(rank_shift(&nearly, 1, 0.95, &s), 0);
	assert_true(s.low <= 0 && s.high >= 0);
	close_to(s.p, 1, 0);
	assert_int_equal(rank_shift(&few, 1, 0.95, &s), 0);
	assert_true(isnan(s.low) && isnan(s.high));
	close_to(s.shift, 1, 0);
	close_to(s.p, 0.5, 1e-12); /* 2 of 4 places */
	assert_int_equal(rank_shift(&none, 1, 0.95, &s), -22);
	assert_int_equal(rank_shift(NULL, 0, 0.95, &s), -22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_ties_and_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
