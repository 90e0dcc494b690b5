/* SPDX-License-Identifier: MIT */
/* Tests of src/base/idmap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/idmap.h"

static void test_zeroed_map_is_empty(void **state)
{
	(void)state;

	struct idmap m = { 0 };

	assert_int_equal(idmap_get(&m, 0), IDMAP_NONE);
	idmap_clear(&m);
	idmap_done(&m);
}

static void test_many_keys_and_replacement(void **state)
{
	(void)state;

	struct idmap m = { 0 };

	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(idmap_set(&m, (uint64_t)i << 20, i), 0);
	for (uint32_t i = 0; i < 50000; i += 2)
		assert_int_equal(idmap_set(&m, (uint64_t)i << 20, i + 1), 0);
	assert_int_equal(m.used, 50000);
	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(idmap_get(&m, (uint64_t)i << 20), i % 2 ? i : i + 1);
	assert_int_equal(idmap_get(&m, 1), IDMAP_NONE);
	idmap_done(&m);
}

static void test_key_zero_and_the_largest(void **state)
{
	(void)state;

	struct idmap m = { 0 };

	assert_int_equal(idmap_set(&m, 0, 5), 0);
	assert_int_equal(idmap_set(&m, UINT64_MAX, 0), 0);
	assert_int_equal(idmap_get(&m, 0), 5);
	assert_int_equal(idmap_get(&m, UINT64_MAX), 0);
	idmap_done(&m);
}

static void test_clear_forgets_all(void **state)
{
	(void)state;

	struct idmap m = { 0 };

	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(idmap_set(&m, i, i), 0);
	idmap_clear(&m);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(idmap_get(&m, i), IDMAP_NONE);
	assert_int_equal(idmap_set(&m, 7, 8), 0);
	assert_int_equal(idmap_get(&m, 7), 8);
	assert_int_equal(m.used, 1);
	idmap_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_map_is_empty),
		cmocka_unit_test(test_many_keys_and_replacement),
		cmocka_unit_test(test_key_zero_and_the_largest),
		cmocka_unit_test(test_clear_forgets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
