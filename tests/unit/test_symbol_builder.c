/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/symbol_builder: one name for each place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/symbol_builder.h"

static void add(struct symbol_builder *b, uint64_t start, uint64_t bytes,
		enum symbol_binding binding, bool typed, const char *name)
{
	assert_int_equal(symbol_builder_add(b, start, bytes, 0, binding, typed, name, strlen(name)),
			 0);
}

static struct symbol_table *finish(struct symbol_builder *b)
{
	struct symbol_table *t = NULL;
	struct err e;

	assert_int_equal(symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, &t, &e), 0);
	return t;
}

static const char *name_at(const struct symbol_table *t, uint64_t at)
{
	struct symbol_range r;

	return symbol_table_find(t, at, &r) ? r.name : "-";
}

static void test_aliases_are_chosen_as_perf_chooses(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);

	add(b, 0x100, 0, SYMBOL_GLOBAL, true, "no_size");
	add(b, 0x100, 16, SYMBOL_LOCAL, false, "with_size");
	add(b, 0x200, 16, SYMBOL_GLOBAL, false, "label");
	add(b, 0x200, 16, SYMBOL_LOCAL, true, "typed");
	add(b, 0x300, 16, SYMBOL_WEAK, true, "weak_and_long");
	add(b, 0x300, 16, SYMBOL_LOCAL, true, "local");
	add(b, 0x400, 16, SYMBOL_LOCAL, true, "local_and_long");
	add(b, 0x400, 16, SYMBOL_GLOBAL, true, "global");
	add(b, 0x500, 16, SYMBOL_GLOBAL, true, "__libc_open_long");
	add(b, 0x500, 16, SYMBOL_GLOBAL, true, "open");
	add(b, 0x600, 16, SYMBOL_GLOBAL, true, "short");
	add(b, 0x600, 16, SYMBOL_GLOBAL, true, "longer");
	/* Mangled names begin with an underscore, what is shown does not. */
	add(b, 0x700, 16, SYMBOL_GLOBAL, true, "_ZN3foo9barbarbarEv");
	add(b, 0x700, 16, SYMBOL_GLOBAL, true, "plain");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0x100), "with_size");
	assert_string_equal(name_at(t, 0x205), "typed");
	assert_string_equal(name_at(t, 0x30f), "local");
	assert_string_equal(name_at(t, 0x400), "global");
	assert_string_equal(name_at(t, 0x500), "open");
	assert_string_equal(name_at(t, 0x600), "longer");
	assert_string_equal(name_at(t, 0x700), "_ZN3foo9barbarbarEv");
	assert_string_equal(name_at(t, 0x310), "-");
	assert_string_equal(name_at(t, 0xff), "-");
}

static void test_a_symbol_without_size_reaches_to_the_next(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);

	add(b, 0x2000, 0, SYMBOL_GLOBAL, true, "second");
	add(b, 0x1000, 0, SYMBOL_GLOBAL, true, "first");
	assert_int_equal(symbol_builder_add(b, 0x3000, 0, 0x3008, SYMBOL_GLOBAL, true, "last", 4),
			 0);
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0x1fff), "first");
	assert_string_equal(name_at(t, 0x2000), "second");
	assert_string_equal(name_at(t, 0x3007), "last");
	assert_string_equal(name_at(t, 0x3008), "-");
}

static void test_what_lies_within_another(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);
	struct symbol_range r;

	add(b, 0x100, 0x100, SYMBOL_GLOBAL, true, "outer");
	add(b, 0x140, 0x10, SYMBOL_LOCAL, true, "inner");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0x13f), "outer");
	assert_string_equal(name_at(t, 0x140), "inner");
	assert_true(symbol_table_find(t, 0x150, &r));
	assert_string_equal(r.name, "outer");
	assert_int_equal(r.symbol, 0x100);
	assert_int_equal(r.start, 0x150);
	assert_int_equal(r.end, 0x200);
}

static void test_gaps_between_kernel_modules_have_no_name(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);

	add(b, 0x1000010, 0, SYMBOL_LOCAL, true, "one [ext4]");
	add(b, 0x1000080, 0, SYMBOL_LOCAL, true, "two [ext4]");
	add(b, 0x2000000, 0, SYMBOL_LOCAL, true, "three [kvm]");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0x100007f), "one [ext4]");
	assert_string_equal(name_at(t, 0x1001fff), "two [ext4]");
	assert_string_equal(name_at(t, 0x1002000), "-");
	assert_string_equal(name_at(t, 0x2000000), "three [kvm]");
}

static void test_of_code_made_at_run_time_the_latest_counts(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);

	add(b, 0x100, 0x100, SYMBOL_GLOBAL, true, "old");
	add(b, 0x080, 0x100, SYMBOL_GLOBAL, true, "new");
	add(b, 0x300, 0x10, SYMBOL_GLOBAL, true, "a_long_old_name");
	add(b, 0x300, 0x10, SYMBOL_GLOBAL, true, "fresh");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0x17f), "new");
	assert_string_equal(name_at(t, 0x180), "old");
	assert_string_equal(name_at(t, 0x300), "fresh");
}

static void test_names_cannot_steer_a_terminal(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);

	add(b, 1, 9, SYMBOL_GLOBAL, true, "a\033[2Jb\177\n\xc3\xa4");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 1), "a?[2Jb??\xc3\xa4");
}

static void test_nothing_and_the_end_of_all(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);

	add(b, UINT64_MAX - 4, 8, SYMBOL_GLOBAL, true, "wraps");
	assert_int_equal(symbol_builder_count(b), 0);
	auto_ptr(symbol_table) none = finish(b);

	assert_int_equal(symbol_table_count(none), 0);
	assert_string_equal(name_at(none, 0), "-");
	add(b, 0, 0, SYMBOL_GLOBAL, true, "zero");
	add(b, UINT64_MAX - 4, 0, SYMBOL_GLOBAL, true, "last");
	auto_ptr(symbol_table) t = finish(b);

	assert_string_equal(name_at(t, 0), "zero");
	assert_string_equal(name_at(t, UINT64_MAX - 4), "last");
}

#define MANY 3001 /* prime to 7: each place comes once */

/* Against the plain way: of those over a place, the one that begins last. */
static void test_many_against_the_plain_way(void **state)
{
	(void)state;

	static uint64_t start[MANY], bytes[MANY];
	static char name[MANY][16];
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);

	srand(7);
	for (int i = 0; i < MANY; i++) {
		/* No two at one place, in a few ascending runs. */
		start[i] = ((uint64_t)((i * 7) % MANY)) * 16 + (uint64_t)(rand() % 16);
		bytes[i] = 1 + (uint64_t)(rand() % (i % 50 ? 20 : 400));
		snprintf(name[i], sizeof(name[i]), "f%d", i);
		add(b, start[i], bytes[i], SYMBOL_LOCAL, true, name[i]);
	}
	auto_ptr(symbol_table) t = finish(b);

	for (uint64_t at = 0; at < MANY * 16 + 500; at++) {
		const char *want = "-";
		uint64_t latest = 0;

		for (int i = 0; i < MANY; i++)
			if (at >= start[i] && at - start[i] < bytes[i] &&
			    (want[0] == '-' || start[i] > latest)) {
				want = name[i];
				latest = start[i];
			}
		assert_string_equal(name_at(t, at), want);
	}
}

static void test_each_changed_byte_is_noticed(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);

	add(b, 0x100, 8, SYMBOL_GLOBAL, true, "one");
	add(b, 0x200, 8, SYMBOL_GLOBAL, true, "two");
	auto_ptr(symbol_table) t = finish(b);
	size_t n;
	const uint8_t *image = symbol_table_image(t, &n);

	for (size_t at = 0; at <= n; at++) {
		auto_ptr(symbol_table) again = NULL;
		struct err e = { 0 };
		auto_buf copy;

		buf_init(&copy, 0);
		assert_int_equal(buf_add(&copy, image, n), 0);
		if (at < n)
			copy.data[at] ^= 0x10;
		else
			copy.len--;
		assert_int_equal(symbol_table_new(&copy, &again, &e), -EBADMSG);
		assert_true(e.text[0]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aliases_are_chosen_as_perf_chooses),
		cmocka_unit_test(test_a_symbol_without_size_reaches_to_the_next),
		cmocka_unit_test(test_what_lies_within_another),
		cmocka_unit_test(test_gaps_between_kernel_modules_have_no_name),
		cmocka_unit_test(test_of_code_made_at_run_time_the_latest_counts),
		cmocka_unit_test(test_names_cannot_steer_a_terminal),
		cmocka_unit_test(test_nothing_and_the_end_of_all),
		cmocka_unit_test(test_many_against_the_plain_way),
		cmocka_unit_test(test_each_changed_byte_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
