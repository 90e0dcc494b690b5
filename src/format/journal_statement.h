/* SPDX-License-Identifier: MIT */
/*
 * What a checkpoint states and signs: where the chain stands, and whose key comes next. Bytes:
 * docs/formats/journal.md, "Checkpoint".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/nsec.h"
#include "format/journal_frame.h"

#define STATEMENT_BYTES	       160
#define STATEMENT_SIGNED_BYTES (STATEMENT_BYTES + SEAL_SIGN_BYTES)
/* A checkpoint's body: its statement and the one before it. */
#define CHECKPOINT_BODY_BYTES (2 * STATEMENT_SIGNED_BYTES)

#define STATEMENT_SEGMENT_ENDS	 (1u << 0)
#define STATEMENT_JOURNAL_CLOSED (1u << 1)

struct statement {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t segment;
	uint64_t seq; /* of the checkpoint's frame */
	uint64_t epoch;
	nsec_t time; /* CLOCK_REALTIME */
	uint64_t offset; /* of the frame in the segment */
	uint32_t flags;
	uint64_t index_offset; /* 0 = the segment has no index yet */
	uint8_t before[SEAL_HASH_BYTES]; /* link before the frame */
	uint8_t next_key[SEAL_KEY_BYTES]; /* public key of the next epoch */
};

/* @secret: as libsodium has Ed25519's. */
void statement_sign(const struct statement *s, const uint8_t secret[SEAL_SIGN_BYTES],
		    uint8_t ret[STATEMENT_SIGNED_BYTES]);
/* 0, or -EBADMSG: not the bytes of a statement. The signature is not looked at. */
int statement_parse(const uint8_t p[STATEMENT_SIGNED_BYTES], struct statement *ret) must_check;
/* Did the owner of this public key sign it? */
bool statement_is_by(const uint8_t p[STATEMENT_SIGNED_BYTES],
		     const uint8_t public_key[SEAL_KEY_BYTES]);
/* All zeros: there is none. */
bool statement_is_none(const uint8_t p[STATEMENT_SIGNED_BYTES]);
