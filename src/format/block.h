/* SPDX-License-Identifier: MIT */
/*
 * One block: the rows of a batch as encoded, compressed, checksummed columns. The unit of the
 * recording, the wire, the journal and the report page. Bytes: docs/formats/recording.md, "Block".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/batch.h"

#define BLOCK_HEADER_BYTES 64
#define BLOCK_MAGIC	   0x4b4c424bu /* "KBLK" */
#define BLOCK_MAX_ROWS	   65536u
#define BLOCK_MAX_PAYLOAD  (64u << 20)

struct block_info {
	uint16_t track; /* number; may be one that we do not know */
	uint16_t columns;
	uint32_t header_bytes;
	uint32_t cpu;
	uint32_t rows;
	uint32_t payload_bytes;
	uint32_t payload_crc;
	uint32_t stream_no; /* place in the (track, CPU) stream */
	uint64_t seq; /* place in the recording */
	nsec_t first, last;
};

/* Header, payload and padding. */
static inline uint64_t block_bytes(const struct block_info *i)
{
	return (i->header_bytes + (uint64_t)i->payload_bytes + 7) & ~UINT64_C(7);
}

/* Check and read the 64 bytes at @p. 0, or -EBADMSG with words (no offset: the caller knows it). */
int block_parse_header(const uint8_t *p, struct block_info *ret, struct err *e) must_check;
/* Put new numbers into an encoded block's header, checksum included. */
void block_renumber(uint8_t *header, uint64_t seq, uint32_t stream_no);

/* ---- encoder: one per thread ---- */

struct block_encoder;
struct block_encoder *block_encoder_new(int zstd_level); /* NULL: out of memory */
struct block_encoder *block_encoder_free(struct block_encoder *enc);
DEFINE_CLEANUP(block_encoder, block_encoder_free)
/* Append the block of all rows of @b (1 .. BLOCK_MAX_ROWS) to @out, with sequence numbers 0: see
 * block_renumber(). Optional columns that @b lacks are left out. 0 or -errno. */
int block_encode(struct block_encoder *enc, const struct batch *b, struct buf *out,
		 struct err *e) must_check;

/* ---- decoder: one per thread ---- */

struct block_decoder;
struct block_decoder *block_decoder_new(void);
struct block_decoder *block_decoder_free(struct block_decoder *dec);
DEFINE_CLEANUP(block_decoder, block_decoder_free)
/*
 * Decode the payload at @p of a block whose header was parsed into @info into @into, a
 * batch_new(track, BLOCK_MAX_ROWS or at least info->rows) batch of the block's track, whose content
 * is replaced. Only columns whose bit is in @columns (0 = all) are surely filled; time always is.
 * Optional columns are read when @into is a batch_new_full(), and are not there in it when the
 * block lacks them. -EBADMSG with words when the payload is damaged: checksum, lengths, order of
 * times.
 */
int block_decode(struct block_decoder *dec, const struct block_info *info, const uint8_t *p,
		 uint32_t columns, struct batch *into, struct err *e) must_check;
