/* SPDX-License-Identifier: MIT */
/*
 * MessagePack (the public specification at github.com/msgpack/msgpack, spec.md): items read one by
 * one from bytes that come in pieces, and appended to a buffer. The reader holds one text at most;
 * no length from outside is allocated. Texts may be of type str or bin: older writers knew one
 * only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

#define MSGPACK_TEXT_MAX 4096u

enum msgpack_type {
	MSGPACK_NIL = 1,
	MSGPACK_BOOL,
	MSGPACK_INT,
	MSGPACK_FLOAT,
	MSGPACK_TEXT,
	MSGPACK_ARRAY, /* count items follow */
	MSGPACK_MAP, /* count pairs follow */
	MSGPACK_EXT, /* its bytes are passed over */
};
/* "an array" ... for words; never NULL. */
const char *msgpack_type_name(enum msgpack_type type);

struct msgpack_item {
	enum msgpack_type type;
	bool negative; /* INT: the value is -u */
	uint64_t u; /* INT, BOOL; bits of a double for FLOAT; count of ARRAY, MAP */
	const char *text; /* TEXT: lent until the next item, a NUL behind; may hold others */
	uint32_t len;
};

struct msgpack_reader {
	/* The next piece of the input, lent until the next call; *ret_n = 0 at its end. */
	int (*more)(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e);
	void *ctx;

	/* msgpack.c's own */
	const uint8_t *at;
	size_t left;
	uint64_t offset; /* bytes read: where the next item begins */
	uint8_t text[MSGPACK_TEXT_MAX + 1];
};

/* 1 and an item; 0 when the input ended before it; -EBADMSG with words when it ends within or makes
 * no sense, -E2BIG for a text over MSGPACK_TEXT_MAX, or what more() failed with. */
int msgpack_next(struct msgpack_reader *r, struct msgpack_item *ret, struct err *e) must_check;
/* The first byte of what follows; 0 at the end, -errno. */
int msgpack_peek(struct msgpack_reader *r, uint8_t *ret, struct err *e) must_check;

/* Appended to @b in the shortest form; errors stay in @b (buf_error()). */
void msgpack_put_nil(struct buf *b);
void msgpack_put_uint(struct buf *b, uint64_t v);
void msgpack_put_text(struct buf *b, const char *s, size_t len); /* as str */
void msgpack_put_array(struct buf *b, uint32_t count);
void msgpack_put_map(struct buf *b, uint32_t count);
