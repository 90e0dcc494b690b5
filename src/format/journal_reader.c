/* SPDX-License-Identifier: MIT */
/*
 * Segment after segment: by its index where the filter leaves frames out and the index can be read,
 * else frame after frame.
 */
#include "format/journal_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "format/journal_folder.h"
#include "format/journal_segment.h"

#define NOTES_MAX ((size_t)64 << 10)

struct journal_reader {
	int dir_fd;
	struct keyring *keys; /* lent */
	struct journal_filter filter;
	uint64_t *list;
	size_t n, next; /* segments */
	struct journal_header first;
	bool has_first;
	uint64_t opened, locked, damaged, done, total;
	struct buf notes;

	struct journal_segment *segment; /* or NULL: the next one is due */
	bool walking;
	struct segment_walk walk;
	struct journal_index index; /* when not walking */
	size_t next_row;

	bool rows_only; /* the index is enough */
	struct journal_row *row; /* of the frame, counted */
	uint32_t row_at;

	struct buf frame, plain;
	struct content content;
	bool in_frame;
	uint64_t offset; /* of the frame */
};

/* ---- filter ---- */

bool journal_filter_takes_stream(const struct journal_filter *f, const struct journal_stream *s)
{
	return !(f->has_site && s->site != f->site) && !(f->has_host && s->host != f->host) &&
	       !(f->has_run &&
		 (s->is_number != f->run_is_number || memcmp(s->run, f->run, f->run_bytes) != 0));
}

static bool touches(const struct journal_filter *f, nsec_t first, nsec_t last)
{
	return last >= f->from && !(f->to && first >= f->to);
}

bool journal_filter_takes_entry(const struct journal_filter *f, const struct journal_entry *entry)
{
	return touches(f, entry->first, entry->last) &&
	       !(f->has_track && entry->track != f->track) &&
	       !(f->kinds && !(entry->kind < 64 && f->kinds >> entry->kind & 1));
}

static bool takes_row(const struct journal_filter *f, const struct journal_index *x,
		      const struct journal_row *row)
{
	return journal_filter_takes_stream(f, &x->streams.stream[row->stream]) &&
	       touches(f, row->first, row->last) && !(f->kinds && !(f->kinds & row->kinds));
}

static bool leaves_out(const struct journal_filter *f)
{
	return f->has_site || f->has_host || f->has_run || f->from || f->to || f->kinds;
}

/* ---- notes ---- */

static void note(struct journal_reader *r, uint64_t offset, uint64_t bytes, const char *what)
{
	r->damaged++;
	if (r->notes.len < NOTES_MAX)
		(void)buf_addf(&r->notes, "segment %llu, offset %llu, %llu bytes: %s, left out\n",
			       (unsigned long long)r->segment->number, (unsigned long long)offset,
			       (unsigned long long)bytes, what);
}

/* ---- index ---- */

/* The whole frame at @offset, its link checked, opened into r->plain. 0, or -errno: it cannot be
 * used. */
static int read_frame(struct journal_reader *r, uint64_t offset, uint64_t end, unsigned int type)
{
	struct journal_segment *s = r->segment;
	uint8_t before[SEAL_HASH_BYTES], digest[BLAKE2BP_BYTES], link[SEAL_HASH_BYTES];
	struct frame_info info;

	if (offset < s->first_frame || offset >= end || end - offset < FRAME_HEADER_BYTES)
		return -EBADMSG;
	buf_clear(&r->frame);
	uint8_t *p = buf_reserve(&r->frame, FRAME_HEADER_BYTES);
	int rc = p ? file_pread_all(s->fd, p, FRAME_HEADER_BYTES, offset) : -ENOMEM;

	if (rc >= 0)
		rc = frame_parse_header(p, &info);
	if (rc >= 0 && (info.type != type || frame_bytes(&info) > end - offset))
		rc = -EBADMSG;
	if (rc >= 0) {
		p = buf_reserve(&r->frame, (size_t)frame_bytes(&info));
		rc = p ? file_pread_all(s->fd, p, (size_t)frame_bytes(&info), offset) : -ENOMEM;
	}
	if (rc >= 0 && offset == s->first_frame)
		memcpy(before, s->header.link, sizeof(before));
	else if (rc >= 0)
		rc = file_pread_all(s->fd, before, sizeof(before), offset - sizeof(before));
	if (rc < 0)
		return rc;
	const uint8_t *body = p + FRAME_HEADER_BYTES;

	frame_digest(body, info.body_bytes, digest);
	frame_link(&s->header.place, before, p, digest, link);
	if (memcmp(link, body + info.body_bytes, sizeof(link)) != 0)
		return -EBADMSG;
	return journal_segment_open_frame(s, p, &info, offset, before, &r->plain);
}

/* The checkpoint that ends a segment is its last frame, and tells where the index is. */
static bool find_index(struct journal_reader *r, uint64_t end)
{
	const uint64_t bytes = FRAME_HEADER_BYTES + CHECKPOINT_BODY_BYTES + SEAL_HASH_BYTES;
	uint8_t p[FRAME_HEADER_BYTES + CHECKPOINT_BODY_BYTES];
	struct frame_info info;
	struct statement st;

	if (end < r->segment->first_frame + bytes ||
	    file_pread_all(r->segment->fd, p, sizeof(p), end - bytes) < 0 ||
	    frame_parse_header(p, &info) < 0 || info.type != FRAME_CHECKPOINT ||
	    info.body_bytes != CHECKPOINT_BODY_BYTES ||
	    statement_parse(p + FRAME_HEADER_BYTES, &st) < 0 ||
	    !(st.flags & STATEMENT_SEGMENT_ENDS) || !st.index_offset)
		return false;
	return read_frame(r, st.index_offset, end, FRAME_INDEX) >= 0 &&
	       journal_index_parse(r->plain.data, r->plain.len, &r->index) >= 0;
}

/* ---- segments ---- */

static void end_segment(struct journal_reader *r)
{
	if (r->segment)
		r->done += r->segment->size;
	if (r->walking)
		segment_walk_done(&r->walk);
	r->walking = false;
	journal_index_done(&r->index);
	r->segment = journal_segment_free(r->segment);
}

/* Up to where it counts: what the next segment's header says. */
static uint64_t end_of(struct journal_reader *r, size_t i)
{
	auto_ptr(journal_segment) next = NULL;
	uint64_t end = r->segment->size;

	if (i + 1 < r->n && r->list[i + 1] == r->list[i] + 1 &&
	    journal_segment_open(r->dir_fd, r->list[i + 1], &next, NULL) >= 0 &&
	    next->header.place.segment == next->number &&
	    memcmp(next->header.place.journal, r->segment->header.place.journal,
		   JOURNAL_ID_BYTES) == 0 &&
	    next->header.bytes_before >= r->segment->first_frame)
		end = min_of(end, next->header.bytes_before);
	return end;
}

/* Whoever knows a public key can seal to it: what is not of this journal, or not under its name, is
 * noted and left out. */
static bool is_in_place(struct journal_reader *r)
{
	const struct frame_place *is = &r->segment->header.place;
	char name[JOURNAL_NAME_MAX];

	const bool foreign =
		r->has_first && memcmp(is->journal, r->first.place.journal, JOURNAL_ID_BYTES) != 0;

	if (!foreign && is->segment == r->segment->number)
		return true;
	r->damaged++;
	(void)buf_addf(&r->notes, "'%s' is segment %llu of %s journal, left out\n",
		       journal_segment_name(r->segment->number, name),
		       (unsigned long long)is->segment, foreign ? "another" : "this");
	return false;
}

/* 1: there is one, 0: no more. */
static int begin_segment(struct journal_reader *r, struct err *e)
{
	while (r->next < r->n) {
		const size_t i = r->next++;
		struct err own = { 0 };
		int rc = journal_segment_open(r->dir_fd, r->list[i], &r->segment, &own);

		if (rc == -ENOMEM || rc == -EACCES || rc == -EMFILE)
			return err_set(e, rc, "%s", err_text(&own, rc));
		if (rc < 0) {
			r->damaged++;
			(void)buf_addf(&r->notes, "%s, left out\n", err_text(&own, rc));
			continue;
		}
		if (!is_in_place(r)) {
			end_segment(r);
			continue;
		}
		rc = journal_segment_unlock(r->segment, r->keys, &own);
		if (rc == -ENOMEM)
			return err_set(e, rc, "%s", err_text(&own, rc));
		if (rc == -ENOKEY)
			r->locked++;
		else if (rc < 0)
			note(r, 0, r->segment->size, err_text(&own, rc));
		if (rc < 0) {
			end_segment(r);
			continue;
		}
		r->opened++;
		const uint64_t end = end_of(r, i);

		r->next_row = 0;
		r->walking = !(leaves_out(&r->filter) || r->rows_only) || !find_index(r, end);
		if (r->walking)
			segment_walk_begin(&r->walk, r->segment, end);
		return 1;
	}
	return 0;
}

/* ---- frames ---- */

static void take_content(struct journal_reader *r, uint64_t offset, uint64_t bytes)
{
	r->offset = offset;
	r->in_frame = content_parse(r->plain.data, r->plain.len, false, &r->content) >= 0;
	if (!r->in_frame)
		note(r, offset, bytes, "the frame holds no content");
}

/* 1: looked at a frame, 0: the segment is done. */
static int walk_frame(struct journal_reader *r, struct err *e)
{
	struct walk_step step;
	int rc = segment_walk_next(&r->walk, &step, e);

	if (rc < 0 || step.what == WALK_END)
		return rc;
	if (step.what == WALK_GAP) {
		note(r, step.offset, step.bytes, "damaged");
		return 1;
	}
	if (step.info.type != FRAME_DATA)
		return 1;
	rc = journal_segment_open_frame(r->segment, step.frame, &step.info, step.offset,
					step.before, &r->plain);
	if (rc == -ENOMEM)
		return err_set(e, rc, "no memory");
	if (rc < 0)
		note(r, step.offset, step.bytes, "does not open");
	else
		take_content(r, step.offset, step.bytes);
	return 1;
}

static int index_frame(struct journal_reader *r, struct err *e)
{
	const struct journal_row *row = r->index.row;
	size_t i = r->next_row;

	while (i < r->index.n_rows && !takes_row(&r->filter, &r->index, &row[i]))
		i++;
	if (i == r->index.n_rows)
		return 0;
	/* The rows of one frame follow each other. */
	for (r->next_row = i + 1;
	     r->next_row < r->index.n_rows && row[r->next_row].offset == row[i].offset;)
		r->next_row++;
	int rc = read_frame(r, row[i].offset, r->segment->size, FRAME_DATA);

	if (rc == -ENOMEM)
		return err_set(e, rc, "no memory");
	if (rc < 0)
		note(r, row[i].offset, row[i].payload_bytes, "damaged");
	else
		take_content(r, row[i].offset, row[i].payload_bytes);
	return 1;
}

static int next_frame(struct journal_reader *r, struct err *e)
{
	int rc = r->segment ? 1 : begin_segment(r, e);

	if (rc <= 0)
		return rc;
	rc = r->walking ? walk_frame(r, e) : index_frame(r, e);
	if (rc == 0)
		end_segment(r);
	return rc < 0 ? rc : 1;
}

int journal_reader_next(struct journal_reader *r, struct journal_stream *ret_stream,
			struct journal_entry *ret, struct err *e)
{
	for (;;) {
		uint32_t at;
		int rc = r->in_frame ? content_next(&r->content, ret, &at) : 0;

		if (rc < 0)
			note(r, r->offset, 0, "the rest of the frame holds no content");
		r->in_frame = rc > 0;
		if (rc > 0) {
			content_stream(&r->content, at, ret_stream);
			if (journal_filter_takes_stream(&r->filter, ret_stream) &&
			    journal_filter_takes_entry(&r->filter, ret))
				return 1;
			continue;
		}
		rc = next_frame(r, e);
		if (rc <= 0)
			return rc;
	}
}

/* ---- rows ---- */

/* 1: the next row of the segment's index; 0: no more. */
static int index_row(struct journal_reader *r, struct journal_stream *ret_stream,
		     struct journal_row *ret)
{
	while (r->next_row < r->index.n_rows) {
		const struct journal_row *row = &r->index.row[r->next_row++];

		if (!takes_row(&r->filter, &r->index, row))
			continue;
		*ret = *row;
		*ret_stream = r->index.streams.stream[row->stream];
		return 1;
	}
	return 0;
}

/* Of the frame that was walked to. */
static int counted_row(struct journal_reader *r, struct journal_stream *ret_stream,
		       struct journal_row *ret)
{
	while (r->in_frame && r->row_at < r->content.n_streams) {
		*ret = r->row[r->row_at];
		content_stream(&r->content, r->row_at++, ret_stream);
		if (journal_filter_takes_stream(&r->filter, ret_stream) &&
		    touches(&r->filter, ret->first, ret->last) &&
		    !(r->filter.kinds && !(r->filter.kinds & ret->kinds)))
			return 1;
	}
	r->in_frame = false;
	return 0;
}

static int count_frame(struct journal_reader *r, struct err *e)
{
	const struct journal_row frame = { .offset = r->offset };

	free(r->row);
	r->row_at = 0;
	r->row = calloc(r->content.n_streams + (size_t)1, sizeof(*r->row));
	if (!r->row)
		return err_set(e, -ENOMEM, "no memory");
	if (content_count(&r->content, &frame, r->row) < 0)
		note(r, r->offset, 0, "the rest of the frame holds no content");
	return 0;
}

int journal_reader_next_row(struct journal_reader *r, struct journal_stream *ret_stream,
			    struct journal_row *ret, struct err *e)
{
	r->rows_only = true;
	for (;;) {
		int rc = r->segment ? 1 : begin_segment(r, e);

		if (rc <= 0)
			return rc;
		rc = r->walking ? counted_row(r, ret_stream, ret) : index_row(r, ret_stream, ret);
		if (rc > 0)
			return 1;
		rc = r->walking ? walk_frame(r, e) : 0;
		if (rc > 0 && r->in_frame)
			rc = count_frame(r, e) < 0 ? -ENOMEM : 1;
		if (rc == 0)
			end_segment(r);
		if (rc < 0)
			return rc;
	}
}

/* ---- opening ---- */

static int look_at_keys(struct journal_reader *r, struct err *e)
{
	bool any = false, locked = false;

	for (size_t i = 0; i < r->n; i++) {
		auto_ptr(journal_segment) s = NULL;
		int rc = journal_segment_open(r->dir_fd, r->list[i], &s, NULL);

		if (rc < 0)
			continue;
		if (!r->has_first)
			r->first = s->header;
		r->has_first = true;
		r->total += s->size;
		rc = any ? 0 : journal_segment_unlock(s, r->keys, NULL);
		any = any || rc != -ENOKEY;
		locked = locked || rc == -ENOKEY;
	}
	if (!locked || any)
		return 0;
	return err_set(e, -ENOKEY,
		       keyring_is_empty(r->keys)
			       ? "it is sealed: reading takes a key (try: --key FILE)"
			       : "wrong key: it is sealed to others");
}

static int open_reader(struct journal_reader *r, const char *path, struct err *e)
{
	int rc = seal_ready(e);

	if (rc < 0)
		return rc;
	r->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return err_set(e, -errno, "cannot open: %s", strerror(errno));
	rc = journal_folder_list(r->dir_fd, &r->list, &r->n, e);
	if (rc >= 0 && !r->n)
		rc = err_set(e, -ENOENT, "no segment of a journal is in there");
	return rc < 0 ? rc : look_at_keys(r, e);
}

int journal_reader_open(const char *path, struct keyring *k, const struct journal_filter *f,
			struct journal_reader **ret, struct err *e)
{
	auto_ptr(journal_reader) r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(e, -ENOMEM, "no memory");
	r->dir_fd = -1;
	r->keys = k;
	if (f)
		r->filter = *f;
	buf_init(&r->notes, 2 * NOTES_MAX);
	buf_init(&r->frame, FRAME_BODY_MAX + 4096);
	buf_init(&r->plain, FRAME_BODY_MAX + 4096);
	int rc = open_reader(r, path, e);

	if (rc < 0) {
		err_prefix(e, "'%s'", path);
		return rc;
	}
	*ret = steal_ptr(r);
	return 0;
}

struct journal_reader *journal_reader_free(struct journal_reader *r)
{
	if (r) {
		end_segment(r);
		if (r->dir_fd >= 0)
			close(r->dir_fd);
		buf_done(&r->notes);
		buf_done(&r->frame);
		buf_done(&r->plain);
		free(r->row);
		free(r->list);
		free(r);
	}
	return NULL;
}

void journal_reader_get(struct journal_reader *r, struct journal_reader_state *ret)
{
	*ret = (struct journal_reader_state){
		.first = r->has_first ? &r->first : NULL,
		.segments = r->opened,
		.locked = r->locked,
		.done = r->done + (r->segment ? r->offset : 0),
		.total = r->total,
		.damaged = r->damaged,
		.place_segment = r->segment ? r->segment->number : 0,
		.place_offset = r->offset,
		.notes = &r->notes,
	};
}
