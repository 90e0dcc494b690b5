/* SPDX-License-Identifier: MIT */
/* gzip by zlib. */
#include "format/gzip.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#define STEP ((size_t)64 << 10)
/* What is added to MAX_WBITS for a gzip header. */
#define GZIP_WBITS 16

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

int gzip_pack(const void *data, size_t n, struct buf *out, struct err *e)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data };
	size_t given = 0;
	int r;

	if (deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + GZIP_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return out_of_memory(e);
	do {
		uint8_t *room = buf_reserve(out, STEP);

		if (!room) {
			(void)deflateEnd(&z);
			return err_set(e, buf_error(out), "no room for what is packed");
		}
		if (!z.avail_in) {
			z.avail_in = (uInt)min_of(n - given, (size_t)INT_MAX);
			given += z.avail_in;
		}
		z.next_out = room;
		z.avail_out = STEP;
		r = deflate(&z, given == n ? Z_FINISH : Z_NO_FLUSH);
		buf_commit(out, STEP - z.avail_out);
	} while (r == Z_OK || r == Z_BUF_ERROR);
	(void)deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : err_set(e, -EIO, "cannot pack: zlib error %d", r);
}

/* Until the end of a member: Z_STREAM_END, else what stops it. */
static int unpack_member(z_stream *z, struct buf *out)
{
	int r;

	do {
		/* The last step may be a small one: the limit is of what comes out. */
		size_t step = min_of(STEP, out->max - out->len);
		uint8_t *room = step ? buf_reserve(out, step) : NULL;

		if (!room)
			return Z_MEM_ERROR;
		z->next_out = room;
		z->avail_out = (uInt)step;
		r = inflate(z, Z_NO_FLUSH);
		buf_commit(out, step - z->avail_out);
	} while (r == Z_OK && (z->avail_in || !z->avail_out));
	return r;
}

int gzip_unpack(const uint8_t *data, size_t n, struct buf *out, struct err *e)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)n };
	int r;

	if (n > INT_MAX)
		return err_set(e, -EFBIG, "more than 2 GiB of packed bytes");
	if (inflateInit2(&z, MAX_WBITS + GZIP_WBITS) != Z_OK)
		return out_of_memory(e);
	do {
		r = unpack_member(&z, out);
	} while (r == Z_STREAM_END && gzip_is(z.next_in, z.avail_in) && inflateReset(&z) == Z_OK);
	size_t at = n - z.avail_in;

	(void)inflateEnd(&z);
	if (r == Z_STREAM_END)
		return 0;
	if (r == Z_MEM_ERROR)
		return out->len >= out->max
			       ? err_set(e, -EFBIG, "unpacks to more than %zu MiB", out->max >> 20)
			       : out_of_memory(e);
	if (r == Z_OK || r == Z_BUF_ERROR)
		return err_set(e, -ENODATA, "the gzip stream is cut at byte %zu", at);
	return err_set(e, -EBADMSG, "the gzip stream is damaged at byte %zu", at);
}
