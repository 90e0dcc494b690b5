/* SPDX-License-Identifier: MIT */
/* Tests of src/base/calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/calendar.h"

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		nsec_t t;
	} known[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "2026-01-10T18:06:07.784822869Z", UINT64_C(1768068367784822869) },
		{ "2026-01-10 18:06:07", UINT64_C(1768068367000000000) },
		{ "2026-01-10T18:06", UINT64_C(1768068360000000000) },
		{ "2026-01-10T19:06:07+01:00", UINT64_C(1768068367000000000) },
		{ "2026-01-10T12:36:07.5-05:30", UINT64_C(1768068367500000000) },
		{ "2000-02-29T23:59:59Z", UINT64_C(951868799000000000) },
		{ "2553-12-31T23:59:59Z", UINT64_C(18429292799000000000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		nsec_t t;

		assert_int_equal(calendar_parse(known[i].text, &t, NULL), 0);
		assert_int_equal(t, known[i].t);
	}
}

static void test_before_1970(void **state)
{
	int64_t seconds;
	nsec_t t;

	(void)state;
	assert_int_equal(calendar_scan("0001-01-01T00:00:00Z rest", &t, &seconds), 20);
	assert_int_equal(t, 0);
	assert_int_equal(seconds, INT64_C(-62135596800));
}

static void test_what_is_none(void **state)
{
	static const char *const none[] = {
		"",
		"2026",
		"2026-1-10",
		"2026-13-01",
		"2026-00-01",
		"2026-01-32",
		"2026-02-29",
		"1900-02-29",
		"0000-01-01",
		"2554-01-01",
		"2026-01-10T",
		"2026-01-10T18",
		"2026-01-10T24:00",
		"2026-01-10T18:60",
		"2026-01-10T18:06:60",
		"2026-01-10T18:06:",
		"2026-01-10T18:06:07.",
		"2026-01-10T18:06:07.0000000000000000001",
		"2026-01-10x",
		"2026-01-10T18:06+1",
		"2026-01-10T18:06+24:00",
		" 2026-01-10",
		"2026-01-10T18:06Zz",
		"-026-01-10",
	};
	struct err e;
	nsec_t t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		e = (struct err){ 0 };
		assert_int_equal(calendar_parse(none[i], &t, &e), -EINVAL);
		assert_true(e.text[0]);
	}
}

/* Every 40,009 minutes over four centuries, against the C library. */
static void test_there_and_back(void **state)
{
	char text[CALENDAR_MAX], theirs[CALENDAR_MAX];

	(void)state;
	for (uint64_t s = 0; s < UINT64_C(400) * 366 * 86400; s += 40009 * 60 + 1) {
		const time_t at = (time_t)s;
		struct tm tm;
		nsec_t back;

		assert_non_null(gmtime_r(&at, &tm));
		(void)strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(calendar_text(s * NSEC_PER_SEC, text), theirs);
		calendar_text(s * NSEC_PER_SEC + 120, text);
		assert_int_equal(calendar_parse(text, &back, NULL), 0);
		assert_int_equal(back, s * NSEC_PER_SEC + 120);
	}
	assert_string_equal(calendar_text(UINT64_C(1768068367784800000), text),
			    "2026-01-10T18:06:07.7848Z");
	assert_string_equal(calendar_text(UINT64_MAX, text), "2554-07-21T23:34:33.709551615Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_before_1970),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
