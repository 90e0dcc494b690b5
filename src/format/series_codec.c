/* SPDX-License-Identifier: MIT */
/*
 * Codecs for samples of many series. A sample of a machine is some hundred numbers, most of which
 * have not changed; grouped by series instead of by time each of them is a short list of small
 * differences, and a constant is its first value.
 */
#include "format/series_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/idmap.h"
#include "format/block.h"

/* On disk. */
enum series_kind {
	SERIES_CONSTANT = 0,
	SERIES_DELTA = 1, /* difference to the value before */
	SERIES_DELTA2 = 2, /* difference of differences; the one before the first is 0 */
};

struct series_codec {
	struct idmap number; /* key -> index of the series, in order of first row */
	uint32_t n_series;
	uint32_t *of_row; /* series of each row */
	uint32_t *start; /* per series and one more: where its rows begin when grouped */
	uint32_t *fill; /* per series: rows seen so far */
	uint64_t *grouped;
};

struct series_codec *series_codec_new(void)
{
	struct series_codec *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->of_row = calloc(BLOCK_MAX_ROWS, sizeof(*c->of_row));
	c->start = calloc(BLOCK_MAX_ROWS + 1, sizeof(*c->start));
	c->fill = calloc(BLOCK_MAX_ROWS, sizeof(*c->fill));
	c->grouped = calloc(BLOCK_MAX_ROWS, sizeof(*c->grouped));
	return c->of_row && c->start && c->fill && c->grouped ? c : series_codec_free(c);
}

struct series_codec *series_codec_free(struct series_codec *c)
{
	if (c) {
		idmap_done(&c->number);
		free(c->of_row);
		free(c->start);
		free(c->fill);
		free(c->grouped);
		free(c);
	}
	return NULL;
}

/* ---- RUNS ---- */

int64_t runs_encode(uint64_t *value, uint32_t rows, struct buf *lengths)
{
	uint64_t last = value[0], step = 0;
	uint32_t n = 0, begin = 0;

	for (uint32_t i = 1; i <= rows; i++) {
		if (i < rows && value[i] == last)
			continue;
		/* Runs are fewer than rows, so that what is written has been read. */
		(void)buf_add_varint(lengths, i - begin);
		if (n == 0)
			value[n++] = 0;
		begin = i;
		if (i == rows)
			break;
		if (value[i] < last)
			return -EINVAL;
		uint64_t d = value[i] - last;

		last = value[i];
		value[n++] = zigzag_encode((int64_t)(d - step));
		step = d;
	}
	return n;
}

bool runs_decode(const uint8_t *lengths, size_t bytes, const uint64_t *second, uint32_t n_runs,
		 uint64_t first, uint64_t *value, uint32_t rows)
{
	const uint8_t *p = lengths, *end = lengths + bytes;
	uint64_t v = first, step = 0;
	uint32_t row = 0;

	for (uint32_t k = 0; k < n_runs; k++) {
		uint64_t n;

		if (!get_varint(&p, end, &n) || n == 0 || n > rows - row)
			return false;
		if (k > 0) {
			step += (uint64_t)zigzag_decode(second[k]);
			if (v + step < v)
				return false;
			v += step;
		}
		for (uint64_t i = 0; i < n; i++)
			value[row++] = v;
	}
	return p == end && row == rows;
}

/* ---- CYCLE ---- */

static void forget(struct series_codec *c)
{
	idmap_clear(&c->number);
	c->n_series = 0;
}

/* While keys are numbered: what followed the key with number @k the last time is number
 * start[k] - 1, 0 = nothing did; grouped[k] is the key itself. */
static bool followed(const struct series_codec *c, uint32_t k, uint64_t key)
{
	return c->start[k] && c->grouped[c->start[k] - 1] == key;
}

/*
 * Number of @key, which follows the one with number @before (IDMAP_NONE: is the first); new ones
 * are behind those known. What follows as it did the last time needs no search. IDMAP_NONE: out of
 * memory.
 */
static uint32_t number_of(struct series_codec *c, uint32_t before, uint64_t key)
{
	if (before != IDMAP_NONE && followed(c, before, key))
		return c->start[before] - 1;
	uint32_t k = idmap_get(&c->number, key);

	if (k == IDMAP_NONE) {
		k = c->n_series;
		if (idmap_set(&c->number, key, k) < 0)
			return IDMAP_NONE;
		c->n_series++;
		c->grouped[k] = key;
		c->start[k] = c->fill[k] = 0;
	}
	if (before != IDMAP_NONE)
		c->start[before] = k + 1;
	return k;
}

/* From counts in fill[] to places: start[], of one more series than there are. */
static void sum_up(struct series_codec *c)
{
	uint32_t sum = 0;

	for (uint32_t k = 0; k < c->n_series; k++) {
		c->start[k] = sum;
		sum += c->fill[k];
	}
	c->start[c->n_series] = sum;
}

int cycle_encode(struct series_codec *c, const uint64_t *value, uint32_t rows,
		 struct buf *exceptions)
{
	uint32_t before = IDMAP_NONE, last = 0;
	uint64_t last_value = 0;

	forget(c);
	for (uint32_t i = 0; i < rows; i++) {
		if (i == 0 || !followed(c, before, value[i])) {
			(void)buf_add_varint(exceptions, i - last);
			/* Against the last exception: new series come with rising numbers. */
			(void)buf_add_varint(exceptions,
					     zigzag_encode((int64_t)(value[i] - last_value)));
			last = i;
			last_value = value[i];
		}
		before = number_of(c, before, value[i]);
		if (before == IDMAP_NONE)
			return -ENOMEM;
		c->fill[before]++;
		c->of_row[i] = before;
	}
	sum_up(c);
	return buf_error(exceptions);
}

int cycle_decode(struct series_codec *c, const uint8_t *exceptions, size_t bytes, uint64_t *value,
		 uint32_t rows)
{
	const uint8_t *p = exceptions, *end = exceptions + bytes;
	uint32_t before = IDMAP_NONE;
	uint64_t next = UINT64_MAX, v = 0, skip, z;

	forget(c);
	if (p < end) {
		if (!get_varint(&p, end, &skip) || skip != 0)
			return 0;
		next = 0;
	}
	for (uint32_t i = 0; i < rows; i++) {
		if (i == next) {
			if (!get_varint(&p, end, &z))
				return 0;
			v += (uint64_t)zigzag_decode(z);
			value[i] = v;
			next = UINT64_MAX;
			if (p < end) {
				if (!get_varint(&p, end, &skip) || skip == 0 || skip >= rows - i)
					return 0;
				next = i + skip;
			}
		} else if (i > 0 && c->start[before]) {
			value[i] = c->grouped[c->start[before] - 1];
		} else {
			return 0;
		}
		before = number_of(c, before, value[i]);
		if (before == IDMAP_NONE)
			return -ENOMEM;
	}
	return p == end;
}

/* ---- SERIES ---- */

/* of_row[], start[], n_series of @key. */
static int group(struct series_codec *c, const uint64_t *key, uint32_t rows)
{
	uint32_t k = IDMAP_NONE;

	forget(c);
	for (uint32_t i = 0; i < rows; i++) {
		k = number_of(c, k, key[i]);
		if (k == IDMAP_NONE)
			return -ENOMEM;
		c->fill[k]++;
		c->of_row[i] = k;
	}
	sum_up(c);
	return 0;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static unsigned int bits_of(uint64_t v)
{
	return v ? 64 - (unsigned int)__builtin_clzll(v) : 0;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

/* Residuals of one series of @n values to @out (n - 1 of them, when it is not constant). */
static uint32_t encode_one(const uint64_t *v, uint32_t n, uint64_t *out, struct buf *kinds,
			   struct buf *firsts)
{
	uint64_t divisor = 0, step = 0, bits1 = 0, bits2 = 0;
	/* Most are constant. */
	bool changes = memcmp(v, v + 1, (n - 1) * sizeof(*v)) != 0;

	for (uint32_t i = 1; changes && i < n; i++) {
		uint64_t d = v[i] - v[i - 1];

		if (divisor != 1 && d)
			divisor = common_divisor(magnitude((int64_t)d), divisor);
		bits1 += bits_of(zigzag_encode((int64_t)d));
		bits2 += bits_of(zigzag_encode((int64_t)(d - step)));
		step = d;
	}
	enum series_kind kind = !divisor		     ? SERIES_CONSTANT
				: bits2 < bits1 - bits1 / 16 ? SERIES_DELTA2
							     : SERIES_DELTA;

	(void)buf_add_byte(kinds, (uint8_t)kind);
	(void)buf_add_varint(firsts, v[0]);
	if (kind == SERIES_CONSTANT)
		return 0;
	(void)buf_add_varint(firsts, divisor);
	step = 0;
	/* Exact, and modulo 2^64 throughout: no value is out of reach. */
	for (uint32_t i = 1; i < n; i++) {
		int64_t d = (int64_t)(v[i] - v[i - 1]) / (int64_t)divisor;

		out[i - 1] =
			zigzag_encode(kind == SERIES_DELTA ? d : (int64_t)((uint64_t)d - step));
		step = (uint64_t)d;
	}
	return n - 1;
}

int64_t series_encode(struct series_codec *c, const uint64_t *key, uint64_t *value, uint32_t rows,
		      struct buf *kinds, struct buf *firsts)
{
	uint32_t n = 0;
	int r = key ? group(c, key, rows) : 0;

	if (r < 0)
		return r;
	memcpy(c->fill, c->start, c->n_series * sizeof(*c->fill));
	for (uint32_t i = 0; i < rows; i++)
		c->grouped[c->fill[c->of_row[i]]++] = value[i];
	for (uint32_t k = 0; k < c->n_series; k++)
		n += encode_one(c->grouped + c->start[k], c->start[k + 1] - c->start[k], value + n,
				kinds, firsts);
	r = buf_error(kinds);
	if (r == 0)
		r = buf_error(firsts);
	return r < 0 ? r : (int64_t)n;
}

int64_t series_decode_begin(struct series_codec *c, const uint64_t *key, uint32_t rows,
			    const uint8_t *kinds, size_t n_kinds)
{
	int64_t n = 0;
	int r = group(c, key, rows);

	if (r < 0)
		return r;
	if (n_kinds != c->n_series)
		return -EBADMSG;
	for (uint32_t k = 0; k < c->n_series; k++) {
		if (kinds[k] > SERIES_DELTA2)
			return -EBADMSG;
		if (kinds[k] != SERIES_CONSTANT)
			n += c->start[k + 1] - c->start[k] - 1;
	}
	return n;
}

bool series_decode(struct series_codec *c, const uint8_t *kinds, const uint8_t *firsts,
		   size_t firsts_bytes, const uint64_t *residual, uint64_t *value, uint32_t rows)
{
	const uint8_t *p = firsts, *end = firsts + firsts_bytes;
	uint64_t v, divisor;

	for (uint32_t k = 0; k < c->n_series; k++) {
		uint64_t *out = c->grouped + c->start[k], step = 0;
		uint32_t n = c->start[k + 1] - c->start[k];

		if (!get_varint(&p, end, &v))
			return false;
		out[0] = v;
		if (kinds[k] == SERIES_CONSTANT) {
			for (uint32_t i = 1; i < n; i++)
				out[i] = v;
			continue;
		}
		if (!get_varint(&p, end, &divisor))
			return false;
		for (uint32_t i = 1; i < n; i++) {
			uint64_t d = (uint64_t)zigzag_decode(*residual++);

			step = kinds[k] == SERIES_DELTA ? d : step + d;
			out[i] = v += step * divisor;
		}
	}
	memcpy(c->fill, c->start, c->n_series * sizeof(*c->fill));
	for (uint32_t i = 0; i < rows; i++)
		value[i] = c->grouped[c->fill[c->of_row[i]]++];
	return p == end;
}
