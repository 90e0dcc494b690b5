/* SPDX-License-Identifier: MIT */
/* Sparse histograms by key. */
#include "analysis/spread.h"

#include <stdlib.h>
#include <string.h>

#include "model/tasks.h"

void spreads_done(struct spreads *s)
{
	free(s->of);
	tallies_done(&s->bucket);
	*s = (struct spreads){ 0 };
}

int spreads_ensure(struct spreads *s, size_t n)
{
	void *array = s->of;
	int r = tasks_ensure(&array, &s->n, n, sizeof(*s->of));

	s->of = array;
	return r;
}

static void join(struct spread *to, const struct spread *from)
{
	if (!from->count)
		return;
	if (!to->count || from->max > to->max) {
		to->max = from->max;
		to->max_begin = from->max_begin;
	}
	if (!to->count || from->min < to->min)
		to->min = from->min;
	to->count += from->count;
	to->sum += from->sum;
}

int spreads_fold(struct spreads *to, const struct spreads *from, const uint32_t *map)
{
	size_t need = 0;

	for (size_t i = 0; i < from->n; i++)
		if (map[i] != SPREAD_NONE && map[i] >= need)
			need = (size_t)map[i] + 1;
	if (spreads_ensure(to, need) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++)
		if (map[i] != SPREAD_NONE)
			join(&to->of[map[i]], &from->of[i]);
	for (size_t i = 0; from->bucket.slot && i <= from->bucket.mask; i++) {
		const struct tally *t = &from->bucket.slot[i];

		if (t->key == TALLIES_NO_KEY || map[t->key >> 32] == SPREAD_NONE)
			continue;
		struct tally *sum =
			tallies_at(&to->bucket, tallies_pair(map[t->key >> 32], (uint32_t)t->key));

		if (!sum)
			return -ENOMEM;
		sum->count += t->count;
	}
	return 0;
}

void spreads_settle(struct spreads *s)
{
	tallies_sort(&s->bucket);
}

void spreads_histogram(const struct spreads *s, uint32_t key, struct loghist *ret)
{
	const struct spread *p = &s->of[key];
	size_t low = 0, high = s->bucket.used;

	memset(ret, 0, sizeof(*ret));
	ret->count = p->count;
	ret->sum = p->sum;
	ret->min = p->min;
	ret->max = p->max;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->bucket.slot[middle].key < tallies_pair(key, 0))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->bucket.used && s->bucket.slot[low].key >> 32 == key; low++)
		ret->bucket[(uint32_t)s->bucket.slot[low].key] = s->bucket.slot[low].count;
}
