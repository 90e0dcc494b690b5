/* SPDX-License-Identifier: MIT */
/* Tests of src/stats/multiplex: series of readings whose estimates are worked out by hand. */
#include "stats/multiplex.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct reading {
	uint64_t value, enabled, running;
};

static void check(const struct multiplexed *m, double value, double low, double high)
{
	assert_true(m->known);
	assert_float_equal(m->value, value, 1e-6);
	assert_float_equal(m->low, low, 1e-6);
	assert_float_equal(m->high, high, 1e-6);
}

/* The sum over @n readings; each estimate into @each. */
static struct multiplexed sum(const struct reading *r, unsigned int n, struct multiplexed *each,
			      unsigned int *ret_n)
{
	struct multiplex m = { 0 };
	uint64_t tag = 99;

	*ret_n = 0;
	for (unsigned int i = 0; i < n; i++)
		if (multiplex_add(&m, r[i].value, r[i].enabled, r[i].running, i, &each[*ret_n],
				  &tag))
			(*ret_n)++;
	if (multiplex_end(&m, &each[*ret_n], &tag))
		(*ret_n)++;
	return m.sum;
}

static void test_all_the_time(void **state)
{
	const struct reading r[] = { { 10, 100, 100 }, { 0, 100, 100 }, { 7, 50, 50 } };
	struct multiplexed each[3], all;
	unsigned int n;

	(void)state;
	all = sum(r, 3, each, &n);
	assert_int_equal(n, 3);
	check(&each[0], 10, 10, 10);
	check(&each[1], 0, 0, 0);
	check(&all, 17, 17, 17);
	assert_int_equal(all.enabled, 250);
	assert_false(all.alone);
}

static void test_neighbours(void **state)
{
	/* Rates 2, 4 and 3 per ns. */
	const struct reading r[] = { { 100, 100, 50 }, { 100, 100, 25 }, { 150, 100, 50 } };
	struct multiplexed each[3], all;
	unsigned int n;

	(void)state;
	all = sum(r, 3, each, &n);
	assert_int_equal(n, 3);
	check(&each[0], 200, 200, 300); /* 50 ns unseen at 2 .. 4 */
	check(&each[1], 400, 250, 400); /* 75 ns unseen at 2 .. 4 */
	check(&each[2], 300, 300, 350); /* 50 ns unseen at 3 .. 4 */
	check(&all, 900, 750, 1050);
	assert_int_equal(all.running, 125);
}

static void test_gaps(void **state)
{
	/* The second should have counted and did not: with the third, 150 unseen at 1 .. 3. */
	const struct reading r[] = { { 100, 100, 100 }, { 0, 100, 0 }, { 150, 100, 50 } };
	struct multiplexed each[3], all;
	unsigned int n;

	(void)state;
	all = sum(r, 3, each, &n);
	assert_int_equal(n, 2);
	check(&each[0], 100, 100, 100);
	check(&each[1], 600, 300, 600);
	check(&all, 700, 400, 700);
	assert_int_equal(all.enabled, 300);

	/* At the end: with the last that ran, 100 unseen at 1. */
	const struct reading end[] = { { 100, 100, 100 }, { 0, 100, 0 } };

	all = sum(end, 2, each, &n);
	assert_int_equal(n, 1);
	assert_float_equal(all.value, 200, 1e-6);
	assert_true(all.alone);
}

static void test_alone(void **state)
{
	const struct reading r[] = { { 400, 100, 25 } };
	struct multiplexed each[1], all;
	double error = 1.96 * sqrt(400.0 * 75 * 100) / 25;
	unsigned int n;

	(void)state;
	all = sum(r, 1, each, &n);
	assert_int_equal(n, 1);
	check(&all, 1600, 1600 - error, 1600 + error);
	assert_true(all.alone);
}

static void test_never(void **state)
{
	const struct reading r[] = { { 0, 100, 0 }, { 0, 100, 0 } };
	struct multiplexed each[2], all;
	unsigned int n;

	(void)state;
	all = sum(r, 2, each, &n);
	assert_int_equal(n, 0);
	assert_false(all.known);
	assert_int_equal(all.enabled, 200);

	/* A task that never ran has 0 for certain; enabled later without a counter, nothing. */
	const struct reading idle[] = { { 0, 0, 0 } }, later[] = { { 0, 0, 0 }, { 0, 50, 0 } };

	all = sum(idle, 1, each, &n);
	check(&all, 0, 0, 0);
	all = sum(later, 2, each, &n);
	assert_false(all.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_the_time), cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_gaps),	     cmocka_unit_test(test_alone),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
