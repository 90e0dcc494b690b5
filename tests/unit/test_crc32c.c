/* SPDX-License-Identifier: MIT */
/* Tests of src/base/crc32c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/crc32c.h"

/* RFC 3720, appendix B.4. */
static void test_published_vectors(void **state)
{
	(void)state;

	uint8_t b[32];

	memset(b, 0, sizeof(b));
	assert_int_equal(crc32c(b, 32), 0x8a9136aa);
	memset(b, 0xff, sizeof(b));
	assert_int_equal(crc32c(b, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		b[i] = i;
	assert_int_equal(crc32c(b, 32), 0x46dd794e);
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
}

/* Bit by bit from the polynomial: every length and alignment must agree with it. */
static uint32_t by_definition(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void test_every_length_and_alignment(void **state)
{
	(void)state;

	uint8_t b[96];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 151 + 7);
	for (size_t at = 0; at < 16; at++)
		for (size_t n = 0; n + at <= sizeof(b); n++)
			assert_int_equal(crc32c(b + at, n), by_definition(b + at, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_vectors),
		cmocka_unit_test(test_every_length_and_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
