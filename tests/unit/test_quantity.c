/* SPDX-License-Identifier: MIT */
/* Tests of src/base/quantity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/quantity.h"

static void test_whole_numbers(void **state)
{
	(void)state;

	uint64_t v = 9;

	assert_int_equal(quantity_parse_u64("0", &v, NULL), 0);
	assert_int_equal(v, 0);
	assert_int_equal(quantity_parse_u64("18446744073709551615", &v, NULL), 0);
	assert_int_equal(v, UINT64_MAX);
	assert_int_equal(quantity_parse_u64("18446744073709551616", &v, NULL), -ERANGE);
	static const char *const bad[] = { "", " 1", "1 ", "-1", "+1", "1.0", "0x10", "1k", "." };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(quantity_parse_u64(bad[i], &v, NULL), -EINVAL);
	assert_int_equal(v, UINT64_MAX);
}

static void test_fractions_are_the_nearest_double(void **state)
{
	(void)state;

	double v = 9;

	assert_int_equal(quantity_parse_double("0.3", &v, NULL), 0);
	assert_true(v == 0.3);
	assert_int_equal(quantity_parse_double("-12.75", &v, NULL), 0);
	assert_true(v == -12.75);
	assert_int_equal(quantity_parse_double(".5", &v, NULL), 0);
	assert_true(v == 0.5);
	static const char *const bad[] = {
		"", "-", ".", "nan", "inf", "1e5", "1,5", "0x1", "1.2.3"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(quantity_parse_double(bad[i], &v, NULL), -EINVAL);
	char huge[6000];

	memset(huge, '9', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = 0;
	assert_int_equal(quantity_parse_double(huge, &v, NULL), -EINVAL);
	assert_true(v == 0.5);
}

static void test_durations(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		nsec_t ns;
	} good[] = {
		{ "5", 5 * NSEC_PER_SEC },
		{ "10ns", 10 },
		{ "1.5us", 1500 },
		{ "300ms", 300 * NSEC_PER_MSEC },
		{ "2.5s", 2500 * NSEC_PER_MSEC },
		{ "1.000000001s", NSEC_PER_SEC + 1 },
		{ "2m", 120 * NSEC_PER_SEC },
		{ "1h", 3600 * NSEC_PER_SEC },
		{ "1d", 86400 * NSEC_PER_SEC },
		{ "3 ms", 3 * NSEC_PER_MSEC },
	};
	static const char *const bad[] = { "", "s", "5x", "5ss", "-5s", "5s ", "1e3" };
	nsec_t v = 9;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(quantity_parse_duration(good[i].text, &v, NULL), 0);
		assert_int_equal(v, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(quantity_parse_duration(bad[i], &v, NULL), -EINVAL);
	assert_int_equal(quantity_parse_duration("99999999999999d", &v, NULL), -ERANGE);
	assert_int_equal(quantity_parse_duration("99999999999999.5d", &v, NULL), -ERANGE);
	struct err e = { 0 };

	assert_int_equal(quantity_parse_duration("5parsecs", &v, &e), -EINVAL);
	assert_non_null(strstr(e.text, "'parsecs'"));
}

static void test_sizes(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },	      { "512", 512 },	    { "4k", 4096 },
		{ "4KiB", 4096 },     { "1.5M", 1572864 },  { "16MB", 16777216 },
		{ "2G", 2147483648 }, { "1T", 1ull << 40 }, { "7B", 7 },
	};
	uint64_t v = 9;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(quantity_parse_size(good[i].text, &v, NULL), 0);
		assert_int_equal(v, good[i].bytes);
	}
	assert_int_equal(quantity_parse_size("1Q", &v, NULL), -EINVAL);
	assert_int_equal(quantity_parse_size("16777216T", &v, NULL), -ERANGE);
	assert_int_equal(v, 7);
}

static void test_durations_for_people(void **state)
{
	(void)state;

	char b[QUANTITY_MAX];

	assert_string_equal(quantity_duration(b, 0), "0 ns");
	assert_string_equal(quantity_duration(b, 999), "999 ns");
	assert_string_equal(quantity_duration(b, 1000), "1.00 us");
	assert_string_equal(quantity_duration(b, 12345), "12.3 us");
	assert_string_equal(quantity_duration(b, 999499), "999 us");
	assert_string_equal(quantity_duration(b, 999500), "1.00 ms");
	assert_string_equal(quantity_duration(b, 1250000), "1.25 ms");
	assert_string_equal(quantity_duration(b, 9995000), "10.0 ms");
	assert_string_equal(quantity_duration(b, 5 * NSEC_PER_SEC), "5.00 s");
	assert_true(strlen(quantity_duration(b, NSEC_MAX)) < QUANTITY_MAX);
}

static void test_sizes_for_people(void **state)
{
	(void)state;

	char b[QUANTITY_MAX];

	assert_string_equal(quantity_size(b, 1023), "1023 B");
	assert_string_equal(quantity_size(b, 1024), "1.00 KiB");
	assert_string_equal(quantity_size(b, 1536 * 1024), "1.50 MiB");
	assert_string_equal(quantity_size(b, 1024 * 1024 - 1), "1.00 MiB");
	assert_string_equal(quantity_size(b, UINT64_MAX), "16.0 EiB");
}

static void test_counts_for_people(void **state)
{
	(void)state;

	char b[QUANTITY_MAX];

	assert_string_equal(quantity_count(b, 0), "0");
	assert_string_equal(quantity_count(b, 999), "999");
	assert_string_equal(quantity_count(b, 1000), "1,000");
	assert_string_equal(quantity_count(b, UINT64_MAX), "18,446,744,073,709,551,615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_fractions_are_the_nearest_double),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations_for_people),
		cmocka_unit_test(test_sizes_for_people),
		cmocka_unit_test(test_counts_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
