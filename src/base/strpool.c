/* SPDX-License-Identifier: MIT */
/* Interned strings: chunks of text that never move, and a hash of pointers into them. */
#include "base/strpool.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CHUNK_BYTES 65536

struct chunk {
	struct chunk *next;
	size_t used, size;
	char text[];
};

struct strpool {
	struct chunk *chunk; /* the one that is being filled; full ones behind it */
	const char **slot; /* NULL = free */
	size_t slots, used;
};

struct strpool *strpool_new(void)
{
	return calloc(1, sizeof(struct strpool));
}

struct strpool *strpool_free(struct strpool *p)
{
	if (p) {
		for (struct chunk *c = p->chunk, *next; c; c = next) {
			next = c->next;
			free(c);
		}
		free(p->slot);
		free(p);
	}
	return NULL;
}

static size_t hash(const char *s, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* The slot that holds @s, or the free one where it belongs. */
static size_t find(const struct strpool *p, const char *s, size_t n)
{
	size_t i = hash(s, n) & (p->slots - 1);

	while (p->slot[i] && (strncmp(p->slot[i], s, n) || p->slot[i][n]))
		i = (i + 1) & (p->slots - 1);
	return i;
}

static bool grow(struct strpool *p)
{
	struct strpool bigger = { .slots = p->slots ? 2 * p->slots : 64 };

	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (size_t i = 0; i < p->slots; i++)
		if (p->slot[i])
			bigger.slot[find(&bigger, p->slot[i], strlen(p->slot[i]))] = p->slot[i];
	free(p->slot);
	p->slot = bigger.slot;
	p->slots = bigger.slots;
	return true;
}

static char *store(struct strpool *p, const char *s, size_t n)
{
	if (!p->chunk || p->chunk->size - p->chunk->used < n + 1) {
		size_t size = n + 1 > CHUNK_BYTES ? n + 1 : CHUNK_BYTES;
		struct chunk *c = malloc(sizeof(*c) + size);

		if (!c)
			return NULL;
		*c = (struct chunk){ .next = p->chunk, .size = size };
		p->chunk = c;
	}
	char *to = p->chunk->text + p->chunk->used;

	memcpy(to, s, n);
	to[n] = 0;
	p->chunk->used += n + 1;
	return to;
}

const char *strpool_add_n(struct strpool *p, const char *s, size_t n)
{
	n = strnlen(s, n);
	if (2 * (p->used + 1) > p->slots && !grow(p))
		return NULL;
	size_t i = find(p, s, n);

	if (!p->slot[i]) {
		p->slot[i] = store(p, s, n);
		if (p->slot[i])
			p->used++;
	}
	return p->slot[i];
}

const char *strpool_add(struct strpool *p, const char *s)
{
	return strpool_add_n(p, s, strlen(s));
}
