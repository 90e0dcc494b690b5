/* SPDX-License-Identifier: MIT */
/* Finding the blocks of a recording, by trailer or by walking over every byte. */
#include "format/recording_index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "base/idmap.h"
#include "format/recording_file.h"
#include "model/file_track.h"

#define SEARCH_WINDOW (1u << 20)

void recording_index_done(struct recording_index *x)
{
	free(x->block);
	free(x->gap);
	*x = (struct recording_index){ 0 };
}

static int add_block(struct recording_index *x, size_t *cap, const struct recording_block *k)
{
	if (x->n_blocks == *cap) {
		size_t n = *cap ? 2 * *cap : 256;
		struct recording_block *grown = reallocarray(x->block, n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		x->block = grown;
		*cap = n;
	}
	x->block[x->n_blocks++] = *k;
	return 0;
}

/* Only the first damage gets words; what follows it is usually its consequence. */
static void damage(struct recording_index *x, const char *fmt, ...) printf_like(2, 3);
static void damage(struct recording_index *x, const char *fmt, ...)
{
	va_list ap;

	x->complete = false;
	if (x->damage[0])
		return;
	va_start(ap, fmt);
	vsnprintf(x->damage, sizeof(x->damage), fmt, ap);
	va_end(ap);
}

/* ---- by trailer ---- */

static int check_row(const struct batch *b, uint32_t i, uint64_t at, uint64_t end,
		     struct recording_block *ret)
{
	*ret = (struct recording_block){
		.offset = b->time[i],
		.first = batch_u64(b, INDEX_FIRST)[i],
		.last = batch_u64(b, INDEX_LAST)[i],
		.bytes = batch_u32(b, INDEX_BYTES)[i],
		.track = batch_u16(b, INDEX_TRACK)[i],
		.cpu = batch_u32(b, INDEX_CPU)[i],
		.rows = batch_u32(b, INDEX_ROWS)[i],
	};
	/* Blocks lie without gaps: anything else is damage. */
	if (ret->offset != at || ret->bytes < BLOCK_HEADER_BYTES || ret->bytes % 8 ||
	    ret->bytes > end - at || ret->rows < 1 || ret->rows > BLOCK_MAX_ROWS ||
	    ret->first > ret->last)
		return -EBADMSG;
	return 0;
}

/* Read the block at @at of at most @end; the buffer holds header and payload. */
static int read_block(int fd, uint64_t at, uint64_t end, struct buf *b, struct block_info *info,
		      struct err *e)
{
	buf_clear(b);
	if (end - at < BLOCK_HEADER_BYTES)
		return err_set(e, -EBADMSG, "only %llu bytes left", (unsigned long long)(end - at));
	uint8_t *p = buf_reserve(b, BLOCK_HEADER_BYTES);
	int r = p ? file_pread_all(fd, p, BLOCK_HEADER_BYTES, at) : -ENOMEM;

	if (r < 0)
		return err_set(e, r, "cannot read: %s", strerror(-r));
	r = block_parse_header(p, info, e);
	if (r < 0)
		return r;
	buf_commit(b, BLOCK_HEADER_BYTES);
	uint64_t bytes = block_bytes(info);

	if (bytes > end - at)
		return err_set(e, -ENODATA, "block needs %llu bytes more than there are",
			       (unsigned long long)(bytes - (end - at)));
	p = buf_reserve(b, bytes - BLOCK_HEADER_BYTES);
	r = p ? file_pread_all(fd, p, bytes - BLOCK_HEADER_BYTES, at + BLOCK_HEADER_BYTES)
	      : -ENOMEM;
	if (r < 0)
		return err_set(e, r, "cannot read: %s", strerror(-r));
	buf_commit(b, bytes - BLOCK_HEADER_BYTES);
	return 0;
}

static int load_rows(struct recording_index *x, size_t *cap, const struct batch *b, uint64_t *at,
		     uint64_t index_at)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		struct recording_block k;

		if (check_row(b, i, *at, index_at, &k) < 0)
			return -EBADMSG;
		if (add_block(x, cap, &k) < 0)
			return -ENOMEM;
		*at += k.bytes;
	}
	return 0;
}

static int load_index(int fd, uint64_t index_at, uint64_t end, struct recording_index *x,
		      struct err *e)
{
	auto_ptr(block_decoder) dec = block_decoder_new();
	auto_ptr(batch) b = batch_new(&track_index, BLOCK_MAX_ROWS);
	auto_buf raw;
	size_t cap = 0;
	uint64_t covered = RECORDING_HEADER_BYTES;

	buf_init(&raw, BLOCK_MAX_PAYLOAD + 4096);
	if (!dec || !b)
		return err_set(e, -ENOMEM, "no memory for the index");
	for (uint64_t at = index_at; at < end;) {
		struct block_info info;
		int r = read_block(fd, at, end, &raw, &info, e);

		if (r == 0 && info.track != track_index.id)
			r = err_set(e, -EBADMSG, "not an index block");
		if (r == 0)
			r = block_decode(dec, &info, raw.data + info.header_bytes, 0, b, e);
		if (r == 0) {
			r = load_rows(x, &cap, b, &covered, index_at);
			if (r < 0)
				err_set(e, r, "index rows do not fit the file");
		}
		if (r < 0) {
			err_prefix(e, "index block at offset %llu", (unsigned long long)at);
			return r == -ENODATA ? -EBADMSG : r;
		}
		at += block_bytes(&info);
	}
	return covered == index_at
		       ? 0
		       : err_set(e, -EBADMSG, "the index leaves out bytes %llu to %llu",
				 (unsigned long long)covered, (unsigned long long)index_at);
}

/* Offset of the index, 0 when there is no valid trailer. */
static uint64_t read_trailer(int fd, uint64_t size)
{
	uint8_t t[RECORDING_TRAILER_BYTES];

	if (size < RECORDING_HEADER_BYTES + sizeof(t) ||
	    file_pread_all(fd, t, sizeof(t), size - sizeof(t)) < 0)
		return 0;
	uint64_t index_at = get_le64(t + 8);

	if (memcmp(t, RECORDING_END_MAGIC, 8) || get_le32(t + 28) != crc32c(t, 28) ||
	    get_le64(t + 16) != size || index_at < RECORDING_HEADER_BYTES ||
	    index_at > size - sizeof(t))
		return 0;
	return index_at;
}

/* ---- by walking ---- */

struct walk {
	int fd;
	uint64_t size;
	struct recording_index *x;
	size_t cap, cap_gaps;
	struct idmap
		last_block; /* track << 32 | cpu -> index into x->block, stream number beside it */
	uint32_t *stream_no;
	size_t cap_stream_no;
	uint64_t next_seq;
};

/* The next multiple of 8 from @from on at which a valid block header stands; w->size when there is
 * none. */
static uint64_t find_block(struct walk *w, uint64_t from)
{
	auto_free uint8_t *window = malloc(SEARCH_WINDOW + BLOCK_HEADER_BYTES);

	for (uint64_t at = (from + 7) & ~UINT64_C(7); window && at < w->size; at += SEARCH_WINDOW) {
		size_t n =
			(size_t)min_of(w->size - at, (uint64_t)SEARCH_WINDOW + BLOCK_HEADER_BYTES);

		if (n < BLOCK_HEADER_BYTES || file_pread_all(w->fd, window, n, at) < 0)
			break;
		for (size_t i = 0; i < SEARCH_WINDOW && i + BLOCK_HEADER_BYTES <= n; i += 8) {
			struct block_info info;

			if (get_le32(window + i) == BLOCK_MAGIC &&
			    block_parse_header(window + i, &info, NULL) == 0)
				return at + i;
		}
	}
	return w->size;
}

static int add_gap(struct walk *w, const struct recording_gap *g)
{
	struct recording_index *x = w->x;

	if (x->n_gaps == w->cap_gaps) {
		size_t n = w->cap_gaps ? 2 * w->cap_gaps : 16;
		struct recording_gap *grown = reallocarray(x->gap, n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		x->gap = grown;
		w->cap_gaps = n;
	}
	x->gap[x->n_gaps++] = *g;
	return 0;
}

/* A block that was read whole: enter it, and the gap in its stream before it when numbers are
 * missing. */
static int enter_block(struct walk *w, uint64_t at, const struct block_info *info)
{
	struct recording_index *x = w->x;
	uint64_t key = (uint64_t)info->track << 32 | info->cpu;
	uint32_t before = idmap_get(&w->last_block, key);
	struct recording_block k = {
		.offset = at,
		.bytes = (uint32_t)block_bytes(info),
		.track = info->track,
		.cpu = info->cpu,
		.rows = info->rows,
		.first = info->first,
		.last = info->last,
	};
	struct recording_gap g = { .track = info->track, .cpu = info->cpu, .to = info->first };
	uint32_t expect = before == IDMAP_NONE ? 0 : w->stream_no[before] + 1;

	if (before != IDMAP_NONE) {
		g.from = x->block[before].last;
		if (info->first < g.from)
			return -EBADMSG; /* out of order: a stray copy of an older block */
	}
	if (info->stream_no < expect)
		return -EBADMSG;
	if (info->stream_no > expect) {
		damage(x, "blocks are missing before offset %llu", (unsigned long long)at);
		if (add_gap(w, &g) < 0)
			return -ENOMEM;
	}
	if (x->n_blocks == w->cap_stream_no) {
		size_t n = w->cap_stream_no ? 2 * w->cap_stream_no : 256;
		uint32_t *grown = reallocarray(w->stream_no, n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		w->stream_no = grown;
		w->cap_stream_no = n;
	}
	if (x->n_blocks >= IDMAP_NONE || idmap_set(&w->last_block, key, (uint32_t)x->n_blocks) < 0)
		return -ENOMEM;
	w->stream_no[x->n_blocks] = info->stream_no;
	w->next_seq = info->seq + 1;
	return add_block(x, &w->cap, &k);
}

/* One step of the walk: the block at @at, or the way around damage there. *ret_next = where to go
 * on. */
static int walk_block(struct walk *w, struct buf *raw, uint64_t at, uint64_t *ret_next)
{
	struct block_info info;
	struct err why = { 0 };
	int r = read_block(w->fd, at, w->size, raw, &info, &why);

	if (r == 0 && crc32c(raw->data + info.header_bytes, info.payload_bytes) != info.payload_crc)
		r = err_set(&why, -EBADMSG, "block payload checksum is wrong");
	if (r == 0) {
		r = enter_block(w, at, &info);
		if (r == -EBADMSG)
			err_set(&why, r, "block is out of order");
	}
	if (r == 0) {
		*ret_next = at + block_bytes(&info);
		return 0;
	}
	if (r != -EBADMSG && r != -ENODATA)
		return r;
	*ret_next = find_block(w, at + 8);
	if (*ret_next < w->size)
		damage(w->x, "damaged at offset %llu: %s; went on at offset %llu",
		       (unsigned long long)at, why.text, (unsigned long long)*ret_next);
	else
		damage(w->x, "cut or damaged at offset %llu of %llu: %s", (unsigned long long)at,
		       (unsigned long long)w->size, why.text);
	return 0;
}

static int walk_file(int fd, uint64_t size, uint64_t end, struct recording_index *x, struct err *e)
{
	struct walk w = { .fd = fd, .size = end, .x = x };
	auto_buf raw;
	int r = 0;

	buf_init(&raw, BLOCK_MAX_PAYLOAD + 4096);
	for (uint64_t at = RECORDING_HEADER_BYTES; r == 0 && at < end;)
		r = walk_block(&w, &raw, at, &at);
	idmap_done(&w.last_block);
	free(w.stream_no);
	if (r < 0)
		return err_set(e, r, "cannot walk over %llu bytes: %s", (unsigned long long)size,
			       strerror(-r));
	return 0;
}

/* ---- both ---- */

static int read_header(int fd, uint64_t size, struct recording_index *x, bool *ret_closed,
		       struct err *e)
{
	uint8_t h[RECORDING_HEADER_BYTES];
	size_t n = (size_t)min_of(size, (uint64_t)sizeof(h));
	int r = file_pread_all(fd, h, n, 0);

	if (r < 0)
		return err_set(e, r, "cannot read: %s", strerror(-r));
	if (n < 8 || memcmp(h, RECORDING_MAGIC, 8))
		return err_set(e, -EMEDIUMTYPE, "not a kymo recording (try: kymo convert)");
	if (n < sizeof(h)) {
		damage(x, "cut at offset %zu, within the header", n);
		*ret_closed = false;
		return 0;
	}
	if (get_le32(h + 60) != crc32c(h, 60)) {
		damage(x, "checksum of the file header is wrong");
		*ret_closed = false;
		return 0;
	}
	if (get_le16(h + 8) != RECORDING_MAJOR)
		return err_set(e, -EMEDIUMTYPE,
			       "recording of format version %u.%u, this kymo reads %u.x (needs a "
			       "newer kymo)",
			       get_le16(h + 8), get_le16(h + 10), RECORDING_MAJOR);
	memcpy(x->id, h + 16, sizeof(x->id));
	x->created = get_le64(h + 32);
	*ret_closed = get_le32(h + 12) & RECORDING_FLAG_CLOSED;
	return 0;
}

int recording_index_load(int fd, const char *path, uint64_t size, bool walk,
			 struct recording_index *ret, struct err *e)
{
	struct recording_index x = { .complete = true };
	bool closed = false;
	int r = read_header(fd, size, &x, &closed, e);

	if (r < 0) {
		err_prefix(e, "'%s'", path);
		return r;
	}
	uint64_t index_at = read_trailer(fd, size);

	if (!walk && closed && index_at) {
		r = load_index(fd, index_at, size - RECORDING_TRAILER_BYTES, &x, e);
	} else {
		if (!index_at)
			damage(&x,
			       closed ? "cut at offset %llu: the end is missing"
				      : "not closed: its recorder was killed or is still writing "
					"(%llu bytes so far)",
			       (unsigned long long)size);
		r = walk_file(fd, size, index_at ? size - RECORDING_TRAILER_BYTES : size, &x, e);
	}
	if (r < 0) {
		recording_index_done(&x);
		err_prefix(e, "'%s'", path);
		return r;
	}
	*ret = x;
	return 0;
}
