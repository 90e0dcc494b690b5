/* SPDX-License-Identifier: MIT */
/*
 * Sums under 64-bit keys: what an analysis counts per pair of tasks, per task and CPU, per task and
 * bucket of a histogram. Open addressing, no deletion. Not thread-safe. A zeroed struct is empty.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define TALLIES_NO_KEY UINT64_MAX /* is no key */

struct tally {
	uint64_t key;
	uint64_t count, sum, max; /* the owner's, zero at first */
};

struct tallies {
	struct tally *slot; /* key TALLIES_NO_KEY: free */
	size_t used;
	size_t mask; /* slots - 1 */
};

void tallies_done(struct tallies *c);
/* Empty, with its memory kept. */
void tallies_clear(struct tallies *c);
/* The slow way: adds the tally and grows. NULL: out of memory. */
struct tally *tallies_add(struct tallies *c, uint64_t key);
/* Sort the tallies by key into slot[0 .. used). After that only reading slots is allowed, and
 * tallies_done(). */
void tallies_sort(struct tallies *c);

static inline size_t tallies_place(const struct tallies *c, uint64_t key)
{
	/* Multiplying carries bits upwards only, so the upper half comes down for a second round.
	 */
	key *= UINT64_C(0x9e3779b97f4a7c15);
	key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(key >> 32) & c->mask;
}

/* The tally of @key, added with zeros when it is new. NULL: out of memory. Valid until the next one
 * is added. */
static inline struct tally *tallies_at(struct tallies *c, uint64_t key)
{
	if (c->slot) {
		size_t i = tallies_place(c, key);

		for (;; i = (i + 1) & c->mask) {
			struct tally *s = &c->slot[i];

			if (s->key == key)
				return s;
			if (s->key == TALLIES_NO_KEY)
				break;
		}
	}
	return tallies_add(c, key);
}

/* Two 32-bit numbers as a key. (UINT32_MAX, UINT32_MAX) is none. */
static inline uint64_t tallies_pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}
