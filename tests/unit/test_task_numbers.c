/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/task_numbers.h"

static struct task_cpu_time adjust(uint64_t user, uint64_t sys, uint64_t ran, uint64_t told_user,
				   uint64_t told_sys)
{
	return task_cpu_adjust((struct task_cpu_time){ user, sys }, ran,
			       (struct task_cpu_time){ told_user, told_sys });
}

static void assert_time(struct task_cpu_time t, uint64_t user, uint64_t sys)
{
	assert_int_equal(t.user, user);
	assert_int_equal(t.sys, sys);
}

static void test_ticks_are_scaled_to_what_ran(void **state)
{
	(void)state;
	assert_time(adjust(30, 10, 4000, 0, 0), 3000, 1000);
	/* No tick has seen it in the kernel, or anywhere: all is user time. */
	assert_time(adjust(30, 0, 4000, 0, 0), 4000, 0);
	assert_time(adjust(0, 0, 4000, 0, 0), 4000, 0);
	assert_time(adjust(0, 10, 4000, 0, 0), 0, 4000);
	assert_time(adjust(0, 0, 0, 0, 0), 0, 0);
}

static void test_nothing_falls(void **state)
{
	(void)state;
	assert_time(adjust(30, 10, 4000, 0, 1500), 2500, 1500);
	assert_time(adjust(30, 10, 4000, 3500, 0), 3500, 500);
	assert_time(adjust(30, 10, 4000, 3500, 600), 3500, 600);
	assert_time(adjust(30, 10, 4000, 3000, 1000), 3000, 1000);
}

static void test_years_of_time(void **state)
{
	(void)state;
	/* 300 years: the product has more than 64 bits. */
	uint64_t years = UINT64_C(9460800000000000000);

	assert_time(adjust(years / 2, years / 2, years, 0, 0), years / 2, years / 2);
	assert_time(adjust(UINT64_MAX, UINT64_MAX, 100, 0, 0), 50, 50);
}

static void test_letters(void **state)
{
	(void)state;
	static const struct {
		uint32_t state, exit_state;
		char letter;
	} c[] = {
		{ 0, 0, 'R' },	     { 1, 0, 'S' },	 { 2, 0, 'D' },	    { 4, 0, 'T' },
		{ 8, 0, 't' },	     { 0x40, 0, 'P' },	 { 0x402, 0, 'I' }, { 0x1002, 0, 'D' },
		{ 0x1000, 0, 'D' },  { 0x8000, 0, 'D' }, { 0x100, 0, 'R' }, { 0x80, 0x20, 'Z' },
		{ 0x80, 0x10, 'X' }, { 0x102, 0, 'D' },	 { 0x201, 0, 'S' },
	};

	for (unsigned int i = 0; i < sizeof(c) / sizeof(*c); i++)
		assert_int_equal(task_state_letter(c[i].state, c[i].exit_state), c[i].letter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticks_are_scaled_to_what_ran),
		cmocka_unit_test(test_nothing_falls),
		cmocka_unit_test(test_years_of_time),
		cmocka_unit_test(test_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
