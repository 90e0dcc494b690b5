/* SPDX-License-Identifier: MIT */
/* Tests of src/format/msgpack. */
#include "format/msgpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes given @step at a time. */
struct pieces {
	const uint8_t *p;
	size_t n, step;
};

static int more(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e)
{
	struct pieces *s = ctx;

	(void)e;
	*ret = s->p;
	*ret_n = min_of(s->n, s->step);
	s->p += *ret_n;
	s->n -= *ret_n;
	return 0;
}

static int first_item(const void *bytes, size_t n, size_t step, struct msgpack_item *ret,
		      uint64_t *ret_offset, struct err *e)
{
	static struct msgpack_reader r;
	struct pieces s = { bytes, n, step };

	memset(&r, 0, sizeof(r));
	r.more = more;
	r.ctx = &s;
	int result = msgpack_next(&r, ret, e);

	*ret_offset = r.offset;
	return result;
}

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *bytes;
	size_t n;
	enum msgpack_type type;
	uint64_t u;
	bool negative;
	const char *text;
} items[] = {
	{ BYTES("\xc0"), MSGPACK_NIL, 0, false, NULL },
	{ BYTES("\xc2"), MSGPACK_BOOL, 0, false, NULL },
	{ BYTES("\xc3"), MSGPACK_BOOL, 1, false, NULL },
	{ BYTES("\x00"), MSGPACK_INT, 0, false, NULL },
	{ BYTES("\x7f"), MSGPACK_INT, 127, false, NULL },
	{ BYTES("\xff"), MSGPACK_INT, 1, true, NULL },
	{ BYTES("\xe0"), MSGPACK_INT, 32, true, NULL },
	{ BYTES("\xcc\xff"), MSGPACK_INT, 255, false, NULL },
	{ BYTES("\xcd\x12\x34"), MSGPACK_INT, 0x1234, false, NULL },
	{ BYTES("\xce\xff\xff\xff\xfe"), MSGPACK_INT, 0xfffffffe, false, NULL },
	{ BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), MSGPACK_INT, UINT64_MAX, false, NULL },
	{ BYTES("\xd0\x80"), MSGPACK_INT, 128, true, NULL },
	{ BYTES("\xd0\x7f"), MSGPACK_INT, 127, false, NULL },
	{ BYTES("\xd1\xff\xfe"), MSGPACK_INT, 2, true, NULL },
	{ BYTES("\xd2\x80\x00\x00\x00"), MSGPACK_INT, UINT64_C(1) << 31, true, NULL },
	{ BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), MSGPACK_INT, UINT64_C(1) << 63, true,
	  NULL },
	{ BYTES("\xd3\x00\x00\x00\x00\x00\x00\x00\x05"), MSGPACK_INT, 5, false, NULL },
	{ BYTES("\xca\x3f\x80\x00\x00"), MSGPACK_FLOAT, 0x3f800000, false, NULL },
	{ BYTES("\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"), MSGPACK_FLOAT,
	  UINT64_C(0x3ff0000000000000), false, NULL },
	{ BYTES("\xa0"), MSGPACK_TEXT, 0, false, "" },
	{ BYTES("\xa3one"), MSGPACK_TEXT, 3, false, "one" },
	{ BYTES("\xd9\x03two"), MSGPACK_TEXT, 3, false, "two" },
	{ BYTES("\xda\x00\x03six"), MSGPACK_TEXT, 3, false, "six" },
	{ BYTES("\xdb\x00\x00\x00\x03ten"), MSGPACK_TEXT, 3, false, "ten" },
	{ BYTES("\xc4\x03tub"), MSGPACK_TEXT, 3, false, "tub" },
	{ BYTES("\xc5\x00\x03mud"), MSGPACK_TEXT, 3, false, "mud" },
	{ BYTES("\xc6\x00\x00\x00\x03sea"), MSGPACK_TEXT, 3, false, "sea" },
	{ BYTES("\x93"), MSGPACK_ARRAY, 3, false, NULL },
	{ BYTES("\xdc\x01\x00"), MSGPACK_ARRAY, 256, false, NULL },
	{ BYTES("\xdd\xff\xff\xff\xff"), MSGPACK_ARRAY, UINT32_MAX, false, NULL },
	{ BYTES("\x88"), MSGPACK_MAP, 8, false, NULL },
	{ BYTES("\xde\x00\x08"), MSGPACK_MAP, 8, false, NULL },
	{ BYTES("\xdf\x00\x00\x00\x08"), MSGPACK_MAP, 8, false, NULL },
	{ BYTES("\xd4\x01\x02"), MSGPACK_EXT, 0, false, NULL },
	{ BYTES("\xd5\x01\x02\x03"), MSGPACK_EXT, 0, false, NULL },
	{ BYTES("\xc7\x02\x01\x02\x03"), MSGPACK_EXT, 2, false, NULL },
};

/* Every form, in pieces of every size, and cut after every byte. */
static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		for (size_t step = 1; step <= 10; step++) {
			struct msgpack_item it = { 0 };
			struct err e = { 0 };
			uint64_t offset;

			assert_int_equal(
				first_item(items[i].bytes, items[i].n, step, &it, &offset, &e), 1);
			assert_int_equal(it.type, items[i].type);
			assert_int_equal(offset, items[i].n);
			if (items[i].text) {
				assert_int_equal(it.len, strlen(items[i].text));
				assert_string_equal(it.text, items[i].text);
			} else {
				assert_int_equal(it.u, items[i].u);
				assert_int_equal(it.negative, items[i].negative);
			}
			for (size_t n = 1; n < items[i].n; n++) {
				assert_int_equal(
					first_item(items[i].bytes, n, step, &it, &offset, &e),
					-EBADMSG);
				assert_true(e.text[0]);
			}
			assert_int_equal(first_item("", 0, step, &it, &offset, &e), 0);
		}
}

static void test_refused(void **state)
{
	struct msgpack_item it;
	struct err e = { 0 };
	uint64_t offset;

	(void)state;
	assert_int_equal(first_item(BYTES("\xc1"), 1, &it, &offset, &e), -EBADMSG);
	/* Lengths that nobody allocates. */
	assert_int_equal(first_item(BYTES("\xdb\xff\xff\xff\xff"), 5, &it, &offset, &e), -E2BIG);
	assert_int_equal(first_item(BYTES("\xc6\x00\x00\x10\x01"), 5, &it, &offset, &e), -E2BIG);
	assert_int_equal(first_item(BYTES("\xc9\xff\xff\xff\xff\x01z"), 7, &it, &offset, &e),
			 -EBADMSG);
}

static void test_numbers_round_trip(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++)
		for (int64_t d = -1; d <= 1; d++) {
			uint64_t v = (UINT64_C(1) << bit) + (uint64_t)d;
			struct msgpack_item it;
			uint64_t offset;
			auto_buf b;

			buf_init(&b, 0);
			msgpack_put_uint(&b, v);
			assert_int_equal(first_item(b.data, b.len, 3, &it, &offset, NULL), 1);
			assert_int_equal(it.type, MSGPACK_INT);
			assert_int_equal(it.u, v);
			assert_int_equal(offset, b.len);
			/* The shortest form. */
			assert_int_equal(b.len, v < 0x80	  ? 1
						: v <= UINT8_MAX  ? 2
						: v <= UINT16_MAX ? 3
						: v <= UINT32_MAX ? 5
								  : 9);
		}
}

static void test_texts_and_counts_round_trip(void **state)
{
	static const uint32_t counts[] = { 0, 1, 15, 16, 31, 32, 255, 256, 4096 };
	char text[4097];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct msgpack_item it;
		uint64_t offset;
		auto_buf b;

		buf_init(&b, 0);
		msgpack_put_text(&b, text, counts[i]);
		assert_int_equal(first_item(b.data, b.len, 7, &it, &offset, NULL), 1);
		assert_int_equal(it.type, MSGPACK_TEXT);
		assert_int_equal(it.len, counts[i]);
		assert_memory_equal(it.text, text, counts[i]);
		buf_clear(&b);
		msgpack_put_array(&b, counts[i] * 1000);
		assert_int_equal(first_item(b.data, b.len, 7, &it, &offset, NULL), 1);
		assert_int_equal(it.type, MSGPACK_ARRAY);
		assert_int_equal(it.u, counts[i] * 1000);
		buf_clear(&b);
		msgpack_put_map(&b, counts[i] * 1000);
		assert_int_equal(first_item(b.data, b.len, 7, &it, &offset, NULL), 1);
		assert_int_equal(it.type, MSGPACK_MAP);
		assert_int_equal(it.u, counts[i] * 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_numbers_round_trip),
		cmocka_unit_test(test_texts_and_counts_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
