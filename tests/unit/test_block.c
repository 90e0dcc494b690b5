/* SPDX-License-Identifier: MIT */
/* Blocks: every type and codec there and back, the sizes that the format promises, and hostile
 * payloads behind valid checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "format/block.h"
#include "model/sched_track.h"

enum {
	T_TIME,
	T_U8,
	T_U16,
	T_U32,
	T_U64,
	T_I64,
	T_F64,
	T_TEXT,
	T_DICT,
	T_AFTER,
	T_ZDELTA,
	T_DELTA
};

static const struct track track_all = {
	.id = 999,
	.name = "all",
	.n_columns = 12,
	.column = {
		[T_TIME] = TRACK_TIME_COLUMN,
		[T_U8] = { .name = "u8", .type = COLUMN_U8, .codec = CODEC_PLANES },
		[T_U16] = { .name = "u16", .type = COLUMN_U16, .codec = CODEC_DICT },
		[T_U32] = { .name = "u32", .type = COLUMN_U32, .codec = CODEC_PLANES },
		[T_U64] = { .name = "u64", .type = COLUMN_U64, .codec = CODEC_PLANES },
		[T_I64] = { .name = "i64", .type = COLUMN_I64, .codec = CODEC_PLANES },
		[T_F64] = { .name = "f64", .type = COLUMN_F64, .codec = CODEC_PLANES },
		[T_TEXT] = { .name = "text", .type = COLUMN_TEXT, .codec = CODEC_TEXT },
		[T_DICT] = { .name = "dict", .type = COLUMN_U64, .codec = CODEC_DICT },
		[T_AFTER] = { .name = "after", .type = COLUMN_U32, .codec = CODEC_AFTER, .after = T_U32 },
		[T_ZDELTA] = { .name = "zdelta", .type = COLUMN_U32, .codec = CODEC_ZDELTA },
		[T_DELTA] = { .name = "delta", .type = COLUMN_U64, .codec = CODEC_DELTA },
	},
};

static uint64_t seed = 1;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* @spread: 0 = constant columns ... 64 = full range. */
static void fill(struct batch *b, uint32_t rows, unsigned int spread)
{
	uint64_t mask = spread >= 64 ? UINT64_MAX : (UINT64_C(1) << spread) - 1;
	nsec_t t = UINT64_C(1) << 40;
	uint64_t sum = 5;

	batch_clear(b);
	b->cpu = 3;
	for (uint32_t i = 0; i < rows; i++) {
		char text[32];

		t += random_u64() & mask & 0xffffffffff;
		sum += random_u64() & mask & 0xffffffffff;
		b->time[i] = t;
		batch_u8(b, T_U8)[i] = (uint8_t)(random_u64() & mask);
		batch_u16(b, T_U16)[i] = (uint16_t)(random_u64() & mask);
		batch_u32(b, T_U32)[i] = (uint32_t)(random_u64() & mask);
		batch_u64(b, T_U64)[i] = random_u64() & mask;
		batch_i64(b, T_I64)[i] = (int64_t)(random_u64() & mask) * (i % 2 ? -1 : 1);
		batch_f64(b, T_F64)[i] = (double)(random_u64() & mask) / 3;
		snprintf(text, sizeof(text), "t%u", (unsigned int)(random_u64() & mask % 5000));
		int64_t offset = batch_add_text(b, text);

		assert_true(offset >= 0);
		((uint32_t *)b->col[T_TEXT])[i] = (uint32_t)offset;
		batch_u64(b, T_DICT)[i] = random_u64() & mask & 0xf000000f;
		batch_u32(b, T_AFTER)[i] = i > 0 && random_u64() % 16 ? batch_u32(b, T_U32)[i - 1]
								      : (uint32_t)random_u64();
		batch_u32(b, T_ZDELTA)[i] = (uint32_t)(random_u64() & mask);
		batch_u64(b, T_DELTA)[i] = sum;
		b->rows++;
	}
}

static void assert_same(const struct batch *a, const struct batch *b)
{
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->cpu, b->cpu);
	for (unsigned int c = 0; c < a->track->n_columns; c++) {
		if (a->track->column[c].type == COLUMN_TEXT) {
			for (uint32_t i = 0; i < a->rows; i++)
				assert_string_equal(batch_text(a, c, i), batch_text(b, c, i));
			continue;
		}
		assert_memory_equal(a->col[c], b->col[c],
				    a->rows * column_type_bytes(a->track->column[c].type));
	}
}

static void test_round_trip(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 3, 63, 64, 65, 1000, 16384, BLOCK_MAX_ROWS };
	static const unsigned int spreads[] = { 0, 1, 4, 8, 9, 17, 33, 64 };
	auto_ptr(batch) b = batch_new(&track_all, BLOCK_MAX_ROWS);
	auto_ptr(batch) back = batch_new(&track_all, BLOCK_MAX_ROWS);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (size_t k = 0; k < ARRAY_SIZE(spreads); k++) {
			struct block_info info;
			struct err e = { 0 };

			buf_clear(&out);
			fill(b, sizes[s], spreads[k]);
			assert_int_equal(block_encode(enc, b, &out, &e), 0);
			assert_int_equal(out.len % 8, 0);
			assert_int_equal(block_parse_header(out.data, &info, &e), 0);
			assert_int_equal(block_bytes(&info), out.len);
			assert_int_equal(info.track, 999);
			if (block_decode(dec, &info, out.data + info.header_bytes, 0, back, &e) !=
			    0)
				fail_msg("%u rows, spread %u: %s", sizes[s], spreads[k], e.text);
			assert_same(b, back);
		}
}

static void test_wanted_columns_only(void **state)
{
	auto_ptr(batch) b = batch_new(&track_all, 1000);
	auto_ptr(batch) back = batch_new(&track_all, 1000);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	struct block_info info;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	fill(b, 1000, 20);
	assert_int_equal(block_encode(enc, b, &out, &e), 0);
	assert_int_equal(block_parse_header(out.data, &info, &e), 0);
	/* AFTER alone: the column that it is predicted from comes along. */
	assert_int_equal(
		block_decode(dec, &info, out.data + info.header_bytes, 1u << T_AFTER, back, &e), 0);
	assert_memory_equal(b->col[T_AFTER], back->col[T_AFTER], 1000 * sizeof(uint32_t));
	assert_memory_equal(b->time, back->time, 1000 * sizeof(nsec_t));
}

/* Two tasks that take turns: the time's low byte is all that costs. */
static void test_size_of_a_ping_pong(void **state)
{
	auto_ptr(batch) b = batch_new(&track_switch, 16384);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	struct err e = { 0 };
	auto_buf out;
	nsec_t t = 1000000;

	(void)state;
	buf_init(&out, 0);
	b->cpu = 1;
	for (uint32_t i = 0; i < 16384; i++) {
		t += 1400 + random_u64() % 256;
		b->time[i] = t;
		batch_u32(b, SWITCH_NEXT)[i] = 4000 + i % 2;
		batch_u32(b, SWITCH_PREV)[i] = 4000 + (i + 1) % 2;
		batch_u16(b, SWITCH_STATE)[i] = 1;
		batch_u8(b, SWITCH_PRIO)[i] = 120;
		b->rows++;
	}
	assert_int_equal(block_encode(enc, b, &out, &e), 0);
	assert_in_range(out.len, 16384, 16384 * 5 / 4);
}

static void test_bad_headers(void **state)
{
	auto_ptr(batch) b = batch_new(&track_all, 100);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	struct block_info info;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	fill(b, 100, 20);
	assert_int_equal(block_encode(enc, b, &out, &e), 0);
	for (unsigned int bit = 0; bit < 8 * BLOCK_HEADER_BYTES; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(block_parse_header(out.data, &info, &e), -EBADMSG);
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	block_renumber(out.data, 77, 8);
	assert_int_equal(block_parse_header(out.data, &info, &e), 0);
	assert_int_equal(info.seq, 77);
	assert_int_equal(info.stream_no, 8);
}

static void test_flipped_payload(void **state)
{
	auto_ptr(batch) b = batch_new(&track_all, 300);
	auto_ptr(batch) back = batch_new(&track_all, 300);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	struct block_info info;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	fill(b, 300, 9);
	assert_int_equal(block_encode(enc, b, &out, &e), 0);
	assert_int_equal(block_parse_header(out.data, &info, &e), 0);
	for (uint32_t bit = 0; bit < 8 * info.payload_bytes; bit += 7) {
		out.data[BLOCK_HEADER_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
			block_decode(dec, &info, out.data + info.header_bytes, 0, back, &e),
			-EBADMSG);
		out.data[BLOCK_HEADER_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* The same with a checksum that agrees: what decodes must hold valid rows, the rest is an error
 * with words; sanitizers watch. */
static void test_hostile_payload(void **state)
{
	auto_ptr(batch) b = batch_new(&track_all, 300);
	auto_ptr(batch) back = batch_new(&track_all, BLOCK_MAX_ROWS);
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	struct block_info info;
	struct err e = { 0 };
	unsigned int refused = 0;
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	fill(b, 300, 9);
	assert_int_equal(block_encode(enc, b, &out, &e), 0);
	assert_int_equal(block_parse_header(out.data, &info, &e), 0);
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t *p = out.data + BLOCK_HEADER_BYTES;
		uint32_t at = (uint32_t)(random_u64() % (round % 2 ? info.payload_bytes : 400));
		uint8_t was = p[at];
		struct block_info hostile = info;

		p[at] = (uint8_t)random_u64();
		hostile.payload_crc = crc32c(p, info.payload_bytes);
		if (round % 16 == 0)
			hostile.rows = 1 + (uint32_t)(random_u64() % BLOCK_MAX_ROWS);
		e.text[0] = 0;
		int r = block_decode(dec, &hostile, p, 0, back, &e);

		if (r == 0) {
			for (uint32_t i = 1; i < back->rows; i++)
				assert_true(back->time[i] >= back->time[i - 1]);
			for (uint32_t i = 0; i < back->rows; i++)
				assert_non_null(
					memchr(batch_text(back, T_TEXT, i), 0, back->text_len));
		} else {
			assert_true(r == -EBADMSG || r == -E2BIG);
			assert_true(e.text[0]);
			refused++;
		}
		p[at] = was;
	}
	assert_in_range(refused, 1000, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_wanted_columns_only),
		cmocka_unit_test(test_size_of_a_ping_pong),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_flipped_payload),
		cmocka_unit_test(test_hostile_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
