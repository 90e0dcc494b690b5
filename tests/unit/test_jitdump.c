/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/jitdump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "symbol/jitdump.h"

/* A file in the byte order of choice. */
struct dump {
	struct buf b;
	bool big;
};

static void put32(struct dump *d, uint32_t v)
{
	v = d->big ? htobe32(v) : htole32(v);
	buf_add(&d->b, &v, 4);
}

static void put64(struct dump *d, uint64_t v)
{
	v = d->big ? htobe64(v) : htole64(v);
	buf_add(&d->b, &v, 8);
}

static void put_header(struct dump *d)
{
	buf_init(&d->b, 0);
	put32(d, 0x4A695444);
	put32(d, 1); /* version */
	put32(d, 40); /* length */
	put32(d, 62); /* machine */
	put32(d, 0);
	put32(d, 77); /* process */
	put64(d, 1); /* time */
	put64(d, 0);
}

static void put_load(struct dump *d, uint64_t address, uint64_t bytes, uint64_t index,
		     const char *name)
{
	uint32_t name_bytes = (uint32_t)strlen(name) + 1;

	put32(d, 0);
	put32(d, 16 + 40 + name_bytes + (uint32_t)bytes);
	put64(d, 2);
	put32(d, 77);
	put32(d, 77);
	put64(d, address);
	put64(d, address);
	put64(d, bytes);
	put64(d, index);
	buf_add(&d->b, name, name_bytes);
	for (uint64_t i = 0; i < bytes; i++)
		buf_add_byte(&d->b, 0x90);
}

static void put_move(struct dump *d, uint64_t from, uint64_t to, uint64_t bytes, uint64_t index)
{
	put32(d, 1);
	put32(d, 16 + 48);
	put64(d, 3);
	put32(d, 77);
	put32(d, 77);
	put64(d, to);
	put64(d, from);
	put64(d, to);
	put64(d, bytes);
	put64(d, index);
}

static struct symbol_table *read_dump(const struct dump *d, size_t n, size_t want)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);
	struct symbol_table *t = NULL;
	struct err e;
	size_t found;

	assert_int_equal(jitdump_read(d->b.data, n, b, &found, &e), 0);
	assert_int_equal(found, want);
	assert_int_equal(symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, &t, &e), 0);
	return t;
}

static const char *name_at(const struct symbol_table *t, uint64_t at)
{
	struct symbol_range r;

	return symbol_table_find(t, at, &r) ? r.name : "-";
}

static void test_load_move_and_replace(void **state)
{
	(void)state;

	for (int big = 0; big < 2; big++) {
		struct dump d = { .big = big };

		put_header(&d);
		put_load(&d, 0x1000, 64, 0, "Sum");
		put_load(&d, 0x2000, 32, 1, "Product");
		put_move(&d, 0x1000, 0x3000, 64, 0);
		put_load(&d, 0x2000, 16, 2, "Quotient");
		auto_ptr(symbol_table) t = read_dump(&d, d.b.len, 4);

		assert_string_equal(name_at(t, 0x103f), "Sum");
		assert_string_equal(name_at(t, 0x3000), "Sum");
		assert_string_equal(name_at(t, 0x200f), "Quotient");
		buf_done(&d.b);
	}
}

static void test_a_file_that_is_being_written(void **state)
{
	(void)state;

	struct dump d = { .big = false };

	put_header(&d);
	put_load(&d, 0x1000, 64, 0, "whole");
	size_t whole = d.b.len;

	put_load(&d, 0x2000, 64, 1, "half");
	for (size_t n = whole; n < d.b.len; n += 7) {
		auto_ptr(symbol_table) t = read_dump(&d, n, 1);

		assert_string_equal(name_at(t, 0x1000), "whole");
		assert_string_equal(name_at(t, 0x2000), "-");
	}
	buf_done(&d.b);
}

static void test_other_files_are_refused(void **state)
{
	(void)state;

	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);
	struct dump d = { .big = false };
	struct err e = { 0 };
	size_t found;

	put_header(&d);
	assert_int_equal(jitdump_read(d.b.data, 39, b, &found, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "no jitdump"));
	put_le32(d.b.data + 8, 4000);
	assert_int_equal(jitdump_read(d.b.data, d.b.len, b, &found, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "header"));
	buf_done(&d.b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_move_and_replace),
		cmocka_unit_test(test_a_file_that_is_being_written),
		cmocka_unit_test(test_other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
