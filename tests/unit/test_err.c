/* SPDX-License-Identifier: MIT */
/* Tests of src/base/err. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void test_set_gives_code_and_text(void **state)
{
	(void)state;

	struct err e = { 0 };

	assert_int_equal(err_set(&e, -EINVAL, "line %d", 3), -EINVAL);
	assert_int_equal(e.code, -EINVAL);
	assert_string_equal(err_text(&e, -EINVAL), "line 3");
}

static void test_null_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -EIO, "x"), -EIO);
	err_prefix(NULL, "y");
	assert_string_equal(err_text(NULL, -EIO), strerror(EIO));
}

static void test_without_words_the_number_speaks(void **state)
{
	(void)state;

	struct err e = { 0 };

	assert_string_equal(err_text(&e, -ENOENT), strerror(ENOENT));
}

static void test_prefix_goes_before(void **state)
{
	(void)state;

	struct err e = { 0 };

	err_set(&e, -EIO, "short block");
	assert_int_equal(err_prefix(&e, "cannot read '%s'", "x"), -EIO);
	assert_string_equal(e.text, "cannot read 'x': short block");
}

static void test_long_text_is_cut_not_spilled(void **state)
{
	(void)state;

	struct {
		struct err e;
		char behind[8];
	} s = { { 0 }, "guarded" };
	char text[2 * ERR_TEXT_MAX];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	err_set(&s.e, -EIO, "%s", text);
	assert_int_equal(strlen(s.e.text), ERR_TEXT_MAX - 1);
	err_prefix(&s.e, "pre");
	assert_int_equal(strlen(s.e.text), ERR_TEXT_MAX - 1);
	assert_memory_equal(s.e.text, "pre: aaa", 8);
	err_prefix(&s.e, "%s", text);
	assert_int_equal(strlen(s.e.text), ERR_TEXT_MAX - 1);
	assert_string_equal(s.behind, "guarded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_gives_code_and_text),
		cmocka_unit_test(test_null_is_allowed),
		cmocka_unit_test(test_without_words_the_number_speaks),
		cmocka_unit_test(test_prefix_goes_before),
		cmocka_unit_test(test_long_text_is_cut_not_spilled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
