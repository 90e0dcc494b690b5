/* SPDX-License-Identifier: MIT */
/* Tests of src/base/checked_id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/attr.h"
#include "base/checked_id.h"

static const uint8_t id[CHECKED_ID_BYTES] = { 0x6f, 0x37, 0x69, 0x10, 0xb2,
					      0xa0, 0xe8, 0x58, 0x96, 0x57 };

static void test_there_and_back(void **state)
{
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)];
	uint8_t back[CHECKED_ID_BYTES];

	(void)state;
	checked_id_text(id, sizeof(id), text);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_memory_equal(text, "6f37-6910-b2a0-e858-9657-", 25);
	assert_int_equal(checked_id_parse(text, back, sizeof(back)), 0);
	assert_memory_equal(back, id, sizeof(id));
}

static void test_forms(void **state)
{
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], bare[32] = "";
	uint8_t back[CHECKED_ID_BYTES];

	(void)state;
	checked_id_text(id, sizeof(id), text);
	for (char *p = text, *to = bare; *p; p++)
		if (*p != '-')
			*to++ = *p >= 'a' ? (char)(*p - 'a' + 'A') : *p;
	assert_int_equal(checked_id_parse(bare, back, sizeof(back)), 0);
	assert_int_equal(checked_id_parse("", back, sizeof(back)), -EINVAL);
	assert_int_equal(checked_id_parse("6f37", back, sizeof(back)), -EINVAL);
	assert_int_equal(checked_id_parse("6f37-6910-b2a0-e858-9657-f08d-0000", back, 10), -EINVAL);
	assert_int_equal(checked_id_parse("6f3-76910-b2a0-e858-9657-f08d", back, 10), -EINVAL);
	assert_int_equal(checked_id_parse("6f37--6910-b2a0-e858-9657-f08d", back, 10), -EINVAL);
	assert_int_equal(checked_id_parse("-6f37-6910-b2a0-e858-9657-f08d", back, 10), -EINVAL);
	assert_int_equal(checked_id_parse("6g37-6910-b2a0-e858-9657-f08d", back, 10), -EINVAL);
	/* Another length is no such id. */
	assert_int_equal(checked_id_parse(text, back, 8), -EINVAL);
}

static void test_each_wrong_digit_is_noticed(void **state)
{
	char text[CHECKED_ID_TEXT(CHECKED_ID_MAX)];
	uint8_t long_id[CHECKED_ID_MAX], back[CHECKED_ID_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(long_id); i++)
		long_id[i] = (uint8_t)(17 * i);
	checked_id_text(long_id, sizeof(long_id), text);
	assert_int_equal(checked_id_parse(text, back, sizeof(back)), 0);
	for (char *p = text; *p; p++) {
		const char right = *p;

		for (const char *d = "0123456789abcdef"; right != '-' && *d; d++) {
			*p = *d;
			assert_int_equal(checked_id_parse(text, back, sizeof(back)),
					 *d == right ? 0 : -EBADMSG);
		}
		*p = right;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_each_wrong_digit_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
