/* SPDX-License-Identifier: MIT */
/* The least of many: gather twice as many as wanted, sort, forget the greater half, again. */
#include "analysis/shortlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

void shortlist_init(struct shortlist *l, uint64_t keep, size_t item_bytes)
{
	*l = (struct shortlist){ .keep = (size_t)keep,
				 .item_bytes = item_bytes,
				 .limit = UINT64_MAX };
}

void shortlist_done(struct shortlist *l)
{
	free(l->item);
	l->item = NULL;
	l->n = l->room = 0;
}

static int by_key(const void *a, const void *b)
{
	const struct shortlist_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? 1 : -1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

void shortlist_settle(struct shortlist *l)
{
	if (!l->n)
		return;
	qsort(l->item, l->n, l->item_bytes, by_key);
	if (l->n >= l->keep) {
		struct shortlist_key last;

		l->n = l->keep;
		memcpy(&last, shortlist_at(l, l->n - 1), sizeof(last));
		l->limit = last.key;
	}
}

int shortlist_add(struct shortlist *l, const void *item)
{
	if (l->n == l->room && l->n / 2 >= l->keep)
		shortlist_settle(l);
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : FIRST_ROOM;
		void *bigger = reallocarray(l->item, room, l->item_bytes);

		if (!bigger)
			return -ENOMEM;
		l->item = bigger;
		l->room = room;
	}
	memcpy(l->item + l->n++ * l->item_bytes, item, l->item_bytes);
	return 0;
}
