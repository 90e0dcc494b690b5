/* SPDX-License-Identifier: MIT */
/* Tests of src/export/base64: the vectors of RFC 4648, section 10, in pieces of any size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/base64.h"

static void check(const char *in, size_t n, size_t piece, const char *want)
{
	struct base64_writer w;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	assert_non_null(out);
	base64_init(&w, out);
	for (size_t at = 0; at < n; at += piece)
		assert_int_equal(base64_add(&w, in + at, min_of(piece, n - at)), 0);
	assert_int_equal(base64_end(&w), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 8; piece++) {
		check("", 0, piece, "");
		check("f", 1, piece, "Zg==");
		check("fo", 2, piece, "Zm8=");
		check("foo", 3, piece, "Zm9v");
		check("foob", 4, piece, "Zm9vYg==");
		check("fooba", 5, piece, "Zm9vYmE=");
		check("foobar", 6, piece, "Zm9vYmFy");
		check("\xfb\xef\xff", 3, piece, "++//");
	}
}

static void test_nothing_at_all(void **state)
{
	struct base64_writer w;
	FILE *out = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(out);
	base64_init(&w, out);
	assert_int_equal(base64_add(&w, NULL, 0), 0);
	assert_int_equal(base64_end(&w), 0);
	assert_int_equal(ftell(out), 0);
	fclose(out);
}

static void test_long(void **state)
{
	static char in[100003], want[33335 * 4 + 1];

	(void)state;
	/* 3 * 33334 + 1 bytes of zero */
	memset(want, 'A', sizeof(want) - 1);
	want[sizeof(want) - 2] = want[sizeof(want) - 3] = '=';
	check(in, sizeof(in), sizeof(in), want);
	check(in, sizeof(in), 9999, want);
}

static void test_full_device(void **state)
{
	struct base64_writer w;
	FILE *out = fopen("/dev/full", "w");
	int r = 0;

	(void)state;
	assert_non_null(out);
	base64_init(&w, out);
	for (unsigned int i = 0; i < 10000 && r >= 0; i++)
		r = base64_add(&w, "some twelve.", 12);
	assert_int_equal(r, -ENOSPC);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_full_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
