/* SPDX-License-Identifier: MIT */
/* Characters by their bytes. */
#include "base/utf8.h"

#include <string.h>

static bool in(unsigned char c, unsigned int low, unsigned int high)
{
	return c >= low && c <= high;
}

unsigned int utf8_length(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int low = 0x80, high = 0xbf, length;

	if (!n || *s < 0x80)
		return n > 0;
	if (in(*s, 0xc2, 0xdf))
		length = 2;
	else if (in(*s, 0xe0, 0xef))
		length = 3;
	else if (in(*s, 0xf0, 0xf4))
		length = 4;
	else
		return 0;
	if (*s == 0xe0)
		low = 0xa0;
	else if (*s == 0xed)
		high = 0x9f;
	else if (*s == 0xf0)
		low = 0x90;
	else if (*s == 0xf4)
		high = 0x8f;
	if (n < length || !in(s[1], low, high))
		return 0;
	for (unsigned int i = 2; i < length; i++)
		if (!in(s[i], 0x80, 0xbf))
			return 0;
	return length;
}

bool utf8_is_harmless(const char *text, unsigned int length)
{
	const unsigned char *s = (const unsigned char *)text;

	switch (length) {
	case 0:
		return false;
	case 1:
		return *s >= 0x20 && *s != 0x7f;
	case 2: /* U+0080 .. U+009F, U+061C */
		return !(s[0] == 0xc2 && s[1] < 0xa0) && !(s[0] == 0xd8 && s[1] == 0x9c);
	case 3: /* U+200E, U+200F, U+2028 .. U+202E, U+2066 .. U+2069 */
		return s[0] != 0xe2 ||
		       !((s[1] == 0x80 && (in(s[2], 0x8e, 0x8f) || in(s[2], 0xa8, 0xae))) ||
			 (s[1] == 0x81 && in(s[2], 0xa6, 0xa9)));
	default:
		return true;
	}
}

bool utf8_is_name(const char *s, size_t n)
{
	while (n) {
		unsigned int length = utf8_length(s, n);

		if (!utf8_is_harmless(s, length))
			return false;
		s += length;
		n -= length;
	}
	return true;
}

void utf8_clean(char *s)
{
	for (size_t n = strlen(s); n;) {
		const unsigned int length = utf8_length(s, n), step = length ? length : 1;

		if (!utf8_is_harmless(s, length))
			memset(s, '?', step);
		s += step;
		n -= step;
	}
}
