/* SPDX-License-Identifier: MIT */
/* The words that the viewer knows marks by (docs/formats/page.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/figure.h"

static void test_marks(void **state)
{
	(void)state;
	assert_string_equal(figure_mark_name(MARK_NONE), "none");
	assert_string_equal(figure_mark_name(MARK_MATRIX), "matrix");
	assert_string_equal(figure_mark_name(MARK_BARS), "bars");
	assert_string_equal(figure_mark_name(MARK_TIMELINE), "timeline");
	assert_string_equal(figure_mark_name(MARK_DENSITY), "density");
	assert_string_equal(figure_mark_name(MARK_HISTOGRAM), "histogram");
	assert_string_equal(figure_mark_name(MARK_STACK), "stack");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_marks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
