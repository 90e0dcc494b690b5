/* SPDX-License-Identifier: MIT */
/* The hash table behind tallies.h. */
#include "analysis/tallies.h"

#include <stdlib.h>

#define FIRST_SLOTS 256

void tallies_done(struct tallies *c)
{
	free(c->slot);
	*c = (struct tallies){ 0 };
}

void tallies_clear(struct tallies *c)
{
	for (size_t i = 0; c->used && i <= c->mask; i++)
		c->slot[i].key = TALLIES_NO_KEY;
	c->used = 0;
}

static struct tally *find(struct tallies *c, uint64_t key)
{
	size_t i = tallies_place(c, key);

	while (c->slot[i].key != key && c->slot[i].key != TALLIES_NO_KEY)
		i = (i + 1) & c->mask;
	return &c->slot[i];
}

static int grow(struct tallies *c)
{
	size_t n = c->slot ? (c->mask + 1) * 2 : FIRST_SLOTS;
	struct tallies bigger = { .slot = malloc(n * sizeof(*c->slot)),
				  .used = c->used,
				  .mask = n - 1 };

	if (!bigger.slot)
		return -1;
	for (size_t i = 0; i < n; i++)
		bigger.slot[i].key = TALLIES_NO_KEY;
	for (size_t i = 0; c->slot && i <= c->mask; i++)
		if (c->slot[i].key != TALLIES_NO_KEY)
			*find(&bigger, c->slot[i].key) = c->slot[i];
	free(c->slot);
	*c = bigger;
	return 0;
}

struct tally *tallies_add(struct tallies *c, uint64_t key)
{
	if ((!c->slot || c->used * 2 > c->mask) && grow(c) < 0)
		return NULL;
	struct tally *s = find(c, key);

	if (s->key == TALLIES_NO_KEY) {
		*s = (struct tally){ .key = key };
		c->used++;
	}
	return s;
}

static int by_key(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

void tallies_sort(struct tallies *c)
{
	size_t n = 0;

	for (size_t i = 0; c->slot && i <= c->mask; i++)
		if (c->slot[i].key != TALLIES_NO_KEY)
			c->slot[n++] = c->slot[i];
	if (n)
		qsort(c->slot, n, sizeof(*c->slot), by_key);
}
