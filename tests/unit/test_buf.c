/* SPDX-License-Identifier: MIT */
/* Tests of src/base/buf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

static void test_empty_is_an_empty_string(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 0);
	assert_string_equal(buf_str(&b), "");
	assert_null(buf_take(&b));
	assert_int_equal(buf_error(&b), 0);
}

static void test_reserve_without_commit_leaves_an_empty_string(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 0);
	char *p = buf_reserve(&b, 100);

	assert_non_null(p);
	assert_string_equal(buf_str(&b), "");
	memcpy(p, "abc", 3);
	buf_commit(&b, 3);
	assert_string_equal(buf_str(&b), "abc");
}

static void test_adds_of_all_kinds(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 0);
	assert_int_equal(buf_add(&b, "ab\0c", 4), 0);
	assert_int_equal(buf_add_byte(&b, 'd'), 0);
	assert_int_equal(buf_add_str(&b, "ef"), 0);
	assert_int_equal(buf_addf(&b, "%03d", 7), 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "ab\0cdef007", 11);
}

static void test_grows_far_beyond_the_first_allocation(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 0);
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(buf_add(&b, &i, sizeof(i)), 0);
	assert_int_equal(b.len, 400000);
	for (uint32_t i = 0; i < 100000; i += 997)
		assert_memory_equal(b.data + 4 * i, &i, 4);
}

static void test_limit_is_exact_and_sticky(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 10);
	assert_int_equal(buf_add(&b, "0123456789", 10), 0);
	assert_int_equal(buf_add_byte(&b, 'x'), -EFBIG);
	assert_int_equal(buf_add(&b, "", 0), -EFBIG);
	assert_int_equal(buf_error(&b), -EFBIG);
	assert_string_equal(buf_str(&b), "0123456789");
	buf_clear(&b);
	assert_int_equal(buf_addf(&b, "%s", "again"), 0);
	assert_string_equal(buf_str(&b), "again");
}

static void test_length_that_would_overflow_is_refused(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, SIZE_MAX);
	assert_int_equal(buf_add_byte(&b, 1), 0);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(buf_error(&b), -EFBIG);
}

static void test_take_hands_the_memory_over(void **state)
{
	(void)state;

	auto_buf b;

	buf_init(&b, 0);
	buf_add_str(&b, "mine");
	auto_free char *p = buf_take(&b);

	assert_string_equal(p, "mine");
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_add_str(&b, "next"), 0);
	assert_string_equal(buf_str(&b), "next");
}

static void test_varint_reads_back(void **state)
{
	(void)state;

	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
	auto_buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(buf_add_varint(&b, values[i]), 0);
	const uint8_t *p = b.data;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		uint64_t v;

		assert_true(get_varint(&p, b.data + b.len, &v));
		assert_int_equal(v, values[i]);
	}
	assert_ptr_equal(p, b.data + b.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_an_empty_string),
		cmocka_unit_test(test_reserve_without_commit_leaves_an_empty_string),
		cmocka_unit_test(test_adds_of_all_kinds),
		cmocka_unit_test(test_grows_far_beyond_the_first_allocation),
		cmocka_unit_test(test_limit_is_exact_and_sticky),
		cmocka_unit_test(test_length_that_would_overflow_is_refused),
		cmocka_unit_test(test_take_hands_the_memory_over),
		cmocka_unit_test(test_varint_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
