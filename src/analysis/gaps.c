/* SPDX-License-Identifier: MIT */
/* Losses as sorted, joined spans. */
#include "analysis/gaps.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static int by_begin(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static bool concerns(const struct run_loss *l, const uint16_t *track, unsigned int n_tracks,
		     uint32_t cpu)
{
	if (cpu != GAPS_ANY_CPU && l->cpu != BATCH_CPU_NONE && l->cpu != cpu)
		return false;
	if (!l->track)
		return true;
	for (unsigned int i = 0; i < n_tracks; i++)
		if (l->track == track[i])
			return true;
	return false;
}

int gaps_init(struct gaps *g, const struct run_info *info, const uint16_t *track,
	      unsigned int n_tracks, uint32_t cpu)
{
	size_t n = 0;

	*g = (struct gaps){ 0 };
	for (size_t i = 0; i < info->n_loss; i++)
		n += concerns(&info->loss[i], track, n_tracks, cpu);
	if (!n)
		return 0;
	g->gap = calloc(n, sizeof(*g->gap));
	if (!g->gap)
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < info->n_loss; i++) {
		const struct run_loss *l = &info->loss[i];

		if (concerns(l, track, n_tracks, cpu))
			g->gap[at++] = (struct gap){ l->from, max_of(l->from, l->to) };
	}
	qsort(g->gap, n, sizeof(*g->gap), by_begin);
	g->n = 1;
	for (size_t i = 1; i < n; i++) {
		struct gap *last = &g->gap[g->n - 1];

		if (g->gap[i].from <= last->to)
			last->to = max_of(last->to, g->gap[i].to);
		else
			g->gap[g->n++] = g->gap[i];
	}
	return 0;
}

void gaps_done(struct gaps *g)
{
	free(g->gap);
	*g = (struct gaps){ 0 };
}

nsec_t gaps_free_time(const struct gaps *g, nsec_t from, nsec_t to)
{
	nsec_t known = from < to ? to - from : 0;

	for (size_t i = 0; i < g->n; i++) {
		nsec_t begin = max_of(from, g->gap[i].from), end = min_of(to, g->gap[i].to);

		if (begin < end)
			known -= end - begin;
	}
	return known;
}
