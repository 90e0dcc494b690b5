/* SPDX-License-Identifier: MIT */
/*
 * Column decoding, straight into arrays of the column's own type. The loops are short and without
 * branches in the rows, so that the compiler can use vectors: reading a recording is bounded by
 * them.
 */
#include "format/column_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "format/block.h"
#include "format/series_codec.h"

static int bad(struct err *e, const struct batch *b, unsigned int column, const char *what)
{
	return err_set(e, -EBADMSG, "column '%s' of track '%s': %s", b->track->column[column].name,
		       b->track->name, what);
}

/* Streams from @skip on must be planes of @rows bytes, at most as many as the type has. */
static bool planes_fit(const struct column_streams *s, unsigned int skip, uint32_t rows,
		       size_t type_bytes)
{
	if (s->n < skip || s->n - skip > type_bytes)
		return false;
	for (unsigned int k = skip; k < s->n; k++)
		if (s->stream[k].bytes != rows)
			return false;
	return true;
}

#define DEFINE_PLANES(name, type)                                                               \
	static void name(type *restrict out, const struct column_streams *s, unsigned int skip, \
			 uint32_t rows)                                                         \
	{                                                                                       \
		unsigned int n = s->n - skip;                                                   \
                                                                                                \
		if (n == 0) {                                                                   \
			memset(out, 0, rows * sizeof(*out));                                    \
			return;                                                                 \
		}                                                                               \
		const uint8_t *restrict p = s->stream[skip].data;                               \
                                                                                                \
		for (uint32_t i = 0; i < rows; i++)                                             \
			out[i] = p[i];                                                          \
		for (unsigned int k = 1; k < n && k < sizeof(type); k++) {                      \
			const uint8_t *restrict q = s->stream[skip + k].data;                   \
			unsigned int shift = 8 * k;                                             \
                                                                                                \
			for (uint32_t i = 0; i < rows; i++)                                     \
				out[i] = (type)(out[i] | (type)((type)q[i] << shift));          \
		}                                                                               \
	}
DEFINE_PLANES(planes_u8, uint8_t)
DEFINE_PLANES(planes_u16, uint16_t)
DEFINE_PLANES(planes_u32, uint32_t)
DEFINE_PLANES(planes_u64, uint64_t)

static void planes_any(void *out, const struct column_streams *s, unsigned int skip, uint32_t rows,
		       size_t type_bytes)
{
	switch (type_bytes) {
	case 1:
		planes_u8(out, s, skip, rows);
		break;
	case 2:
		planes_u16(out, s, skip, rows);
		break;
	case 4:
		planes_u32(out, s, skip, rows);
		break;
	default:
		planes_u64(out, s, skip, rows);
		break;
	}
}

/* Running sum of up to three planes: the usual form of a time column, in one pass. */
static uint64_t sum_narrow(uint64_t *restrict out, const struct column_streams *s, uint32_t rows,
			   uint64_t t)
{
	const uint8_t *restrict p0 = s->stream[0].data;
	const uint8_t *restrict p1 = s->n > 1 ? s->stream[1].data : NULL;
	const uint8_t *restrict p2 = s->n > 2 ? s->stream[2].data : NULL;

	if (p2)
		for (uint32_t i = 0; i < rows; i++)
			out[i] = t +=
				(uint32_t)p0[i] | (uint32_t)p1[i] << 8 | (uint32_t)p2[i] << 16;
	else if (p1)
		for (uint32_t i = 0; i < rows; i++)
			out[i] = t += (uint32_t)p0[i] | (uint32_t)p1[i] << 8;
	else
		for (uint32_t i = 0; i < rows; i++)
			out[i] = t += p0[i];
	return t;
}

static int decode_delta(const struct column_streams *s, struct batch *b, unsigned int column,
			uint64_t before, struct err *e)
{
	uint32_t rows = b->rows;
	uint64_t *out = b->col[column];
	bool wraps = false;

	if (column_type_bytes(b->track->column[column].type) != 8)
		return bad(e, b, column, "differences in a column that is not 64 bits wide");
	if (s->n >= 1 && s->n <= 3) {
		/* At most 65536 differences of 24 bits: can only wrap when the start is next to the
		 * end of time. */
		wraps = sum_narrow(out, s, rows, before) < before;
	} else {
		uint64_t t = before;

		planes_u64(out, s, 0, rows);
		for (uint32_t i = 0; i < rows; i++) {
			uint64_t next = t + out[i];

			wraps |= next < t;
			out[i] = t = next;
		}
	}
	return wraps ? bad(e, b, column, "differences run over") : 0;
}

static int decode_zdelta(const struct column_streams *s, struct batch *b, unsigned int column,
			 struct err *e)
{
	size_t type_bytes = column_type_bytes(b->track->column[column].type);
	auto_free uint64_t *diff = malloc(b->rows * sizeof(*diff));
	uint64_t v = 0;

	if (!diff)
		return -ENOMEM;
	planes_u64(diff, s, 0, b->rows);
	for (uint32_t i = 0; i < b->rows; i++) {
		v += (uint64_t)zigzag_decode(diff[i]);
		if (type_bytes < 8 && v >> (8 * type_bytes))
			return bad(e, b, column, "value does not fit the type");
		switch (type_bytes) {
		case 1:
			((uint8_t *)b->col[column])[i] = (uint8_t)v;
			break;
		case 2:
			((uint16_t *)b->col[column])[i] = (uint16_t)v;
			break;
		case 4:
			((uint32_t *)b->col[column])[i] = (uint32_t)v;
			break;
		default:
			((uint64_t *)b->col[column])[i] = v;
			break;
		}
	}
	return 0;
}

/* Positions (planes behind stream 0) into @pos; false when one is not below @n. */
static bool positions(uint16_t *pos, const struct column_streams *s, uint32_t rows, uint32_t n)
{
	uint16_t most = 0;

	planes_u16(pos, s, 1, rows);
	for (uint32_t i = 0; i < rows; i++)
		most = pos[i] > most ? pos[i] : most;
	return most < n;
}

#define DEFINE_GATHER(name, type)                                                                \
	static void name(type *restrict out, const uint64_t *restrict entry, uint32_t n_entries, \
			 const uint16_t *restrict pos, uint32_t rows, type *restrict narrow)     \
	{                                                                                        \
		for (uint32_t i = 0; i < n_entries; i++)                                         \
			narrow[i] = (type)entry[i];                                              \
		for (uint32_t i = 0; i < rows; i++)                                              \
			out[i] = narrow[pos[i]];                                                 \
	}
DEFINE_GATHER(gather_u8, uint8_t)
DEFINE_GATHER(gather_u16, uint16_t)
DEFINE_GATHER(gather_u32, uint32_t)
DEFINE_GATHER(gather_u64, uint64_t)

static int decode_dict(const struct column_streams *s, struct batch *b, unsigned int column,
		       struct err *e)
{
	uint32_t rows = b->rows, n = 0;
	size_t type_bytes = column_type_bytes(b->track->column[column].type);
	/* entries, their narrow form, positions */
	auto_free uint64_t *entry = malloc(rows * (2 * sizeof(uint64_t) + sizeof(uint16_t)));

	if (!entry)
		return -ENOMEM;
	if (s->n < 1 || !planes_fit(s, 1, rows, sizeof(uint16_t)))
		return bad(e, b, column, "dictionary positions do not fit the rows");
	const uint8_t *p = s->stream[0].data, *end = p + s->stream[0].bytes;

	while (p < end) {
		uint64_t v;

		if (n == rows || !get_varint(&p, end, &v) ||
		    (type_bytes < 8 && v >> (8 * type_bytes)))
			return bad(e, b, column, "damaged dictionary");
		entry[n++] = v;
	}
	void *narrow = entry + rows;
	uint16_t *pos = (uint16_t *)(entry + 2 * (size_t)rows);

	if (!positions(pos, s, rows, n))
		return bad(e, b, column, "position outside of the dictionary");
	switch (type_bytes) {
	case 1:
		gather_u8(b->col[column], entry, n, pos, rows, narrow);
		break;
	case 2:
		gather_u16(b->col[column], entry, n, pos, rows, narrow);
		break;
	case 4:
		gather_u32(b->col[column], entry, n, pos, rows, narrow);
		break;
	default:
		gather_u64(b->col[column], entry, n, pos, rows, narrow);
		break;
	}
	return 0;
}

int column_after(const struct column_streams *s, unsigned int *ret)
{
	uint64_t v;

	if (s->n < 1)
		return -EBADMSG;
	const uint8_t *p = s->stream[0].data;

	if (!get_varint(&p, p + s->stream[0].bytes, &v) || v >= TRACK_MAX_COLUMNS)
		return -EBADMSG;
	*ret = (unsigned int)v;
	return 0;
}

static void store(void *col, size_t type_bytes, uint32_t row, uint64_t v)
{
	switch (type_bytes) {
	case 1:
		((uint8_t *)col)[row] = (uint8_t)v;
		break;
	case 2:
		((uint16_t *)col)[row] = (uint16_t)v;
		break;
	case 4:
		((uint32_t *)col)[row] = (uint32_t)v;
		break;
	default:
		((uint64_t *)col)[row] = v;
		break;
	}
}

static int decode_after(const struct column_streams *s, struct batch *b, unsigned int column,
			struct err *e)
{
	unsigned int from;
	size_t type_bytes = column_type_bytes(b->track->column[column].type);
	uint64_t row = 0;
	bool first = true;

	if (s->n != 1 || column_after(s, &from) < 0 || from == column ||
	    from >= b->track->n_columns ||
	    b->track->column[from].type != b->track->column[column].type)
		return bad(e, b, column, "predicted from a column that is not there");
	memcpy((uint8_t *)b->col[column] + type_bytes, b->col[from], (b->rows - 1) * type_bytes);

	const uint8_t *p = s->stream[0].data, *end = p + s->stream[0].bytes;
	uint64_t skip, v;

	(void)get_varint(&p, end, &skip); /* the column number, checked above */
	while (p < end) {
		if (!get_varint(&p, end, &skip) || !get_varint(&p, end, &v) || skip >= b->rows ||
		    (first && skip != 0) || (!first && skip == 0) ||
		    (type_bytes < 8 && v >> (8 * type_bytes)))
			return bad(e, b, column, "damaged exceptions");
		row += skip;
		if (row >= b->rows)
			return bad(e, b, column, "exception behind the last row");
		store(b->col[column], type_bytes, (uint32_t)row, v);
		first = false;
	}
	return first ? bad(e, b, column, "no value for the first row") : 0;
}

/* @value into the column; -EBADMSG when one is too great for its type. */
static int store_all(const uint64_t *value, struct batch *b, unsigned int column, struct err *e)
{
	size_t type_bytes = column_type_bytes(b->track->column[column].type);
	uint64_t all = 0;

	for (uint32_t i = 0; i < b->rows; i++) {
		all |= value[i];
		store(b->col[column], type_bytes, i, value[i]);
	}
	return type_bytes < 8 && all >> (8 * type_bytes)
		       ? bad(e, b, column, "value does not fit the type")
		       : 0;
}

static int decode_runs(const struct column_streams *s, struct batch *b, unsigned int column,
		       uint64_t first, struct err *e)
{
	uint32_t n_runs = 0;

	if (s->n < 1 || column_type_bytes(b->track->column[column].type) != 8)
		return bad(e, b, column, "runs do not fit the type");
	for (uint32_t i = 0; i < s->stream[0].bytes; i++)
		n_runs += !(s->stream[0].data[i] & 0x80);
	if (n_runs > b->rows || !planes_fit(s, 1, n_runs, sizeof(uint64_t)))
		return bad(e, b, column, "runs do not fit the rows");
	auto_free uint64_t *second = calloc(n_runs + 1, sizeof(*second));

	if (!second)
		return -ENOMEM;
	planes_u64(second, s, 1, n_runs);
	return runs_decode(s->stream[0].data, s->stream[0].bytes, second, n_runs, first,
			   b->col[column], b->rows)
		       ? 0
		       : bad(e, b, column, "damaged runs");
}

static int decode_cycle(const struct column_streams *s, struct batch *b, unsigned int column,
			struct err *e)
{
	auto_ptr(series_codec) c = series_codec_new();
	auto_free uint64_t *value = calloc(b->rows, sizeof(*value));

	if (!c || !value)
		return -ENOMEM;
	if (s->n != 1)
		return bad(e, b, column, "exceptions are missing");
	int r = cycle_decode(c, s->stream[0].data, s->stream[0].bytes, value, b->rows);

	if (r <= 0)
		return r < 0 ? r : bad(e, b, column, "damaged exceptions");
	return store_all(value, b, column, e);
}

static void load_keys(uint64_t *key, const struct batch *b, unsigned int column)
{
	size_t type_bytes = column_type_bytes(b->track->column[column].type);
	const uint8_t *p = b->col[column];

	for (uint32_t i = 0; i < b->rows; i++, p += type_bytes)
		key[i] = type_bytes == 1   ? *p
			 : type_bytes == 2 ? *(const uint16_t *)(const void *)p
			 : type_bytes == 4 ? *(const uint32_t *)(const void *)p
					   : *(const uint64_t *)(const void *)p;
}

static int decode_series(const struct column_streams *s, struct batch *b, unsigned int column,
			 struct err *e)
{
	auto_ptr(series_codec) c = series_codec_new();
	/* residuals, values; keys are in the place of values before */
	auto_free uint64_t *residual = malloc(2 * b->rows * sizeof(*residual));
	uint64_t *value = residual + b->rows;
	unsigned int from;

	if (!c || !residual)
		return -ENOMEM;
	if (s->n < 2 || column_after(s, &from) < 0 || from == column ||
	    from >= b->track->n_columns || b->track->column[from].type == COLUMN_TEXT)
		return bad(e, b, column, "of series that no column names");
	const uint8_t *kinds = s->stream[0].data + 1; /* behind the column number, a byte */
	int64_t n = 0;

	load_keys(value, b, from);
	n = series_decode_begin(c, value, b->rows, kinds, s->stream[0].bytes - 1);
	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0 || !planes_fit(s, 2, (uint32_t)n, sizeof(uint64_t)))
		return bad(e, b, column, "streams do not fit the series");
	planes_u64(residual, s, 2, (uint32_t)n);
	if (!series_decode(c, kinds, s->stream[1].data, s->stream[1].bytes, residual, value,
			   b->rows))
		return bad(e, b, column, "damaged first values");
	return store_all(value, b, column, e);
}

static int decode_text(const struct column_streams *s, struct batch *b, unsigned int column,
		       struct err *e)
{
	uint32_t rows = b->rows, n = 0;
	uint32_t *out = b->col[column];
	/* offsets of the texts, positions */
	auto_free uint32_t *offset = malloc(rows * (sizeof(uint32_t) + sizeof(uint16_t)));

	if (!offset)
		return -ENOMEM;
	if (s->n < 1 || !planes_fit(s, 1, rows, sizeof(uint16_t)))
		return bad(e, b, column, "text positions do not fit the rows");
	const char *p = (const char *)s->stream[0].data, *end = p + s->stream[0].bytes;

	while (p < end) {
		const char *nul = memchr(p, 0, (size_t)(end - p));

		if (!nul || n == rows)
			return bad(e, b, column, "damaged texts");
		int64_t at = batch_add_text(b, p);

		if (at < 0)
			return err_set(e, (int)at, "texts of track '%s' are too long",
				       b->track->name);
		offset[n++] = (uint32_t)at;
		p = nul + 1;
	}
	uint16_t *pos = (uint16_t *)(offset + rows);

	if (!positions(pos, s, rows, n))
		return bad(e, b, column, "position behind the last text");
	for (uint32_t i = 0; i < rows; i++)
		out[i] = offset[pos[i]];
	return 0;
}

int column_decode(const struct column_streams *s, struct batch *b, unsigned int column,
		  nsec_t first, struct err *e)
{
	enum column_type type = b->track->column[column].type;
	size_t type_bytes = column_type_bytes(type);
	int r = 0;

	if ((type == COLUMN_TEXT) != (s->codec == CODEC_TEXT))
		return bad(e, b, column, "text codec and type do not go together");
	if (s->codec <= CODEC_ZDELTA &&
	    !planes_fit(s, 0, b->rows, s->codec == CODEC_ZDELTA ? sizeof(uint64_t) : type_bytes))
		return bad(e, b, column, "streams do not fit the rows");
	switch (s->codec) {
	case CODEC_PLANES:
		planes_any(b->col[column], s, 0, b->rows, type_bytes);
		break;
	case CODEC_DELTA:
		r = decode_delta(s, b, column, column == 0 ? first : 0, e);
		break;
	case CODEC_ZDELTA:
		r = decode_zdelta(s, b, column, e);
		break;
	case CODEC_DICT:
		r = decode_dict(s, b, column, e);
		break;
	case CODEC_AFTER:
		r = decode_after(s, b, column, e);
		break;
	case CODEC_TEXT:
		return decode_text(s, b, column, e);
	case CODEC_RUNS:
		r = decode_runs(s, b, column, column == 0 ? first : 0, e);
		break;
	case CODEC_CYCLE:
		r = decode_cycle(s, b, column, e);
		break;
	case CODEC_SERIES:
		r = decode_series(s, b, column, e);
		break;
	default:
		return bad(e, b, column, "unknown codec (made by a newer kymo?)");
	}
	if (r == 0 && type == COLUMN_I64) {
		int64_t *v = b->col[column];

		for (uint32_t i = 0; i < b->rows; i++)
			v[i] = zigzag_decode((uint64_t)v[i]);
	}
	return r;
}
