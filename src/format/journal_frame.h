/* SPDX-License-Identifier: MIT */
/*
 * One frame of a sealed journal: its header, sealing and opening of its body, and its link in the
 * chain. Bytes: docs/formats/journal.md, "Frame". No files here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/blake2bp.h"
#include "base/buf.h"
#include "format/seal.h"

#define JOURNAL_ID_BYTES 16

#define FRAME_MAGIC	   0x52464a4bu /* "KJFR" */
#define FRAME_HEADER_BYTES 40
#define FRAME_BODY_MAX	   (68u << 20)

/* On disk. */
enum frame_type { FRAME_DATA = 1, FRAME_INDEX = 2, FRAME_CHECKPOINT = 3 };

struct frame_info {
	unsigned int type; /* may be one that we do not know */
	uint32_t body_bytes; /* of a sealed one with its tag */
	uint64_t seq, epoch;
	uint64_t synced; /* bytes of the segment that were on disk when it was written */
};

/* Where frames are: bound into each. */
struct frame_place {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t segment;
};

/* Header, body and link. */
static inline uint64_t frame_bytes(const struct frame_info *i)
{
	return FRAME_HEADER_BYTES + (uint64_t)i->body_bytes + SEAL_HASH_BYTES;
}

void frame_put_header(uint8_t p[FRAME_HEADER_BYTES], const struct frame_info *i);
/* 0 or -EBADMSG. */
int frame_parse_header(const uint8_t p[FRAME_HEADER_BYTES], struct frame_info *ret) must_check;

/* The expensive part of a link, of the body alone. */
void frame_digest(const uint8_t *body, size_t n, uint8_t ret[BLAKE2BP_BYTES]);
/* The link of the frame with @header behind the link @before. */
void frame_link(const struct frame_place *at, const uint8_t before[SEAL_HASH_BYTES],
		const uint8_t header[FRAME_HEADER_BYTES], const uint8_t digest[BLAKE2BP_BYTES],
		uint8_t ret[SEAL_HASH_BYTES]);

/*
 * Make the frame of what @b holds: FRAME_HEADER_BYTES of room, then the content, a multiple of 8.
 * With @key the content is sealed in its place; NULL: left as it is. Header and link are put, and
 * @link becomes the frame's. Sets @i->body_bytes. 0, -ENOMEM or -EFBIG.
 */
int frame_finish(struct buf *b, struct frame_info *i, const struct frame_place *at,
		 const uint8_t *key, uint8_t link[SEAL_HASH_BYTES]) must_check;

/* Open the sealed body of a whole frame into @ret of body_bytes - SEAL_TAG_BYTES bytes (may be the
 * body itself). 0, or -EBADMSG: not sealed with this key, in this place, or changed. */
int frame_open(const uint8_t *frame, const struct frame_info *i, const struct frame_place *at,
	       const uint8_t *key, const uint8_t before[SEAL_HASH_BYTES], uint8_t *ret) must_check;

/* The key of the next epoch in the place of @key. */
void frame_next_key(uint8_t key[SEAL_KEY_BYTES]);
