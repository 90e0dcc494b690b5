/* SPDX-License-Identifier: MIT */
/* Things by name that come and go with a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "collect/things.h"

static int n_done;

static void done(void *state)
{
	n_done += *(int *)state;
}

static int *see(struct things *t, const char *name, bool expected_new)
{
	bool is_new;
	int *x = things_see(t, name, &is_new);

	assert_non_null(x);
	assert_int_equal(is_new, expected_new);
	return x;
}

static void come_and_go(void **state)
{
	static const char *const names[] = { "m", "c", "x", "a", "mm", "" };
	struct things t;

	(void)state;
	n_done = 0;
	things_init(&t, sizeof(int), 100, done);
	things_begin(&t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int *x = see(&t, names[i], true);

		assert_int_equal(*x, 0);
		*x = (int)(1 << i);
	}
	assert_ptr_equal(see(&t, "mm", false), things_find(&t, "mm", 2));
	things_end(&t);
	assert_int_equal(t.n, 6);
	for (uint32_t i = 1; i < t.n; i++)
		assert_true(strcmp(things_name(&t, i - 1), things_name(&t, i)) < 0);
	assert_int_equal(*(int *)things_find(&t, "mmm", 1), 1);
	assert_int_equal(*(int *)things_find(&t, "", 0), 32);
	assert_null(things_find(&t, "mmm", 3));
	assert_null(things_find(&t, "b", 1));
	assert_int_equal(n_done, 0);

	things_begin(&t);
	assert_int_equal(*see(&t, "x", false), 4);
	assert_int_equal(*see(&t, "m", false), 1);
	*see(&t, "new", true) = 64;
	things_end(&t);
	assert_int_equal(n_done, 2 + 8 + 16 + 32);
	assert_int_equal(t.n, 3);
	things_drop(&t, 1);
	assert_int_equal(n_done, 2 + 8 + 16 + 32 + 64);
	assert_string_equal(things_name(&t, 0), "m");
	assert_string_equal(things_name(&t, 1), "x");
	assert_int_equal(*(int *)things_at(&t, 1), 4);
	things_done(&t);
	assert_int_equal(n_done, 127);
	/* It can be used again. */
	see(&t, "x", true);
	things_done(&t);
}

static void limit(void **state)
{
	struct things t;
	char name[16];
	bool is_new;

	(void)state;
	things_init(&t, 0, 40, NULL);
	things_begin(&t);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(things_see(&t, name, &is_new) != NULL, i < 40);
	}
	assert_int_equal(t.n, 40);
	assert_int_equal(t.refused, 10);
	see(&t, "7", false);
	things_end(&t);
	things_begin(&t);
	assert_int_equal(t.refused, 0);
	things_end(&t);
	assert_int_equal(t.n, 0);
	things_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
