/* SPDX-License-Identifier: MIT */
/*
 * The header of a journal's segment: what it continues, whom it is sealed to, and the key that
 * signs in it. Bytes: docs/formats/journal.md, "Segment header".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/journal_frame.h"
#include "format/journal_statement.h"
#include "format/recipient.h"

#define JOURNAL_MAJOR		1
#define JOURNAL_MINOR		0
#define JOURNAL_HEADER_MIN	480u
#define JOURNAL_HEADER_MAX	65536u
#define JOURNAL_RECIPIENTS_MAX	64u
#define JOURNAL_PASSPHRASES_MAX 4u /* of the recipients */
#define JOURNAL_SITE_NAME_MAX	200 /* bytes */

struct journal_header {
	uint32_t bytes;
	struct frame_place place; /* journal id and segment number */
	uint64_t first_seq, epoch;
	nsec_t created; /* CLOCK_REALTIME */
	uint8_t public_key[SEAL_KEY_BYTES]; /* of the epoch */
	uint8_t link_before[SEAL_HASH_BYTES]; /* at the end of the segment before */
	uint64_t bytes_before; /* of the segment before that count */
	uint64_t site;
	char site_name[JOURNAL_SITE_NAME_MAX + 1];
	uint8_t last[STATEMENT_SIGNED_BYTES]; /* the last statement before, or zeros */
	unsigned int n_recipients;
	uint8_t link[SEAL_HASH_BYTES]; /* of the segment's begin; set by build and parse */
};

/* The journal that begins with the epoch 0 of this key. */
void journal_id_of(const uint8_t public_key[SEAL_KEY_BYTES], uint8_t ret[JOURNAL_ID_BYTES]);

/* Append the header of a segment whose frame key is @key, sealed to @to, signed with @secret.
 * Fills .bytes, .n_recipients and .link of @h. -EINVAL with words: a name or recipient that is
 * none. */
int journal_header_build(struct journal_header *h, const struct recipient *to, size_t n_to,
			 const uint8_t key[SEAL_KEY_BYTES], const uint8_t secret[SEAL_SIGN_BYTES],
			 struct buf *out, struct err *e) must_check;

/*
 * Check and read the header at the begin of the @n bytes at @p, its signature by its own key too:
 * what is given is whole, whether that key may be trusted is another question. -EBADMSG with
 * words: damaged; -EMEDIUMTYPE with words: no journal, or of a newer major version.
 */
int journal_header_parse(const uint8_t *p, size_t n, struct journal_header *ret,
			 struct err *e) must_check;

/* The @i-th recipient of the header that was parsed at @p. */
void journal_header_recipient(const uint8_t *p, const struct journal_header *h, unsigned int i,
			      struct recipient_seen *ret);

/* The frame key of the segment's first epoch. 0; -ENOKEY: @k fits no recipient; -EBADMSG with
 * words: it fits, but what was sealed is not the key of this header. */
int journal_header_open(const uint8_t *p, const struct journal_header *h, struct keyring *k,
			uint8_t ret[SEAL_KEY_BYTES], struct err *e) must_check;
