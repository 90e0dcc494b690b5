/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/block_set and block_file: lines, mistakes with their place, the files that
 * the program carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "metric/block_set.h"

#define HEAD "blocks 1 \"T\"\n"

static void test_lines(void **state)
{
	static const char text[] =
		"# comment\n" HEAD "source \"man\"\n"
		"block disk \"Disks\" each=thing all=sum all_name=total key=DEV key_json=dev "
		"path=a/b "
		"whole without=loop*,ram* used=disk.reads,disk.writes hidden\n"
		"let ios = disk.reads + disk.writes # of both\n"
		"column \"tps\" /s 2 json=x/tps \"operations\" = rate(disk.reads) + \\\n"
		"	rate(disk.writes)\n"
		"column \"%util\" % 1 only=json json=util \"busy\" = 100 * ios / last(disk.n[a*])\n"
		"column \"aqu-sz/s\" /s 0 \"queue\" = 'tps' * '%util'\n"
		"block one \"One\"\n";
	auto_ptr(block_set) s = block_set_new();
	struct err e = { 0 };

	(void)state;
	if (block_set_add(s, "t", text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(block_set_n(s), 2);
	const struct block *b = block_set_find(s, "disk");

	assert_ptr_equal(b, block_set_at(s, 0));
	assert_null(block_set_find(s, "disks"));
	assert_string_equal(b->title, "Disks");
	assert_int_equal(b->each, EACH_THING);
	assert_int_equal(b->all, ALL_SUM);
	assert_string_equal(b->all_name, "total");
	assert_string_equal(b->key, "DEV");
	assert_string_equal(b->path, "a/b");
	assert_true(b->whole && b->hidden && !b->across_cpus);
	assert_int_equal(b->n_without, 2);
	assert_string_equal(b->without[1], "ram*");
	assert_int_equal(b->n_used, 2);
	assert_string_equal(b->used[0], "disk.reads");
	assert_int_equal(b->n_items, 4);
	assert_string_equal(b->item[0].name, "ios");
	assert_null(b->item[0].title);
	assert_string_equal(b->item[1].name, "tps");
	const struct block_item *x = &b->item[2];

	assert_string_equal(x->name, "util_pct");
	assert_int_equal(x->where, BLOCK_IN_JSON);
	assert_int_equal(x->digits, 1);
	assert_int_equal(x->term[0].item, 0);
	assert_int_equal(x->term[1].item, -1);
	assert_int_equal(x->term[1].view, VIEW_LAST);
	assert_string_equal(x->term[1].metric, "disk.n");
	assert_string_equal(x->term[1].thing, "a*");
	assert_string_equal(b->item[3].name, "aqu_sz_per_s");
	assert_int_equal(b->item[3].where, BLOCK_IN_TABLE);
	assert_true(b->item[3].per_second);
	assert_string_equal(block_set_at(s, 1)->all_name, "all");
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{ "", "1:1: the file does not begin" },
		{ "metrics 1 \"T\"\n", "does not begin" },
		{ "blocks 2 \"T\"\n", "not version 1" },
		{ "blocks 1 T\n", "a title in" },
		{ "blocks 1 \"T\" x\n", "more on the line" },
		{ HEAD "what\n", "2:1: unknown word 'what'" },
		{ HEAD "column \"a\" % 1 \"h\" = 1\n", "comes first" },
		{ HEAD "block 1x \"T\"\n", "2:7: a byte" },
		{ HEAD "block x\n", "a title in" },
		{ HEAD "block x \"T\" each=all\n", "unknown option 'each=all'" },
		{ HEAD "block x \"T\" all=sum\n", "has one row" },
		{ HEAD "block x \"T\" each=cpu\n", "key= is missing" },
		{ HEAD "block x \"T\" each=cpu key=CPU across=cpu\n", "for rows and columns" },
		{ HEAD "block x \"T\" each=cpu key=CPU path=p\n", "without a key_json=" },
		{ HEAD "block x \"T\"\nblock x \"T\"\n", "3:7: block 'x' is defined already" },
		{ HEAD "block x \"T\" without=a,,b\n", "2:23: a name is missing" },
		{ HEAD "block x \"T\"\nlet a = b\n", "3:9: nothing before is called 'b'" },
		{ HEAD "block x \"T\"\nlet a = a.b\nlet a = a.b\n", "'a' is defined already" },
		{ HEAD "block x \"T\"\nlet a\n", "'= EXPRESSION' is missing" },
		{ HEAD "block x \"T\"\nlet a = rate(a.b\n", "')' is missing" },
		{ HEAD "block x \"T\"\nlet a = a.b\nlet c = rate(a)\n",
		  "4:14: rate() is of metrics" },
		{ HEAD "block x \"T\"\ncolumn \"a\" miles 1 \"h\" = 1\n", "unknown unit 'miles'" },
		{ HEAD "block x \"T\"\ncolumn \"a\" % 9 \"h\" = 1\n", "digits" },
		{ HEAD "block x \"T\"\ncolumn \"a\" % 1 = 1\n", "a description" },
		{ HEAD "block x \"T\"\ncolumn \"a\" % 1 only=json \"h\" = 1\n", "shown nowhere" },
		{ HEAD "block x \"T\"\ncolumn \"a\" % 1 jsn=1 \"h\" = 1\n", "expected json=" },
		{ HEAD "block x \"T\"\ncolumn \"a\" /s 1 \"h\" = a.b\n", "has no rate()" },
		{ HEAD "block x \"T\"\ncolumn \"a\" - 1 \"h\" = 1\ncolumn \"a\" - 1 \"h\" = 1\n",
		  "'a' is defined already" },
		{ HEAD "block x \"T\x01\"\n", "a control byte" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		auto_ptr(block_set) s = block_set_new();
		struct err e = { 0 };

		assert_int_equal(block_set_add(s, "t", all[i].text, strlen(all[i].text), &e),
				 -EINVAL);
		if (!strstr(e.text, all[i].words))
			fail_msg("%s -> %s", all[i].text, e.text);
	}
}

static void test_limits(void **state)
{
	char text[8192] = HEAD "block x \"T\"\n";
	struct err e = { 0 };

	(void)state;
	for (unsigned int i = 0; i <= BLOCK_ITEMS_MAX; i++) {
		size_t n = strlen(text);

		(void)snprintf(text + n, sizeof(text) - n, "let a%u = 1\n", i);
	}
	auto_ptr(block_set) s = block_set_new();

	assert_int_equal(block_set_add(s, "t", text, strlen(text), &e), -EINVAL);
	assert_non_null(strstr(e.text, "more than 64 lines"));
}

static void test_patterns(void **state)
{
	(void)state;
	assert_true(block_pattern_fits("a", "a"));
	assert_false(block_pattern_fits("a", "ab"));
	assert_false(block_pattern_fits("ab", "a"));
	assert_true(block_pattern_fits("loop*", "loop17"));
	assert_true(block_pattern_fits("loop*", "loop"));
	assert_true(block_pattern_fits("*", ""));
	assert_true(block_pattern_fits("a*b*c", "a-b-b-c"));
	assert_false(block_pattern_fits("a*b*c", "a-b-b-d"));
	assert_true(block_pattern_fits("*aab", "aaaab"));
	assert_false(block_pattern_fits("", "x"));
	assert_int_equal(block_part_of("sda1"), 3);
	assert_int_equal(block_part_of("sda"), 0);
	assert_int_equal(block_part_of("nvme0n1p12"), 7);
	assert_int_equal(block_part_of("nvme0n1"), 6); /* "nvme0n", which there is not */
	assert_int_equal(block_part_of("17"), 0);
	assert_int_equal(block_part_of(""), 0);
	assert_int_equal(block_part_of("p1"), 1);
}

/* Every file that the program carries, and what is promised of all of them. */
static void test_data(void **state)
{
	auto_ptr(block_set) s = NULL;
	struct err e = { 0 };

	(void)state;
	if (block_set_load(&s, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(block_set_n(s) > 0);
	for (unsigned int i = 0; i < block_set_n(s); i++) {
		const struct block *b = block_set_at(s, i);
		unsigned int columns = 0;

		for (unsigned int k = 0; k < b->n_items; k++)
			columns += b->item[k].title != NULL;
		if (!columns || (b->across_cpus && columns != 1))
			fail_msg("block %s has %u columns", b->name, columns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
