/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 after FIPS 180-4. The round constants are computed as the standard defines them (the
 * first 32 fractional bits of cube and square roots of primes), by integer arithmetic, which keeps
 * a table of 72 magic numbers out of the source.
 */
#include "sha256.h"

#include <string.h>

static uint32_t ror(uint32_t v, unsigned int n)
{
	return v >> n | v << (32 - n);
}

/* First 32 bits of the fraction of the @root-th root of @p: floor(p^(1/root) * 2^32) mod 2^32. */
static uint32_t root_fraction(uint32_t p, unsigned int root)
{
	uint64_t low = 0, high = UINT64_C(1) << 37;

	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;
		/* mid^root <= p * 2^(32 * root), in 128 bits: mid < 2^37, so mid^3 < 2^111 */
		unsigned __int128 power = (unsigned __int128)mid * mid;

		if (root == 3)
			power *= mid;
		if (power <= (unsigned __int128)p << (32 * root))
			low = mid;
		else
			high = mid;
	}
	return (uint32_t)low;
}

struct constants {
	uint32_t k[64];
	uint32_t h[8];
};

static void constants_init(struct constants *c)
{
	unsigned int n = 0;

	for (uint32_t p = 2; n < 64; p++) {
		uint32_t d = 2;

		while (d * d <= p && p % d)
			d++;
		if (d * d <= p)
			continue;
		c->k[n] = root_fraction(p, 3);
		if (n < 8)
			c->h[n] = root_fraction(p, 2);
		n++;
	}
}

static void sha256_block(const struct constants *c, uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8];

	for (unsigned int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (unsigned int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[i - 7] +
		       (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
	memcpy(v, h, sizeof(v));
	for (unsigned int i = 0; i < 64; i++) {
		uint32_t t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + c->k[i] + w[i];
		uint32_t t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned int i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256(const void *data, size_t n, uint8_t ret[SHA256_BYTES])
{
	struct constants c;
	const uint8_t *p = data;
	uint8_t tail[128] = { 0 };
	uint64_t bits = (uint64_t)n * 8;
	uint32_t h[8];

	constants_init(&c);
	memcpy(h, c.h, sizeof(h));
	for (; n >= 64; n -= 64, p += 64)
		sha256_block(&c, h, p);
	memcpy(tail, p, n);
	tail[n] = 0x80;

	size_t end = n < 56 ? 64 : 128;

	for (unsigned int i = 0; i < 8; i++)
		tail[end - 1 - i] = (uint8_t)(bits >> (8 * i));
	for (size_t i = 0; i < end; i += 64)
		sha256_block(&c, h, tail + i);
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		ret[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_base64(const uint8_t digest[SHA256_BYTES], char ret[SHA256_BASE64_MAX])
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = ret;

	for (unsigned int i = 0; i < SHA256_BYTES; i += 3) {
		unsigned int left = SHA256_BYTES - i;
		uint32_t v = (uint32_t)digest[i] << 16 |
			     (left > 1 ? (uint32_t)digest[i + 1] << 8 : 0) |
			     (left > 2 ? digest[i + 2] : 0);

		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = left > 1 ? digit[v >> 6 & 63] : '=';
		*out++ = left > 2 ? digit[v & 63] : '=';
	}
	*out = '\0';
}
