/* SPDX-License-Identifier: MIT */
/*
 * Column encoding. Every column goes through an array of 64-bit values: one pass to load, one or
 * two to transform, one per byte plane. At 16384 rows all of it stays in the second-level cache.
 */
#include "format/column_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/series_codec.h"

#define DICT_SLOTS	 (2 * BLOCK_MAX_ROWS)
#define DICT_FIRST_SLOTS 512u

struct column_encoder {
	uint64_t value[BLOCK_MAX_ROWS];
	uint8_t plane[8][BLOCK_MAX_ROWS];
	/* Dictionary: keys by position, and an open-addressed index of them, half full at most.
	 * It begins small, so that the few values of most columns stay in the first cache. */
	uint64_t key[BLOCK_MAX_ROWS];
	uint32_t n_keys;
	uint32_t slot[DICT_SLOTS]; /* position + 1, 0 = free */
	uint32_t slots; /* of them in use; a power of two */
	struct buf head; /* stream 0 of all but PLANES, DELTA, ZDELTA */
	struct buf firsts; /* stream 1 of SERIES */
	struct series_codec *series;
	unsigned int keys; /* column of this batch whose series it knows; 0: of none */
};

struct column_encoder *column_encoder_new(void)
{
	struct column_encoder *enc = calloc(1, sizeof(*enc));

	if (!enc)
		return NULL;
	buf_init(&enc->head, COLUMN_MAX_STREAM_BYTES);
	buf_init(&enc->firsts, COLUMN_MAX_STREAM_BYTES);
	return enc;
}

struct column_encoder *column_encoder_free(struct column_encoder *enc)
{
	if (enc) {
		buf_done(&enc->head);
		buf_done(&enc->firsts);
		series_codec_free(enc->series);
		free(enc);
	}
	return NULL;
}

static void load(uint64_t *value, const struct batch *b, unsigned int column)
{
	const void *p = b->col[column];
	uint32_t n = b->rows;

	switch (b->track->column[column].type) {
	case COLUMN_U8:
		for (uint32_t i = 0; i < n; i++)
			value[i] = ((const uint8_t *)p)[i];
		break;
	case COLUMN_U16:
		for (uint32_t i = 0; i < n; i++)
			value[i] = ((const uint16_t *)p)[i];
		break;
	case COLUMN_U32:
	case COLUMN_TEXT:
		for (uint32_t i = 0; i < n; i++)
			value[i] = ((const uint32_t *)p)[i];
		break;
	case COLUMN_I64:
		for (uint32_t i = 0; i < n; i++)
			value[i] = zigzag_encode(((const int64_t *)p)[i]);
		break;
	case COLUMN_U64:
	case COLUMN_F64:
		memcpy(value, p, n * sizeof(*value));
		break;
	}
}

static void add_stream(struct column_streams *s, const void *data, size_t bytes)
{
	s->stream[s->n].data = data;
	s->stream[s->n].bytes = (uint32_t)bytes;
	s->n++;
}

static void add_planes(struct column_encoder *enc, uint32_t rows, struct column_streams *s)
{
	const uint64_t *value = enc->value;
	uint64_t all = 0;

	for (uint32_t i = 0; i < rows; i++)
		all |= value[i];
	for (unsigned int k = 0; all; k++, all >>= 8) {
		uint8_t *plane = enc->plane[k];

		for (uint32_t i = 0; i < rows; i++)
			plane[i] = (uint8_t)(value[i] >> (8 * k));
		add_stream(s, plane, rows);
	}
}

/* Differences in place, from the back; -EINVAL when a value falls below the one before it. */
static int difference(uint64_t *value, uint32_t rows, uint64_t before)
{
	bool falls = value[0] < before;

	for (uint32_t i = rows - 1; i > 0; i--) {
		falls |= value[i] < value[i - 1];
		value[i] -= value[i - 1];
	}
	value[0] -= before;
	return falls ? -EINVAL : 0;
}

static void difference_zigzag(uint64_t *value, uint32_t rows)
{
	for (uint32_t i = rows - 1; i > 0; i--)
		value[i] = zigzag_encode((int64_t)(value[i] - value[i - 1]));
	value[0] = zigzag_encode((int64_t)value[0]);
}

static void dict_clear(struct column_encoder *enc, uint32_t slots)
{
	enc->slots = slots;
	memset(enc->slot, 0, slots * sizeof(*enc->slot));
}

static void dict_begin(struct column_encoder *enc)
{
	enc->n_keys = 0;
	dict_clear(enc, DICT_FIRST_SLOTS);
}

/* The slot of @key, or the free one where it belongs. */
static uint32_t dict_slot(const struct column_encoder *enc, uint64_t key)
{
	uint32_t i = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) & (enc->slots - 1);

	while (enc->slot[i] && enc->key[enc->slot[i] - 1] != key)
		i = (i + 1) & (enc->slots - 1);
	return i;
}

/* The next position is @key's. */
static void dict_put(struct column_encoder *enc, uint32_t slot, uint64_t key)
{
	enc->key[enc->n_keys++] = key;
	enc->slot[slot] = enc->n_keys;
	if (2 * enc->n_keys < enc->slots || enc->slots == DICT_SLOTS)
		return;
	dict_clear(enc, 4 * enc->slots < DICT_SLOTS ? 4 * enc->slots : DICT_SLOTS);
	for (uint32_t i = 0; i < enc->n_keys; i++)
		enc->slot[dict_slot(enc, enc->key[i])] = i + 1;
}

/* True: values were replaced by positions, the dictionary is in head. False: more entries than pay,
 * values untouched. */
static bool dict_apply(struct column_encoder *enc, uint32_t rows)
{
	uint32_t most = rows < 64 ? rows : rows / 2;
	uint64_t *value = enc->value;
	uint64_t last = ~value[0];
	uint32_t last_position = 0;

	dict_begin(enc);
	for (uint32_t i = 0; i < rows; i++) {
		if (value[i] == last)
			continue;
		last = value[i];
		uint32_t slot = dict_slot(enc, last);

		if (enc->slot[slot])
			continue;
		if (enc->n_keys == most)
			return false;
		dict_put(enc, slot, last);
	}
	for (uint32_t i = 0; i < enc->n_keys; i++)
		(void)buf_add_varint(&enc->head, enc->key[i]);
	last = ~value[0];
	for (uint32_t i = 0; i < rows; i++) {
		if (value[i] != last) {
			last = value[i];
			last_position = enc->slot[dict_slot(enc, last)] - 1;
		}
		value[i] = last_position;
	}
	return true;
}

static int encode_dict(struct column_encoder *enc, uint32_t rows, struct column_streams *s)
{
	if (!dict_apply(enc, rows)) {
		s->codec = CODEC_PLANES;
		add_planes(enc, rows, s);
		return 0;
	}
	if (buf_error(&enc->head))
		return buf_error(&enc->head);
	add_stream(s, enc->head.data, enc->head.len);
	add_planes(enc, rows, s);
	return 0;
}

static int encode_after(struct column_encoder *enc, const struct batch *b, unsigned int column,
			struct column_streams *s)
{
	unsigned int from = b->track->column[column].after;
	uint64_t *predicted =
		(uint64_t *)(void *)enc->plane; /* planes are not used by this codec */
	uint32_t before = 0;

	load(predicted, b, from);
	(void)buf_add_varint(&enc->head, from);
	for (uint32_t i = 0; i < b->rows; i++) {
		if (i > 0 && enc->value[i] == predicted[i - 1])
			continue;
		(void)buf_add_varint(&enc->head, i - before);
		(void)buf_add_varint(&enc->head, enc->value[i]);
		before = i;
	}
	if (buf_error(&enc->head))
		return buf_error(&enc->head);
	add_stream(s, enc->head.data, enc->head.len);
	return 0;
}

static uint64_t text_hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* Texts are told apart by their 64-bit hash and then compared: equal hash, other text takes the
 * next key. */
static int encode_text(struct column_encoder *enc, const struct batch *b, struct column_streams *s)
{
	uint32_t *first_offset = (uint32_t *)(void *)enc->plane;

	dict_begin(enc);
	for (uint32_t i = 0; i < b->rows; i++) {
		const char *text = b->text + enc->value[i];
		uint64_t key = text_hash(text);
		uint32_t slot = dict_slot(enc, key);

		while (enc->slot[slot] && strcmp(b->text + first_offset[enc->slot[slot] - 1], text))
			slot = dict_slot(enc, ++key);
		if (enc->slot[slot]) {
			enc->value[i] = enc->slot[slot] - 1;
			continue;
		}
		first_offset[enc->n_keys] = (uint32_t)enc->value[i];
		enc->value[i] = enc->n_keys;
		dict_put(enc, slot, key);
		(void)buf_add(&enc->head, text, strlen(text) + 1);
	}
	if (buf_error(&enc->head))
		return buf_error(&enc->head);
	add_stream(s, enc->head.data, enc->head.len);
	add_planes(enc, b->rows, s);
	return 0;
}

static int encode_runs(struct column_encoder *enc, uint32_t rows, struct column_streams *s)
{
	int64_t n = runs_encode(enc->value, rows, &enc->head);

	if (n < 0 || buf_error(&enc->head))
		return n < 0 ? (int)n : buf_error(&enc->head);
	add_stream(s, enc->head.data, enc->head.len);
	add_planes(enc, (uint32_t)n, s);
	return 0;
}

static int encode_cycle(struct column_encoder *enc, uint32_t rows, unsigned int column,
			struct column_streams *s)
{
	int r = cycle_encode(enc->series, enc->value, rows, &enc->head);

	enc->keys = r == 0 ? column : 0;
	if (r == 0)
		add_stream(s, enc->head.data, enc->head.len);
	return r;
}

static int encode_series(struct column_encoder *enc, const struct batch *b, unsigned int column,
			 struct column_streams *s)
{
	unsigned int key = b->track->column[column].after;
	uint64_t *keys = (uint64_t *)(void *)enc->plane; /* before it holds planes */

	if (enc->keys != key)
		load(keys, b, key);
	(void)buf_add_varint(&enc->head, key);
	buf_clear(&enc->firsts);
	int64_t n = series_encode(enc->series, enc->keys == key ? NULL : keys, enc->value, b->rows,
				  &enc->head, &enc->firsts);

	enc->keys = n < 0 ? 0 : key;
	if (n < 0)
		return (int)n;
	add_stream(s, enc->head.data, enc->head.len);
	add_stream(s, enc->firsts.data, enc->firsts.len);
	add_planes(enc, (uint32_t)n, s);
	return 0;
}

int column_encode(struct column_encoder *enc, const struct batch *b, unsigned int column,
		  struct column_streams *ret)
{
	int r;

	ret->codec = b->track->column[column].codec;
	ret->n = 0;
	/* Time is the first column of each batch, and no key. */
	if (column == 0)
		enc->keys = 0;
	buf_clear(&enc->head);
	load(enc->value, b, column);
	if (ret->codec >= CODEC_CYCLE && !enc->series && !(enc->series = series_codec_new()))
		return -ENOMEM;
	switch (ret->codec) {
	case CODEC_DELTA:
		r = difference(enc->value, b->rows, column == 0 ? enc->value[0] : 0);
		if (r < 0)
			return r;
		add_planes(enc, b->rows, ret);
		return 0;
	case CODEC_ZDELTA:
		difference_zigzag(enc->value, b->rows);
		add_planes(enc, b->rows, ret);
		return 0;
	case CODEC_DICT:
		return encode_dict(enc, b->rows, ret);
	case CODEC_AFTER:
		return encode_after(enc, b, column, ret);
	case CODEC_TEXT:
		return encode_text(enc, b, ret);
	case CODEC_RUNS:
		return encode_runs(enc, b->rows, ret);
	case CODEC_CYCLE:
		return encode_cycle(enc, b->rows, column, ret);
	case CODEC_SERIES:
		return encode_series(enc, b, column, ret);
	case CODEC_PLANES:
		break;
	}
	add_planes(enc, b->rows, ret);
	return 0;
}
