/* SPDX-License-Identifier: MIT */
/*
 * One compression for all: its words are vectors of four lanes (GCC vector extensions, which become
 * AVX2 or pairs of SSE2). Leaf i has every fourth block of 128 bytes, beginning with block i. Where
 * leaves end at different blocks, the lanes that are not due keep their state.
 */
#include "base/blake2bp.h"

#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/bytes.h"

#define LANES	    4
#define BLOCK_BYTES 128
#define ROUNDS	    12

typedef uint64_t word __attribute__((vector_size(8 * LANES)));
typedef uint8_t word_bytes __attribute__((vector_size(8 * LANES)));

/* RFC 7693, sections 2.6 and 2.7; rounds 10 and 11 are as 0 and 1. */
static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* By lane: the state in memory, where any caller may touch it. */
struct lanes {
	uint64_t h[8][LANES];
	uint64_t count[LANES]; /* bytes that went in */
	uint64_t last[LANES], last_node[LANES]; /* all ones: this block is the leaf's last */
};

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define ALL(v)	      ((word){ v, v, v, v })

/* Rotations by whole bytes: a shuffle, where the processor has one for bytes. */
#define ROTATE_BYTES(x, a, b, c, d, e, f, g, h)                                                 \
	((word)__builtin_shufflevector(                                                         \
		(word_bytes)(x), (word_bytes)(x), a, b, c, d, e, f, g, h, 8 + (a), 8 + (b),     \
		8 + (c), 8 + (d), 8 + (e), 8 + (f), 8 + (g), 8 + (h), 16 + (a), 16 + (b),       \
		16 + (c), 16 + (d), 16 + (e), 16 + (f), 16 + (g), 16 + (h), 24 + (a), 24 + (b), \
		24 + (c), 24 + (d), 24 + (e), 24 + (f), 24 + (g), 24 + (h)))
#define ROTATE_BITS(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define ROTATE_32(x)	  (shuffles ? ROTATE_BYTES(x, 4, 5, 6, 7, 0, 1, 2, 3) : ROTATE_BITS(x, 32))
#define ROTATE_24(x)	  (shuffles ? ROTATE_BYTES(x, 3, 4, 5, 6, 7, 0, 1, 2) : ROTATE_BITS(x, 24))
#define ROTATE_16(x)	  (shuffles ? ROTATE_BYTES(x, 2, 3, 4, 5, 6, 7, 0, 1) : ROTATE_BITS(x, 16))
#define ROTATE_63(x)	  ((x) >> 63 | ((x) + (x)))

/* Half of MIX for four columns or diagonals side by side: independent steps next to each other. */
#define HALF(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, i, one, two) \
	do {                                                                              \
		v[a0] += v[b0] + m[s[i]];                                                 \
		v[a1] += v[b1] + m[s[(i) + 2]];                                           \
		v[a2] += v[b2] + m[s[(i) + 4]];                                           \
		v[a3] += v[b3] + m[s[(i) + 6]];                                           \
		v[d0] = one(v[d0] ^ v[a0]);                                               \
		v[d1] = one(v[d1] ^ v[a1]);                                               \
		v[d2] = one(v[d2] ^ v[a2]);                                               \
		v[d3] = one(v[d3] ^ v[a3]);                                               \
		v[c0] += v[d0];                                                           \
		v[c1] += v[d1];                                                           \
		v[c2] += v[d2];                                                           \
		v[c3] += v[d3];                                                           \
		v[b0] = two(v[b0] ^ v[c0]);                                               \
		v[b1] = two(v[b1] ^ v[c1]);                                               \
		v[b2] = two(v[b2] ^ v[c2]);                                               \
		v[b3] = two(v[b3] ^ v[c3]);                                               \
	} while (0)
#define COLUMNS(i, one, two) HALF(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, i, one, two)
#define DIAGONALS(i, one, two) \
	HALF(0, 1, 2, 3, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14, i, one, two)

static ALWAYS_INLINE void load(word *ret, const uint64_t *lane)
{
	memcpy(ret, lane, sizeof(*ret));
}

/* Words 4k .. 4k+3 of each lane's block: four rows of memory become four columns. */
static ALWAYS_INLINE void load_words(word ret[4], const uint8_t *const p[LANES], size_t at)
{
	word row[LANES], a, b, c, d;

	for (unsigned int i = 0; i < LANES; i++) {
		memcpy(&row[i], p[i] + at, sizeof(row[i]));
		if (__BYTE_ORDER == __BIG_ENDIAN)
			for (unsigned int k = 0; k < LANES; k++)
				row[i][k] = le64toh(row[i][k]);
	}
	a = __builtin_shufflevector(row[0], row[1], 0, 4, 2, 6);
	b = __builtin_shufflevector(row[0], row[1], 1, 5, 3, 7);
	c = __builtin_shufflevector(row[2], row[3], 0, 4, 2, 6);
	d = __builtin_shufflevector(row[2], row[3], 1, 5, 3, 7);
	ret[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
	ret[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
	ret[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
	ret[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/* One block into each lane, @p[lane]; the count was moved on before. */
static ALWAYS_INLINE void compress(struct lanes *l, const uint8_t *const p[LANES],
				   const bool shuffles)
{
	word m[16], v[16], x;

	for (unsigned int i = 0; i < 16; i += 4)
		load_words(m + i, p, 8 * (size_t)i);
	for (unsigned int i = 0; i < 8; i++) {
		load(&v[i], l->h[i]);
		v[8 + i] = ALL(iv[i]);
	}
	load(&x, l->count);
	v[12] ^= x;
	load(&x, l->last);
	v[14] ^= x;
	load(&x, l->last_node);
	v[15] ^= x;
	for (unsigned int r = 0; r < ROUNDS; r++) {
		const uint8_t *s = sigma[r % 10];

		COLUMNS(0, ROTATE_32, ROTATE_24);
		COLUMNS(1, ROTATE_16, ROTATE_63);
		DIAGONALS(8, ROTATE_32, ROTATE_24);
		DIAGONALS(9, ROTATE_16, ROTATE_63);
	}
	for (unsigned int i = 0; i < 8; i++) {
		load(&x, l->h[i]);
		x ^= v[i] ^ v[8 + i];
		memcpy(l->h[i], &x, sizeof(x));
	}
}

/* @stripes times a block for each lane, none the last of its leaf. */
static ALWAYS_INLINE void take_stripes(struct lanes *l, const uint8_t *p, size_t stripes,
				       const bool shuffles)
{
	for (; stripes > 0; stripes--, p += LANES * BLOCK_BYTES) {
		const uint8_t *const at[LANES] = { p, p + BLOCK_BYTES, p + 2 * BLOCK_BYTES,
						   p + 3 * BLOCK_BYTES };

		for (unsigned int i = 0; i < LANES; i++)
			l->count[i] += BLOCK_BYTES;
		compress(l, at, shuffles);
	}
}

/* The parameter block's first word: digest 64 bytes, no key, fanout 4, depth 2. */
#define PARAMETERS (64u | (uint64_t)LANES << 16 | UINT64_C(2) << 24)

/* @depth 0: leaf i in lane i; 1: the root in all of them. Inner digests of 64 bytes. */
static void begin(struct lanes *l, unsigned int depth)
{
	memset(l, 0, sizeof(*l));
	for (unsigned int lane = 0; lane < LANES; lane++) {
		for (unsigned int i = 0; i < 8; i++)
			l->h[i][lane] = iv[i];
		l->h[0][lane] ^= PARAMETERS;
		l->h[1][lane] ^= depth ? 0 : lane;
		l->h[2][lane] ^= depth | UINT64_C(64) << 8;
	}
}

/* The last one or two blocks of each leaf: @n is at most two stripes. Leaves that end a block
 * before others keep their state. */
static ALWAYS_INLINE void end_leaves(struct lanes *l, const uint8_t *p, size_t n,
				     const bool shuffles)
{
	for (size_t stripe = 0; stripe < 2; stripe++) {
		uint8_t block[LANES][BLOCK_BYTES] = { 0 };
		const uint8_t *const at[LANES] = { block[0], block[1], block[2], block[3] };
		struct lanes before = *l;
		bool due[LANES];

		for (size_t i = 0; i < LANES; i++) {
			size_t first = (stripe * LANES + i) * BLOCK_BYTES;
			size_t have = n > first ? min_of(n - first, (size_t)BLOCK_BYTES) : 0;

			due[i] = have || !stripe; /* a leaf has one block, be it empty */
			if (have)
				memcpy(block[i], p + first, have);
			l->count[i] += have;
			l->last[i] = n <= first + (size_t)LANES * BLOCK_BYTES ? UINT64_MAX : 0;
		}
		l->last_node[LANES - 1] = l->last[LANES - 1];
		compress(l, at, shuffles);
		for (unsigned int i = 0; i < 8; i++)
			for (unsigned int lane = 0; lane < LANES; lane++)
				if (!due[lane])
					l->h[i][lane] = before.h[i][lane];
	}
}

static void put_lane(const struct lanes *l, unsigned int lane, uint8_t *ret)
{
	for (unsigned int i = 0; i < 8; i++)
		put_le64(ret + 8 * (size_t)i, l->h[i][lane]);
}

/* One node over the leaves' digests; all lanes compute it alike. */
static ALWAYS_INLINE void take_root(const uint8_t digests[2 * BLOCK_BYTES],
				    uint8_t ret[BLAKE2BP_BYTES], const bool shuffles)
{
	struct lanes root;

	begin(&root, 1);
	for (unsigned int b = 0; b < 2; b++) {
		const uint8_t *p = digests + (size_t)b * BLOCK_BYTES;
		const uint8_t *const at[LANES] = { p, p, p, p };

		for (unsigned int i = 0; i < LANES; i++) {
			root.count[i] += BLOCK_BYTES;
			root.last[i] = root.last_node[i] = b ? UINT64_MAX : 0;
		}
		compress(&root, at, shuffles);
	}
	put_lane(&root, 0, ret);
}

static ALWAYS_INLINE void hash(const void *data, size_t n, uint8_t ret[BLAKE2BP_BYTES],
			       const bool shuffles)
{
	const size_t stripe = (size_t)LANES * BLOCK_BYTES;
	const uint8_t *p = data;
	struct lanes leaves;
	uint8_t digests[LANES * BLAKE2BP_BYTES];
	/* Of each leaf the last block is left for the end: more than one stripe, at most two. */
	size_t whole = n > 2 * stripe ? (n - stripe - 1) / stripe : 0;

	begin(&leaves, 0);
	take_stripes(&leaves, p, whole, shuffles);
	end_leaves(&leaves, p + whole * stripe, n - whole * stripe, shuffles);
	for (unsigned int i = 0; i < LANES; i++)
		put_lane(&leaves, i, digests + (size_t)i * BLAKE2BP_BYTES);
	take_root(digests, ret, shuffles);
}

/* The whole of it twice: short things are all end. */
static void hash_plain(const void *data, size_t n, uint8_t ret[BLAKE2BP_BYTES])
{
	hash(data, n, ret, false);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void hash_avx2(const void *data, size_t n,
						      uint8_t ret[BLAKE2BP_BYTES])
{
	hash(data, n, ret, true);
}

void blake2bp(const void *data, size_t n, uint8_t ret[BLAKE2BP_BYTES])
{
	if (__builtin_cpu_supports("avx2"))
		hash_avx2(data, n, ret);
	else
		hash_plain(data, n, ret);
}
#else
void blake2bp(const void *data, size_t n, uint8_t ret[BLAKE2BP_BYTES])
{
	hash_plain(data, n, ret);
}
#endif
