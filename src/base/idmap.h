/* SPDX-License-Identifier: MIT */
/*
 * A map from a 64-bit key to a 32-bit value, open addressing, no deletion but idmap_clear(). Made
 * for "thread id -> dense index": a lookup that hits costs a few nanoseconds. Not thread-safe. A
 * zeroed struct is an empty map.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define IDMAP_NONE UINT32_MAX

struct idmap {
	uint64_t *key;
	uint32_t *value; /* IDMAP_NONE = slot is free */
	uint32_t used;
	uint32_t mask; /* slots - 1 */
};

void idmap_done(struct idmap *m);
void idmap_clear(struct idmap *m);

/* Value of @key or IDMAP_NONE. */
static inline uint32_t idmap_get(const struct idmap *m, uint64_t key)
{
	if (!m->used)
		return IDMAP_NONE;
	uint32_t i = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & m->mask;

	while (m->value[i] != IDMAP_NONE) {
		if (m->key[i] == key)
			return m->value[i];
		i = (i + 1) & m->mask;
	}
	return IDMAP_NONE;
}

/* Set or replace; @value must not be IDMAP_NONE. 0 or -ENOMEM. */
int idmap_set(struct idmap *m, uint64_t key, uint32_t value) must_check;
