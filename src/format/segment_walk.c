/* SPDX-License-Identifier: MIT */
/*
 * From frame to frame. A frame counts when its link follows from the link before it and from its
 * bytes. Where it does not: with a whole header its end is known, and the next frame follows either
 * the link that stands there (the body was damaged) or the one that was computed (the link was);
 * else the next whole frame is looked for, and follows the 32 bytes before it.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "format/journal_segment.h"

#define WINDOW_BYTES ((size_t)1 << 20)
#define FRAME_MIN    (FRAME_HEADER_BYTES + SEAL_HASH_BYTES)

void segment_walk_begin(struct segment_walk *w, struct journal_segment *s, uint64_t end)
{
	*w = (struct segment_walk){ .segment = s,
				    .at = s->first_frame,
				    .end = end,
				    .epoch = s->header.epoch,
				    .budget = 4 * s->size + (1u << 20),
				    .n_before = 1 };
	memcpy(w->before[0], s->header.link, SEAL_HASH_BYTES);
	buf_init(&w->window, FRAME_BODY_MAX + 2 * WINDOW_BYTES);
}

void segment_walk_done(struct segment_walk *w)
{
	buf_done(&w->window);
}

/* @n bytes at @at, which are before w->end; lent until the next call. */
static int look(struct segment_walk *w, uint64_t at, size_t n, const uint8_t **ret, struct err *e)
{
	if (at < w->window_at || at + n > w->window_at + w->window.len) {
		size_t want = (size_t)min_of(w->end - at, (uint64_t)max_of(n, WINDOW_BYTES));

		buf_clear(&w->window);
		void *p = buf_reserve(&w->window, want);
		int r = p ? file_pread_all(w->segment->fd, p, want, at) : buf_error(&w->window);

		if (r < 0)
			return err_set(e, r, "cannot read segment %llu at offset %llu: %s",
				       (unsigned long long)w->segment->number,
				       (unsigned long long)at,
				       r == -ENODATA ? "it was cut meanwhile" : strerror(-r));
		buf_commit(&w->window, want);
		w->window_at = at;
	}
	*ret = w->window.data + (at - w->window_at);
	return 0;
}

/* 1: a header that fits stands at @at, 0: none. */
static int header_at(struct segment_walk *w, uint64_t at, struct frame_info *ret, struct err *e)
{
	const uint8_t *p;

	if (w->end - at < FRAME_MIN)
		return 0;
	int r = look(w, at, FRAME_HEADER_BYTES, &p, e);

	if (r < 0)
		return r;
	return frame_parse_header(p, ret) >= 0 && frame_bytes(ret) <= w->end - at;
}

/* Does the frame at @at follow one of the links @before? Then which, else -1 in *ret_which;
 * *ret_computed is its link behind the first of them. */
static int follows(struct segment_walk *w, uint64_t at, const struct frame_info *info,
		   const uint8_t (*before)[SEAL_HASH_BYTES], unsigned int n_before,
		   const uint8_t **ret_frame, int *ret_which, uint8_t *ret_computed, struct err *e)
{
	uint8_t digest[BLAKE2BP_BYTES], link[SEAL_HASH_BYTES];
	int r = look(w, at, (size_t)frame_bytes(info), ret_frame, e);

	*ret_which = -1;
	if (r < 0)
		return r;
	const uint8_t *body = *ret_frame + FRAME_HEADER_BYTES;

	frame_digest(body, info->body_bytes, digest);
	for (unsigned int i = 0; i < n_before && *ret_which < 0; i++) {
		frame_link(&w->segment->header.place, before[i], *ret_frame, digest, link);
		if (i == 0)
			memcpy(ret_computed, link, SEAL_HASH_BYTES);
		if (memcmp(link, body + info->body_bytes, SEAL_HASH_BYTES) == 0)
			*ret_which = (int)i;
	}
	if (*ret_which < 0)
		w->budget -= min_of(w->budget, (uint64_t)info->body_bytes + FRAME_MIN);
	return 0;
}

static void take_frame(struct segment_walk *w, const struct frame_info *info, const uint8_t *frame,
		       const uint8_t *before, struct walk_step *ret)
{
	ret->what = WALK_FRAME;
	ret->offset = w->at;
	ret->bytes = frame_bytes(info);
	ret->info = *info;
	ret->frame = frame;
	memcpy(ret->before, before, SEAL_HASH_BYTES);
	memcpy(ret->link, frame + FRAME_HEADER_BYTES + info->body_bytes, SEAL_HASH_BYTES);
	memcpy(w->before[0], ret->link, SEAL_HASH_BYTES);
	w->n_before = 1;
	w->epoch = info->epoch;
	w->at += ret->bytes;
}

static void take_gap(struct segment_walk *w, uint64_t to, struct walk_step *ret)
{
	ret->what = WALK_GAP;
	ret->offset = w->at;
	ret->bytes = to - w->at;
	w->at = to;
}

/* A gap up to the next frame that follows the 32 bytes before it, or up to the end. */
static int search(struct segment_walk *w, struct walk_step *ret, struct err *e)
{
	for (uint64_t at = w->at + 8; at + FRAME_MIN <= w->end && w->budget; at += 8) {
		uint8_t before[1][SEAL_HASH_BYTES], computed[SEAL_HASH_BYTES];
		struct frame_info info;
		const uint8_t *p;
		int which = -1, r = header_at(w, at, &info, e);

		/* Before the first frame there is the header. */
		if (r > 0 && at - w->at >= SEAL_HASH_BYTES) {
			r = look(w, at - SEAL_HASH_BYTES, SEAL_HASH_BYTES, &p, e);
			if (r >= 0) {
				memcpy(before[0], p, SEAL_HASH_BYTES);
				r = follows(w, at, &info, before, 1, &p, &which, computed, e);
			}
		}
		if (r < 0)
			return r;
		if (which == 0) {
			memcpy(w->before[0], before[0], SEAL_HASH_BYTES);
			w->n_before = 1;
			take_gap(w, at, ret);
			return 0;
		}
	}
	take_gap(w, w->end, ret);
	return 0;
}

int segment_walk_next(struct segment_walk *w, struct walk_step *ret, struct err *e)
{
	uint8_t computed[SEAL_HASH_BYTES];
	struct frame_info info, next;
	const uint8_t *frame;
	int which;

	*ret = (struct walk_step){ .what = WALK_END, .offset = w->at };
	if (w->at >= w->end)
		return 0;
	int r = header_at(w, w->at, &info, e);

	if (r == 0 || !w->budget)
		return search(w, ret, e);
	if (r > 0)
		r = follows(w, w->at, &info, w->before, w->n_before, &frame, &which, computed, e);
	if (r < 0)
		return r;
	if (which >= 0 && info.epoch >= w->epoch) {
		take_frame(w, &info, frame, w->before[which], ret);
		return 0;
	}
	const uint64_t end = w->at + frame_bytes(&info);
	uint8_t stored[SEAL_HASH_BYTES];

	memcpy(stored, frame + FRAME_HEADER_BYTES + info.body_bytes, SEAL_HASH_BYTES);
	r = end == w->end ? 1 : header_at(w, end, &next, e);
	if (r < 0)
		return r;
	if (r == 0)
		return search(w, ret, e);
	memcpy(w->before[0], stored, SEAL_HASH_BYTES);
	memcpy(w->before[1], computed, SEAL_HASH_BYTES);
	w->n_before = 2;
	take_gap(w, end, ret);
	ret->is_frame = true;
	ret->info = info;
	return 0;
}
