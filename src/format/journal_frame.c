/* SPDX-License-Identifier: MIT */
/* XChaCha20-Poly1305 with an explicit counter, and BLAKE2b links over the sealed bytes. */
#include "format/journal_frame.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"

void frame_put_header(uint8_t p[FRAME_HEADER_BYTES], const struct frame_info *i)
{
	memset(p, 0, FRAME_HEADER_BYTES);
	put_le32(p, FRAME_MAGIC);
	p[4] = (uint8_t)i->type;
	put_le64(p + 8, i->seq);
	put_le64(p + 16, i->epoch);
	put_le32(p + 24, i->body_bytes);
	put_le64(p + 28, i->synced);
	put_le32(p + 36, crc32c(p, 36));
}

int frame_parse_header(const uint8_t p[FRAME_HEADER_BYTES], struct frame_info *ret)
{
	uint32_t body = get_le32(p + 24);

	if (get_le32(p) != FRAME_MAGIC || get_le32(p + 36) != crc32c(p, 36) || body % 8 ||
	    body > FRAME_BODY_MAX || p[5] || p[6] || p[7])
		return -EBADMSG;
	*ret = (struct frame_info){
		.type = p[4],
		.body_bytes = body,
		.seq = get_le64(p + 8),
		.epoch = get_le64(p + 16),
		.synced = get_le64(p + 28),
	};
	return 0;
}

void frame_digest(const uint8_t *body, size_t n, uint8_t ret[BLAKE2BP_BYTES])
{
	blake2bp(body, n, ret);
}

void frame_link(const struct frame_place *at, const uint8_t before[SEAL_HASH_BYTES],
		const uint8_t header[FRAME_HEADER_BYTES], const uint8_t digest[BLAKE2BP_BYTES],
		uint8_t ret[SEAL_HASH_BYTES])
{
	uint8_t segment[8];
	const struct seal_piece piece[] = {
		{ before, SEAL_HASH_BYTES },  { at->journal, JOURNAL_ID_BYTES },
		{ segment, sizeof(segment) }, { header, FRAME_HEADER_BYTES },
		{ digest, BLAKE2BP_BYTES },
	};

	put_le64(segment, at->segment);
	seal_hash(ret, NULL, piece, ARRAY_SIZE(piece));
}

#define AAD_BYTES (JOURNAL_ID_BYTES + 8 + FRAME_HEADER_BYTES + SEAL_HASH_BYTES)

static void bind(const uint8_t *header, uint64_t seq, const struct frame_place *at,
		 const uint8_t *before, uint8_t aad[AAD_BYTES], uint8_t nonce[SEAL_NONCE_BYTES])
{
	memcpy(aad, at->journal, JOURNAL_ID_BYTES);
	put_le64(aad + JOURNAL_ID_BYTES, at->segment);
	memcpy(aad + JOURNAL_ID_BYTES + 8, header, FRAME_HEADER_BYTES);
	memcpy(aad + JOURNAL_ID_BYTES + 8 + FRAME_HEADER_BYTES, before, SEAL_HASH_BYTES);
	memset(nonce, 0, SEAL_NONCE_BYTES);
	put_le64(nonce, seq);
	put_le64(nonce + 8, at->segment);
}

int frame_finish(struct buf *b, struct frame_info *i, const struct frame_place *at,
		 const uint8_t *key, uint8_t link[SEAL_HASH_BYTES])
{
	const size_t content = b->len - FRAME_HEADER_BYTES, tag = key ? SEAL_TAG_BYTES : 0;
	uint8_t aad[AAD_BYTES], nonce[SEAL_NONCE_BYTES], digest[BLAKE2BP_BYTES];

	if (content + tag > FRAME_BODY_MAX)
		return -EFBIG;
	if (!buf_reserve(b, tag + SEAL_HASH_BYTES))
		return buf_error(b);
	uint8_t *header = b->data, *body = header + FRAME_HEADER_BYTES;

	i->body_bytes = (uint32_t)(content + tag);
	frame_put_header(header, i);
	if (key) {
		bind(header, i->seq, at, link, aad, nonce);
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
			body, body + content, NULL, body, content, aad, sizeof(aad), NULL, nonce,
			key);
	}
	frame_digest(body, i->body_bytes, digest);
	frame_link(at, link, header, digest, link);
	memcpy(body + i->body_bytes, link, SEAL_HASH_BYTES);
	buf_commit(b, tag + SEAL_HASH_BYTES);
	return 0;
}

int frame_open(const uint8_t *frame, const struct frame_info *i, const struct frame_place *at,
	       const uint8_t *key, const uint8_t before[SEAL_HASH_BYTES], uint8_t *ret)
{
	uint8_t aad[AAD_BYTES], nonce[SEAL_NONCE_BYTES];

	if (i->body_bytes < SEAL_TAG_BYTES)
		return -EBADMSG;
	const uint8_t *body = frame + FRAME_HEADER_BYTES;
	size_t n = i->body_bytes - SEAL_TAG_BYTES;

	bind(frame, i->seq, at, before, aad, nonce);
	return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(ret, NULL, body, n, body + n,
								   aad, sizeof(aad), nonce, key) < 0
		       ? -EBADMSG
		       : 0;
}

void frame_next_key(uint8_t key[SEAL_KEY_BYTES])
{
	static const char words[] = "kymo journal next frame key";
	const struct seal_piece piece = { words, sizeof(words) - 1 };
	uint8_t next[SEAL_KEY_BYTES];

	seal_hash(next, key, &piece, 1);
	memcpy(key, next, SEAL_KEY_BYTES);
	sodium_memzero(next, sizeof(next));
}
