/* SPDX-License-Identifier: MIT */
/* An array in the order of names. */
#include "collect/things.h"

#include <stdlib.h>
#include <string.h>

struct thing {
	char *name;
	bool seen;
	max_align_t state[];
};

void things_init(struct things *t, size_t bytes, uint32_t max, void (*done)(void *state))
{
	*t = (struct things){ .bytes = bytes, .max = max, .done = done };
}

static void let_go(struct things *t, struct thing *x)
{
	if (t->done)
		t->done(x->state);
	free(x->name);
	free(x);
}

void things_done(struct things *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		let_go(t, t->thing[i]);
	free(t->thing);
	t->thing = NULL;
	t->n = t->cap = 0;
}

void things_begin(struct things *t)
{
	t->refused = 0;
	for (uint32_t i = 0; i < t->n; i++)
		t->thing[i]->seen = false;
}

void things_end(struct things *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (t->thing[i]->seen)
			t->thing[n++] = t->thing[i];
		else
			let_go(t, t->thing[i]);
	t->n = n;
}

/* Place of the first thing that is not before the name; *ret: it is that one. */
static uint32_t search(const struct things *t, const char *name, size_t len, bool *ret)
{
	uint32_t low = 0, high = t->n;

	*ret = false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strncmp(t->thing[mid]->name, name, len);

		if (!order && !t->thing[mid]->name[len]) {
			*ret = true;
			return mid;
		}
		/* Equal so far, and longer: behind it. */
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void *things_see(struct things *t, const char *name, bool *ret_new)
{
	uint32_t at = search(t, name, strlen(name), ret_new);
	struct thing *x = *ret_new ? t->thing[at] : NULL;

	*ret_new = !x;
	if (x) {
		x->seen = true;
		return x->state;
	}
	if (t->n == t->max) {
		t->refused++;
		return NULL;
	}
	if (t->n == t->cap) {
		uint32_t cap = t->cap ? 2 * t->cap : 16;
		struct thing **more = reallocarray(t->thing, cap, sizeof(struct thing *));

		if (!more)
			return NULL;
		t->thing = more;
		t->cap = cap;
	}
	x = calloc(1, sizeof(*x) + t->bytes);
	if (!x || !(x->name = strdup(name))) {
		free(x);
		return NULL;
	}
	x->seen = true;
	memmove(t->thing + at + 1, t->thing + at, (t->n - at) * sizeof(struct thing *));
	t->thing[at] = x;
	t->n++;
	return x->state;
}

void *things_find(const struct things *t, const char *name, size_t len)
{
	bool found;
	uint32_t at = search(t, name, len, &found);

	return found ? t->thing[at]->state : NULL;
}

void *things_at(const struct things *t, uint32_t i)
{
	return t->thing[i]->state;
}

const char *things_name(const struct things *t, uint32_t i)
{
	return t->thing[i]->name;
}

void things_drop(struct things *t, uint32_t i)
{
	let_go(t, t->thing[i]);
	t->n--;
	memmove(t->thing + i, t->thing + i + 1, (t->n - i) * sizeof(struct thing *));
}
