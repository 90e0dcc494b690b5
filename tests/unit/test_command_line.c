/* SPDX-License-Identifier: MIT */
/* Tests of src/names/command_line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "names/command_line.h"

static void test_words_and_quotes(void **state)
{
	(void)state;
	auto_ptr(command_line) w = NULL;

	assert_int_equal(
		command_line_split("  a 'b c' \"d \\\" e\"f\\ g '' \"\"\t$HOME;x ", &w, NULL), 0);
	assert_int_equal(w->n, 6);
	assert_string_equal(w->word[0], "a");
	assert_string_equal(w->word[1], "b c");
	assert_string_equal(w->word[2], "d \" ef g");
	assert_string_equal(w->word[3], "");
	assert_string_equal(w->word[4], "");
	assert_string_equal(w->word[5], "$HOME;x");
	assert_null(w->word[6]);
}

static void test_bad_lines(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "  ", "'a", "a \"b", "a\\" };
	char many[2 * COMMAND_LINE_MAX + 4];
	struct err e = { 0 };
	struct command_line *w = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(command_line_split(bad[i], &w, &e), -EINVAL);
		assert_null(w);
	}
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? ' ' : 'x';
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(command_line_split(many, &w, &e), -EINVAL);
	assert_non_null(strstr(e.text, "more than 256 words"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_quotes),
		cmocka_unit_test(test_bad_lines),
	};

	return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
