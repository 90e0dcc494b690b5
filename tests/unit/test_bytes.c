/* SPDX-License-Identifier: MIT */
/* Tests of src/base/bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/bytes.h"

static void test_byte_order_of_unaligned_integers(void **state)
{
	(void)state;

	uint8_t b[12] = { 0xff, 1, 2, 3, 4, 5, 6, 7, 8 };

	assert_int_equal(get_le16(b + 1), 0x0201);
	assert_int_equal(get_le32(b + 1), 0x04030201);
	assert_int_equal(get_le64(b + 1), UINT64_C(0x0807060504030201));
	assert_int_equal(get_be16(b + 1), 0x0102);
	assert_int_equal(get_be32(b + 1), 0x01020304);
	assert_int_equal(get_be64(b + 1), UINT64_C(0x0102030405060708));
	put_le32(b + 3, 0xa1b2c3d4);
	assert_memory_equal(b + 3, "\xd4\xc3\xb2\xa1", 4);
	put_le16(b + 1, 0x1234);
	assert_memory_equal(b + 1, "\x34\x12", 2);
	put_le64(b + 1, UINT64_C(0x1122334455667788));
	assert_memory_equal(b + 1, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
}

static bool reads(const char *bytes, size_t n, uint64_t *ret)
{
	const uint8_t *p = (const uint8_t *)bytes, *start = p;
	bool ok = get_varint(&p, p + n, ret);

	assert_ptr_equal(p, ok ? start + n : start);
	return ok;
}

static void test_varint_refuses_cut_and_overlong(void **state)
{
	(void)state;

	uint64_t v = 77;

	assert_false(reads("", 0, &v));
	assert_false(reads("\x80", 1, &v));
	assert_false(reads("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &v));
	assert_false(reads("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11, &v));
	assert_int_equal(v, 77);
	assert_true(reads("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, &v));
	assert_int_equal(v, UINT64_MAX);
	assert_true(reads("\xe5\x8e\x26", 3, &v));
	assert_int_equal(v, 624485);
}

static void test_zigzag_both_ways(void **state)
{
	(void)state;

	static const int64_t values[] = { 0, -1, 1, -2, 2, 1000000, INT64_MIN, INT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(zigzag_decode(zigzag_encode(values[i])), values[i]);
	assert_int_equal(zigzag_encode(-1), 1);
	assert_int_equal(zigzag_encode(1), 2);
	assert_int_equal(zigzag_encode(INT64_MIN), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_byte_order_of_unaligned_integers),
		cmocka_unit_test(test_varint_refuses_cut_and_overlong),
		cmocka_unit_test(test_zigzag_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
