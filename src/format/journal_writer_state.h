/* SPDX-License-Identifier: MIT */
/* The inside of a journal's writer, shared by journal_writer.c and segment_begin.c. Not for use
 * elsewhere. */
#pragma once

#include "format/epoch_chain.h"
#include "format/journal_header.h"
#include "format/journal_writer.h"
#include "format/signing_key.h"

/* Behind a frame: where the chain stands. */
struct chain_end {
	uint64_t segment; /* 0: no segment yet */
	uint64_t bytes; /* of the segment up to here */
	uint64_t next_seq;
	uint8_t link[SEAL_HASH_BYTES];
};

struct journal_writer {
	int dir_fd;
	char *path;
	uint64_t site;
	char site_name[JOURNAL_SITE_NAME_MAX + 1];
	struct recipient *to; /* seal_alloc() */
	size_t n_to;
	uint64_t frame_bytes, segment_bytes, checkpoint_bytes;
	nsec_t checkpoint_age, segment_age;
	int witness_fd; /* or -1 */

	struct signing_key *key;
	struct chain_end acked; /* on disk, for good */

	/* The open segment; fd < 0: none. */
	int fd;
	struct frame_place place;
	struct chain_end end; /* as written */
	uint8_t *frame_key; /* of the current epoch; seal_alloc() */
	nsec_t begun, signed_at; /* CLOCK_MONOTONIC */
	uint64_t signed_bytes; /* place of the last checkpoint, or the segment's begin */
	struct journal_index index;

	/* The frame that is being filled. */
	struct buf frame;
	struct content_builder content;
	uint64_t in_frame; /* its entries */
	uint64_t appended, written, acknowledged, bytes;
};

/* The folder, the writer's key and the end of the chain, of a journal that is there or is made. */
int writer_find_end(struct journal_writer *w, const struct journal_writer_options *o,
		    struct err *e) must_check;
/* A new segment behind w->acked. Leaves w->fd < 0 on failure. */
int writer_begin_segment(struct journal_writer *w, struct err *e) must_check;
/* Close the open segment's file as it is, and forget what was not acknowledged. */
void writer_give_up(struct journal_writer *w);

/* Begin the next frame in w->frame. */
void writer_begin_frame(struct journal_writer *w);
/* Finish the frame in w->frame (sealed unless it is a checkpoint) and write it. On failure the
 * segment was given up. */
int writer_put_frame(struct journal_writer *w, enum frame_type type, struct err *e) must_check;
/* fdatasync() of the segment, and everything written is acknowledged. Likewise. */
int writer_sync(struct journal_writer *w, struct err *e) must_check;
