/* SPDX-License-Identifier: MIT */
/* Integers in byte order, from and to unaligned bytes; LEB128. Callers check bounds. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_GETTER(name, type, conv)         \
	static inline type name(const void *p) \
	{                                      \
		type v;                        \
		memcpy(&v, p, sizeof(v));      \
		return conv(v);                \
	}
#define BYTES_PUTTER(name, type, conv)           \
	static inline void name(void *p, type v) \
	{                                        \
		v = conv(v);                     \
		memcpy(p, &v, sizeof(v));        \
	}
BYTES_GETTER(get_le16, uint16_t, le16toh)
BYTES_GETTER(get_le32, uint32_t, le32toh)
BYTES_GETTER(get_le64, uint64_t, le64toh)
BYTES_GETTER(get_be16, uint16_t, be16toh)
BYTES_GETTER(get_be32, uint32_t, be32toh)
BYTES_GETTER(get_be64, uint64_t, be64toh)
BYTES_PUTTER(put_le16, uint16_t, htole16)
BYTES_PUTTER(put_le32, uint32_t, htole32)
BYTES_PUTTER(put_le64, uint64_t, htole64)

/*
 * Read a LEB128 number at *@p, not beyond @end; moves *@p behind it. False when it is cut or longer
 * than 64 bits; *@p and *@ret_v are then unchanged.
 */
static inline bool get_varint(const uint8_t **p, const uint8_t *end, uint64_t *ret_v)
{
	const uint8_t *q = *p;
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (q >= end)
			return false;
		uint8_t byte = *q++;

		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*p = q;
			*ret_v = v;
			return true;
		}
	}
	return false;
}

static inline uint64_t zigzag_encode(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t zigzag_decode(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
