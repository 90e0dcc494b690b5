/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a limit. Every failure is sticky: after -ENOMEM or -EFBIG (limit) all
 * further adds fail the same way, so that a writer may check once at the end with buf_error(). Data
 * is always followed by a NUL that is not counted.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct buf {
	uint8_t *data; /* never NULL after the first successful add */
	size_t len;
	size_t cap;
	size_t max;
	int error;
};

#define BUF_MAX_DEFAULT ((size_t)1 << 32)

/* @max = 0 means BUF_MAX_DEFAULT. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* length 0, error forgotten, memory kept */

/* Room for @n more bytes; returns where they go or NULL. The caller then adds what it used with
 * buf_commit(). */
void *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_str(struct buf *b, const char *s);
int buf_add_byte(struct buf *b, uint8_t byte);
int buf_addf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
int buf_vaddf(struct buf *b, const char *fmt, va_list ap) printf_like(2, 0);
int buf_add_varint(struct buf *b, uint64_t v); /* LEB128 */
static inline int buf_error(const struct buf *b)
{
	return b->error;
}
/* The bytes as a C string ("" when empty), lent. */
const char *buf_str(struct buf *b);
/* Take the memory over (free() it); the buffer is empty afterwards. NULL when nothing was added. */
void *buf_take(struct buf *b);

static inline void cleanup_buf(struct buf *b)
{
	buf_done(b);
}
#define auto_buf __attribute__((cleanup(cleanup_buf))) struct buf
