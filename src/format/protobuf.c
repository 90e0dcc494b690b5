/* SPDX-License-Identifier: MIT */
/* Tags, lengths and numbers of protocol buffers. */
#include "format/protobuf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

static void add_tag(struct buf *b, uint32_t field, enum proto_wire wire)
{
	(void)buf_add_varint(b, (uint64_t)field << 3 | wire);
}

void proto_add_u64(struct buf *b, uint32_t field, uint64_t v)
{
	add_tag(b, field, PROTO_VARINT);
	(void)buf_add_varint(b, v);
}

void proto_add_bytes(struct buf *b, uint32_t field, const void *data, size_t n)
{
	add_tag(b, field, PROTO_BYTES);
	(void)buf_add_varint(b, n);
	if (n)
		(void)buf_add(b, data, n);
}

void proto_add_str(struct buf *b, uint32_t field, const char *s)
{
	proto_add_bytes(b, field, s, strlen(s));
}

void proto_add_message(struct buf *b, uint32_t field, struct buf *m)
{
	if (buf_error(m) && !b->error)
		b->error = buf_error(m);
	proto_add_bytes(b, field, m->data, m->len);
	buf_clear(m);
}

static bool take(struct proto_reader *r, size_t n, const uint8_t **ret)
{
	if ((size_t)(r->end - r->at) < n)
		return false;
	*ret = r->at;
	r->at += n;
	return true;
}

int proto_next(struct proto_reader *r, struct proto_field *ret)
{
	struct proto_field f = { 0 };
	const uint8_t *p;
	uint64_t tag, n;

	if (r->at == r->end)
		return 0;
	if (!get_varint(&r->at, r->end, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3)
		return -EBADMSG;
	f.number = (uint32_t)(tag >> 3);
	f.wire = (enum proto_wire)(tag & 7);
	switch (f.wire) {
	case PROTO_VARINT:
		if (!get_varint(&r->at, r->end, &f.value))
			return -EBADMSG;
		break;
	case PROTO_FIXED64:
		if (!take(r, 8, &p))
			return -EBADMSG;
		f.value = get_le64(p);
		break;
	case PROTO_FIXED32:
		if (!take(r, 4, &p))
			return -EBADMSG;
		f.value = get_le32(p);
		break;
	case PROTO_BYTES:
		if (!get_varint(&r->at, r->end, &n) || n > (uint64_t)(r->end - r->at))
			return -EBADMSG;
		f.n = (size_t)n;
		if (!take(r, f.n, &f.data))
			return -EBADMSG;
		break;
	default: /* groups, long out of use */
		return -EBADMSG;
	}
	*ret = f;
	return 1;
}

int proto_next_number(struct proto_field *f, uint64_t *ret)
{
	if (f->wire == PROTO_BYTES) {
		if (!f->n)
			return 0;
		const uint8_t *end = f->data + f->n;

		if (!get_varint(&f->data, end, ret))
			return -EBADMSG;
		f->n = (size_t)(end - f->data);
		return 1;
	}
	*ret = f->value;
	f->wire = PROTO_BYTES;
	f->n = 0;
	return 1;
}
