/* SPDX-License-Identifier: MIT */
/*
 * A histogram with logarithmic buckets: 16 per octave, so that every value is known to within 6.25
 *% (middle of the bucket: 3.2 %). Values below 16 have a bucket each. The bucket number of a value
 *is the same everywhere (analyses, report file, viewer):
 *
 *	v < 16:  v        else with e = floor(log2 v):  (e - 3) * 16 + ((v >> (e - 4)) & 15)
 */
#pragma once

#include <stdint.h>

#define LOGHIST_BUCKETS 976 /* up to 2^64 - 1 */

static inline unsigned int loghist_bucket(uint64_t v)
{
	if (v < 16)
		return (unsigned int)v;
	unsigned int e = 63 - (unsigned int)__builtin_clzll(v);

	return (e - 3) * 16 + (unsigned int)((v >> (e - 4)) & 15);
}

/* Smallest value of a bucket; the bucket ends below the next one's. */
static inline uint64_t loghist_low(unsigned int bucket)
{
	if (bucket < 16)
		return bucket;
	unsigned int e = bucket / 16 + 3;

	return (UINT64_C(16) + bucket % 16) << (e - 4);
}

struct loghist {
	/* Exact, but that the sum stops at 2^64 - 1; min and max are 0 while count is 0. */
	uint64_t count, sum, min, max;
	uint64_t bucket[LOGHIST_BUCKETS];
};

void loghist_add(struct loghist *h, uint64_t v);
void loghist_merge(struct loghist *into, const struct loghist *from);
/*
 * The @q-quantile (0..1): the middle of the bucket that holds the value of rank ceil(q * count) (at
 * least 1), clamped to [min, max]. The middle is low + (next low - low) / 2, integers. 0 when
 * empty.
 */
uint64_t loghist_quantile(const struct loghist *h, double q);
