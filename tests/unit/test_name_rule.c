/* SPDX-License-Identifier: MIT */
/* Tests of src/names/name_rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "names/name_rule.h"

static void test_groups_and_widths(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *name, *role;
	} good[] = {
		{ "^csr([0-9]+)_(.*)$=>{2}.{1:02}", "csr7_firewall", "firewall.07" },
		{ "^csr([0-9]+)_(.*)$=>{2}.{1:02}", "csr123_fw", "fw.123" },
		{ "^csr([0-9]+)_(.*)$=>{2}.{1:02}", "csr007_fw", "fw.07" },
		{ "b=>[{0}]", "abc", "[b]" },
		{ "x=>{{{0}}}", "x", "{x}" },
		{ "(a)|(b)=>{1}-{2}", "b", "-b" },
		{ "(.*)=>{1:03}", "no number", "no number" },
		{ "a=>b=>c", "a=>b", "c" },
		{ "^b=>x", "abc", NULL },
		{ "(z*)=>{1}", "abc", NULL }, /* makes nothing */
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		auto_ptr(name_rules) r = name_rules_new();
		char role[64];

		assert_int_equal(name_rules_add(r, good[i].rule, NULL), 0);
		assert_int_equal(name_rules_match(r, good[i].name, role, sizeof(role)),
				 good[i].role != NULL);
		if (good[i].role)
			assert_string_equal(role, good[i].role);
	}
}

static void test_the_first_that_matches_wins(void **state)
{
	(void)state;
	auto_ptr(name_rules) r = name_rules_new();
	char role[64];

	assert_false(name_rules_match(r, "x", role, sizeof(role)));
	assert_false(name_rules_match(NULL, "x", role, sizeof(role)));
	assert_int_equal(name_rules_add(r, "^a=>first", NULL), 0);
	assert_int_equal(name_rules_add(r, "^ab=>second", NULL), 0);
	assert_int_equal(name_rules_add(r, "b=>third", NULL), 0);
	assert_int_equal(name_rules_count(r), 3);
	assert_true(name_rules_match(r, "abc", role, sizeof(role)));
	assert_string_equal(role, "first");
	assert_true(name_rules_match(r, "bcd", role, sizeof(role)));
	assert_string_equal(role, "third");
}

static void test_long_roles_are_cut_between_characters(void **state)
{
	(void)state;
	auto_ptr(name_rules) r = name_rules_new();
	char role[6];

	assert_int_equal(name_rules_add(r, ".*=>{0}", NULL), 0);
	assert_true(name_rules_match(r, "abcd\xc3\xa4xyz", role, sizeof(role)));
	assert_string_equal(role, "abcd");
	assert_true(name_rules_match(r, "abcdefgh", role, sizeof(role)));
	assert_string_equal(role, "abcde");
}

static void test_bad_rules_are_named_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *words;
	} bad[] = {
		{ "abc", "name rule 'abc': no '=>'" },
		{ "=>x", "at character 1: nothing before" },
		{ "x=>", "at character 2: nothing behind" },
		{ "(=>x", "pattern '(': " },
		{ "(a)=>{2}", "the pattern has no such group" },
		{ "a=>x{", "at character 5: a group is {0} to {9}" },
		{ "a=>x}", "at character 5: a '}' alone" },
		{ "a=>{0", "a '{' is not closed" },
		{ "a=>{0:2}", "a width is" },
		{ "a=>{0:0}", "a width is" },
		{ "a=>{0:02", "not closed" },
		{ "a=>{x}", "a group is" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_ptr(name_rules) r = name_rules_new();
		struct err e = { 0 };

		assert_int_equal(name_rules_add(r, bad[i].rule, &e), -EINVAL);
		if (!strstr(e.text, bad[i].words))
			fail_msg("'%s' gives '%s'", bad[i].rule, e.text);
		assert_int_equal(name_rules_count(r), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_and_widths),
		cmocka_unit_test(test_the_first_that_matches_wins),
		cmocka_unit_test(test_long_roles_are_cut_between_characters),
		cmocka_unit_test(test_bad_rules_are_named_with_their_place),
	};

	return cmocka_run_group_tests_name("name_rule", tests, NULL, NULL);
}
