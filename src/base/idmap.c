/* SPDX-License-Identifier: MIT */
/* Open addressing from 64-bit keys to 32-bit values, at most two thirds full. */
#include "base/idmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

void idmap_done(struct idmap *m)
{
	free(m->key);
	free(m->value);
	*m = (struct idmap){ 0 };
}

void idmap_clear(struct idmap *m)
{
	if (m->value)
		memset(m->value, 0xff, ((size_t)m->mask + 1) * sizeof(*m->value));
	m->used = 0;
}

static uint32_t slot_of(const struct idmap *m, uint64_t key)
{
	uint32_t i = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & m->mask;

	while (m->value[i] != IDMAP_NONE && m->key[i] != key)
		i = (i + 1) & m->mask;
	return i;
}

static int grow(struct idmap *m)
{
	size_t slots = m->value ? 2 * ((size_t)m->mask + 1) : FIRST_SLOTS;
	struct idmap bigger = { .used = m->used, .mask = (uint32_t)(slots - 1) };

	if (slots > (size_t)1 << 31)
		return -ENOMEM;
	bigger.key = calloc(slots, sizeof(*bigger.key));
	bigger.value = malloc(slots * sizeof(*bigger.value));
	if (!bigger.key || !bigger.value) {
		idmap_done(&bigger);
		return -ENOMEM;
	}
	memset(bigger.value, 0xff, slots * sizeof(*bigger.value));
	for (size_t i = 0; m->value && i <= m->mask; i++) {
		if (m->value[i] == IDMAP_NONE)
			continue;
		uint32_t to = slot_of(&bigger, m->key[i]);

		bigger.key[to] = m->key[i];
		bigger.value[to] = m->value[i];
	}
	idmap_done(m);
	*m = bigger;
	return 0;
}

int idmap_set(struct idmap *m, uint64_t key, uint32_t value)
{
	if (!m->value || (uint64_t)(m->used + 1) * 3 > ((uint64_t)m->mask + 1) * 2) {
		int r = grow(m);

		if (r < 0)
			return r;
	}
	uint32_t i = slot_of(m, key);

	if (m->value[i] == IDMAP_NONE) {
		m->key[i] = key;
		m->used++;
	}
	m->value[i] = value;
	return 0;
}
