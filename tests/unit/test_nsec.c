/* SPDX-License-Identifier: MIT */
/* Tests of src/base/nsec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/nsec.h"

static void test_monotonic_lies_between_two_readings(void **state)
{
	(void)state;

	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	nsec_t t = nsec_monotonic();

	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(t >= (nsec_t)a.tv_sec * NSEC_PER_SEC + (nsec_t)a.tv_nsec);
	assert_true(t <= (nsec_t)b.tv_sec * NSEC_PER_SEC + (nsec_t)b.tv_nsec);
}

static void test_realtime_is_the_calendar(void **state)
{
	(void)state;

	time_t now = time(NULL);
	nsec_t t = nsec_realtime();

	/* time() reads a coarse clock: it may be one tick behind. */
	assert_true(t / NSEC_PER_SEC >= (nsec_t)now);
	assert_true(t / NSEC_PER_SEC <= (nsec_t)time(NULL) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monotonic_lies_between_two_readings),
		cmocka_unit_test(test_realtime_is_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
