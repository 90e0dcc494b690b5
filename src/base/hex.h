/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits from outside text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0..15, or -1. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number at *@p, not beyond @end; moves *@p behind it. False without a digit or above 64 bits;
 * *@p and *@ret are then unchanged. */
static inline bool hex_number(const char **p, const char *end, uint64_t *ret)
{
	const char *q = *p;
	uint64_t v = 0;

	for (int d; q < end && (d = hex_digit(*q)) >= 0; q++) {
		if (v >> 60)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	if (q == *p)
		return false;
	*p = q;
	*ret = v;
	return true;
}

/* The bytes that @text spells, at most @max. Their count, or 0 when it is no such text. */
static inline size_t hex_bytes(const char *text, uint8_t *ret, size_t max)
{
	size_t n = 0;

	for (; text[0]; text += 2, n++) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || n == max)
			return 0;
		ret[n] = (uint8_t)(high << 4 | low);
	}
	return n;
}

/* @ret holds 2 * @n + 1 characters. */
static inline char *hex_text(const uint8_t *p, size_t n, char *ret)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digit[p[i] >> 4];
		ret[2 * i + 1] = digit[p[i] & 15];
	}
	ret[2 * n] = 0;
	return ret;
}
