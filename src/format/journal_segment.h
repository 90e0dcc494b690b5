/* SPDX-License-Identifier: MIT */
/*
 * Reading one segment of a journal: its header, and its frames one after the other past whatever is
 * damaged. The chain of links is checked on the way; signatures and sequence numbers are the
 * business of who walks (format/journal_verify.h, format/journal_writer.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/journal_header.h"

struct journal_segment {
	int fd;
	uint64_t number; /* of its name */
	uint64_t size; /* of the file when it was opened */
	struct journal_header header;
	uint8_t *head; /* the bytes of the header, of the copy that is whole */
	unsigned int damaged_copies; /* bit 0: the first copy is damaged, bit 1: the second */
	uint64_t first_frame; /* its offset */
	/* Frame keys, once journal_segment_unlock() found them; seal_alloc(). */
	struct segment_keys *keys;
};

/* 0; -EBADMSG with words: both copies of its header are damaged; -EMEDIUMTYPE with words: a newer
 * version; -errno with words. */
int journal_segment_open(int dir_fd, uint64_t number, struct journal_segment **ret,
			 struct err *e) must_check;
/* The same of a file that is open, for one that is just being begun; takes @fd over. */
int journal_segment_open_fd(int fd, uint64_t number, struct journal_segment **ret,
			    struct err *e) must_check;
struct journal_segment *journal_segment_free(struct journal_segment *s);
DEFINE_CLEANUP(journal_segment, journal_segment_free)

/* Find the frame keys. 0, or as journal_header_open(). */
int journal_segment_unlock(struct journal_segment *s, struct keyring *k, struct err *e) must_check;
/* Set the frame key of its first epoch; 0 or -ENOMEM. */
int journal_segment_set_key(struct journal_segment *s, const uint8_t *key) must_check;
/*
 * Open the sealed frame at @frame into @ret. Epochs must not fall much from call to call: going
 * back begins anew. -EBADMSG: damaged or in an epoch that cannot be; -ENOKEY: not unlocked.
 */
int journal_segment_open_frame(struct journal_segment *s, const uint8_t *frame,
			       const struct frame_info *i, uint64_t offset,
			       const uint8_t before[SEAL_HASH_BYTES], struct buf *ret) must_check;

/* ---- walking ---- */

enum walk_what { WALK_END, WALK_FRAME, WALK_GAP };

struct walk_step {
	enum walk_what what;
	uint64_t offset, bytes; /* of the frame, or of what cannot be read */
	bool is_frame; /* WALK_GAP: it is one frame, whose header is whole: .info is right */
	struct frame_info info;
	const uint8_t *frame; /* WALK_FRAME; lent until the next step */
	uint8_t before[SEAL_HASH_BYTES], link[SEAL_HASH_BYTES]; /* WALK_FRAME */
};

struct segment_walk {
	struct journal_segment *segment;
	uint64_t at, end;
	uint64_t epoch; /* of the last whole frame */
	uint64_t budget; /* bytes that may still be hashed in vain */
	uint8_t before[2][SEAL_HASH_BYTES]; /* links that the next frame may follow */
	unsigned int n_before;
	struct buf window;
	uint64_t window_at;
};

/* From the first frame up to @end, which is not beyond s->size. */
void segment_walk_begin(struct segment_walk *w, struct journal_segment *s, uint64_t end);
void segment_walk_done(struct segment_walk *w);
/* The next frame whose link is right, or a stretch between such frames. 0, or -errno with words:
 * the file cannot be read. */
int segment_walk_next(struct segment_walk *w, struct walk_step *ret, struct err *e) must_check;
