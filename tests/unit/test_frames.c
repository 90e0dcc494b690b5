/* SPDX-License-Identifier: MIT */
/* Frames and modules: equal ones have one number, numbers are dense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/frames.h"

static void test_root(void **state)
{
	auto_ptr(frames) f = frames_new();

	(void)state;
	assert_non_null(f);
	assert_int_equal(frames_count(f), 1);
	assert_int_equal(frames_add(f, 0, 0, 0), 1);
	assert_int_equal(frames_add(f, 0, 0, 0), 1);
	assert_int_equal(frames_add(f, 1, 0, 0), 2);
	assert_int_equal(frames_count(f), 3);
	assert_int_equal(frames_at(f, 2)->parent, 1);
}

static void test_many(void **state)
{
	enum { N = 50000 };
	auto_ptr(frames) f = frames_new();

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(frames_add(f, i / 7, i % 13, i * 4096ull), i + 1);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(frames_add(f, i / 7, i % 13, i * 4096ull), i + 1);
		assert_int_equal(frames_at(f, i + 1)->offset, i * 4096ull);
		assert_int_equal(frames_at(f, i + 1)->module, i % 13);
	}
	assert_int_equal(frames_count(f), N + 1);
}

static void test_modules(void **state)
{
	auto_ptr(modules) m = modules_new();
	char path[] = "/bin/x";
	const struct module a = { .kind = MODULE_FILE, .path = path, .build_id = "ab" };
	struct module b = a;

	(void)state;
	assert_int_equal(modules_add(m, &a), 0);
	b.pid = 7;
	assert_int_equal(modules_add(m, &b), 1);
	b.pid = 0;
	b.build_id = "";
	assert_int_equal(modules_add(m, &b), 2);
	path[5] = 'y'; /* the table has its own copies */
	assert_int_equal(modules_add(m, &a), 3);
	assert_string_equal(modules_at(m, 0)->path, "/bin/x");
	assert_string_equal(modules_at(m, 3)->path, "/bin/y");
	assert_int_equal(modules_count(m), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
