/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/text_symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "symbol/text_symbols.h"

static struct symbol_table *table_of(struct symbol_builder *b)
{
	struct symbol_table *t = NULL;

	assert_int_equal(symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, &t, NULL),
			 0);
	return t;
}

static const char *name_at(const struct symbol_table *t, uint64_t at)
{
	struct symbol_range r;

	return symbol_table_find(t, at, &r) ? r.name : "-";
}

static void test_kallsyms(void **state)
{
	(void)state;

	static const char text[] = "0000000000000000 A __per_cpu_start\n"
				   "ffffffff81000000 T _stext\n"
				   "ffffffff81000000 T _text\n"
				   "ffffffff81000040 t helper\n"
				   "ffffffff81000080 D variable\n"
				   "ffffffff81001000 R constant\n"
				   "not a line\n"
				   "ffffffffc0200000 t ext4_map\t[ext4]\n"
				   "ffffffffc0200020 T ext4_end\t[ext4]";
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;

	assert_int_equal(text_symbols_kernel(text, sizeof(text) - 1, 0, b, &found), 0);
	assert_int_equal(found.symbols, 6);
	assert_int_equal(found.bad, 1);
	assert_int_equal(found.hidden, 0);
	assert_true(found.text == 0xffffffff81000000);
	auto_ptr(symbol_table) t = table_of(b);

	assert_string_equal(name_at(t, 0xffffffff81000041), "helper");
	assert_string_equal(name_at(t, 0xffffffff81000080), "variable");
	assert_string_equal(name_at(t, 0xffffffffc020001f), "ext4_map [ext4]");
	assert_string_equal(name_at(t, 0xffffffffc0200020), "ext4_end [ext4]");
}

static void test_a_kernel_that_stands_elsewhere(void **state)
{
	(void)state;

	static const char text[] = "ffffffff81000000 T _text\nffffffff81000040 t helper\n";
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;

	assert_int_equal(text_symbols_kernel(text, sizeof(text) - 1, 0x1e000000, b, &found), 0);
	auto_ptr(symbol_table) t = table_of(b);

	assert_string_equal(name_at(t, 0xffffffff9f000044), "helper");
	assert_string_equal(name_at(t, 0xffffffff81000044), "-");
}

static void test_hidden_addresses_are_counted(void **state)
{
	(void)state;

	static const char text[] = "0000000000000000 T _text\n0000000000000000 t helper\n";
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;

	assert_int_equal(text_symbols_kernel(text, sizeof(text) - 1, 0, b, &found), 0);
	assert_int_equal(found.hidden, 2);
	assert_int_equal(found.symbols, 0);
}

static void test_perf_map(void **state)
{
	(void)state;

	static const char text[] = "7f00000100 40 LazyCompile:*add /app/a.js:3:7\r\n"
				   "0x7f00000200 0x10 Stub\n"
				   "7f00000300 0 nothing\n"
				   "7f00000400 10\n"
				   "7f00000400 10 \n"
				   "10000000000000000 10 more than 64 bits\n"
				   "ffffffffffffffff 2 wraps\n"
				   "\n"
				   "7f00000500 10 cut at a NUL\0behind";
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);
	struct text_symbols found;

	assert_int_equal(text_symbols_perf_map(text, sizeof(text) - 1, b, &found), 0);
	assert_int_equal(found.symbols, 3);
	assert_int_equal(found.bad, 5);
	auto_ptr(symbol_table) t = table_of(b);

	assert_string_equal(name_at(t, 0x7f0000013f), "LazyCompile:*add /app/a.js:3:7");
	assert_string_equal(name_at(t, 0x7f00000140), "-");
	assert_string_equal(name_at(t, 0x7f00000200), "Stub");
	assert_string_equal(name_at(t, 0x7f00000500), "cut at a NUL");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kallsyms),
		cmocka_unit_test(test_a_kernel_that_stands_elsewhere),
		cmocka_unit_test(test_hidden_addresses_are_counted),
		cmocka_unit_test(test_perf_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
