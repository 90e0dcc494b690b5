/* SPDX-License-Identifier: MIT */
/* Tests of src/names/csv_map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names/csv_map.h"

static struct name_map *parse(const char *text, int expected, struct err *e)
{
	struct name_map *m = name_map_new();

	assert_non_null(m);
	assert_int_equal(csv_map_parse("m.csv", text, strlen(text), m, e), expected);
	return m;
}

static void refuse(const char *text, struct err *e)
{
	name_map_free(parse(text, -EINVAL, e));
}

static const char *role(const struct name_map *m, uint32_t tid)
{
	const struct name_row *row = name_map_tid(m, tid);

	return row ? row->base : NULL;
}

static void test_the_examples_of_the_format(void **state)
{
	(void)state;
	auto_ptr(name_map) m = parse("19236,instance-000019f4,vcpu0,8f81,FULL,5,Firewall\n"
				     "19237,,vcpu1,,,12,Firewall\n"
				     "\n"
				     "19238,,emulator,,,123,Router,more,columns\n",
				     0, NULL);

	assert_int_equal(name_map_count(m), 3);
	assert_string_equal(role(m, 19236), "Firewall.05.vcpu0");
	assert_string_equal(role(m, 19237), "Firewall.12.vcpu1");
	assert_string_equal(role(m, 19238), "Router.123.emulator");
	assert_null(role(m, 1));
}

static void test_quotes_and_line_ends(void **state)
{
	(void)state;
	auto_ptr(name_map) m = parse("\xef\xbb\xbf"
				     "1,,\"a,b\",,,1,\"say \"\"x\"\"\"\r\n"
				     "2,,\"two\nlines\",,,1,N\r"
				     "3,, t ,,, +7 , N ",
				     0, NULL);

	assert_string_equal(role(m, 1), "say \"x\".01.a,b");
	assert_string_equal(role(m, 2), "N.01.two\nlines");
	/* Blanks belong to names, not to numbers. */
	assert_string_equal(role(m, 3), " N .07. t ");
}

static void test_the_last_line_of_a_tid_wins(void **state)
{
	(void)state;
	auto_ptr(name_map) m = parse("5,,a,,,1,X\n5,,b,,,-3,Y\n", 0, NULL);

	assert_string_equal(role(m, 5), "Y.-3.b");
}

static void test_lines_for_machines(void **state)
{
	(void)state;
	auto_ptr(name_map) m = parse(",,,AB-12,,4,Fw\n,i-1,vcpu0,,,5,Rt\n", 0, NULL);
	const struct name_row *row = name_map_machine(m, "ab-12", "", "vcpu3");

	assert_non_null(row);
	assert_string_equal(row->base, "Fw.04");
	row = name_map_machine(m, "", "i-1", "vcpu0");
	assert_non_null(row);
	assert_string_equal(row->base, "Rt.05");
	assert_null(name_map_machine(m, "", "i-1", "vcpu1"));
	assert_null(name_map_machine(m, "", "", "vcpu0"));
}

static void test_bad_lines_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "1,,t,,,1,N\nx,,t,,,1,N\n", "m.csv:2: 'x' is no tid" },
		{ "0,,t,,,1,N\n", "m.csv:1: '0' is no tid" },
		{ "-1,,t,,,1,N\n", "m.csv:1: '-1' is no tid" },
		{ "99999999999,,t,,,1,N\n", "is no tid" },
		{ "1,,t,,,,N\n", "m.csv:1: '' is no group number" },
		{ "1,,t,,,1.5,N\n", "'1.5' is no group number" },
		{ "1,,t,,,99999999999999999999,N\n", "is no group number" },
		{ "1,2,3\n", "m.csv:1: 3 columns, needs 7" },
		{ "   \n", "1 columns" },
		{ ",,t,,,1,N\n", "neither a tid nor" },
		{ "\n\n1,,\"t,,,1,N\n", "m.csv:3: a quote is not closed" },
		{ "1,,\"t\"x,,,1,N\n", "m.csv:1: text behind a closing quote" },
		{ "1,,\"a\nb\",,,1,N\nx,,,,,1,N\n", "m.csv:3: 'x'" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };

		refuse(bad[i].text, &e);

		if (!strstr(e.text, bad[i].words))
			fail_msg("'%s' gives '%s'", bad[i].text, e.text);
	}
}

static void test_bad_lines_are_counted(void **state)
{
	(void)state;
	struct err e = { 0 };
	refuse("a\nb\n1,,t,,,1,N\nc\n", &e);

	assert_string_equal(e.text, "m.csv:1: 1 columns, needs 7: tid, instance, type, uuid, "
				    "group type, group, task (and 2 more bad lines)");
}

static void test_what_is_no_text(void **state)
{
	(void)state;
	struct err e = { 0 };
	auto_ptr(name_map) m = name_map_new();

	assert_int_equal(csv_map_parse("m", "1\n\0", 3, m, &e), -EINVAL);
	assert_non_null(strstr(e.text, "m:2: a NUL byte"));
	assert_int_equal(csv_map_parse("m", "", 0, m, &e), 0);
}

static void test_long_names(void **state)
{
	(void)state;
	char text[700];
	struct err e = { 0 };

	snprintf(text, sizeof(text), "1,,t,,,1,%0300d\n", 7);
	refuse(text, &e);

	assert_non_null(strstr(e.text, "m.csv:1: a name has more than 255 bytes"));
}

static void test_lines_of_a_machine(void **state)
{
	(void)state;
	auto_ptr(vm_list) vms = vm_list_new();
	static const struct vm_thread thread[] = {
		{ .tid = 12,
		  .pid = 10,
		  .name = "a,b",
		  .uuid = "u",
		  .instance = "",
		  .type = "vcpu0" },
		{ .tid = 10,
		  .pid = 10,
		  .name = "a,b",
		  .uuid = "u",
		  .instance = "",
		  .type = "emulator" },
		{ .tid = 11,
		  .pid = 10,
		  .name = "a,b",
		  .uuid = "u",
		  .instance = "",
		  .type = "emulator" },
		{ .tid = 20, .pid = 20, .name = "c", .uuid = "", .instance = "", .type = "vcpu0" },
	};
	auto_buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(vm_list_add(vms, &thread[i]), 0);
	assert_int_equal(csv_map_write(vms, 10, "Say \"x\"", 5, &b), 0);
	assert_string_equal(buf_str(&b), "10,\"a,b\",emulator0,u,,5,\"Say \"\"x\"\"\"\n"
					 "11,\"a,b\",emulator1,u,,5,\"Say \"\"x\"\"\"\n"
					 "12,\"a,b\",vcpu0,u,,5,\"Say \"\"x\"\"\"\n");
	/* What we write we read. */
	auto_ptr(name_map) m = parse(buf_str(&b), 0, NULL);

	assert_string_equal(role(m, 12), "Say \"x\".05.vcpu0");
	assert_int_equal(csv_map_write(vms, 11, "x", 5, &b), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_examples_of_the_format),
		cmocka_unit_test(test_quotes_and_line_ends),
		cmocka_unit_test(test_the_last_line_of_a_tid_wins),
		cmocka_unit_test(test_lines_for_machines),
		cmocka_unit_test(test_bad_lines_are_named),
		cmocka_unit_test(test_bad_lines_are_counted),
		cmocka_unit_test(test_what_is_no_text),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_lines_of_a_machine),
	};

	return cmocka_run_group_tests_name("csv_map", tests, NULL, NULL);
}
