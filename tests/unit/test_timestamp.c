/* SPDX-License-Identifier: MIT */
/* Times of the calendar as text, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/attr.h"
#include "base/timestamp.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		nsec_t time;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2000-02-29T12:00:00Z", 951825600 * NSEC_PER_SEC },
		{ "2026-01-10T18:06:07.784822869Z", 1768068367784822869 },
		{ "2026-01-10T06:05:18+00:00", 1768025118 * NSEC_PER_SEC },
		{ "2026-01-10 07:05:18.5+01:00", 1768025118500000000 },
		{ "2026-01-10t01:05:18.5-05:00", 1768025118500000000 },
		{ "2026-01-10T06:05:18.1234567899z", 1768025118123456789 },
		{ "2100-03-01T00:00:00Z", 4107542400 * NSEC_PER_SEC },
	};
	static const char *const bad[] = {
		"",
		"2026-01-10",
		"2026-01-10T18:06:07",
		"2026-01-10T18:06:07.Z",
		"2026-13-10T18:06:07Z",
		"2026-02-30T18:06:07Z",
		"2026-01-10T24:06:07Z",
		"2026-01-10T18:06:07ZZ",
		"2026-01-10T18:06:07+1:00",
		"0001-01-01T00:00:00Z",
		"1970-01-01T00:00:00+01:00",
		"9999-01-01T00:00:00Z",
		"2026-1-10T18:06:07Z",
	};
	nsec_t t = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(timestamp_parse(good[i].text, &t), 0);
		assert_int_equal(t, good[i].time);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(timestamp_parse(bad[i], &t), -EINVAL);
}

static void test_text(void **state)
{
	char text[TIMESTAMP_MAX];

	(void)state;
	assert_string_equal(timestamp_text(text, 0), "1970-01-01T00:00:00Z");
	assert_string_equal(timestamp_text(text, 1768068367784822869),
			    "2026-01-10T18:06:07.784822869Z");
	assert_string_equal(timestamp_text(text, 1768025118500000000), "2026-01-10T06:05:18.5Z");
	for (nsec_t day = 0; day < 100000; day += 97) {
		nsec_t t = day * 86400 * NSEC_PER_SEC + day * 1000 + day, back;

		assert_int_equal(timestamp_parse(timestamp_text(text, t), &back), 0);
		assert_int_equal(back, t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
