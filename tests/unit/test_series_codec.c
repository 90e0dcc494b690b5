/* SPDX-License-Identifier: MIT */
/* Codecs for samples of many series: what goes in comes out, what it costs, and hostile streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/block.h"
#include "format/series_codec.h"
#include "model/metric_track.h"

/* xorshift64: the same numbers everywhere. */
static uint64_t random_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void assert_same(const struct batch *a, const struct batch *b)
{
	assert_int_equal(a->rows, b->rows);
	for (unsigned int c = 0; c < a->track->n_columns; c++)
		assert_memory_equal(a->col[c], b->col[c],
				    a->rows * column_type_bytes(a->track->column[c].type));
}

/* Encoded, decoded, compared; the length of the block. */
static size_t there_and_back(const struct batch *b)
{
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	auto_ptr(batch) out = batch_new(b->track, BLOCK_MAX_ROWS);
	struct block_info info;
	struct err e = { 0 };
	auto_buf bytes;

	buf_init(&bytes, BLOCK_MAX_PAYLOAD);
	assert_int_equal(block_encode(enc, b, &bytes, &e), 0);
	assert_int_equal(block_parse_header(bytes.data, &info, &e), 0);
	assert_int_equal(block_decode(dec, &info, bytes.data + info.header_bytes, 0, out, &e), 0);
	assert_same(b, out);
	/* A single column brings those that it is predicted from. */
	assert_int_equal(block_decode(dec, &info, bytes.data + info.header_bytes, 1u << VALUE_VALUE,
				      out, &e),
			 0);
	assert_same(b, out);
	return bytes.len;
}

static void put(struct batch *b, uint64_t time, uint32_t series, uint64_t value)
{
	b->time[b->rows] = time;
	batch_u32(b, VALUE_SERIES)[b->rows] = series;
	batch_u64(b, VALUE_VALUE)[b->rows] = value;
	b->rows++;
}

static void samples_of_a_machine(void **state)
{
	(void)state;
	auto_ptr(batch) b = batch_new(&track_value, BLOCK_MAX_ROWS);
	uint64_t rnd = 1, value[300];

	for (uint32_t s = 0; s < 300; s++)
		value[s] = random_of(&rnd) >> (s % 60);
	for (uint64_t tick = 0; tick < 100; tick++)
		for (uint32_t s = 0; s < 300; s++) {
			if (s < 30)
				value[s] += 4 * (random_of(&rnd) % 100);
			put(b, 1000000000 + tick * 100000000 + (s == 0 ? tick % 3 : 0), s + 1,
			    value[s]);
			b->time[b->rows - 1] = 1000000000 + tick * 100000000 + tick % 3;
		}
	size_t bytes = there_and_back(b);

	/* 30 series of 6.6 bits, and 300 first values of some 5 bytes. */
	assert_in_range(bytes, 1000, 100 * 30 + 300 * 9);
}

static void values_of_all_kinds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 60; seed++) {
		auto_ptr(batch) b = batch_new(&track_value, BLOCK_MAX_ROWS);
		uint64_t rnd = seed, time = random_of(&rnd) >> 2;
		uint32_t rows = (uint32_t)(random_of(&rnd) % (seed % 3 ? 50 : 5000)) + 1;
		unsigned int shift = (unsigned int)(random_of(&rnd) % 64);

		for (uint32_t i = 0; i < rows; i++) {
			if (random_of(&rnd) % 7 == 0)
				time += random_of(&rnd) >> 40;
			put(b, time, (uint32_t)(random_of(&rnd) % (seed % 20 + 1)),
			    random_of(&rnd) >> shift << (seed % 5));
		}
		there_and_back(b);
	}
}

static void extremes(void **state)
{
	(void)state;
	static const uint64_t v[] = { 0, UINT64_MAX, 0,		 1ull << 63,	  UINT64_MAX / 2,
				      3, INT64_MAX,  1ull << 63, (1ull << 63) + 1 };
	auto_ptr(batch) b = batch_new(&track_value, BLOCK_MAX_ROWS);

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++)
		for (unsigned int k = 0; k < 3; k++)
			put(b, UINT64_MAX - ARRAY_SIZE(v) + i, UINT32_MAX - k, v[i] >> k << k);
	there_and_back(b);
}

static void one_row(void **state)
{
	(void)state;
	auto_ptr(batch) b = batch_new(&track_value, 1);

	put(b, 7, 1, 9);
	there_and_back(b);
}

static void full_block_of_new_series(void **state)
{
	(void)state;
	auto_ptr(batch) b = batch_new(&track_value, BLOCK_MAX_ROWS);

	for (uint32_t i = 0; i < BLOCK_MAX_ROWS; i++)
		put(b, i, i, i * 3);
	there_and_back(b);
}

static void times_that_fall_are_refused(void **state)
{
	(void)state;
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(batch) b = batch_new(&track_value, 2);
	struct err e = { 0 };
	auto_buf bytes;

	buf_init(&bytes, BLOCK_MAX_PAYLOAD);
	put(b, 2, 1, 0);
	put(b, 1, 1, 0);
	assert_int_equal(block_encode(enc, b, &bytes, &e), -EINVAL);
}

/* All columns of a track that is made of the codec, one value far from the others. */
static void processes(void **state)
{
	(void)state;
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(block_decoder) dec = block_decoder_new();
	auto_ptr(batch) b = batch_new(&track_process, 4000);
	auto_ptr(batch) out = batch_new(&track_process, 4000);
	struct block_info info;
	struct err e = { 0 };
	uint64_t rnd = 5;
	auto_buf bytes;

	buf_init(&bytes, BLOCK_MAX_PAYLOAD);
	for (uint32_t i = 0; i < 4000; i++) {
		b->rows = i + 1;
		b->time[i] = i / 100;
		for (unsigned int c = 1; c < PROCESS_COLUMNS; c++)
			switch (track_process.column[c].type) {
			case COLUMN_U8:
				batch_u8(b, c)[i] = (uint8_t)(random_of(&rnd) % 3 * 100);
				break;
			case COLUMN_U32:
				batch_u32(b, c)[i] =
					c == PROCESS_TID ? i % 100 : (uint32_t)random_of(&rnd);
				break;
			default:
				batch_u64(b, c)[i] = random_of(&rnd) % 1000;
				break;
			}
	}
	assert_int_equal(block_encode(enc, b, &bytes, &e), 0);
	assert_int_equal(block_parse_header(bytes.data, &info, &e), 0);
	assert_int_equal(block_decode(dec, &info, bytes.data + info.header_bytes, 0, out, &e), 0);
	assert_same(b, out);
}

static void hostile_streams(void **state)
{
	(void)state;
	auto_ptr(series_codec) c = series_codec_new();
	uint64_t key[8] = { 1, 2, 1, 2, 1, 2, 1, 2 }, residual[8] = { 0 }, value[8];
	static const uint8_t ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	assert_int_equal(series_decode_begin(c, key, 8, ones, 1), -EBADMSG);
	assert_int_equal(series_decode_begin(c, key, 8, ones, 3), -EBADMSG);
	assert_int_equal(series_decode_begin(c, key, 8, (const uint8_t *)"\1\7", 2), -EBADMSG);
	assert_int_equal(series_decode_begin(c, key, 8, ones, 2), 6);
	assert_false(series_decode(c, ones, ones, 3, residual, value, 8));
	assert_true(series_decode(c, ones, ones, 4, residual, value, 8));
	assert_false(series_decode(c, ones, ones, 5, residual, value, 8));
	assert_int_equal(cycle_decode(c, ones, 0, value, 8), 0);
	assert_int_equal(cycle_decode(c, ones, 2, value, 8), 0);
	assert_int_equal(cycle_decode(c, (const uint8_t *)"\0\2\7\2", 4, value, 8), 0);
	assert_int_equal(cycle_decode(c, (const uint8_t *)"\0\2\1\2\10\2", 6, value, 8), 0);
	assert_int_equal(cycle_decode(c, (const uint8_t *)"\0\2\1\2\1\1", 6, value, 8), 1);
	assert_false(runs_decode(ones, 8, residual, 7, 0, value, 8));
	assert_false(runs_decode((const uint8_t *)"\11", 1, residual, 1, 0, value, 8));
	assert_false(runs_decode((const uint8_t *)"\0\10", 2, residual, 2, 0, value, 8));
	residual[1] = 1; /* -1 */
	assert_false(runs_decode((const uint8_t *)"\4\4", 2, residual, 2, 5, value, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_a_machine),
		cmocka_unit_test(values_of_all_kinds),
		cmocka_unit_test(extremes),
		cmocka_unit_test(one_row),
		cmocka_unit_test(full_block_of_new_series),
		cmocka_unit_test(times_that_fall_are_refused),
		cmocka_unit_test(processes),
		cmocka_unit_test(hostile_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
