/* SPDX-License-Identifier: MIT */
/* Blocks: header, column directory, compressed streams. The columns themselves are column_encode.c
 * and column_decode.c. */
#include "format/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "format/column_decode.h"
#include "format/column_encode.h"

/* On disk: how a stream is stored, the high 4 bits of its length word. */
enum stream_method { METHOD_PLAIN = 0, METHOD_ZSTD = 1, METHOD_FILL = 2 };
#define STORED_BITS 28
#define STORED_MASK ((1u << STORED_BITS) - 1)
/* Below this many bytes a zstd frame is not worth its header. */
#define COMPRESS_MIN 24

int block_parse_header(const uint8_t *p, struct block_info *ret, struct err *e)
{
	struct block_info i = {
		.header_bytes = get_le16(p + 4),
		.track = get_le16(p + 6),
		.cpu = get_le32(p + 8),
		.rows = get_le32(p + 12),
		.seq = get_le64(p + 16),
		.first = get_le64(p + 24),
		.last = get_le64(p + 32),
		.payload_bytes = get_le32(p + 40),
		.columns = get_le16(p + 46),
		.stream_no = get_le32(p + 48),
		.payload_crc = get_le32(p + 52),
	};

	if (get_le32(p) != BLOCK_MAGIC)
		return err_set(e, -EBADMSG, "no block begins here");
	if (get_le32(p + 60) != crc32c(p, 60))
		return err_set(e, -EBADMSG, "block header checksum is wrong");
	if (i.header_bytes < BLOCK_HEADER_BYTES || i.header_bytes % 8 || i.rows < 1 ||
	    i.rows > BLOCK_MAX_ROWS || i.payload_bytes > BLOCK_MAX_PAYLOAD || i.columns < 1 ||
	    i.columns > TRACK_MAX_COLUMNS || i.last < i.first)
		return err_set(e, -EBADMSG, "block header holds impossible numbers");
	*ret = i;
	return 0;
}

static void seal_header(uint8_t *p)
{
	put_le32(p + 60, crc32c(p, 60));
}

void block_renumber(uint8_t *header, uint64_t seq, uint32_t stream_no)
{
	put_le64(header + 16, seq);
	put_le32(header + 48, stream_no);
	seal_header(header);
}

/* ---- encoder ---- */

struct block_encoder {
	ZSTD_CCtx *zstd;
	struct column_encoder *column;
	struct buf directory, data;
};

struct block_encoder *block_encoder_new(int zstd_level)
{
	struct block_encoder *enc = calloc(1, sizeof(*enc));

	if (!enc)
		return NULL;
	buf_init(&enc->directory, 1u << 20);
	buf_init(&enc->data, BLOCK_MAX_PAYLOAD);
	enc->zstd = ZSTD_createCCtx();
	enc->column = column_encoder_new();
	if (!enc->zstd || !enc->column ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(enc->zstd, ZSTD_c_compressionLevel, zstd_level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(enc->zstd, ZSTD_c_contentSizeFlag, 1)))
		return block_encoder_free(enc);
	return enc;
}

struct block_encoder *block_encoder_free(struct block_encoder *enc)
{
	if (enc) {
		ZSTD_freeCCtx(enc->zstd);
		column_encoder_free(enc->column);
		buf_done(&enc->directory);
		buf_done(&enc->data);
		free(enc);
	}
	return NULL;
}

static bool all_equal(const uint8_t *p, uint32_t n)
{
	return n > 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int put_stream(struct block_encoder *enc, const uint8_t *p, uint32_t n)
{
	uint8_t entry[8];
	uint32_t stored = n;
	enum stream_method method = METHOD_PLAIN;

	if (all_equal(p, n)) {
		method = METHOD_FILL;
		stored = 1;
		(void)buf_add_byte(&enc->data, p[0]);
	} else if (n >= COMPRESS_MIN) {
		/* Only what is smaller counts: room for n - 1 bytes, an overflow means "store". */
		void *room = buf_reserve(&enc->data, ZSTD_compressBound(n));
		size_t got = room ? ZSTD_compress2(enc->zstd, room, n - 1, p, n) : (size_t)-1;

		if (!ZSTD_isError(got)) {
			method = METHOD_ZSTD;
			stored = (uint32_t)got;
			buf_commit(&enc->data, got);
		}
	}
	if (method == METHOD_PLAIN)
		(void)buf_add(&enc->data, p, n);
	put_le32(entry, n);
	put_le32(entry + 4, stored | (uint32_t)method << STORED_BITS);
	return buf_add(&enc->directory, entry, sizeof(entry));
}

static int put_column(struct block_encoder *enc, const struct batch *b, unsigned int column,
		      struct err *e)
{
	struct column_streams s;
	int r = column_encode(enc->column, b, column, &s);

	if (r < 0)
		return err_set(e, r, "cannot encode column '%s' of track '%s': %s",
			       b->track->column[column].name, b->track->name,
			       r == -EINVAL ? "values fall" : strerror(-r));
	uint8_t head[4] = { (uint8_t)column, (uint8_t)b->track->column[column].type,
			    (uint8_t)s.codec, (uint8_t)s.n };

	(void)buf_add(&enc->directory, head, sizeof(head));
	for (unsigned int k = 0; k < s.n; k++)
		(void)put_stream(enc, s.stream[k].data, s.stream[k].bytes);
	r = buf_error(&enc->directory) ? buf_error(&enc->directory) : buf_error(&enc->data);
	return r < 0 ? err_set(e, r, "no memory for a block of track '%s'", b->track->name) : 0;
}

int block_encode(struct block_encoder *enc, const struct batch *b, struct buf *out, struct err *e)
{
	static const uint8_t zeros[8];
	uint8_t header[BLOCK_HEADER_BYTES] = { 0 };
	size_t start = out->len;
	uint16_t columns = 0;

	if (b->rows < 1 || b->rows > BLOCK_MAX_ROWS)
		return err_set(e, -EINVAL, "a block has 1 to %u rows", BLOCK_MAX_ROWS);
	buf_clear(&enc->directory);
	buf_clear(&enc->data);
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		if (!b->col[c] && b->track->column[c].flags & COLUMN_OPTIONAL)
			continue;
		int r = put_column(enc, b, c, e);

		if (r < 0)
			return r;
		columns++;
	}
	size_t payload = enc->directory.len + enc->data.len;

	if (payload > BLOCK_MAX_PAYLOAD)
		return err_set(e, -EFBIG, "block of track '%s' is too large", b->track->name);
	put_le32(header, BLOCK_MAGIC);
	put_le16(header + 4, BLOCK_HEADER_BYTES);
	put_le16(header + 6, b->track->id);
	put_le32(header + 8, b->cpu);
	put_le32(header + 12, b->rows);
	put_le64(header + 24, b->time[0]);
	put_le64(header + 32, b->time[b->rows - 1]);
	put_le32(header + 40, (uint32_t)payload);
	put_le16(header + 46, columns);
	(void)buf_add(out, header, sizeof(header));
	(void)buf_add(out, enc->directory.data, enc->directory.len);
	(void)buf_add(out, enc->data.data, enc->data.len);
	(void)buf_add(out, zeros, -out->len & 7);
	if (buf_error(out))
		return err_set(e, buf_error(out), "no memory for a block of %zu bytes", payload);
	uint8_t *h = out->data + start;

	put_le32(h + 52, crc32c(h + BLOCK_HEADER_BYTES, payload));
	seal_header(h);
	return 0;
}

/* ---- decoder ---- */

struct block_decoder {
	ZSTD_DCtx *zstd;
	uint8_t *scratch; /* decompressed streams of one column */
	size_t scratch_bytes;
};

struct block_decoder *block_decoder_new(void)
{
	struct block_decoder *dec = calloc(1, sizeof(*dec));

	if (!dec)
		return NULL;
	dec->zstd = ZSTD_createDCtx();
	return dec->zstd ? dec : block_decoder_free(dec);
}

struct block_decoder *block_decoder_free(struct block_decoder *dec)
{
	if (dec) {
		ZSTD_freeDCtx(dec->zstd);
		free(dec->scratch);
		free(dec);
	}
	return NULL;
}

/* A column as it stands in the payload. */
struct entry {
	uint8_t column, type, codec, n;
	struct {
		uint32_t raw, stored;
		uint8_t method;
		const uint8_t *data;
	} stream[COLUMN_MAX_STREAMS];
};

static int read_entry(const uint8_t **p, const uint8_t *end, struct entry *ret)
{
	if (end - *p < 4)
		return -EBADMSG;
	*ret = (struct entry){ .column = (*p)[0], .type = (*p)[1], .codec = (*p)[2], .n = (*p)[3] };
	*p += 4;
	if (ret->n > COLUMN_MAX_STREAMS || end - *p < 8 * ret->n)
		return -EBADMSG;
	for (unsigned int k = 0; k < ret->n; k++, *p += 8) {
		uint32_t word = get_le32(*p + 4);

		ret->stream[k].raw = get_le32(*p);
		ret->stream[k].stored = word & STORED_MASK;
		ret->stream[k].method = (uint8_t)(word >> STORED_BITS);
		if (ret->stream[k].raw > COLUMN_MAX_STREAM_BYTES)
			return -EBADMSG;
	}
	return 0;
}

/* The directory of all columns, with pointers to the stored streams; the lengths must use up the
 * payload exactly. */
static int read_directory(const struct block_info *info, const uint8_t *p, struct entry *entry)
{
	const uint8_t *end = p + info->payload_bytes;

	for (unsigned int c = 0; c < info->columns; c++)
		if (read_entry(&p, end, &entry[c]) < 0)
			return -EBADMSG;
	for (unsigned int c = 0; c < info->columns; c++)
		for (unsigned int k = 0; k < entry[c].n; k++) {
			if ((size_t)(end - p) < entry[c].stream[k].stored)
				return -EBADMSG;
			entry[c].stream[k].data = p;
			p += entry[c].stream[k].stored;
		}
	return p == end ? 0 : -EBADMSG;
}

static int make_room(struct block_decoder *dec, size_t bytes)
{
	if (bytes <= dec->scratch_bytes)
		return 0;
	void *p = realloc(dec->scratch, bytes);

	if (!p)
		return -ENOMEM;
	dec->scratch = p;
	dec->scratch_bytes = bytes;
	return 0;
}

static int unpack(struct block_decoder *dec, const struct entry *en, struct column_streams *s,
		  struct err *e)
{
	size_t need = 1, at = 0; /* never nothing: scratch is added to, and must not be NULL */

	for (unsigned int k = 0; k < en->n; k++)
		need += en->stream[k].method == METHOD_PLAIN ? 0 : en->stream[k].raw;
	if (make_room(dec, need) < 0)
		return err_set(e, -ENOMEM, "no memory for %zu bytes of a block", need);
	s->codec = en->codec;
	s->n = en->n;
	for (unsigned int k = 0; k < en->n; k++) {
		uint32_t raw = en->stream[k].raw, stored = en->stream[k].stored;
		bool ok;

		s->stream[k].bytes = raw;
		s->stream[k].data = dec->scratch + at;
		switch (en->stream[k].method) {
		case METHOD_PLAIN:
			ok = stored == raw;
			s->stream[k].data = en->stream[k].data;
			break;
		case METHOD_ZSTD:
			ok = ZSTD_decompressDCtx(dec->zstd, dec->scratch + at, raw,
						 en->stream[k].data, stored) == raw;
			at += raw;
			break;
		case METHOD_FILL:
			ok = stored == 1;
			if (ok)
				memset(dec->scratch + at, en->stream[k].data[0], raw);
			at += raw;
			break;
		default:
			return err_set(e, -EBADMSG,
				       "unknown compression method %u (made by a newer kymo?)",
				       en->stream[k].method);
		}
		if (!ok)
			return err_set(e, -EBADMSG, "stream %u of column %u is damaged", k,
				       en->column);
	}
	return 0;
}

/* Columns that must be decoded so that @columns can be: those that others are predicted from. */
static int close_over(struct block_decoder *dec, const struct block_info *info,
		      const struct entry *entry, uint32_t *columns, struct err *e)
{
	for (unsigned int c = info->columns; c-- > 0;) {
		struct column_streams s;
		unsigned int from;

		if ((entry[c].codec != CODEC_AFTER && entry[c].codec != CODEC_SERIES) ||
		    entry[c].column >= TRACK_MAX_COLUMNS || !(*columns >> entry[c].column & 1))
			continue;
		int r = unpack(dec, &entry[c], &s, e);

		if (r < 0)
			return r;
		if (column_after(&s, &from) < 0 || from >= entry[c].column)
			return err_set(e, -EBADMSG,
				       "column %u is predicted from a column that is not before it",
				       entry[c].column);
		*columns |= 1u << from;
	}
	return 0;
}

static bool is_optional(const struct track *t, unsigned int column)
{
	return t->column[column].flags & COLUMN_OPTIONAL;
}

/* Columns that the payload lacks read as 0; optional ones are not there, which says the same. */
static void absent_columns(struct batch *into, uint32_t seen)
{
	for (unsigned int c = 0; c < into->track->n_columns; c++) {
		if (seen >> c & 1)
			continue;
		if (is_optional(into->track, c)) {
			if (into->full)
				batch_set_optional(into, c, false);
		} else {
			memset(into->col[c], 0,
			       into->rows * column_type_bytes(into->track->column[c].type));
		}
	}
}

/* Room for a column of the payload: false when the caller's batch has none and wants none. */
static bool has_room(struct batch *into, unsigned int column)
{
	if (!is_optional(into->track, column))
		return true;
	if (into->full)
		batch_set_optional(into, column, true);
	return into->full;
}

/* 1: @column of the file is one that we know and want. */
static int check_entry(const struct entry *en, const struct track *t, uint32_t *seen, struct err *e)
{
	if (en->column >= t->n_columns)
		return 0;
	if (en->type != t->column[en->column].type)
		return err_set(e, -EBADMSG, "column '%s' of track '%s' has type %u",
			       t->column[en->column].name, t->name, en->type);
	if (en->column == 0 && en->codec != CODEC_DELTA && en->codec != CODEC_RUNS)
		return err_set(e, -EBADMSG, "times of track '%s' are not differences", t->name);
	/* Ascending order makes "predicted from an earlier column" also "already decoded". */
	if (*seen >> en->column)
		return err_set(e, -EBADMSG, "columns of track '%s' are not in order", t->name);
	*seen |= 1u << en->column;
	return 1;
}

int block_decode(struct block_decoder *dec, const struct block_info *info, const uint8_t *p,
		 uint32_t columns, struct batch *into, struct err *e)
{
	struct entry entry[TRACK_MAX_COLUMNS];
	uint32_t seen = 0;
	int r;

	assert(into->track->id == info->track && into->cap >= info->rows);
	if (crc32c(p, info->payload_bytes) != info->payload_crc)
		return err_set(e, -EBADMSG, "block payload checksum is wrong");
	if (read_directory(info, p, entry) < 0)
		return err_set(e, -EBADMSG, "column directory is damaged");
	batch_clear(into);
	into->cpu = info->cpu;
	into->rows = info->rows;
	columns = columns ? columns | 1 : UINT32_MAX;
	r = close_over(dec, info, entry, &columns, e);
	if (r < 0)
		return r;
	for (unsigned int c = 0; c < info->columns; c++) {
		struct column_streams s;

		r = check_entry(&entry[c], into->track, &seen, e);
		if (r < 0)
			return r;
		if (r == 0 || !has_room(into, entry[c].column) || !(columns >> entry[c].column & 1))
			continue;
		r = unpack(dec, &entry[c], &s, e);
		if (r == 0)
			r = column_decode(&s, into, entry[c].column, info->first, e);
		if (r < 0)
			return r;
	}
	absent_columns(into, seen);
	if (!(seen & 1) || into->time[0] != info->first || into->time[into->rows - 1] != info->last)
		return err_set(e, -EBADMSG, "times of the block do not agree with its header");
	return 0;
}
