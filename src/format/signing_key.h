/* SPDX-License-Identifier: MIT */
/*
 * The signing key of a journal's writer, as it evolves: one Ed25519 pair for each epoch, the old
 * one erased on disk when the next is certified. Bytes and order: docs/formats/journal.md,
 * "writer.key" and "Order of writing".
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/journal_statement.h"

#define SIGNING_KEY_FILE "writer.key"

struct signing_key;

/* Make the key of a new journal in the folder: mode 0600, on disk when this returns, locked, in a
 * file that nobody had open before. Never replaces one: -EEXIST; -EBUSY with words: another writer
 * is making one. */
int signing_key_create(int dir_fd, struct signing_key **ret, struct err *e) must_check;
/* Open and lock. -ENOENT: there is none; -EBUSY with words: another writer has it; -EPERM with
 * words: others may read or write it; -EBADMSG with words: damaged. */
int signing_key_open(int dir_fd, struct signing_key **ret, struct err *e) must_check;
struct signing_key *signing_key_free(struct signing_key *k); /* wipes memory, not the file */
DEFINE_CLEANUP(signing_key, signing_key_free)

const uint8_t *signing_key_journal(const struct signing_key *k); /* JOURNAL_ID_BYTES */

/*
 * Say where the journal ends: the epoch that it is in, the statement that certified that epoch's
 * key (zeros: epoch 0), its last segment (0: none yet). The slot that fits becomes current, the
 * other is erased. -ESTALE with words: the journal was rolled back, the key is of a later epoch or
 * segment; -EKEYREJECTED with words: no slot fits.
 */
int signing_key_choose(struct signing_key *k, uint64_t epoch,
		       const uint8_t statement[STATEMENT_SIGNED_BYTES], uint64_t segment,
		       struct err *e) must_check;
/* What a key says of how far its journal must be there; read beside a writer that may be at work.
 */
struct signing_key_claim {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t epoch, segment; /* at least */
};
int signing_key_read_claim(int dir_fd, struct signing_key_claim *ret, struct err *e) must_check;

/* ---- of the current key: behind create or choose ---- */

uint64_t signing_key_epoch(const struct signing_key *k);
/* The statement that certified it; zeros in epoch 0. */
const uint8_t *signing_key_statement(const struct signing_key *k);
const uint8_t *signing_key_public(const struct signing_key *k);
const uint8_t *signing_key_secret(const struct signing_key *k); /* SEAL_SIGN_BYTES */

/* This segment was begun: it must be there from now on. */
int signing_key_note_segment(struct signing_key *k, uint64_t segment, struct err *e) must_check;
/* Make the next epoch's pair in memory; its public key. */
void signing_key_make_next(struct signing_key *k, uint8_t ret_public[SEAL_KEY_BYTES]);
/* Bring it to the disk with the statement that certifies it. Both may be called again after what
 * should follow failed. */
int signing_key_prepare(struct signing_key *k, const uint8_t statement[STATEMENT_SIGNED_BYTES],
			struct err *e) must_check;
/* The statement is on disk: the prepared key becomes current, the old one is erased here and on
 * disk. */
int signing_key_advance(struct signing_key *k, struct err *e) must_check;
