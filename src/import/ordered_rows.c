/* SPDX-License-Identifier: MIT */
/*
 * Each stream has a batch of two windows. When it is full, its older half is written and the
 * younger half moves to the front: 20 bytes a row, a few nanoseconds.
 */
#include "import/ordered_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/profile_track.h"
#include "model/sched_track.h"

static const struct track *ordered_track(enum ordered_track track)
{
	static const struct track *const tracks[ORDERED_TRACKS] = {
		[ORDERED_SWITCH] = &track_switch,	[ORDERED_WAKEUP] = &track_wakeup,
		[ORDERED_MIGRATE] = &track_migrate,	[ORDERED_TASK] = &track_task,
		[ORDERED_STAT] = &track_stat,		[ORDERED_KVM_EXIT] = &track_kvm_exit,
		[ORDERED_KVM_ENTRY] = &track_kvm_entry, [ORDERED_KVM] = &track_kvm,
		[ORDERED_SAMPLE] = &track_sample,	[ORDERED_LOSS] = &track_loss,
	};

	return tracks[track];
}

void ordered_rows_init(struct ordered_rows *o, struct sink *sink, uint32_t window)
{
	memset(o, 0, sizeof(*o));
	o->sink = sink;
	o->window = window;
}

void ordered_rows_done(struct ordered_rows *o)
{
	for (unsigned int t = 0; t < ORDERED_TRACKS; t++) {
		for (uint32_t i = 0; i < o->n_streams[t]; i++)
			batch_free(o->stream[t][i].batch);
		free(o->stream[t]);
	}
	memset(o, 0, sizeof(*o));
}

void ordered_rows_tell(struct ordered_rows *o)
{
	o->full = true;
}

void ordered_rows_set_window(struct ordered_rows *o, uint32_t window)
{
	o->window = window;
}

struct sort_key {
	nsec_t time;
	uint32_t row;
};

static int compare_keys(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Stable, by time. */
static int sort_batch(struct batch *b)
{
	auto_free struct sort_key *key = calloc(b->rows, sizeof(*key));
	auto_free uint8_t *copy = malloc((size_t)b->rows * 8);

	if (!key || !copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->rows; i++)
		key[i] = (struct sort_key){ .time = b->time[i], .row = i };
	qsort(key, b->rows, sizeof(*key), compare_keys);

	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		size_t bytes = column_type_bytes(b->track->column[c].type);
		uint8_t *col = b->col[c];

		if (!col)
			continue;
		memcpy(copy, col, b->rows * bytes);
		for (uint32_t i = 0; i < b->rows; i++)
			memcpy(col + i * bytes, copy + key[i].row * bytes, bytes);
	}
	return 0;
}

static bool has_text(const struct track *track)
{
	for (unsigned int c = 0; c < track->n_columns; c++)
		if (track->column[c].type == COLUMN_TEXT)
			return true;
	return false;
}

/*
 * Rows from @from on become the first rows of a batch with room for @cap. Texts go to a new pool,
 * else the old one would only grow.
 */
static int keep_rows(struct ordered_stream *s, uint32_t from, uint32_t cap)
{
	struct batch *b = s->batch;
	uint32_t keep = b->rows - from;
	auto_ptr(batch) fresh = NULL;
	struct batch *into = b;

	if (!keep) {
		batch_clear(b);
		return 0;
	}
	if (cap != b->cap || has_text(b->track)) {
		into = fresh = batch_new_like(b, cap);
		if (!into)
			return -ENOMEM;
		into->cpu = b->cpu;
	}
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		size_t bytes = column_type_bytes(b->track->column[c].type);

		if (!b->col[c])
			continue;
		memmove(into->col[c], (uint8_t *)b->col[c] + from * bytes, keep * bytes);
		if (b->track->column[c].type != COLUMN_TEXT)
			continue;
		for (uint32_t i = 0; i < keep; i++) {
			int64_t at = batch_add_text(into, batch_text(b, c, from + i));

			if (at < 0)
				return (int)at;
			((uint32_t *)into->col[c])[i] = (uint32_t)at;
		}
	}
	into->rows = keep;
	if (fresh) {
		batch_free(b);
		s->batch = steal_ptr(fresh);
	}
	return 0;
}

static int write_rows(struct ordered_rows *o, struct ordered_stream *s, uint32_t keep,
		      struct err *e)
{
	struct batch *b = s->batch;

	if (s->unsorted) {
		int r = sort_batch(b);

		if (r < 0)
			return r;
		s->unsorted = false;
	}
	struct batch part = *b;

	part.rows = b->rows - keep;
	if (!part.rows)
		return 0;
	int r = sink_write(o->sink, &part, e);

	if (r < 0)
		return r;
	s->written = b->time[part.rows - 1];
	return keep_rows(s, part.rows, b->cap);
}

/* What was too late for @s becomes a row of the loss track, which has a window of its own. */
static int tell_late(struct ordered_rows *o, struct ordered_stream *s, struct err *e)
{
	uint32_t cpu = s->batch->cpu;
	uint16_t track = s->batch->track->id;
	struct batch *b;

	if (!s->late || track == track_loss.id)
		return 0;
	/* A loss must not get lost in its turn: rather a begin that is too late. */
	int row = ordered_rows_add_or_later(o, ORDERED_LOSS, cpu, s->late_from, &b, e);

	if (row < 0)
		return row;
	batch_u64(b, LOSS_END)[row] = max_of(b->time[row], s->late_to);
	batch_u16(b, LOSS_TRACK)[row] = track;
	batch_u64(b, LOSS_COUNT)[row] = s->late;
	batch_u8(b, LOSS_CAUSE)[row] = LOSS_IN_INPUT;
	s->late = 0;
	return 0;
}

static int ensure_stream(struct ordered_rows *o, enum ordered_track track, uint32_t cpu,
			 struct ordered_stream **ret)
{
	uint32_t i = cpu + 1;

	if (i >= o->n_streams[track]) {
		uint32_t n = min_of(o->n_streams[track] * 2, (uint32_t)CPUSET_MAX);

		n = max_of(n, i + 1);
		struct ordered_stream *s = reallocarray(o->stream[track], n, sizeof(*s));

		if (!s)
			return -ENOMEM;
		memset(s + o->n_streams[track], 0, (n - o->n_streams[track]) * sizeof(*s));
		o->stream[track] = s;
		o->n_streams[track] = n;
	}
	struct ordered_stream *s = &o->stream[track][i];

	if (!s->batch) {
		uint32_t rows = 2 * min_of(o->window, (uint32_t)ORDERED_WINDOW);

		s->batch = o->full ? batch_new_full(ordered_track(track), rows)
				   : batch_new(ordered_track(track), rows);
		if (!s->batch)
			return -ENOMEM;
		s->batch->cpu = cpu;
	}
	*ret = s;
	return 0;
}

/* Room for one more row. */
static int make_room(struct ordered_rows *o, enum ordered_track track, uint32_t cpu, struct err *e)
{
	struct ordered_stream *s;
	int r = ensure_stream(o, track, cpu, &s);

	if (r < 0 || !batch_full(s->batch))
		return r;
	if (s->batch->cap / 2 < o->window)
		return keep_rows(s, 0, 2 * s->batch->cap);
	r = write_rows(o, s, s->batch->cap / 2, e);
	return r < 0 ? r : tell_late(o, s, e);
}

static int add_row(struct ordered_rows *o, enum ordered_track track, struct ordered_stream *s,
		   nsec_t time, struct batch **ret)
{
	if (time < s->last)
		s->unsorted = true;
	else
		s->last = time;
	s->batch->time[s->batch->rows] = time;
	o->rows[track]++;
	*ret = s->batch;
	return (int)s->batch->rows++;
}

int ordered_rows_add_slow(struct ordered_rows *o, enum ordered_track track, uint32_t cpu,
			  nsec_t time, struct batch **ret, struct err *e)
{
	int r = make_room(o, track, cpu, e);

	if (r < 0)
		return r;
	struct ordered_stream *s = &o->stream[track][cpu + 1];

	if (time >= s->written)
		return add_row(o, track, s, time, ret);
	s->late_from = s->late ? min_of(s->late_from, time) : time;
	s->late_to = s->late ? max_of(s->late_to, time) : time;
	s->late++;
	o->late++;
	return -ESTALE;
}

int ordered_rows_add_or_later(struct ordered_rows *o, enum ordered_track track, uint32_t cpu,
			      nsec_t time, struct batch **ret, struct err *e)
{
	int r = make_room(o, track, cpu, e);

	if (r < 0)
		return r;
	struct ordered_stream *s = &o->stream[track][cpu + 1];

	return add_row(o, track, s, max_of(time, s->written), ret);
}

uint64_t ordered_rows_events(const struct ordered_rows *o)
{
	uint64_t n = 0;

	for (unsigned int t = 0; t < ORDERED_TRACKS; t++)
		if (ordered_track(t)->id >= TRACK_FIRST_EVENT)
			n += o->rows[t];
	return n;
}

int ordered_rows_finish(struct ordered_rows *o, struct err *e)
{
	for (unsigned int t = 0; t < ORDERED_TRACKS; t++) {
		for (uint32_t i = 0; i < o->n_streams[t]; i++) {
			struct ordered_stream *s = &o->stream[t][i];

			if (!s->batch)
				continue;
			int r = tell_late(o, s, e);

			if (r < 0)
				return r;
			/* The loss track is the last one: nobody adds rows to a finished stream. */
			s = &o->stream[t][i];
			r = write_rows(o, s, 0, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}
