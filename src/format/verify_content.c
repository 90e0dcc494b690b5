/* SPDX-License-Identifier: MIT */
/* What verifying does with a key: sealed content, and the index counted anew. */
#include <errno.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "format/block.h"
#include "format/journal_verify_state.h"

static bool block_is_whole(const struct journal_entry *entry)
{
	struct block_info info;

	return entry->bytes >= BLOCK_HEADER_BYTES &&
	       block_parse_header(entry->data, &info, NULL) == 0 &&
	       block_bytes(&info) == entry->bytes && info.track == entry->track &&
	       crc32c(entry->data + info.header_bytes, info.payload_bytes) == info.payload_crc;
}

/* Rows of the index from what is in the frame, as the writer made them. */
static int count_content(struct verify *y, const struct walk_step *step, bool *ret_bad)
{
	const struct journal_row frame = { .offset = step->offset,
					   .seq = step->info.seq,
					   .epoch = step->info.epoch };
	struct content c;
	struct journal_entry entry;
	uint32_t at;

	*ret_bad = content_parse(y->content.data, y->content.len, false, &c) < 0;
	if (*ret_bad)
		return 0;
	auto_free struct journal_row *rows = calloc(c.n_streams + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	*ret_bad = content_count(&c, &frame, rows) < 0;
	int r = 0;

	for (uint32_t i = 0; i < c.n_streams && r >= 0; i++) {
		struct journal_stream stream;

		content_stream(&c, i, &stream);
		r = journal_index_add(&y->index, &stream, &rows[i]);
	}
	while (r >= 0 && content_next(&c, &entry, &at) > 0) {
		*ret_bad |= entry.kind == ENTRY_BLOCK && !block_is_whole(&entry);
		y->v->entries++;
	}
	return r;
}

static int compare_index(struct verify *y, const struct journal_segment *s,
			 const struct walk_step *step, bool complete)
{
	struct journal_index said = { 0 };
	int r = journal_index_parse(y->content.data, y->content.len, &said);

	if (r == -ENOMEM)
		return r;
	/* Of a segment with damage the index knows more than can be counted. */
	if (r < 0 || (complete && !journal_index_equal(&said, &y->index)))
		verify_problem(y, FAULT_INDEX, s->number, step->offset, step->bytes,
			       "the index is not that of the segment's frames");
	journal_index_done(&said);
	return 0;
}

int verify_content(struct verify *y, struct journal_segment *s, const struct walk_step *step,
		   bool complete)
{
	bool bad = false;

	if (!s->keys || (step->info.type != FRAME_DATA && step->info.type != FRAME_INDEX))
		return 0;
	int r = journal_segment_open_frame(s, step->frame, &step->info, step->offset, step->before,
					   &y->content);

	if (r == -EBADMSG)
		bad = true;
	else if (r >= 0 && step->info.type == FRAME_DATA)
		r = count_content(y, step, &bad);
	else if (r >= 0)
		r = compare_index(y, s, step, complete);
	if (bad)
		verify_problem(y, FAULT_CONTENT, s->number, step->offset, step->bytes,
			       "the frame is in its place, but does not open or holds no content");
	return r == -EBADMSG ? 0 : r;
}
