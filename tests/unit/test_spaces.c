/* SPDX-License-Identifier: MIT */
/* Address spaces: mappings cover each other, forks inherit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/spaces.h"

static void check(const struct spaces *s, uint32_t pid, uint64_t at, int module, uint64_t offset)
{
	uint32_t m = 0;
	uint64_t o = 0;
	bool found = spaces_find(s, pid, at, &m, &o);

	assert_int_equal(found, module >= 0);
	if (found) {
		assert_int_equal(m, module);
		assert_int_equal(o, offset);
	}
}

static void test_cover(void **state)
{
	auto_ptr(spaces) s = spaces_new();

	(void)state;
	assert_int_equal(spaces_map(s, 1, 100, 100, 5000, 1), 0);
	assert_int_equal(spaces_map(s, 1, 140, 20, 0, 2), 0); /* splits it */
	check(s, 1, 99, -1, 0);
	check(s, 1, 100, 1, 5000);
	check(s, 1, 139, 1, 5039);
	check(s, 1, 140, 2, 0);
	check(s, 1, 160, 1, 5060);
	check(s, 1, 199, 1, 5099);
	check(s, 1, 200, -1, 0);
	assert_int_equal(spaces_map(s, 1, 150, 100, 0, 3), 0); /* cuts one, covers one */
	check(s, 1, 149, 2, 9);
	check(s, 1, 150, 3, 0);
	check(s, 1, 249, 3, 99);
	assert_int_equal(spaces_map(s, 1, UINT64_MAX - 1, 5, 0, 9), 0); /* wraps: nothing */
	assert_int_equal(spaces_map(s, 1, 10, 0, 0, 9), 0);
	check(s, 1, 10, -1, 0);
	check(s, 2, 150, -1, 0);
}

static void test_fork(void **state)
{
	auto_ptr(spaces) s = spaces_new();

	(void)state;
	assert_int_equal(spaces_fork(s, 1, 2), 0); /* of nobody known */
	assert_int_equal(spaces_map(s, 1, 100, 100, 0, 1), 0);
	for (uint32_t child = 2; child < 300; child++)
		assert_int_equal(spaces_fork(s, 1, child), 0);
	assert_int_equal(spaces_fork(s, 1, 1), 0);
	assert_int_equal(spaces_map(s, 2, 100, 50, 0, 7), 0);
	check(s, 1, 120, 1, 20);
	check(s, 2, 120, 7, 20);
	check(s, 2, 160, 1, 60);
	check(s, 299, 120, 1, 20);
	spaces_clear(s, 2);
	spaces_clear(s, 12345);
	check(s, 2, 160, -1, 0);
}

/* Against a map of single addresses. */
static void test_random(void **state)
{
	enum { SPACE = 512, STEPS = 4000 };
	auto_ptr(spaces) s = spaces_new();
	int module[SPACE];
	uint64_t offset[SPACE];

	(void)state;
	for (int i = 0; i < SPACE; i++)
		module[i] = -1;
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		int from = rand() % SPACE, n = rand() % (SPACE - from), pgoff = rand() % 1000;

		assert_int_equal(spaces_map(s, 5, (uint64_t)from, (uint64_t)n, (uint64_t)pgoff,
					    (uint32_t)step),
				 0);
		for (int i = 0; i < n; i++) {
			module[from + i] = step;
			offset[from + i] = (uint64_t)(pgoff + i);
		}
		for (int i = 0; i < SPACE; i += 1 + rand() % 16)
			check(s, 5, (uint64_t)i, module[i], module[i] < 0 ? 0 : offset[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
