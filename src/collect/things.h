/* SPDX-License-Identifier: MIT */
/*
 * Things that come and go, each with memory of the collector's: interfaces, nodes, cgroups, mounts.
 * They are known by name, and a list that is read again from time to time says which there are:
 *
 *	things_begin(t);
 *	for each name of the list: { x = things_see(t, name, &is_new); if (is_new) open x; }
 *	things_end(t);			done() for those that were not seen
 *
 *	for (i = 0; i < t->n; i++) read things_at(t, i);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thing;

struct things {
	struct thing **thing; /* by name */
	uint32_t n, cap;
	uint32_t max;
	size_t bytes;
	void (*done)(void *state); /* or NULL */
	uint64_t refused; /* beyond max since things_begin() */
};

/* @bytes zeroed for each thing; @done is called with them before they go. Allocates nothing. */
void things_init(struct things *t, size_t bytes, uint32_t max, void (*done)(void *state));
void things_done(struct things *t);

void things_begin(struct things *t);
/* NULL: out of memory, or there are @max. */
void *things_see(struct things *t, const char *name, bool *ret_new);
void things_end(struct things *t);

/* NULL: not there. */
void *things_find(const struct things *t, const char *name, size_t len);
void *things_at(const struct things *t, uint32_t i);
const char *things_name(const struct things *t, uint32_t i);
/* Let go of thing @i; the next one takes its number. */
void things_drop(struct things *t, uint32_t i);
