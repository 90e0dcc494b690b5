/* SPDX-License-Identifier: MIT */
/* MessagePack: a table says what each first byte means. */
#include "format/msgpack.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

const char *msgpack_type_name(enum msgpack_type type)
{
	static const char *const name[] = {
		[MSGPACK_NIL] = "nil",	    [MSGPACK_BOOL] = "a truth value",
		[MSGPACK_INT] = "a number", [MSGPACK_FLOAT] = "a broken number",
		[MSGPACK_TEXT] = "a text",  [MSGPACK_ARRAY] = "an array",
		[MSGPACK_MAP] = "a map",    [MSGPACK_EXT] = "an extension",
	};

	return type >= MSGPACK_NIL && type < ARRAY_SIZE(name) ? name[type] : "nothing";
}

/* First bytes 0xc0 .. 0xdf. */
struct form {
	uint8_t type; /* 0: never used by the format */
	uint8_t bytes; /* of the number or length that follows, big-endian */
	uint8_t is_signed;
	uint8_t extra; /* EXT: bytes behind the length; fixed ones: all of them */
};

static const struct form forms[32] = {
	[0x00] = { MSGPACK_NIL, 0, 0, 0 },   [0x02] = { MSGPACK_BOOL, 0, 0, 0 },
	[0x03] = { MSGPACK_BOOL, 0, 0, 0 },  [0x04] = { MSGPACK_TEXT, 1, 0, 0 },
	[0x05] = { MSGPACK_TEXT, 2, 0, 0 },  [0x06] = { MSGPACK_TEXT, 4, 0, 0 },
	[0x07] = { MSGPACK_EXT, 1, 0, 1 },   [0x08] = { MSGPACK_EXT, 2, 0, 1 },
	[0x09] = { MSGPACK_EXT, 4, 0, 1 },   [0x0a] = { MSGPACK_FLOAT, 4, 0, 0 },
	[0x0b] = { MSGPACK_FLOAT, 8, 0, 0 }, [0x0c] = { MSGPACK_INT, 1, 0, 0 },
	[0x0d] = { MSGPACK_INT, 2, 0, 0 },   [0x0e] = { MSGPACK_INT, 4, 0, 0 },
	[0x0f] = { MSGPACK_INT, 8, 0, 0 },   [0x10] = { MSGPACK_INT, 1, 1, 0 },
	[0x11] = { MSGPACK_INT, 2, 1, 0 },   [0x12] = { MSGPACK_INT, 4, 1, 0 },
	[0x13] = { MSGPACK_INT, 8, 1, 0 },   [0x14] = { MSGPACK_EXT, 0, 0, 2 },
	[0x15] = { MSGPACK_EXT, 0, 0, 3 },   [0x16] = { MSGPACK_EXT, 0, 0, 5 },
	[0x17] = { MSGPACK_EXT, 0, 0, 9 },   [0x18] = { MSGPACK_EXT, 0, 0, 17 },
	[0x19] = { MSGPACK_TEXT, 1, 0, 0 },  [0x1a] = { MSGPACK_TEXT, 2, 0, 0 },
	[0x1b] = { MSGPACK_TEXT, 4, 0, 0 },  [0x1c] = { MSGPACK_ARRAY, 2, 0, 0 },
	[0x1d] = { MSGPACK_ARRAY, 4, 0, 0 }, [0x1e] = { MSGPACK_MAP, 2, 0, 0 },
	[0x1f] = { MSGPACK_MAP, 4, 0, 0 },
};

/* At least one byte at r->at: 1, 0 at the end, -errno. */
static int fill(struct msgpack_reader *r, struct err *e)
{
	if (r->left)
		return 1;
	int ret = r->more(r->ctx, &r->at, &r->left, e);

	return ret < 0 ? ret : r->left > 0;
}

/* @n bytes into @to (NULL: passed over); an end within is damage. */
static int take(struct msgpack_reader *r, uint8_t *to, uint64_t n, struct err *e)
{
	while (n) {
		int ret = fill(r, e);

		if (ret < 0)
			return ret;
		if (!ret)
			return err_set(e, -EBADMSG, "the data end within an item");
		size_t some = (size_t)min_of(n, (uint64_t)r->left);

		if (to) {
			memcpy(to, r->at, some);
			to += some;
		}
		r->at += some;
		r->left -= some;
		r->offset += some;
		n -= some;
	}
	return 0;
}

int msgpack_peek(struct msgpack_reader *r, uint8_t *ret, struct err *e)
{
	int n = fill(r, e);

	if (n > 0)
		*ret = r->at[0];
	return n;
}

static int read_text(struct msgpack_reader *r, uint64_t len, struct msgpack_item *ret,
		     struct err *e)
{
	if (len > MSGPACK_TEXT_MAX)
		return err_set(e, -E2BIG, "a text of %llu bytes, more than %u",
			       (unsigned long long)len, MSGPACK_TEXT_MAX);
	int n = take(r, r->text, len, e);

	if (n < 0)
		return n;
	r->text[len] = 0;
	ret->text = (const char *)r->text;
	ret->len = (uint32_t)len;
	return 1;
}

static void set_int(struct msgpack_item *ret, uint64_t v, bool is_signed, unsigned int bytes)
{
	uint64_t sign = bytes ? UINT64_C(1) << (8 * bytes - 1) : 0;

	ret->u = v;
	if (!is_signed || !(v & sign))
		return;
	ret->negative = true;
	ret->u = (sign << 1) - v; /* 8 bytes: the shift gives 0, as it should */
}

/* The item behind a first byte of the table. */
static int read_form(struct msgpack_reader *r, uint8_t first, struct msgpack_item *ret,
		     struct err *e)
{
	const struct form *f = &forms[first - 0xc0];
	uint8_t raw[8];
	uint64_t v = 0;

	if (!f->type)
		return err_set(e, -EBADMSG, "byte 0x%02x begins no item", first);
	int n = take(r, raw, f->bytes, e);

	if (n < 0)
		return n;
	for (unsigned int i = 0; i < f->bytes; i++)
		v = v << 8 | raw[i];
	*ret = (struct msgpack_item){ .type = f->type, .u = v };
	switch (ret->type) {
	case MSGPACK_BOOL:
		ret->u = first & 1;
		return 1;
	case MSGPACK_INT:
		set_int(ret, v, f->is_signed, f->bytes);
		return 1;
	case MSGPACK_TEXT:
		return read_text(r, v, ret, e);
	case MSGPACK_EXT:
		n = take(r, NULL, v + f->extra, e);
		return n < 0 ? n : 1;
	default:
		return 1;
	}
}

int msgpack_next(struct msgpack_reader *r, struct msgpack_item *ret, struct err *e)
{
	uint8_t first;
	int n = fill(r, e);

	if (n <= 0)
		return n;
	n = take(r, &first, 1, e);
	if (n < 0)
		return n;
	*ret = (struct msgpack_item){ .type = MSGPACK_INT, .u = first };
	if (first < 0x80)
		return 1;
	if (first >= 0xe0) {
		set_int(ret, first, true, 1);
		return 1;
	}
	if (first >= 0xc0)
		return read_form(r, first, ret, e);
	if (first >= 0xa0) {
		ret->type = MSGPACK_TEXT;
		return read_text(r, first & 0x1f, ret, e);
	}
	ret->type = first >= 0x90 ? MSGPACK_ARRAY : MSGPACK_MAP;
	ret->u = first & 0xf;
	return 1;
}

/* ---- writing ---- */

static void put_number(struct buf *b, uint8_t first, uint64_t v, unsigned int bytes)
{
	uint8_t raw[9] = { first };

	for (unsigned int i = 0; i < bytes; i++)
		raw[1 + i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	(void)buf_add(b, raw, 1 + bytes);
}

void msgpack_put_nil(struct buf *b)
{
	(void)buf_add_byte(b, 0xc0);
}

void msgpack_put_uint(struct buf *b, uint64_t v)
{
	if (v < 0x80)
		(void)buf_add_byte(b, (uint8_t)v);
	else if (v <= UINT8_MAX)
		put_number(b, 0xcc, v, 1);
	else if (v <= UINT16_MAX)
		put_number(b, 0xcd, v, 2);
	else if (v <= UINT32_MAX)
		put_number(b, 0xce, v, 4);
	else
		put_number(b, 0xcf, v, 8);
}

/* The form without str 8 is what writers of 2015 knew. */
void msgpack_put_text(struct buf *b, const char *s, size_t len)
{
	if (len < 32)
		(void)buf_add_byte(b, (uint8_t)(0xa0 | len));
	else if (len <= UINT16_MAX)
		put_number(b, 0xda, len, 2);
	else
		put_number(b, 0xdb, len, 4);
	(void)buf_add(b, s, len);
}

void msgpack_put_array(struct buf *b, uint32_t count)
{
	if (count < 16)
		(void)buf_add_byte(b, (uint8_t)(0x90 | count));
	else if (count <= UINT16_MAX)
		put_number(b, 0xdc, count, 2);
	else
		put_number(b, 0xdd, count, 4);
}

void msgpack_put_map(struct buf *b, uint32_t count)
{
	if (count < 16)
		(void)buf_add_byte(b, (uint8_t)(0x80 | count));
	else if (count <= UINT16_MAX)
		put_number(b, 0xde, count, 2);
	else
		put_number(b, 0xdf, count, 4);
}
