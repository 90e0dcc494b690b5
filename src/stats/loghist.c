/* SPDX-License-Identifier: MIT */
/* Histograms with 16 buckets per octave. */
#include "stats/loghist.h"

#include <math.h>
#include <stddef.h>

void loghist_add(struct loghist *h, uint64_t v)
{
	h->min = h->count && h->min < v ? h->min : v;
	h->max = h->max > v ? h->max : v;
	h->count++;
	if (__builtin_add_overflow(h->sum, v, &h->sum))
		h->sum = UINT64_MAX;
	h->bucket[loghist_bucket(v)]++;
}

void loghist_merge(struct loghist *into, const struct loghist *from)
{
	if (!from->count)
		return;
	into->min = into->count && into->min < from->min ? into->min : from->min;
	into->max = into->max > from->max ? into->max : from->max;
	into->count += from->count;
	if (__builtin_add_overflow(into->sum, from->sum, &into->sum))
		into->sum = UINT64_MAX;
	for (size_t i = 0; i < LOGHIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

static uint64_t middle(unsigned int bucket)
{
	uint64_t low = loghist_low(bucket);
	/* Behind the last bucket lies 2^64, which is 0 here: the difference still comes out right.
	 */
	uint64_t next = bucket + 1 < LOGHIST_BUCKETS ? loghist_low(bucket + 1) : 0;

	return low + (next - low) / 2;
}

uint64_t loghist_quantile(const struct loghist *h, double q)
{
	double exact = ceil(q * (double)h->count);
	/* Not "exact < 1": that would let NaN through. */
	uint64_t rank = !(exact >= 1) ? 1 : exact >= (double)h->count ? h->count : (uint64_t)exact;
	uint64_t seen = 0, v = h->max;

	if (!h->count)
		return 0;
	for (unsigned int i = 0; i < LOGHIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			v = middle(i);
			break;
		}
	}
	return v < h->min ? h->min : v > h->max ? h->max : v;
}
