/* SPDX-License-Identifier: MIT */
/* Following signatures from epoch to epoch. */
#include "format/epoch_chain.h"

#include <errno.h>
#include <string.h>

void epoch_chain_begin(struct epoch_chain *c, const uint8_t journal[JOURNAL_ID_BYTES],
		       uint64_t epoch, const uint8_t key[SEAL_KEY_BYTES])
{
	*c = (struct epoch_chain){ .epoch = epoch };
	memcpy(c->journal, journal, JOURNAL_ID_BYTES);
	memcpy(c->key, key, SEAL_KEY_BYTES);
}

int epoch_chain_take(struct epoch_chain *c, const uint8_t p[STATEMENT_SIGNED_BYTES])
{
	struct statement s;

	if (memcmp(p, c->last, STATEMENT_SIGNED_BYTES) == 0)
		return 0;
	if (statement_parse(p, &s) < 0)
		return -EBADMSG;
	if (memcmp(s.journal, c->journal, JOURNAL_ID_BYTES) != 0 || s.epoch != c->epoch ||
	    !statement_is_by(p, c->key))
		return -EKEYREJECTED;
	memcpy(c->key, s.next_key, SEAL_KEY_BYTES);
	memcpy(c->last, p, STATEMENT_SIGNED_BYTES);
	c->epoch++;
	return 1;
}

int epoch_chain_take_checkpoint(struct epoch_chain *c, const uint8_t p[CHECKPOINT_BODY_BYTES],
				struct statement *ret)
{
	const uint8_t *before = p + STATEMENT_SIGNED_BYTES;
	struct epoch_chain trial = *c;
	struct statement s;
	int bridged = 0;

	if (statement_parse(p, &s) < 0)
		return -EBADMSG;
	if (s.epoch == c->epoch + 1) {
		bridged = epoch_chain_take(&trial, before);
		if (bridged < 1)
			return bridged < 0 ? bridged : -EKEYREJECTED;
	}
	/* The copy is signed by nobody here: it must be the statement itself. */
	if (memcmp(before, trial.last, STATEMENT_SIGNED_BYTES) != 0)
		return -EKEYREJECTED;
	int r = epoch_chain_take(&trial, p);

	if (r < 1)
		return r < 0 ? r : -EKEYREJECTED;
	*c = trial;
	*ret = s;
	return bridged + r;
}
