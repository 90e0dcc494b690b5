/* SPDX-License-Identifier: MIT */
/* Statements as bytes, and their Ed25519 signatures. */
#include "format/journal_statement.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"

static const char magic[] = "KJSTATE1";

void statement_sign(const struct statement *s, const uint8_t secret[SEAL_SIGN_BYTES],
		    uint8_t ret[STATEMENT_SIGNED_BYTES])
{
	memset(ret, 0, STATEMENT_SIGNED_BYTES);
	memcpy(ret, magic, 8);
	memcpy(ret + 8, s->journal, JOURNAL_ID_BYTES);
	put_le64(ret + 24, s->segment);
	put_le64(ret + 32, s->seq);
	put_le64(ret + 40, s->epoch);
	put_le64(ret + 48, s->time);
	put_le64(ret + 56, s->offset);
	put_le32(ret + 64, s->flags);
	put_le64(ret + 72, s->index_offset);
	memcpy(ret + 96, s->before, SEAL_HASH_BYTES);
	memcpy(ret + 128, s->next_key, SEAL_KEY_BYTES);
	(void)crypto_sign_detached(ret + STATEMENT_BYTES, NULL, ret, STATEMENT_BYTES, secret);
}

int statement_parse(const uint8_t p[STATEMENT_SIGNED_BYTES], struct statement *ret)
{
	if (memcmp(p, magic, 8) != 0 || get_le32(p + 68) || get_le64(p + 80) || get_le64(p + 88))
		return -EBADMSG;
	*ret = (struct statement){
		.segment = get_le64(p + 24),
		.seq = get_le64(p + 32),
		.epoch = get_le64(p + 40),
		.time = get_le64(p + 48),
		.offset = get_le64(p + 56),
		.flags = get_le32(p + 64),
		.index_offset = get_le64(p + 72),
	};
	memcpy(ret->journal, p + 8, JOURNAL_ID_BYTES);
	memcpy(ret->before, p + 96, SEAL_HASH_BYTES);
	memcpy(ret->next_key, p + 128, SEAL_KEY_BYTES);
	return 0;
}

bool statement_is_by(const uint8_t p[STATEMENT_SIGNED_BYTES],
		     const uint8_t public_key[SEAL_KEY_BYTES])
{
	return crypto_sign_verify_detached(p + STATEMENT_BYTES, p, STATEMENT_BYTES, public_key) ==
	       0;
}

bool statement_is_none(const uint8_t p[STATEMENT_SIGNED_BYTES])
{
	return sodium_is_zero(p, STATEMENT_SIGNED_BYTES);
}
