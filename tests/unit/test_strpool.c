/* SPDX-License-Identifier: MIT */
/* Tests of src/base/strpool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/strpool.h"

static void test_equal_texts_share_a_pointer(void **state)
{
	(void)state;

	auto_ptr(strpool) p = strpool_new();
	char word[] = "kworker";
	const char *a = strpool_add(p, word);

	assert_ptr_not_equal(a, word);
	assert_string_equal(a, "kworker");
	assert_ptr_equal(strpool_add(p, "kworker"), a);
	assert_ptr_equal(strpool_add_n(p, "kworker/0:1", 7), a);
	assert_ptr_not_equal(strpool_add(p, "kworke"), a);
	assert_string_equal(strpool_add(p, ""), "");
}

static void test_a_nul_ends_the_text(void **state)
{
	(void)state;

	auto_ptr(strpool) p = strpool_new();

	assert_ptr_equal(strpool_add_n(p, "ab\0cd", 5), strpool_add(p, "ab"));
}

static void test_pointers_stay_while_the_pool_grows(void **state)
{
	(void)state;

	static const char *first[20000];
	auto_ptr(strpool) p = strpool_new();
	char word[32];

	for (int i = 0; i < 20000; i++) {
		snprintf(word, sizeof(word), "task-%d", i);
		first[i] = strpool_add(p, word);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(word, sizeof(word), "task-%d", i);
		assert_string_equal(first[i], word);
		assert_ptr_equal(strpool_add(p, word), first[i]);
	}
}

static void test_text_longer_than_a_chunk(void **state)
{
	(void)state;

	static char big[200000];
	auto_ptr(strpool) p = strpool_new();

	memset(big, 'x', sizeof(big) - 1);
	const char *a = strpool_add(p, big);

	assert_int_equal(strlen(a), sizeof(big) - 1);
	assert_ptr_equal(strpool_add(p, big), a);
	assert_string_equal(strpool_add(p, "small"), "small");
}

static void test_free_takes_null(void **state)
{
	(void)state;
	assert_null(strpool_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_texts_share_a_pointer),
		cmocka_unit_test(test_a_nul_ends_the_text),
		cmocka_unit_test(test_pointers_stay_while_the_pool_grows),
		cmocka_unit_test(test_text_longer_than_a_chunk),
		cmocka_unit_test(test_free_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
