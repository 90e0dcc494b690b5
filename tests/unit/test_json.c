/* SPDX-License-Identifier: MIT */
/* Tests of src/format/json: the text, and that an independent reader understands it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>

#include "format/json.h"

static void test_compact_and_pretty(void **state)
{
	struct buf out;
	struct json j;

	(void)state;
	buf_init(&out, 0);
	for (unsigned int flags = 0; flags <= JSON_PRETTY; flags++) {
		buf_clear(&out);
		json_init(&j, &out, flags);
		json_begin_object(&j);
		json_key_u64(&j, "a", UINT64_MAX);
		json_key(&j, "list");
		json_begin_array(&j);
		json_i64(&j, INT64_MIN);
		json_begin_object_flat(&j);
		json_key_bool(&j, "yes", true);
		json_key_str(&j, "no", NULL);
		json_end(&j);
		json_end(&j);
		json_key(&j, "empty");
		json_begin_array(&j);
		json_end(&j);
		json_end(&j);
		assert_int_equal(json_error(&j), 0);
		assert_string_equal(
			buf_str(&out),
			flags ? "{\n  \"a\": 18446744073709551615,\n  \"list\": [\n"
				"    -9223372036854775808,\n    {\"yes\": true, \"no\": null}\n"
				"  ],\n  \"empty\": []\n}\n"
			      : "{\"a\":18446744073709551615,\"list\":[-9223372036854775808,"
				"{\"yes\":true,\"no\":null}],\"empty\":[]}");
	}
	buf_done(&out);
}

static void check_text(const char *in, const char *want)
{
	struct buf out;
	struct json j;
	json_t *back;

	buf_init(&out, 0);
	json_init(&j, &out, 0);
	json_begin_array(&j);
	json_str(&j, in);
	json_end(&j);
	back = json_loads(buf_str(&out), 0, NULL);
	assert_non_null(back);
	assert_string_equal(json_string_value(json_array_get(back, 0)), want);
	json_decref(back);
	assert_null(strchr(buf_str(&out), '<'));
	buf_done(&out);
}

static void test_texts(void **state)
{
	(void)state;
	check_text("", "");
	check_text("a\"b\\c/\n\t\x01\x7f", "a\"b\\c/\n\t\x01\x7f");
	check_text("</script>", "</script>");
	check_text("\u00e4\u20ac\U0001f600", "\u00e4\u20ac\U0001f600");
	/* Not UTF-8: cut, overlong, surrogate, beyond the last character. */
	check_text("\xe2\x82", "\ufffd\ufffd");
	check_text("\xc0\xaf!", "\ufffd\ufffd!");
	check_text("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
	check_text("\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd");
}

static void test_numbers(void **state)
{
	static const double values[] = { 0,	  1,	 -1.5,	 0.1,
					 1.0 / 3, 1e300, 5e-324, 123456789.123456789 };
	char text[JSON_NUMBER_MAX];
	struct buf out;
	struct json j;

	(void)state;
	buf_init(&out, 0);
	json_init(&j, &out, 0);
	json_begin_array(&j);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		json_f64(&j, values[i]);
	json_f64(&j, NAN);
	json_f64(&j, INFINITY);
	json_end(&j);
	json_t *back = json_loads(buf_str(&out), 0, NULL);

	assert_non_null(back);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_true(json_number_value(json_array_get(back, i)) == values[i]);
	assert_true(json_is_null(json_array_get(back, ARRAY_SIZE(values))));
	assert_true(json_is_null(json_array_get(back, ARRAY_SIZE(values) + 1)));
	json_decref(back);
	buf_done(&out);
	assert_string_equal(json_number(text, 0.1), "0.1");
}

static void test_limit_is_an_error(void **state)
{
	struct buf out;
	struct json j;

	(void)state;
	buf_init(&out, 8);
	json_init(&j, &out, 0);
	json_begin_array(&j);
	json_str(&j, "longer than eight");
	json_end(&j);
	assert_int_equal(json_error(&j), -EFBIG);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact_and_pretty),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_limit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
