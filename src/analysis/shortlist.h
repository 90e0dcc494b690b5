/* SPDX-License-Identifier: MIT */
/*
 * The @keep items with the least keys of many: the first slices, the worst delays (key: the
 * complement of the length). Items of any size, the first member of which is a shortlist_key.
 * Memory for at most twice as many as are kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct shortlist_key {
	uint64_t key, tie; /* least first; @tie orders equal keys */
};

struct shortlist {
	size_t keep, item_bytes;
	unsigned char *item;
	size_t n, room;
	uint64_t limit; /* keys above it are not among the least any more */
	uint64_t offered; /* items that the owner saw, kept or not; the owner counts */
};

/* @keep = UINT64_MAX: all. Allocates nothing. */
void shortlist_init(struct shortlist *l, uint64_t keep, size_t item_bytes);
void shortlist_done(struct shortlist *l);
static inline bool shortlist_wants(const struct shortlist *l, uint64_t key)
{
	return key <= l->limit && l->keep;
}
int shortlist_add(struct shortlist *l, const void *item) must_check; /* copied; 0 or -ENOMEM */
/* Sort and cut; then items are item[0 .. n). */
void shortlist_settle(struct shortlist *l);
static inline const void *shortlist_at(const struct shortlist *l, size_t i)
{
	return l->item + i * l->item_bytes;
}
