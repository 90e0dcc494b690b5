/* SPDX-License-Identifier: MIT */
/* Entries and streams as bytes. */
#include "format/journal_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/journal_frame.h"

#define TAIL_BYTES	  8
#define INDEX_STREAMS_MAX (1u << 20)

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* What ends a frame: its streams, their count, and the bytes before them. */
static int put_tail(const struct stream_list *l, size_t entry_bytes, struct buf *out)
{
	int r = stream_list_put(l, out);
	uint8_t *p = r < 0 ? NULL : buf_reserve(out, TAIL_BYTES);

	if (!p)
		return r < 0 ? r : buf_error(out);
	put_le32(p, (uint32_t)l->n);
	put_le32(p + 4, (uint32_t)entry_bytes);
	buf_commit(out, TAIL_BYTES);
	return 0;
}

/* ---- building ---- */

void content_begin(struct content_builder *c, struct buf *out)
{
	c->out = out;
	c->from = out->len;
	stream_list_clear(&c->streams);
	c->latest = 0;
}

void content_done(struct content_builder *c)
{
	stream_list_done(&c->streams);
	free(c->row);
	*c = (struct content_builder){ 0 };
}

size_t content_bytes(const struct content_builder *c)
{
	return c->out->len - c->from + c->streams.n * JOURNAL_STREAM_BYTES + TAIL_BYTES;
}

/* The place of @s in the frame's list. */
static int find_stream(struct content_builder *c, const struct journal_stream *s)
{
	const size_t n = c->streams.n;
	uint32_t at;

	if (n && journal_stream_equal(&c->streams.stream[c->latest], s))
		return (int)c->latest;
	if (n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 8;
		struct journal_row *row = reallocarray(c->row, cap, sizeof(*row));

		if (!row)
			return -ENOMEM;
		c->row = row;
		c->cap = cap;
	}
	int r = stream_list_find(&c->streams, s, JOURNAL_STREAMS_MAX, &at);

	if (r < 0)
		return r;
	if (c->streams.n > n)
		c->row[at] = (struct journal_row){ .first = NSEC_MAX };
	c->latest = at;
	return (int)at;
}

static void count(struct journal_row *row, const struct journal_entry *entry)
{
	row->entries++;
	row->payload_bytes += entry->bytes;
	row->first = min_of(row->first, entry->first);
	row->last = max_of(row->last, entry->last);
	row->kinds |= entry->kind < 64 ? UINT64_C(1) << entry->kind : 0;
}

int content_add(struct content_builder *c, const struct journal_stream *s,
		const struct journal_entry *entry)
{
	const size_t bytes = JOURNAL_ENTRY_BYTES + padded(entry->bytes);

	if (content_bytes(c) + JOURNAL_STREAM_BYTES + bytes + SEAL_TAG_BYTES > FRAME_BODY_MAX)
		return -EFBIG;
	uint8_t *p = buf_reserve(c->out, bytes);

	if (!p)
		return buf_error(c->out);
	int at = find_stream(c, s);

	if (at < 0)
		return at;
	put_le32(p, (uint32_t)at);
	put_le16(p + 4, (uint16_t)entry->kind);
	put_le16(p + 6, entry->track);
	put_le32(p + 8, entry->bytes);
	put_le32(p + 12, 0);
	put_le64(p + 16, entry->first);
	put_le64(p + 24, entry->last);
	if (entry->bytes)
		memcpy(p + JOURNAL_ENTRY_BYTES, entry->data, entry->bytes);
	memset(p + JOURNAL_ENTRY_BYTES + entry->bytes, 0, padded(entry->bytes) - entry->bytes);
	buf_commit(c->out, bytes);
	count(&c->row[at], entry);
	return 0;
}

int content_end(struct content_builder *c)
{
	return put_tail(&c->streams, c->out->len - c->from, c->out);
}

/* ---- reading ---- */

int content_parse(const uint8_t *p, size_t n, bool is_index, struct content *ret)
{
	if (n < TAIL_BYTES)
		return -EBADMSG;
	uint32_t streams = get_le32(p + n - 8), entries = get_le32(p + n - 4);

	if (streams > (is_index ? INDEX_STREAMS_MAX : JOURNAL_STREAMS_MAX) || entries % 8 ||
	    n != entries + (uint64_t)streams * JOURNAL_STREAM_BYTES + TAIL_BYTES)
		return -EBADMSG;
	*ret = (struct content){
		.entry = p, .end = p + entries, .stream = p + entries, .n_streams = streams
	};
	return 0;
}

void content_stream(const struct content *c, uint32_t i, struct journal_stream *ret)
{
	journal_stream_get(c->stream + (size_t)i * JOURNAL_STREAM_BYTES, ret);
}

int content_next(struct content *c, struct journal_entry *ret, uint32_t *ret_stream)
{
	const uint8_t *p = c->entry;
	size_t room = (size_t)(c->end - p);

	if (!room)
		return 0;
	if (room < JOURNAL_ENTRY_BYTES)
		return -EBADMSG;
	*ret_stream = get_le32(p);
	*ret = (struct journal_entry){
		.kind = get_le16(p + 4),
		.track = get_le16(p + 6),
		.bytes = get_le32(p + 8),
		.first = get_le64(p + 16),
		.last = get_le64(p + 24),
		.data = p + JOURNAL_ENTRY_BYTES,
	};
	room -= JOURNAL_ENTRY_BYTES;
	if (*ret_stream >= c->n_streams || ret->bytes > room || padded(ret->bytes) > room)
		return -EBADMSG;
	c->entry = ret->data + padded(ret->bytes);
	return 1;
}

int content_count(const struct content *c, const struct journal_row *frame,
		  struct journal_row *rows)
{
	struct content copy = *c;
	struct journal_entry entry;
	uint32_t at;
	int r;

	for (uint32_t i = 0; i < c->n_streams; i++)
		rows[i] = (struct journal_row){ .offset = frame->offset,
						.seq = frame->seq,
						.epoch = frame->epoch,
						.first = NSEC_MAX };
	while ((r = content_next(&copy, &entry, &at)) > 0)
		count(&rows[at], &entry);
	return r;
}

int content_next_row(struct content *c, struct journal_row *ret)
{
	const uint8_t *p = c->entry;

	if (p == c->end)
		return 0;
	if (c->end - p < JOURNAL_ROW_BYTES)
		return -EBADMSG;
	*ret = (struct journal_row){
		.offset = get_le64(p),
		.seq = get_le64(p + 8),
		.stream = get_le32(p + 16),
		.entries = get_le32(p + 20),
		.payload_bytes = get_le64(p + 24),
		.first = get_le64(p + 32),
		.last = get_le64(p + 40),
		.kinds = get_le64(p + 48),
		.epoch = get_le64(p + 56),
	};
	if (ret->stream >= c->n_streams)
		return -EBADMSG;
	c->entry = p + JOURNAL_ROW_BYTES;
	return 1;
}

/* ---- index ---- */

void journal_index_done(struct journal_index *x)
{
	stream_list_done(&x->streams);
	free(x->row);
	*x = (struct journal_index){ 0 };
}

void journal_index_clear(struct journal_index *x)
{
	stream_list_clear(&x->streams);
	x->n_rows = 0;
}

static int grow_rows(struct journal_index *x)
{
	size_t cap = x->cap_rows ? 2 * x->cap_rows : 64;
	struct journal_row *row = reallocarray(x->row, cap, sizeof(*row));

	if (!row)
		return -ENOMEM;
	x->row = row;
	x->cap_rows = cap;
	return 0;
}

int journal_index_add(struct journal_index *x, const struct journal_stream *s,
		      const struct journal_row *row)
{
	/* The stream of a frame is most often that of the frame before. */
	uint32_t at = x->n_rows ? x->row[x->n_rows - 1].stream : 0;

	if (!x->n_rows || !journal_stream_equal(&x->streams.stream[at], s)) {
		int r = stream_list_find(&x->streams, s, INDEX_STREAMS_MAX, &at);

		if (r < 0)
			return r;
	}
	if (x->n_rows == x->cap_rows && grow_rows(x) < 0)
		return -ENOMEM;
	x->row[x->n_rows] = *row;
	x->row[x->n_rows++].stream = at;
	return 0;
}

int journal_index_put(const struct journal_index *x, struct buf *out)
{
	uint8_t *p = buf_reserve(out, x->n_rows * JOURNAL_ROW_BYTES);

	if (!p)
		return buf_error(out);
	for (size_t i = 0; i < x->n_rows; i++, p += JOURNAL_ROW_BYTES) {
		const struct journal_row *row = &x->row[i];

		put_le64(p, row->offset);
		put_le64(p + 8, row->seq);
		put_le32(p + 16, row->stream);
		put_le32(p + 20, row->entries);
		put_le64(p + 24, row->payload_bytes);
		put_le64(p + 32, row->first);
		put_le64(p + 40, row->last);
		put_le64(p + 48, row->kinds);
		put_le64(p + 56, row->epoch);
	}
	buf_commit(out, x->n_rows * JOURNAL_ROW_BYTES);
	return put_tail(&x->streams, x->n_rows * JOURNAL_ROW_BYTES, out);
}

int journal_index_parse(const uint8_t *p, size_t n, struct journal_index *ret)
{
	struct content c;
	struct journal_index x = { 0 };
	struct journal_stream s;
	struct journal_row row;
	int r = content_parse(p, n, true, &c);

	for (uint32_t i = 0; r >= 0 && i < c.n_streams; i++) {
		content_stream(&c, i, &s);
		r = stream_list_append(&x.streams, &s);
	}
	while (r >= 0 && (r = content_next_row(&c, &row)) > 0) {
		if (x.n_rows == x.cap_rows)
			r = grow_rows(&x);
		if (r >= 0)
			x.row[x.n_rows++] = row;
	}
	if (r < 0)
		journal_index_done(&x);
	else
		*ret = x;
	return r;
}

static bool row_equal(const struct journal_row *a, const struct journal_row *b)
{
	return a->offset == b->offset && a->seq == b->seq && a->epoch == b->epoch &&
	       a->stream == b->stream && a->entries == b->entries &&
	       a->payload_bytes == b->payload_bytes && a->first == b->first && a->last == b->last &&
	       a->kinds == b->kinds;
}

bool journal_index_equal(const struct journal_index *a, const struct journal_index *b)
{
	bool equal = a->streams.n == b->streams.n && a->n_rows == b->n_rows;

	for (size_t i = 0; equal && i < a->streams.n; i++)
		equal = journal_stream_equal(&a->streams.stream[i], &b->streams.stream[i]);
	for (size_t i = 0; equal && i < a->n_rows; i++)
		equal = row_equal(&a->row[i], &b->row[i]);
	return equal;
}
