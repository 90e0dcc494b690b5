/* SPDX-License-Identifier: MIT */
/*
 * Whose signature counts: from the key of epoch 0, which the journal's id is the hash of, each
 * statement names the key of the next epoch. One lost statement is bridged by its copy in the next
 * checkpoint or header.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "format/journal_statement.h"

struct epoch_chain {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t epoch; /* whose key is known next */
	uint8_t key[SEAL_KEY_BYTES]; /* its public key */
	uint8_t last[STATEMENT_SIGNED_BYTES]; /* the statement that named it; zeros in epoch 0 */
};

/* Begin at epoch @epoch with its key, from which on statements count. */
void epoch_chain_begin(struct epoch_chain *c, const uint8_t journal[JOURNAL_ID_BYTES],
		       uint64_t epoch, const uint8_t key[SEAL_KEY_BYTES]);

/* Take the statement that ends epoch c->epoch. 1: taken; 0: it is c->last, known already;
 * -EKEYREJECTED: of another journal or epoch, or not signed by the epoch's key; -EBADMSG: none. */
int epoch_chain_take(struct epoch_chain *c, const uint8_t p[STATEMENT_SIGNED_BYTES]) must_check;
/* Take a checkpoint's body: where its own statement does not follow, the copy of the one before it
 * first. The statements taken, 1 or 2, or as above. */
int epoch_chain_take_checkpoint(struct epoch_chain *c, const uint8_t p[CHECKPOINT_BODY_BYTES],
				struct statement *ret) must_check;
