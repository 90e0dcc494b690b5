/* SPDX-License-Identifier: MIT */
/* Tests of src/model/run_names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/run_names.h"

/* Names of the paths in @paths, by blanks. */
static void check(const char *paths, const char *expected)
{
	char text[512], *name[16], *save = NULL;
	const char *path[16];
	size_t n = 0;
	auto_buf out;

	buf_init(&out, 0);
	assert_true(strlen(paths) < sizeof(text));
	memcpy(text, paths, strlen(paths) + 1);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save))
		path[n++] = p;
	assert_int_equal(run_names_make(path, n, name), 0);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&out, "%s%s", i ? " " : "", name[i]);
		free(name[i]);
	}
	assert_string_equal(buf_str(&out), expected);
}

static void test_rule(void **state)
{
	(void)state;
	check("../../haswell/h1x216.cdict ../../haswell/h5x113.cdict", "1x216 5x113");
	check("01x218.kymo 02x208.kymo", "01x218 02x208");
	check("run-before.kymo run-after.kymo", "before after");
	check("old/sched.kymo new/sched.kymo", "old new");
	check("x.kymo y.kymo z.kymo", "x y z");
	/* A digit in the tail stays too, and ends it. */
	check("a-1-end.kymo b-1-end.kymo", "a-1 b-1");
	check("vm16.kymo vm32.kymo", "16 32");
	check("vm1.kymo vm12.kymo", "1 12");
}

static void test_never_empty_never_equal(void **state)
{
	(void)state;
	check("test.kymo test2.kymo", "test test2");
	check("d/test.kymo d/test-b.kymo", "test test-b");
	check("aa.kymo aaa.kymo aaaa.kymo", "aa aaa aaaa");
	check("x.kymo x.cdict", "x.kymo x.cdict");
	check("x.kymo x.kymo", "x x#2");
	check("a/x.kymo a/x.kymo a/y.kymo", "x x#2 y");
	check("x.kymo x.kymo x#2.kymo x.kymo", "x x#6 x#2 x#3");
	check(".kymo .cdict", "kymo cdict");
}

static void test_one(void **state)
{
	(void)state;
	check("../data/run7.kymo", "run7");
	check("/dev/fd/3", "3");
	check("perf.data", "perf.data");
}

/* No cut inside a character: a-umlaut and o-umlaut begin with the same byte. */
static void test_utf8(void **state)
{
	(void)state;
	check("r\xc3\xa4.kymo r\xc3\xb6.kymo", "\xc3\xa4 \xc3\xb6");
	check("\xc3\xa4.kymo \xe2\x82\xa4.kymo", "\xc3\xa4 \xe2\x82\xa4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_never_empty_never_equal),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
