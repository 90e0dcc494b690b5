/* SPDX-License-Identifier: MIT */
/* What bit rot, cut files and attackers do, a little of each. */
#include "mutate.h"

#include <string.h>

#include "base/attr.h"

/* xorshift64 (Marsaglia 2003) */
static uint64_t next_random(uint64_t *s)
{
	uint64_t state = *s;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	*s = state;
	return state;
}

size_t mutate(uint64_t *state, uint8_t *data, size_t n)
{
	static const uint32_t tempting[] = { 0,	     1,	     0x7f,	 0xff,
					     0x7fff, 0xffff, 0x7fffffff, UINT32_MAX };
	unsigned int changes = 1 + (unsigned int)(next_random(state) % 8);

	while (changes-- > 0 && n > 8) {
		size_t at = (size_t)(next_random(state) % (n - 4)), from, len;

		switch (next_random(state) % 6) {
		case 0:
			data[at] ^= (uint8_t)(1u << next_random(state) % 8);
			break;
		case 1:
			data[at] = (uint8_t)next_random(state);
			break;
		case 2:
			memcpy(data + at, &tempting[next_random(state) % ARRAY_SIZE(tempting)], 4);
			break;
		case 3:
			len = (size_t)(next_random(state) % 64);
			len = min_of(len, n - at);
			memset(data + at, 0, len);
			break;
		case 4:
			from = (size_t)(next_random(state) % (n - 4));
			len = (size_t)(next_random(state) % 256);
			size_t room = n - (at > from ? at : from);

			len = min_of(len, room);
			memmove(data + at, data + from, len);
			break;
		default:
			n -= (size_t)(next_random(state) % (n / 4));
		}
	}
	return n;
}
