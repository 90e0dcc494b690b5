/* SPDX-License-Identifier: MIT */
/* Looking up tracks in the generated list, which is sorted by number. */
#include "model/track.h"

#include <assert.h>

static int compare_id(const void *key, const void *entry)
{
	const struct track *const *t = entry;
	unsigned int id = *(const uint16_t *)key;

	return id < (*t)->id ? -1 : id > (*t)->id;
}

static unsigned int count(void)
{
	unsigned int n = 0;

	while (track_list[n])
		n++;
	return n;
}

static const struct track *const *find(uint16_t id)
{
	return bsearch(&id, track_list, count(), sizeof(track_list[0]), compare_id);
}

const struct track *track_by_id(uint16_t id)
{
	const struct track *const *t = find(id);

	return t ? *t : NULL;
}

const struct track *track_by_name(const char *name)
{
	for (unsigned int i = 0; track_list[i]; i++)
		if (strcmp(track_list[i]->name, name) == 0)
			return track_list[i];
	return NULL;
}

const struct track *track_at(unsigned int i)
{
	return i < count() ? track_list[i] : NULL;
}

track_set_t track_bit(const struct track *t)
{
	const struct track *const *at = find(t->id);

	assert(at && at - track_list < 64);
	return (track_set_t)1 << (at - track_list);
}
