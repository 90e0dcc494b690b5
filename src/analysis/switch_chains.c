/* SPDX-License-Identifier: MIT */
/* One array by thread and time, searched by halves. */
#include "analysis/switch_chains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile_track.h"
#include "model/tasks.h"

struct chain {
	nsec_t time;
	uint32_t tid, node;
};

struct switch_chains {
	struct chain *chain;
	size_t n, room;
};

bool switch_chains_event(const struct profile_event *v)
{
	return v->flags & EVENT_FLAG_OFF_CPU || !strcmp(v->name, "sched:sched_switch");
}

struct switch_chains *switch_chains_free(struct switch_chains *c)
{
	if (c) {
		free(c->chain);
		free(c);
	}
	return NULL;
}

static int take(struct switch_chains *c, const struct profile *p, const struct batch *b)
{
	const uint16_t *event = batch_u16(b, SAMPLE_EVENT);
	size_t nodes = frames_count(profile_frames(p));
	uint32_t number = UINT32_MAX;
	bool wanted = false;
	void *array = c->chain;
	int r = tasks_ensure(&array, &c->room, c->n + b->rows, sizeof(*c->chain));

	c->chain = array;
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t node = batch_u32(b, SAMPLE_NODE)[i];

		if (event[i] != number) {
			const struct profile_event *v = profile_event(p, event[i]);

			number = event[i];
			wanted = v && switch_chains_event(v);
		}
		if (wanted && node && node < nodes)
			c->chain[c->n++] = (struct chain){ .time = b->time[i],
							   .tid = batch_u32(b, SAMPLE_TID)[i],
							   .node = node };
	}
	return 0;
}

static int by_thread_and_time(const void *a_, const void *b_)
{
	const struct chain *a = a_, *b = b_;

	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->time > b->time) - (a->time < b->time);
}

int switch_chains_load(struct source *src, const struct profile *p, nsec_t from, nsec_t to,
		       struct switch_chains **ret, struct err *e)
{
	const struct query q = {
		.tracks = track_bit(&track_sample),
		.from = from - min_of(from, SWITCH_CHAINS_APART),
		.to = to > NSEC_MAX - SWITCH_CHAINS_APART - 1 ? 0 : to + SWITCH_CHAINS_APART + 1,
		.columns = 1u << SAMPLE_EVENT | 1u << SAMPLE_TID | 1u << SAMPLE_NODE,
	};
	auto_ptr(switch_chains) c = NULL;
	auto_ptr(cursor) cursor = NULL;
	const struct batch *b;
	bool any = false;

	for (size_t i = 0; i < profile_n_events(p); i++)
		any |= switch_chains_event(profile_event_at(p, i));
	if (!any) {
		*ret = NULL;
		return 0;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	int r = source_cursor(src, &q, &cursor, e);

	while (r >= 0 && (r = cursor_next(cursor, &b, e)) > 0)
		if (take(c, p, b) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	if (r < 0)
		return r;
	if (c->n)
		qsort(c->chain, c->n, sizeof(*c->chain), by_thread_and_time);
	*ret = steal_ptr(c);
	return 0;
}

uint32_t switch_chains_at(const struct switch_chains *c, uint32_t tid, nsec_t at)
{
	const struct chain want = { .time = at, .tid = tid };
	size_t low = 0, high = c->n;
	nsec_t best = SWITCH_CHAINS_APART + 1;
	uint32_t node = 0;

	/* The first that is not before it; its neighbour may be nearer. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_thread_and_time(&c->chain[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < c->n && c->chain[low].tid == tid && c->chain[low].time - at < best) {
		best = c->chain[low].time - at;
		node = c->chain[low].node;
	}
	if (low && c->chain[low - 1].tid == tid && at - c->chain[low - 1].time < best)
		node = c->chain[low - 1].node;
	return node;
}
