/* SPDX-License-Identifier: MIT */
/*
 * A process has an array of ranges, sorted and not overlapping. Mappings are few and rare (some
 * hundred per process), look-ups are many, so an insertion may move the array.
 */
#include "model/spaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"

struct range {
	uint64_t start, end, pgoff;
	uint32_t module;
};

struct space {
	struct range *range;
	size_t n, cap;
};

struct spaces {
	struct idmap pid; /* -> index */
	struct space *space;
	uint32_t n, cap;
	uint64_t changes;
};

struct spaces *spaces_new(void)
{
	return calloc(1, sizeof(struct spaces));
}

struct spaces *spaces_free(struct spaces *s)
{
	if (s) {
		for (uint32_t i = 0; i < s->n; i++)
			free(s->space[i].range);
		free(s->space);
		idmap_done(&s->pid);
		free(s);
	}
	return NULL;
}

static struct space *get_space(struct spaces *s, uint32_t pid)
{
	uint32_t i = idmap_get(&s->pid, pid);

	if (i != IDMAP_NONE)
		return &s->space[i];
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? 2 * s->cap : 64;
		struct space *grown = reallocarray(s->space, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		s->space = grown;
		s->cap = cap;
	}
	if (idmap_set(&s->pid, pid, s->n) < 0)
		return NULL;
	s->space[s->n] = (struct space){ 0 };
	return &s->space[s->n++];
}

/* The first range that ends behind @address. */
static size_t find_range(const struct space *p, uint64_t address)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->range[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Make room for @add more ranges at @at. */
static int make_room(struct space *p, size_t at, size_t add)
{
	if (p->n + add > p->cap) {
		size_t cap = 2 * p->cap + 16;
		struct range *grown = reallocarray(p->range, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->range = grown;
		p->cap = cap;
	}
	memmove(p->range + at + add, p->range + at, (p->n - at) * sizeof(*p->range));
	p->n += add;
	return 0;
}

/* Take [start, end) out of what is there: ranges are cut, split, or go. */
static int punch(struct space *p, uint64_t start, uint64_t end)
{
	size_t at = find_range(p, start);

	if (!p->n)
		return 0; /* and no array */
	if (at < p->n && p->range[at].start < start && p->range[at].end > end) {
		if (make_room(p, at, 1) < 0)
			return -ENOMEM;
		struct range *left = &p->range[at], *right = left + 1;

		*left = *right;
		left->end = start;
		right->pgoff += end - right->start;
		right->start = end;
		return 0;
	}
	if (at < p->n && p->range[at].start < start)
		p->range[at++].end = start;
	size_t stop = at;

	while (stop < p->n && p->range[stop].end <= end)
		stop++;
	if (stop > at)
		memmove(p->range + at, p->range + stop, (p->n - stop) * sizeof(*p->range));
	p->n -= stop - at;
	if (at < p->n && p->range[at].start < end) {
		p->range[at].pgoff += end - p->range[at].start;
		p->range[at].start = end;
	}
	return 0;
}

int spaces_map(struct spaces *s, uint32_t pid, uint64_t start, uint64_t bytes, uint64_t pgoff,
	       uint32_t module)
{
	uint64_t end;

	if (!bytes || __builtin_add_overflow(start, bytes, &end))
		return 0;
	struct space *p = get_space(s, pid);

	s->changes++;
	if (!p || punch(p, start, end) < 0)
		return -ENOMEM;
	size_t at = find_range(p, start);

	if (make_room(p, at, 1) < 0)
		return -ENOMEM;
	p->range[at] = (struct range){ start, end, pgoff, module };
	return 0;
}

int spaces_fork(struct spaces *s, uint32_t parent, uint32_t child)
{
	s->changes++;
	if (parent == child || idmap_get(&s->pid, parent) == IDMAP_NONE)
		return 0;
	struct space *to = get_space(s, child);

	if (!to)
		return -ENOMEM;
	/* get_space() may have moved the array. */
	const struct space *from = &s->space[idmap_get(&s->pid, parent)];

	if (from->n > to->cap) {
		struct range *grown = reallocarray(to->range, from->n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->range = grown;
		to->cap = from->n;
	}
	if (from->n)
		memcpy(to->range, from->range, from->n * sizeof(*to->range));
	to->n = from->n;
	return 0;
}

void spaces_clear(struct spaces *s, uint32_t pid)
{
	uint32_t i = idmap_get(&s->pid, pid);

	s->changes++;
	if (i == IDMAP_NONE)
		return;
	/* Processes come and go for days. */
	free(s->space[i].range);
	s->space[i] = (struct space){ 0 };
}

bool spaces_find(const struct spaces *s, uint32_t pid, uint64_t address, uint32_t *ret_module,
		 uint64_t *ret_offset)
{
	uint32_t i = idmap_get(&s->pid, pid);

	if (i == IDMAP_NONE)
		return false;
	const struct space *p = &s->space[i];
	size_t at = find_range(p, address);

	if (at == p->n || p->range[at].start > address)
		return false;
	*ret_module = p->range[at].module;
	*ret_offset = address - p->range[at].start + p->range[at].pgoff;
	return true;
}

uint64_t spaces_changes(const struct spaces *s)
{
	return s->changes;
}
