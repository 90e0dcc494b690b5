/* SPDX-License-Identifier: MIT */
/* Tests of src/base/cleanup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"

struct thing {
	int freed;
};

static void thing_free(struct thing *t)
{
	t->freed++;
}
DEFINE_CLEANUP(thing, thing_free)

static void test_scope_end_frees_unless_stolen(void **state)
{
	(void)state;

	struct thing a = { 0 }, b = { 0 }, *kept = NULL;

	{
		auto_ptr(thing) pa = &a;
		auto_ptr(thing) pb = &b;
		auto_ptr(thing) none = NULL;

		assert_ptr_equal(pa, &a);
		assert_null(none);
		kept = steal_ptr(pb);
		assert_null(pb);
	}
	assert_int_equal(a.freed, 1);
	assert_int_equal(b.freed, 0);
	assert_ptr_equal(kept, &b);
}

static void test_close_keeps_errno_and_stolen_fd(void **state)
{
	(void)state;

	int closed, kept;

	{
		auto_close int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
		auto_close int b = open("/dev/null", O_RDONLY | O_CLOEXEC);

		closed = a;
		kept = steal_fd(&b);
		assert_int_equal(b, -1);
		errno = EDOM;
	}
	assert_int_equal(errno, EDOM);
	assert_int_equal(fcntl(closed, F_GETFD), -1);
	assert_true(fcntl(kept, F_GETFD) >= 0);
	close(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope_end_frees_unless_stolen),
		cmocka_unit_test(test_close_keeps_errno_and_stolen_fd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
