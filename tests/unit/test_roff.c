/* SPDX-License-Identifier: MIT */
/* Tests of src/base/roff. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/roff.h"

static char *printed(void (*print)(FILE *, const char *), const char *text)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	print(f, text);
	fclose(f);
	return out;
}

static void test_requests_and_escapes_are_defused(void **state)
{
	(void)state;

	auto_free char *out = printed(roff_text, ".TH a-b\n'quoted' c\\d 1.5");

	assert_string_equal(out, "\\&.TH a\\-b\n\\&'quoted' c\\ed 1.5");
}

static void test_paragraphs_and_listings(void **state)
{
	(void)state;

	auto_free char *out = printed(roff_paragraphs, "one\ntwo\n\n  a\n  b\n\nthree");

	assert_string_equal(out, ".PP\none\ntwo\n.PP\n.nf\n  a\n  b\n.fi\n.PP\nthree\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_and_escapes_are_defused),
		cmocka_unit_test(test_paragraphs_and_listings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
