/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/expression: precedence, reasons, intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "metric/expression.h"

static struct reading named(void *arg, unsigned int i)
{
	const struct expression *x = arg;
	const char *name = expression_name(x, i);

	switch (*name) {
	case 'a':
		return (struct reading){ .value = 10, .low = 8, .high = 12, .cpu = -1 };
	case 'b':
		return (struct reading){ .value = 2, .low = 1, .high = 4, .cpu = -1 };
	case 'c':
		return (struct reading){ .value = 1, .low = -1, .high = 3, .cpu = -1 };
	case 'z':
		return reading_exact(0);
	default:
		return reading_absent(ABSENT_NOT_COUNTED, name);
	}
}

static struct reading eval(const char *s)
{
	auto_ptr(expression) x = NULL;
	struct err e = { 0 };
	size_t at;

	if (expression_parse(s, strlen(s), &x, &at, &e) < 0)
		fail_msg("%s: %s", s, e.text);
	struct reading r = expression_eval(x, named, x);

	r.about = NULL; /* it was the expression's */
	return r;
}

static void test_arithmetic(void **state)
{
	(void)state;
	/* The first four are what the older tool got wrong. */
	static const struct {
		const char *s;
		double v;
	} all[] = {
		{ "10-3+(4*2)", 15 },	{ "10-1-2-3", 4 },	{ "(8/4*2)/10", 0.4 },
		{ "10*2-3*4+5", 13 },	{ "100/10/5", 2 },	{ "-2*-3", 6 },
		{ "2--3", 5 },		{ "-(1+2)", -3 },	{ "1e3+0x1f", 1031 },
		{ "1.5e-3*2", 0.003 },	{ "min(3,1,2)", 1 },	{ "max(3,1+4,2)", 5 },
		{ "if(1<2,7,8)", 7 },	{ "if(2<=1,7,8)", 8 },	{ "if(2!=2,7,8)", 8 },
		{ "(1==1)+(3>=3)", 2 }, { "known(q)", 0 },	{ "known(a)", 1 },
		{ "1 + \\\n 2", 3 },	{ "if(z, 1/z, 5)", 5 }, { "if(known(q), q, 4)", 4 },
		{ "a / b", 5 },		{ "'a' - 'b'", 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct reading r = eval(all[i].s);

		if (r.absent || r.value != all[i].v)
			fail_msg("%s = %.17g (%s)", all[i].s, r.value, absent_name(r.absent));
	}
}

static void test_missing_has_a_reason(void **state)
{
	(void)state;
	assert_int_equal(eval("q + 1").absent, ABSENT_NOT_COUNTED);
	assert_int_equal(eval("0 * q").absent, ABSENT_NOT_COUNTED);
	assert_int_equal(eval("a / z").absent, ABSENT_DIVISION);
	assert_int_equal(eval("a / (b - 2)").absent, ABSENT_DIVISION);
	assert_int_equal(eval("z / a").absent, PRESENT); /* 0 is a value */
	assert_int_equal(eval("1e308 * 10").absent, ABSENT_RANGE);
	assert_int_equal(eval("if(q, 1, 2)").absent, ABSENT_NOT_COUNTED);
	assert_int_equal(eval("min(1, q)").absent, ABSENT_NOT_COUNTED);
}

static void assert_ends(const char *s, double low, double high)
{
	struct reading r = eval(s);

	if (r.absent || r.low != low || r.high != high)
		fail_msg("%s: [%g, %g]", s, r.low, r.high);
}

static void test_intervals(void **state)
{
	(void)state;
	assert_ends("a + b", 9, 16);
	assert_ends("a - b", 4, 11);
	assert_ends("a * c", -12, 36);
	assert_ends("a / b", 2, 12);
	assert_ends("-a", -12, -8);
	assert_ends("1 / c", -INFINITY, INFINITY); /* the divisor may be 0 */
	assert_ends("max(a, 11)", 11, 12);
	assert_ends("2 * 3", 6, 6);
	assert_ends("b > 3", 0, 1); /* not decided */
	assert_ends("a > b", 1, 1);
	assert_ends("if(b > 3, 100, 5)", 5, 100);
	assert_ends("if(a > b, 100, 5)", 100, 100);
}

static void test_mistakes_have_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		size_t at;
	} all[] = {
		{ "", 0 },	    { "1 +", 3 },     { "(1", 2 },	{ "1 2", 2 },
		{ "foo(1)", 0 },    { "min(1)", 0 },  { "'abc", 0 },	{ "1x", 1 },
		{ "a < b < 3", 6 }, { "if(1,2)", 0 }, { "1 + * 2", 4 }, { "1e999", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct expression *x = NULL;
		struct err e = { 0 };
		size_t at = 99;

		assert_int_equal(expression_parse(all[i].s, strlen(all[i].s), &x, &at, &e),
				 -EINVAL);
		assert_true(e.text[0]);
		if (at != all[i].at)
			fail_msg("'%s': %zu (%s)", all[i].s, at, e.text);
	}
}

static void test_depth_is_limited(void **state)
{
	(void)state;
	char s[3000];
	struct expression *x = NULL;
	size_t at;

	memset(s, '(', sizeof(s));
	assert_int_equal(expression_parse(s, sizeof(s), &x, &at, NULL), -EINVAL);
	memset(s, '-', sizeof(s));
	assert_int_equal(expression_parse(s, sizeof(s), &x, &at, NULL), -EINVAL);
}

/* Names with a thing in brackets, and names that are looked at in several ways. */
static void test_views(void **state)
{
	static const char *const views[] = { "rate", "last", NULL };
	static const struct {
		const char *name;
		int view;
	} expected[] = {
		{ "disk.reads", 0 },
		{ "disk.reads", -1 },
		{ "memory.bytes[MemFree]", -1 },
	};
	static const char text[] = "rate( disk.reads ) + disk.reads * memory.bytes[MemFree] - "
				   "last('a b') + disk.reads + vm.n[pgsteal_*] / rate(disk.reads)";
	auto_ptr(expression) x = NULL;
	struct err e = { 0 };
	size_t at;

	(void)state;
	assert_int_equal(expression_parse_views(text, strlen(text), views, &x, &at, &e), 0);
	assert_int_equal(expression_n_names(x), 5);
	for (unsigned int i = 0; i < 3; i++) {
		assert_string_equal(expression_name(x, i), expected[i].name);
		assert_int_equal(expression_view(x, i), expected[i].view);
	}
	assert_string_equal(expression_name(x, 3), "a b");
	assert_int_equal(expression_view(x, 3), 1);
	assert_string_equal(expression_name(x, 4), "vm.n[pgsteal_*]");
}

static void test_mistakes_of_views(void **state)
{
	static const char *const views[] = { "rate", NULL };
	static const struct {
		const char *s, *words;
		size_t at;
	} all[] = {
		{ "rate(1)", "takes a name", 5 },  { "rate(a + b)", "')' is missing", 7 },
		{ "rate(a[b)", "no end", 6 },	   { "a[]", "no end", 1 },
		{ "a[b c]", "no end", 1 },	   { "rat(a)", "known, rate)", 0 },
		{ "rate('a)", "no end", 5 },	   { "rate(", "takes a name", 5 },
		{ "1 + a[b] [c]", "operator", 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct expression *x = NULL;
		struct err e = { 0 };
		size_t at = 99;

		assert_int_equal(
			expression_parse_views(all[i].s, strlen(all[i].s), views, &x, &at, &e),
			-EINVAL);
		if (at != all[i].at || !strstr(e.text, all[i].words))
			fail_msg("'%s': %zu (%s)", all[i].s, at, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_missing_has_a_reason),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_mistakes_have_a_place),
		cmocka_unit_test(test_depth_is_limited),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_mistakes_of_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
