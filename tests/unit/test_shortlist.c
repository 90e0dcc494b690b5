/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/shortlist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/shortlist.h"

struct item {
	struct shortlist_key key;
	uint64_t what;
};

static void offer(struct shortlist *l, uint64_t key, uint64_t tie)
{
	struct item i = { { key, tie }, key * 10 + tie };

	if (shortlist_wants(l, key))
		assert_int_equal(shortlist_add(l, &i), 0);
}

static void test_least_of_many(void **state)
{
	struct shortlist l;

	(void)state;
	shortlist_init(&l, 10, sizeof(struct item));
	for (uint64_t i = 0; i < 10000; i++)
		offer(&l, i * 7919 % 10007, 0);
	shortlist_settle(&l);
	assert_int_equal(l.n, 10);
	/* 10007 is prime: the values 0 .. 10006 come once each, but the last seven. */
	uint64_t missing[10007] = { 0 }, at = 0;

	for (uint64_t i = 10000; i < 10007; i++)
		missing[i * 7919 % 10007] = 1;
	for (size_t i = 0; i < l.n; i++, at++) {
		const struct item *got = shortlist_at(&l, i);

		while (missing[at])
			at++;
		assert_int_equal(got->key.key, at);
		assert_int_equal(got->what, at * 10);
	}
	assert_true(l.room <= 128);
	shortlist_done(&l);
}

static void test_ties_and_few(void **state)
{
	struct shortlist l;

	(void)state;
	shortlist_init(&l, 5, sizeof(struct item));
	shortlist_settle(&l);
	assert_int_equal(l.n, 0);
	offer(&l, 3, 2);
	offer(&l, 3, 1);
	offer(&l, 1, 9);
	shortlist_settle(&l);
	assert_int_equal(l.n, 3);
	assert_int_equal(((const struct item *)shortlist_at(&l, 0))->what, 19);
	assert_int_equal(((const struct item *)shortlist_at(&l, 1))->what, 31);
	assert_int_equal(((const struct item *)shortlist_at(&l, 2))->what, 32);
	shortlist_done(&l);
}

static void test_all(void **state)
{
	struct shortlist l;

	(void)state;
	shortlist_init(&l, UINT64_MAX, sizeof(struct item));
	for (uint64_t i = 1000; i-- > 0;)
		offer(&l, i, 0);
	shortlist_settle(&l);
	assert_int_equal(l.n, 1000);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(((const struct item *)shortlist_at(&l, i))->key.key, i);
	shortlist_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least_of_many),
		cmocka_unit_test(test_ties_and_few),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
