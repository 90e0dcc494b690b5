/* SPDX-License-Identifier: MIT */
/* Growing byte buffers with a limit and sticky errors. */
#include "base/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BYTES 256

void buf_init(struct buf *b, size_t max)
{
	if (max == 0)
		max = BUF_MAX_DEFAULT;
	/* Room for the NUL and for growth by half, without overflow. */
	*b = (struct buf){ .max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4 };
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->error = 0;
	if (b->data)
		b->data[0] = 0;
}

void *buf_reserve(struct buf *b, size_t n)
{
	if (b->error)
		return NULL;
	if (n > b->max - b->len) {
		b->error = -EFBIG;
		return NULL;
	}
	size_t need = b->len + n + 1; /* the NUL behind */

	if (need > b->cap) {
		size_t cap = b->cap ? b->cap : FIRST_BYTES;

		while (cap < need)
			cap += cap / 2 + 1;
		if (cap > b->max + 1)
			cap = b->max + 1;
		void *grown = realloc(b->data, cap);

		if (!grown) {
			b->error = -ENOMEM;
			return NULL;
		}
		b->data = grown;
		b->cap = cap;
		b->data[b->len] = 0; /* also when the caller commits nothing */
	}
	return b->data + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = 0;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
	void *p = buf_reserve(b, n);

	if (!p)
		return b->error;
	if (n)
		memcpy(p, data, n);
	buf_commit(b, n);
	return 0;
}

int buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_add_byte(struct buf *b, uint8_t byte)
{
	return buf_add(b, &byte, 1);
}

int buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->error ? 0 : b->cap - b->len;
	va_list again;

	/* Mostly there is room already. */
	va_copy(again, ap);
	int n = vsnprintf(room ? (char *)b->data + b->len : NULL, room, fmt, again);

	va_end(again);
	if (n >= 0 && (size_t)n < room) {
		b->len += (size_t)n;
		return 0;
	}
	if (room)
		b->data[b->len] = 0;
	if (n < 0)
		return b->error = -EINVAL;
	char *p = buf_reserve(b, (size_t)n);

	if (!p)
		return b->error;
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	buf_commit(b, (size_t)n);
	return 0;
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int r = buf_vaddf(b, fmt, ap);

	va_end(ap);
	return r;
}

int buf_add_varint(struct buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;

	do {
		bytes[n] = (uint8_t)(v & 0x7f);
		v >>= 7;
		if (v)
			bytes[n] |= 0x80;
		n++;
	} while (v);
	return buf_add(b, bytes, n);
}

const char *buf_str(struct buf *b)
{
	return b->data ? (const char *)b->data : "";
}

void *buf_take(struct buf *b)
{
	void *p = b->data;
	size_t max = b->max;

	*b = (struct buf){ .max = max };
	return p;
}
