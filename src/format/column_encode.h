/* SPDX-License-Identifier: MIT */
/*
 * One column to raw streams, by the codecs of docs/formats/recording.md. Compression is the
 * caller's (block.c). Not for use outside format/.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/batch.h"

#define COLUMN_MAX_STREAMS	10
#define COLUMN_MAX_STREAM_BYTES (8u << 20)

struct column_streams {
	enum column_codec
		codec; /* what was used: a dictionary that does not pay falls back to planes */
	unsigned int n;
	struct {
		const uint8_t *data; /* lent until the next column_encode() */
		uint32_t bytes;
	} stream[COLUMN_MAX_STREAMS];
};

struct column_encoder;
struct column_encoder *column_encoder_new(void); /* NULL: out of memory */
struct column_encoder *column_encoder_free(struct column_encoder *enc);

/* Encode column @column of @b, whose rows are 1 .. BLOCK_MAX_ROWS. 0, -ENOMEM, or -EINVAL when a
 * DELTA or RUNS column falls. */
int column_encode(struct column_encoder *enc, const struct batch *b, unsigned int column,
		  struct column_streams *ret) must_check;
