/* SPDX-License-Identifier: MIT */
/* Headers as bytes. */
#include "format/journal_header.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

static const char magic[] = "\x89KJNL\r\n\x1a";

#define AT_LAST	      144
#define AT_NAME_BYTES (AT_LAST + STATEMENT_SIGNED_BYTES)
#define AT_NAME	      (AT_NAME_BYTES + 8)
#define TAIL_BYTES    (SEAL_HASH_BYTES + SEAL_SIGN_BYTES)

void journal_id_of(const uint8_t public_key[SEAL_KEY_BYTES], uint8_t ret[JOURNAL_ID_BYTES])
{
	static const char words[] = "kymo journal id";
	const struct seal_piece piece[] = { { words, sizeof(words) - 1 },
					    { public_key, SEAL_KEY_BYTES } };
	uint8_t hash[SEAL_HASH_BYTES];

	seal_hash(hash, NULL, piece, ARRAY_SIZE(piece));
	memcpy(ret, hash, JOURNAL_ID_BYTES);
}

static void begin_link(const uint8_t *p, struct journal_header *h)
{
	static const char words[] = "kymo journal segment";
	const struct seal_piece piece[] = { { words, sizeof(words) - 1 }, { p, h->bytes } };

	seal_hash(h->link, NULL, piece, ARRAY_SIZE(piece));
}

/* ---- writing ---- */

static int put_fixed(const struct journal_header *h, struct buf *out)
{
	size_t name = strlen(h->site_name);
	uint8_t *p = buf_reserve(out, AT_NAME + name);

	if (!p)
		return buf_error(out);
	memset(p, 0, AT_NAME);
	memcpy(p, magic, 8);
	put_le16(p + 8, JOURNAL_MAJOR);
	put_le16(p + 10, JOURNAL_MINOR);
	memcpy(p + 16, h->place.journal, JOURNAL_ID_BYTES);
	put_le64(p + 32, h->place.segment);
	put_le64(p + 40, h->first_seq);
	put_le64(p + 48, h->epoch);
	put_le64(p + 56, h->created);
	memcpy(p + 64, h->public_key, SEAL_KEY_BYTES);
	memcpy(p + 96, h->link_before, SEAL_HASH_BYTES);
	put_le64(p + 128, h->bytes_before);
	put_le64(p + 136, h->site);
	memcpy(p + AT_LAST, h->last, STATEMENT_SIGNED_BYTES);
	p[AT_NAME_BYTES] = (uint8_t)name;
	p[AT_NAME_BYTES + 1] = (uint8_t)h->n_recipients;
	memcpy(p + AT_NAME, h->site_name, name);
	buf_commit(out, AT_NAME + name);
	return 0;
}

int journal_header_build(struct journal_header *h, const struct recipient *to, size_t n_to,
			 const uint8_t key[SEAL_KEY_BYTES], const uint8_t secret[SEAL_SIGN_BYTES],
			 struct buf *out, struct err *e)
{
	static const uint8_t zeros[8];
	const size_t from = out->len;

	if (!n_to || n_to > JOURNAL_RECIPIENTS_MAX)
		return err_set(e, -EINVAL, "%zu recipients (1 to %u)", n_to,
			       JOURNAL_RECIPIENTS_MAX);
	if (!utf8_is_name(h->site_name, strlen(h->site_name)))
		return err_set(e, -EINVAL,
			       "the site's name is not UTF-8 without control characters");
	h->n_recipients = (unsigned int)n_to;
	unsigned int passphrases = 0;
	int r = put_fixed(h, out);

	for (size_t i = 0; i < n_to && r >= 0; i++) {
		passphrases += to[i].kind == RECIPIENT_PASSPHRASE;
		r = passphrases > JOURNAL_PASSPHRASES_MAX
			    ? err_set(e, -EINVAL, "more than %u passphrases",
				      JOURNAL_PASSPHRASES_MAX)
			    : recipient_seal(&to[i], key, out, e);
	}
	if (r >= 0)
		r = buf_add(out, zeros, -(out->len - from) % 8);
	uint8_t *tail = r < 0 ? NULL : buf_reserve(out, TAIL_BYTES);

	if (!tail)
		return e && e->code ? e->code : err_set(e, -ENOMEM, "no memory");
	uint8_t *p = out->data + from;
	const size_t before = out->len - from;
	const struct seal_piece piece = { p, before };

	h->bytes = (uint32_t)(before + TAIL_BYTES);
	if (h->bytes > JOURNAL_HEADER_MAX)
		return err_set(e, -EINVAL, "too many recipients");
	put_le32(p + 12, h->bytes);
	seal_hash(tail, key, &piece, 1);
	(void)crypto_sign_detached(tail + SEAL_HASH_BYTES, NULL, p, before + SEAL_HASH_BYTES,
				   secret);
	buf_commit(out, TAIL_BYTES);
	begin_link(p, h);
	return 0;
}

/* ---- reading ---- */

static int damaged(struct err *e, const char *what)
{
	return err_set(e, -EBADMSG, "%s", what);
}

/* @end: where the recipients and their zeros end. */
static int check_recipients(const uint8_t *p, const uint8_t *end, unsigned int n)
{
	struct recipient_seen r;
	unsigned int passphrases = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (recipient_parse(&p, end, &r) < 0)
			return -EBADMSG;
		passphrases += r.kind == RECIPIENT_PASSPHRASE;
	}
	/* Whoever opens the header pays for each of them. */
	if (passphrases > JOURNAL_PASSPHRASES_MAX)
		return -EBADMSG;
	if (end - p >= 8)
		return -EBADMSG;
	for (; p < end; p++)
		if (*p)
			return -EBADMSG;
	return 0;
}

static void parse_fixed(const uint8_t *p, struct journal_header *h)
{
	memcpy(h->place.journal, p + 16, JOURNAL_ID_BYTES);
	h->place.segment = get_le64(p + 32);
	h->first_seq = get_le64(p + 40);
	h->epoch = get_le64(p + 48);
	h->created = get_le64(p + 56);
	memcpy(h->public_key, p + 64, SEAL_KEY_BYTES);
	memcpy(h->link_before, p + 96, SEAL_HASH_BYTES);
	h->bytes_before = get_le64(p + 128);
	h->site = get_le64(p + 136);
	memcpy(h->last, p + AT_LAST, STATEMENT_SIGNED_BYTES);
	h->n_recipients = p[AT_NAME_BYTES + 1];
	memcpy(h->site_name, p + AT_NAME, p[AT_NAME_BYTES]);
	h->site_name[p[AT_NAME_BYTES]] = 0;
}

int journal_header_parse(const uint8_t *p, size_t n, struct journal_header *ret, struct err *e)
{
	struct journal_header h = { 0 };

	if (n < 12 || memcmp(p, magic, 8) != 0)
		return err_set(e, -EMEDIUMTYPE, "no segment of a journal");
	if (get_le16(p + 8) > JOURNAL_MAJOR)
		return err_set(e, -EMEDIUMTYPE, "a journal of version %u (this kymo reads %d)",
			       get_le16(p + 8), JOURNAL_MAJOR);
	if (n < JOURNAL_HEADER_MIN)
		return damaged(e, "the header is cut");
	h.bytes = get_le32(p + 12);
	if (h.bytes < JOURNAL_HEADER_MIN || h.bytes > JOURNAL_HEADER_MAX || h.bytes % 8)
		return damaged(e, "the header's length is wrong");
	if (n < h.bytes)
		return damaged(e, "the header is cut");
	const uint8_t *end = p + h.bytes - TAIL_BYTES;

	if (p[AT_NAME_BYTES] > JOURNAL_SITE_NAME_MAX || AT_NAME + p[AT_NAME_BYTES] > end - p ||
	    !utf8_is_name((const char *)p + AT_NAME, p[AT_NAME_BYTES]))
		return damaged(e, "the site's name is damaged");
	parse_fixed(p, &h);
	if (crypto_sign_verify_detached(end + SEAL_HASH_BYTES, p, h.bytes - SEAL_SIGN_BYTES,
					h.public_key) < 0)
		return damaged(e, "the header's signature is wrong");
	if (!h.place.segment || !h.site || !h.n_recipients ||
	    h.n_recipients > JOURNAL_RECIPIENTS_MAX ||
	    check_recipients(p + AT_NAME + p[AT_NAME_BYTES], end, h.n_recipients) < 0)
		return damaged(e, "the header is wrong, but signed");
	begin_link(p, &h);
	*ret = h;
	return 0;
}

void journal_header_recipient(const uint8_t *p, const struct journal_header *h, unsigned int i,
			      struct recipient_seen *ret)
{
	const uint8_t *at = p + AT_NAME + p[AT_NAME_BYTES];

	assert(i < h->n_recipients);
	for (unsigned int k = 0; k <= i; k++) {
		int r = recipient_parse(&at, p + h->bytes - TAIL_BYTES, ret);

		assert(r >= 0);
		(void)r;
	}
}

int journal_header_open(const uint8_t *p, const struct journal_header *h, struct keyring *k,
			uint8_t ret[SEAL_KEY_BYTES], struct err *e)
{
	const struct seal_piece piece = { p, h->bytes - TAIL_BYTES };
	uint8_t key[SEAL_KEY_BYTES], check[SEAL_HASH_BYTES];
	int r = 0;

	for (unsigned int i = 0; i < h->n_recipients && r == 0; i++) {
		struct recipient_seen seen;

		journal_header_recipient(p, h, i, &seen);
		r = keyring_open(k, &seen, key, e);
	}
	if (r == 0)
		return -ENOKEY;
	if (r > 0) {
		seal_hash(check, key, &piece, 1);
		if (sodium_memcmp(check, p + h->bytes - TAIL_BYTES, SEAL_HASH_BYTES) == 0)
			memcpy(ret, key, SEAL_KEY_BYTES);
		else
			r = damaged(e, "the sealed key is not the key of the segment");
	}
	sodium_memzero(key, sizeof(key));
	return min_of(r, 0);
}
