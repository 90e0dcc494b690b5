/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/gaps.h"
#include "model/sched_track.h"

static struct run_loss loss[] = {
	{ .from = 300, .to = 400, .cpu = 0, .track = 16 },
	{ .from = 100, .to = 200, .cpu = 0, .track = 16 },
	{ .from = 150, .to = 250, .cpu = 0, .track = 0 },
	{ .from = 250, .to = 260, .cpu = BATCH_CPU_NONE, .track = 16 },
	{ .from = 500, .to = 600, .cpu = 0, .track = 17 },
	{ .from = 700, .to = 800, .cpu = 1, .track = 16 },
	{ .from = 900, .to = 900, .cpu = 0, .track = 16 },
};
static const struct run_info info = { .loss = loss, .n_loss = ARRAY_SIZE(loss) };

static void check(const uint16_t *track, unsigned int n, uint32_t cpu, const struct gap *want,
		  size_t n_want)
{
	struct gaps g;

	assert_int_equal(gaps_init(&g, &info, track, n, cpu), 0);
	assert_int_equal(g.n, n_want);
	for (size_t i = 0; i < n_want; i++) {
		assert_int_equal(g.gap[i].from, want[i].from);
		assert_int_equal(g.gap[i].to, want[i].to);
	}
	gaps_done(&g);
}

static void test_sorted_and_joined(void **state)
{
	const uint16_t both[] = { 16, 17 };

	(void)state;
	check(both, 1, 0, (struct gap[]){ { 100, 260 }, { 300, 400 }, { 900, 900 } }, 3);
	check(both, 2, 0, (struct gap[]){ { 100, 260 }, { 300, 400 }, { 500, 600 }, { 900, 900 } },
	      4);
	check(both, 1, 1, (struct gap[]){ { 250, 260 }, { 700, 800 } }, 2);
	check(both + 1, 1, 1, NULL, 0);
	check(both, 1, GAPS_ANY_CPU,
	      (struct gap[]){ { 100, 260 }, { 300, 400 }, { 700, 800 }, { 900, 900 } }, 4);
}

static void test_free_time(void **state)
{
	const uint16_t track = 16;
	struct gaps g;

	(void)state;
	assert_int_equal(gaps_init(&g, &info, &track, 1, 0), 0);
	assert_int_equal(gaps_free_time(&g, 0, 1000), 1000 - 160 - 100);
	assert_int_equal(gaps_free_time(&g, 150, 350), 40);
	assert_int_equal(gaps_free_time(&g, 110, 120), 0);
	assert_int_equal(gaps_free_time(&g, 500, 400), 0);
	gaps_done(&g);
	assert_int_equal(gaps_free_time(&g, 10, 20), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_and_joined),
		cmocka_unit_test(test_free_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
