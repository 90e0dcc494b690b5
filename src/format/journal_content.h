/* SPDX-License-Identifier: MIT */
/*
 * What stands in a sealed frame: entries of streams, and the index of a segment. Bytes:
 * docs/formats/journal.md, "Data" and "Index". No keys and no files here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/journal_stream.h"

#define JOURNAL_ENTRY_BYTES 32
#define JOURNAL_ROW_BYTES   64
#define JOURNAL_STREAMS_MAX 4096u /* in a data frame */

/* On disk. */
enum entry_kind {
	ENTRY_BLOCK = 1,
	ENTRY_RECORD = 2,
	ENTRY_BEGIN = 3,
	ENTRY_END = 4,
};

struct journal_entry {
	unsigned int kind; /* may be one that we do not know */
	uint16_t track; /* of a block */
	uint32_t bytes;
	nsec_t first, last; /* CLOCK_REALTIME */
	const uint8_t *data; /* lent */
};

/* ---- building the content of a data frame ---- */

struct content_builder {
	struct buf *out; /* entries are added behind @from */
	size_t from;
	struct stream_list streams; /* those of this frame */
	struct journal_row *row; /* one for each: what the index will say */
	size_t cap; /* of rows */
	uint32_t latest; /* the stream of the last entry */
};

/* One stream of one data frame, as the index has it. */
struct journal_row {
	uint64_t offset, seq, epoch;
	uint32_t stream, entries; /* stream: its place in the index's list */
	uint64_t payload_bytes;
	nsec_t first, last;
	uint64_t kinds; /* bit n: kind n is there */
};

void content_begin(struct content_builder *c, struct buf *out);
void content_done(struct content_builder *c); /* memory of the builder; @out stays */
/* 0, -ENOMEM, or -EFBIG: no room for it in this frame. */
int content_add(struct content_builder *c, const struct journal_stream *s,
		const struct journal_entry *entry) must_check;
/* Bytes of the content so far with its streams; more than FRAME_BODY_MAX is refused by add. */
size_t content_bytes(const struct content_builder *c);
/* Put the streams behind the entries. */
int content_end(struct content_builder *c) must_check;

/* ---- reading ---- */

/* Entries or rows, and streams, of the content of a frame. */
struct content {
	const uint8_t *entry, *end; /* lent */
	const uint8_t *stream;
	uint32_t n_streams;
};

/* Check @n bytes of a data frame or, with @is_index, of an index. Lent. -EBADMSG. */
int content_parse(const uint8_t *p, size_t n, bool is_index, struct content *ret) must_check;
void content_stream(const struct content *c, uint32_t i, struct journal_stream *ret);
/* The entry at c->entry and its stream; moves on. 1, 0 at the end, -EBADMSG. */
int content_next(struct content *c, struct journal_entry *ret, uint32_t *ret_stream) must_check;
/* What the index says of the streams of a data frame: @rows has c->n_streams entries, which get
 * offset, seq and epoch of @frame. -EBADMSG when the content ends badly; what was before counts. */
int content_count(const struct content *c, const struct journal_row *frame,
		  struct journal_row *rows) must_check;
/* The row at c->entry of an index likewise. */
int content_next_row(struct content *c, struct journal_row *ret) must_check;

/* ---- the index of a segment, while it is written or counted anew ---- */

struct journal_index {
	struct stream_list streams;
	struct journal_row *row;
	size_t n_rows, cap_rows;
};

void journal_index_done(struct journal_index *x);
void journal_index_clear(struct journal_index *x);
/* The row of a frame's stream; @row->stream is set here. */
int journal_index_add(struct journal_index *x, const struct journal_stream *s,
		      const struct journal_row *row) must_check;
/* Append the content of the index frame. */
int journal_index_put(const struct journal_index *x, struct buf *out) must_check;
/* Read one. -EBADMSG or -ENOMEM. */
int journal_index_parse(const uint8_t *p, size_t n, struct journal_index *ret) must_check;
bool journal_index_equal(const struct journal_index *a, const struct journal_index *b);
