/* SPDX-License-Identifier: MIT */
/*
 * Protocol buffers, the wire format (protobuf.dev/programming-guides/encoding): fields written into
 * a buffer, and fields read from bytes of which nothing is trusted. What fields mean is the
 * caller's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_BYTES = 2, PROTO_FIXED32 = 5 };

/* ---- writing; errors are sticky in the buffer ---- */

void proto_add_u64(struct buf *b, uint32_t field, uint64_t v);
void proto_add_bytes(struct buf *b, uint32_t field, const void *data, size_t n);
void proto_add_str(struct buf *b, uint32_t field, const char *s);
/* The message in @m, which is cleared for the next one. */
void proto_add_message(struct buf *b, uint32_t field, struct buf *m);

/* ---- reading ---- */

struct proto_field {
	uint32_t number;
	enum proto_wire wire;
	uint64_t value; /* of PROTO_VARINT, _FIXED64, _FIXED32 */
	const uint8_t *data; /* of PROTO_BYTES, lent */
	size_t n;
};

struct proto_reader {
	const uint8_t *at, *end;
};

/* The next field: 1, 0 at the end, -EBADMSG when it is cut or of a wire type that is none. */
int proto_next(struct proto_reader *r, struct proto_field *ret) must_check;

/*
 * The numbers of a repeated integer field, packed or not: call it again with the same @f until 0.
 * 1 and *ret, 0 at the end, -EBADMSG.
 */
int proto_next_number(struct proto_field *f, uint64_t *ret) must_check;
