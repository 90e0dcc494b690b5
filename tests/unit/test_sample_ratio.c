/* SPDX-License-Identifier: MIT */
/*
 * Ratios on made-up run times, skewed and drifting as those of a machine that others use too: how
 * often a difference is found that is not there, and how often one that is.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "stats/sample_ratio.h"

static uint64_t seed;

static double uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* What the machine does: a load that wanders, and in which a run has to share its CPU at times. */
struct machine {
	double load;
};

/*
 * A run of 35 ms: a sharp lower edge, 0.4 % of jitter, something that interrupts for milliseconds
 * in one of eight, and a time that gets up to 60 % longer with the load, which wanders slowly.
 */
static double run(struct machine *m, double times)
{
	double ms = 35 * times * (1 + fabs(0.004 * normal()));

	m->load = 0.97 * m->load + 0.24 * normal();
	if (uniform() < 0.125)
		ms += -6 * log(uniform());
	return ms * (1 + 0.15 * fabs(m->load) * uniform());
}

#define MOST 200

static void interleave(double times, size_t n, double *a, double *b, uint32_t *round)
{
	struct machine m = { 0 };

	for (size_t i = 0; i < 100; i++)
		(void)run(&m, 1);
	for (size_t i = 0; i < n; i++) {
		a[i] = run(&m, 1);
		b[i] = run(&m, times);
		round[i] = (uint32_t)i + 1;
	}
}

struct found {
	unsigned int more, less, right; /* right: the interval holds the true ratio */
};

static struct found tries(double times, size_t n, unsigned int how_many, bool rounds)
{
	double a[MOST], b[MOST];
	uint32_t round[MOST];
	struct found f = { 0 };

	seed = 42;
	for (unsigned int i = 0; i < how_many; i++) {
		struct sample_ratio r;

		interleave(times, n, a, b, round);
		const struct sample_series x = { a, rounds ? round : NULL, n },
					   y = { b, rounds ? round : NULL, n };

		assert_int_equal(sample_ratio(&x, &y, 0.95, &r), 0);
		f.more += r.low > 1;
		f.less += r.high < 1;
		f.right += r.low <= times && times <= r.high;
		/* Words and p must not contradict each other. */
		assert_true((r.low > 1 || r.high < 1) == (r.p <= 0.05));
	}
	return f;
}

static void test_no_difference(void **state)
{
	static const size_t n[] = { 4, 10, 20, 30, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		const struct found f = tries(1, n[i], 1000, true);

		/* 5 % are allowed; 6.4 % are two standard errors above. */
		if (f.more + f.less > 64)
			fail_msg("%zu runs: a difference in %u of 1000", n[i], f.more + f.less);
		assert_true(f.right >= 936);
	}
}

static void test_found(void **state)
{
	(void)state;
	const struct found five = tries(1.05, 30, 500, true), back = tries(0.95, 30, 500, true),
			   one = tries(1.01, 200, 100, true);

	if (five.more < 450 || five.less)
		fail_msg("5 %% slower: found in %u of 500", five.more);
	if (back.less < 450 || back.more)
		fail_msg("5 %% faster: found in %u of 500", back.less);
	if (one.more < 80 || one.less)
		fail_msg("1 %% slower with 200 runs: found in %u of 100", one.more);
	assert_true(five.right >= 460 && back.right >= 460);
}

/* Rounds are worth having, and without them nothing that is not there is found. */
static void test_without_rounds(void **state)
{
	(void)state;
	const struct found same = tries(1, 30, 1000, false), with = tries(1.02, 30, 500, true),
			   without = tries(1.02, 30, 500, false);

	assert_true(same.more + same.less <= 64);
	assert_true(with.more > without.more);
}

static void test_needs(void **state)
{
	double a[MOST], b[MOST];
	uint32_t round[MOST];
	struct sample_ratio r;

	(void)state;
	seed = 7;
	interleave(1, 30, a, b, round);
	const struct sample_series x = { a, round, 30 }, y = { b, round, 30 };

	assert_int_equal(sample_ratio(&x, &y, 0.95, &r), 0);
	const double unseen = sample_ratio_resolution(&r, 0.95);

	assert_true(unseen > 0.001 && unseen < 0.1);
	/* What these runs can see needs these runs; half of it four times as many. */
	assert_in_range(sample_ratio_needs(&r, 0.95, unseen), 29, 31);
	assert_in_range(sample_ratio_needs(&r, 0.95, unseen / 2), 115, 125);
	r.low = r.high = NAN;
	assert_int_equal(sample_ratio_needs(&r, 0.95, 0.01), 0);
	assert_true(isnan(sample_ratio_resolution(&r, 0.95)));
}

static void test_edges(void **state)
{
	static const double v[] = { 1, 2, 3, 4, 5 }, zero[] = { 1, 0, 3 }, big[] = { 1, INFINITY };
	static const uint32_t late[] = { 7, 900, 4000000000u };
	struct sample_ratio r;
	const struct sample_series five = { v, NULL, 5 }, none = { v, NULL, 0 },
				   bad = { zero, NULL, 3 }, far = { v, late, 3 },
				   infinite = { big, NULL, 2 };

	(void)state;
	assert_int_equal(sample_ratio(&five, &bad, 0.95, &r), -EDOM);
	assert_int_equal(sample_ratio(&infinite, &five, 0.95, &r), -EDOM);
	assert_int_equal(sample_ratio(&five, &none, 0.95, &r), -EINVAL);
	assert_int_equal(sample_ratio(&far, &far, 0.95, &r), 0); /* too few: no interval */
	assert_true(isnan(r.low) && r.ratio == 1);
	assert_int_equal(sample_ratio(&five, &far, 0.95, &r), 0); /* rounds of one only: unused */
	assert_int_equal(r.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_difference),  cmocka_unit_test(test_found),
		cmocka_unit_test(test_without_rounds), cmocka_unit_test(test_needs),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
