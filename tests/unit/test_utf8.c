/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/utf8.h"

static void test_length(void **state)
{
	static const struct {
		const char *text;
		unsigned int length;
	} cases[] = {
		{ "a", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\x80", 0 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "\xc3 ", 0 },
		{ "\xe2\x82 ", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const size_t n = strlen(cases[i].text);

		assert_int_equal(utf8_length(cases[i].text, n), cases[i].length);
		/* Never beyond what is there: from memory of just that size. */
		for (size_t cut = 1; cut < n; cut++) {
			char *copy = malloc(cut);

			assert_non_null(copy);
			memcpy(copy, cases[i].text, cut);
			assert_int_equal(utf8_length(copy, cut), 0);
			free(copy);
		}
	}
	assert_int_equal(utf8_length("", 0), 0);
}

static void test_names(void **state)
{
	static const char *const good[] = { "",
					    "Evil Corp",
					    "Stra\303\237e",
					    "\xe6\x9d\xb1\xe4\xba\xac",
					    "\xc2\xa0",
					    "\xf0\x9f\x98\x80",
					    "\xe2\x80\x93 \xe2\x81\xa0" };
	static const char *const bad[] = {
		"a\tb",		"\x1b[2J",	"\x7f",		"\302\2332J",
		"a\xc3",	"\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6",
		"\xe2\x80\x8f", "\xd8\x9c",	"latin \xe9",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(utf8_is_name(good[i], strlen(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(utf8_is_name(bad[i], strlen(bad[i])));
	assert_false(utf8_is_name("a\0b", 3));
}

static void test_clean(void **state)
{
	char text[] = "a\x1b[m\n\x7f\xc2\x85\xe2\x80\xae\xff\xe2\x82\xac\xe2\x82";

	(void)state;
	utf8_clean(text);
	assert_string_equal(text, "a?[m????????\xe2\x82\xac??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
