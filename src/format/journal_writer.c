/* SPDX-License-Identifier: MIT */
/* Frames, syncs and checkpoints of a journal's writer. How segments are begun: segment_begin.c. */
#include "format/journal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "format/journal_writer_state.h"
#include "format/witness.h"

/* ---- frames ---- */

void writer_begin_frame(struct journal_writer *w)
{
	static const uint8_t room[FRAME_HEADER_BYTES];

	buf_clear(&w->frame);
	(void)buf_add(&w->frame, room, sizeof(room)); /* no memory: seen when it is finished */
	content_begin(&w->content, &w->frame);
	w->in_frame = 0;
}

void writer_give_up(struct journal_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->end = w->acked;
	w->written = w->acknowledged;
	if (w->frame_key)
		sodium_memzero(w->frame_key, SEAL_KEY_BYTES);
	journal_index_clear(&w->index);
	writer_begin_frame(w);
}

static int failed(struct journal_writer *w, int code, const char *what, struct err *e)
{
	unsigned long long segment = w->end.segment;

	writer_give_up(w);
	return err_set(e, code, "'%s': cannot %s segment %llu, given up: %s", w->path, what,
		       segment, strerror(-code));
}

int writer_put_frame(struct journal_writer *w, enum frame_type type, struct err *e)
{
	struct frame_info info = { .type = type,
				   .seq = w->end.next_seq,
				   .epoch = signing_key_epoch(w->key),
				   .synced = w->acked.segment == w->end.segment ? w->acked.bytes
										: 0 };
	int r = buf_error(&w->frame);

	if (r >= 0)
		r = frame_finish(&w->frame, &info, &w->place,
				 type == FRAME_CHECKPOINT ? NULL : w->frame_key, w->end.link);
	if (r >= 0)
		r = file_pwrite_all(w->fd, w->frame.data, w->frame.len, w->end.bytes);
	if (r < 0)
		return failed(w, r, "write to", e);
	w->end.bytes += w->frame.len;
	w->end.next_seq++;
	w->bytes += w->frame.len;
	w->written += w->in_frame;
	writer_begin_frame(w);
	return 0;
}

/* What was appended becomes a frame, and rows of the index. */
static int put_data(struct journal_writer *w, struct err *e)
{
	if (!w->in_frame)
		return 0;
	int r = content_end(&w->content);

	for (uint32_t i = 0; r >= 0 && i < w->content.streams.n; i++) {
		struct journal_row *row = &w->content.row[i];

		row->offset = w->end.bytes;
		row->seq = w->end.next_seq;
		row->epoch = signing_key_epoch(w->key);
		r = journal_index_add(&w->index, &w->content.streams.stream[i], row);
	}
	return r < 0 ? failed(w, r, "write to", e) : writer_put_frame(w, FRAME_DATA, e);
}

int writer_sync(struct journal_writer *w, struct err *e)
{
	if (w->end.bytes == w->acked.bytes && w->end.segment == w->acked.segment)
		return 0;
	if (fdatasync(w->fd) < 0)
		return failed(w, -errno, "sync", e);
	w->acked = w->end;
	w->acknowledged = w->written;
	return 0;
}

/* ---- checkpoints ---- */

static int put_index(struct journal_writer *w, uint64_t *ret_offset, struct err *e)
{
	int r = journal_index_put(&w->index, &w->frame);

	*ret_offset = w->end.bytes;
	return r < 0 ? failed(w, r, "write the index of", e) : writer_put_frame(w, FRAME_INDEX, e);
}

static int witness(struct journal_writer *w, struct err *e)
{
	int r = w->witness_fd < 0 ? 0
				  : witness_append(w->witness_fd, signing_key_statement(w->key));

	return r < 0 ? err_set(e, r, "cannot write the witness: %s", strerror(-r)) : 0;
}

/*
 * The order that keeps key and journal together whatever happens (docs/formats/journal.md, "Order
 * of writing"): next key on disk; statement on disk; old key erased; frame key moved on.
 */
static int put_statement(struct journal_writer *w, uint32_t flags, uint64_t index_offset,
			 struct err *e)
{
	struct statement s = { .segment = w->end.segment,
			       .seq = w->end.next_seq,
			       .epoch = signing_key_epoch(w->key),
			       .time = nsec_realtime(),
			       .offset = w->end.bytes,
			       .flags = flags,
			       .index_offset = index_offset };
	uint8_t body[CHECKPOINT_BODY_BYTES];

	signing_key_make_next(w->key, s.next_key);
	memcpy(s.journal, w->place.journal, JOURNAL_ID_BYTES);
	memcpy(s.before, w->end.link, SEAL_HASH_BYTES);
	statement_sign(&s, signing_key_secret(w->key), body);
	memcpy(body + STATEMENT_SIGNED_BYTES, signing_key_statement(w->key),
	       STATEMENT_SIGNED_BYTES);
	int r = signing_key_prepare(w->key, body, e);

	if (r < 0) {
		writer_give_up(w);
		return r;
	}
	(void)buf_add(&w->frame, body, sizeof(body));
	r = writer_put_frame(w, FRAME_CHECKPOINT, e);
	if (r >= 0)
		r = writer_sync(w, e);
	if (r < 0)
		return r;
	frame_next_key(w->frame_key);
	r = signing_key_advance(w->key, e);
	w->signed_at = nsec_monotonic();
	w->signed_bytes = w->end.bytes;
	/* Without its next key the segment cannot go on; the statement stands. */
	if (r < 0)
		writer_give_up(w);
	return r < 0 ? r : witness(w, e);
}

/* The first frame of a segment is nothing that needs signing: its header is signed. */
static bool is_unsigned(const struct journal_writer *w)
{
	return w->fd >= 0 && w->end.bytes != w->signed_bytes;
}

/* @flags: STATEMENT_*; an end of the segment closes its file. */
static int sign(struct journal_writer *w, uint32_t flags, struct err *e)
{
	uint64_t index_offset = 0;
	int r = put_data(w, e);

	if (r >= 0 && flags & STATEMENT_SEGMENT_ENDS)
		r = put_index(w, &index_offset, e);
	if (r >= 0)
		r = put_statement(w, flags, index_offset, e);
	if (r >= 0 && flags & STATEMENT_SEGMENT_ENDS)
		writer_give_up(w); /* nothing is lost: all is acknowledged */
	return r;
}

static int tick(struct journal_writer *w, struct err *e)
{
	nsec_t now = nsec_monotonic();

	if (w->end.bytes >= w->segment_bytes || now - w->begun >= w->segment_age)
		return sign(w, STATEMENT_SEGMENT_ENDS, e);
	if (is_unsigned(w) && (w->end.bytes - w->signed_bytes >= w->checkpoint_bytes ||
			       now - w->signed_at >= w->checkpoint_age))
		return sign(w, 0, e);
	return 0;
}

/* ---- for callers ---- */

static int need_segment(struct journal_writer *w, struct err *e)
{
	return w->fd >= 0 ? 0 : writer_begin_segment(w, e);
}

/* The frame so far is written; the next entry gets a new one, perhaps of a new segment. */
static int next_frame(struct journal_writer *w, struct err *e)
{
	int r = put_data(w, e);

	if (r >= 0)
		r = tick(w, e);
	return r < 0 ? r : need_segment(w, e);
}

int journal_append(struct journal_writer *w, const struct journal_stream *s,
		   const struct journal_entry *entry, struct err *e)
{
	int r = need_segment(w, e);

	/* A large entry gets a frame of its own, so that damage to it is no damage to others. */
	if (r >= 0 && w->in_frame && content_bytes(&w->content) + entry->bytes > w->frame_bytes)
		r = next_frame(w, e);
	if (r < 0)
		return r;
	r = content_add(&w->content, s, entry);
	if (r == -EFBIG && w->in_frame) {
		r = next_frame(w, e);
		if (r < 0)
			return r;
		r = content_add(&w->content, s, entry);
	}
	if (r == -EFBIG)
		return err_set(e, r, "%u bytes are too many for a frame", entry->bytes);
	if (r < 0)
		return failed(w, r, "write to", e);
	w->in_frame++;
	w->appended++;
	return 0;
}

int journal_sync(struct journal_writer *w, struct err *e)
{
	int r = 0;

	if (w->fd < 0)
		return 0;
	r = put_data(w, e);
	if (r >= 0)
		r = writer_sync(w, e);
	return r < 0 ? r : tick(w, e);
}

int journal_checkpoint(struct journal_writer *w, struct err *e)
{
	int r = need_segment(w, e);

	return r < 0 ? r : sign(w, 0, e);
}

int journal_writer_tick(struct journal_writer *w, struct err *e)
{
	return w->fd < 0 ? 0 : tick(w, e);
}

int journal_writer_close(struct journal_writer *w, struct err *e)
{
	int r = need_segment(w, e);

	if (r >= 0)
		r = sign(w, STATEMENT_SEGMENT_ENDS | STATEMENT_JOURNAL_CLOSED, e);
	return r;
}

void journal_writer_get(const struct journal_writer *w, struct journal_writer_state *ret)
{
	*ret = (struct journal_writer_state){
		.site = w->site,
		.site_name = w->site_name,
		.segment = w->end.segment,
		.epoch = signing_key_epoch(w->key),
		.appended = w->appended,
		.acknowledged = w->acknowledged,
		.bytes = w->bytes,
	};
	memcpy(ret->journal, signing_key_journal(w->key), JOURNAL_ID_BYTES);
}

/* ---- opening ---- */

static int take_options(struct journal_writer *w, const struct journal_writer_options *o,
			struct err *e)
{
	w->frame_bytes = o->frame_bytes ? o->frame_bytes : JOURNAL_FRAME_BYTES;
	w->segment_bytes = o->segment_bytes ? o->segment_bytes : JOURNAL_SEGMENT_BYTES;
	w->checkpoint_bytes = o->checkpoint_bytes ? o->checkpoint_bytes : JOURNAL_CHECKPOINT_BYTES;
	w->checkpoint_age = o->checkpoint_age ? o->checkpoint_age : JOURNAL_CHECKPOINT_AGE;
	w->segment_age = o->segment_age ? o->segment_age : JOURNAL_SEGMENT_AGE;
	if (o->n_to > JOURNAL_RECIPIENTS_MAX)
		return err_set(e, -EINVAL, "%zu recipients (at most %u)", o->n_to,
			       JOURNAL_RECIPIENTS_MAX);
	w->to = seal_alloc(JOURNAL_RECIPIENTS_MAX * sizeof(*w->to));
	w->frame_key = seal_alloc(SEAL_KEY_BYTES);
	if (!w->to || !w->frame_key)
		return err_set(e, -ENOMEM, "no memory");
	if (o->n_to)
		memcpy(w->to, o->to, o->n_to * sizeof(*w->to));
	w->n_to = o->n_to;
	return 0;
}

int journal_writer_open(const char *path, const struct journal_writer_options *o,
			struct journal_writer **ret, struct err *e)
{
	auto_ptr(journal_writer) w = calloc(1, sizeof(*w));

	if (!w)
		return err_set(e, -ENOMEM, "no memory");
	w->dir_fd = w->fd = w->witness_fd = -1;
	buf_init(&w->frame, FRAME_BODY_MAX + FRAME_HEADER_BYTES + SEAL_HASH_BYTES);
	writer_begin_frame(w);
	w->path = strdup(path);
	if (!w->path)
		return err_set(e, -ENOMEM, "no memory");
	int r = seal_ready(e);

	if (r >= 0)
		r = take_options(w, o, e);
	if (r >= 0)
		r = writer_find_end(w, o, e);
	if (r >= 0 && o->witness) {
		r = witness_open(o->witness, e);
		w->witness_fd = r;
	}
	if (r >= 0)
		r = writer_begin_segment(w, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(w);
	return 0;
}

struct journal_writer *journal_writer_free(struct journal_writer *w)
{
	if (w) {
		if (w->fd >= 0)
			close(w->fd);
		if (w->dir_fd >= 0)
			close(w->dir_fd);
		if (w->witness_fd >= 0)
			close(w->witness_fd);
		signing_key_free(w->key);
		seal_free(w->frame_key);
		seal_free(w->to);
		if (w->frame.data)
			sodium_memzero(w->frame.data, w->frame.cap);
		buf_done(&w->frame);
		content_done(&w->content);
		journal_index_done(&w->index);
		free(w->path);
		free(w);
	}
	return NULL;
}
