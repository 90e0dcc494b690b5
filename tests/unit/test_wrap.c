/* SPDX-License-Identifier: MIT */
/* Tests of src/base/wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/wrap.h"

static char *printed(void (*print)(FILE *, const char *, unsigned int, unsigned int),
		     const char *text, unsigned int indent, unsigned int width)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	print(f, text, indent, width);
	fclose(f);
	return out;
}

static void test_breaks_between_words(void **state)
{
	(void)state;

	auto_free char *out = printed(wrap_text, "aaaaaaaaaa bbbbbbbbb cccc", 2, 22);

	assert_string_equal(out, "aaaaaaaaaa bbbbbbbbb\n  cccc\n");
}

static void test_a_long_word_stays_whole(void **state)
{
	(void)state;

	auto_free char *out = printed(wrap_text, "a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c", 0, 20);

	assert_string_equal(out, "a\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nc\n");
}

static void test_narrow_width_still_has_room(void **state)
{
	(void)state;

	auto_free char *out = printed(wrap_text, "aaaa bbbb cccc", 30, 10);

	assert_string_equal(out, "aaaa bbbb cccc\n");
}

static void test_empty_text_is_an_empty_line(void **state)
{
	(void)state;

	auto_free char *out = printed(wrap_text, "", 4, 80);

	assert_string_equal(out, "\n");
}

static void test_paragraphs_and_listings(void **state)
{
	(void)state;

	auto_free char *out =
		printed(wrap_paragraphs, "one two\nthree\n\n  kept   as\n  is\n\nlast", 2, 80);

	assert_string_equal(out, "  one two three\n\n    kept   as\n    is\n\n  last\n");
}

static void test_width_without_a_terminal(void **state)
{
	(void)state;

	auto_fclose FILE *f = tmpfile();

	assert_int_equal(wrap_width(f), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breaks_between_words),
		cmocka_unit_test(test_a_long_word_stays_whole),
		cmocka_unit_test(test_narrow_width_still_has_room),
		cmocka_unit_test(test_empty_text_is_an_empty_line),
		cmocka_unit_test(test_paragraphs_and_listings),
		cmocka_unit_test(test_width_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
