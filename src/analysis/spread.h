/* SPDX-License-Identifier: MIT */
/*
 * How lengths of time spread, for many keys (tasks, tasks by kind): exact count, sum, least and
 * greatest with its moment, and a logarithmic histogram (stats/loghist.h) kept sparse: some ten
 * buckets per key instead of a thousand.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/tallies.h"
#include "base/attr.h"
#include "base/nsec.h"
#include "stats/loghist.h"

#define SPREAD_NONE UINT32_MAX

struct spread {
	uint64_t count, sum, min, max;
	nsec_t max_begin; /* when the longest began */
};

struct spreads {
	struct spread *of; /* by key */
	size_t n;
	struct tallies bucket; /* (key, bucket): count */
};

void spreads_done(struct spreads *s);
/* Room for keys below @n. 0 or -ENOMEM. */
int spreads_ensure(struct spreads *s, size_t n) must_check;

/* The length @end - @begin of @key, for which there is room. 0 or -ENOMEM. */
static inline int must_check spreads_add(struct spreads *s, uint32_t key, nsec_t begin, nsec_t end)
{
	struct spread *p = &s->of[key];
	uint64_t length = end - begin;
	struct tally *t = tallies_at(&s->bucket, tallies_pair(key, loghist_bucket(length)));

	if (!t)
		return -ENOMEM;
	t->count++;
	if (!p->count || length > p->max) {
		p->max = length;
		p->max_begin = begin;
	}
	if (!p->count || length < p->min)
		p->min = length;
	p->count++;
	p->sum += length;
	return 0;
}

/* Add every key k of @from to key @map[k] of @to (SPREAD_NONE: leave it out). 0 or -ENOMEM. */
int spreads_fold(struct spreads *to, const struct spreads *from, const uint32_t *map) must_check;
/* Before spreads_histogram(), after the last add. */
void spreads_settle(struct spreads *s);
void spreads_histogram(const struct spreads *s, uint32_t key, struct loghist *ret);
