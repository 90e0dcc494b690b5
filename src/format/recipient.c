/* SPDX-License-Identifier: MIT */
/* X25519 through crypto_box_seal(), passphrases through Argon2id. */
#include "format/recipient.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define HEAD_BYTES   4
#define X25519_BYTES (SEAL_KEY_BYTES + SEAL_KEY_BYTES + SEAL_BOX_OVERHEAD)
#define PASSPHRASE_BYTES \
	(RECIPIENT_SALT_BYTES + 4 + 4 + SEAL_NONCE_BYTES + SEAL_KEY_BYTES + SEAL_TAG_BYTES)
#define SECRETS_MAX 64u

/* Bound into what a passphrase seals. */
static const char passphrase_words[] = "kymo journal passphrase";

/* ---- sealing ---- */

static void put_head(uint8_t *p, enum recipient_kind kind, size_t bytes)
{
	p[0] = (uint8_t)kind;
	p[1] = 0;
	put_le16(p + 2, (uint16_t)bytes);
}

static int seal_x25519(const struct recipient *r, const uint8_t *key, struct buf *out,
		       struct err *e)
{
	size_t name = strlen(r->name), bytes = X25519_BYTES + name;

	if (!utf8_is_name(r->name, name))
		return err_set(e, -EINVAL,
			       "a reader's name is not UTF-8 without control characters");
	uint8_t *p = buf_reserve(out, HEAD_BYTES + bytes);

	if (!p)
		return err_set(e, buf_error(out), "no memory");
	put_head(p, RECIPIENT_X25519, bytes);
	memcpy(p + HEAD_BYTES, r->public_key, SEAL_KEY_BYTES);
	if (crypto_box_seal(p + HEAD_BYTES + SEAL_KEY_BYTES, key, SEAL_KEY_BYTES, r->public_key) <
	    0)
		return err_set(e, -EINVAL, "the public key of '%s' is none", r->name);
	memcpy(p + HEAD_BYTES + X25519_BYTES, r->name, name);
	buf_commit(out, HEAD_BYTES + bytes);
	return 0;
}

static int derive(const char *passphrase, const uint8_t *salt, uint32_t operations,
		  uint32_t memory_kib, uint8_t *ret)
{
	return crypto_pwhash(ret, SEAL_KEY_BYTES, passphrase, strlen(passphrase), salt, operations,
			     (size_t)memory_kib << 10, crypto_pwhash_ALG_ARGON2ID13) < 0
		       ? -ENOMEM
		       : 0;
}

static int seal_passphrase(const struct recipient *r, const uint8_t *key, struct buf *out,
			   struct err *e)
{
	uint8_t *p = buf_reserve(out, HEAD_BYTES + PASSPHRASE_BYTES);

	if (!p)
		return err_set(e, buf_error(out), "no memory");
	put_head(p, RECIPIENT_PASSPHRASE, PASSPHRASE_BYTES);
	p += HEAD_BYTES;
	memcpy(p, r->salt, RECIPIENT_SALT_BYTES);
	put_le32(p + RECIPIENT_SALT_BYTES, r->operations);
	put_le32(p + RECIPIENT_SALT_BYTES + 4, r->memory_kib);
	uint8_t *nonce = p + RECIPIENT_SALT_BYTES + 8;

	randombytes_buf(nonce, SEAL_NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		nonce + SEAL_NONCE_BYTES, NULL, key, SEAL_KEY_BYTES,
		(const uint8_t *)passphrase_words, sizeof(passphrase_words) - 1, NULL, nonce,
		r->derived);
	buf_commit(out, HEAD_BYTES + PASSPHRASE_BYTES);
	return 0;
}

int recipient_from_passphrase(const char *passphrase, uint32_t operations, uint32_t memory_kib,
			      struct recipient *ret, struct err *e)
{
	struct recipient r = { .kind = RECIPIENT_PASSPHRASE,
			       .operations = operations ? operations : RECIPIENT_OPERATIONS,
			       .memory_kib = memory_kib ? memory_kib : RECIPIENT_MEMORY_KIB };

	randombytes_buf(r.salt, sizeof(r.salt));
	if (derive(passphrase, r.salt, r.operations, r.memory_kib, r.derived) < 0)
		return err_set(e, -ENOMEM, "no %u MiB for the passphrase", r.memory_kib >> 10);
	*ret = r;
	sodium_memzero(&r, sizeof(r));
	return 0;
}

void recipient_wipe(struct recipient *r)
{
	sodium_memzero(r, sizeof(*r));
}

int recipient_seal(const struct recipient *r, const uint8_t key[SEAL_KEY_BYTES], struct buf *out,
		   struct err *e)
{
	return r->kind == RECIPIENT_X25519 ? seal_x25519(r, key, out, e)
					   : seal_passphrase(r, key, out, e);
}

/* ---- reading ---- */

static int parse_x25519(struct recipient_seen *r)
{
	size_t name = r->bytes - X25519_BYTES;

	if (r->bytes < X25519_BYTES || name > RECIPIENT_NAME_MAX ||
	    !utf8_is_name((const char *)r->body + X25519_BYTES, name))
		return -EBADMSG;
	memcpy(r->public_key, r->body, SEAL_KEY_BYTES);
	memcpy(r->name, r->body + X25519_BYTES, name);
	r->name[name] = 0;
	return 0;
}

static int parse_passphrase(struct recipient_seen *r)
{
	if (r->bytes != PASSPHRASE_BYTES)
		return -EBADMSG;
	uint32_t operations = get_le32(r->body + RECIPIENT_SALT_BYTES);
	uint32_t memory_kib = get_le32(r->body + RECIPIENT_SALT_BYTES + 4);

	if (!operations || operations > RECIPIENT_OPERATIONS_MAX ||
	    memory_kib < RECIPIENT_MEMORY_KIB_MIN || memory_kib > RECIPIENT_MEMORY_KIB_MAX)
		return -EBADMSG;
	return 0;
}

int recipient_parse(const uint8_t **p, const uint8_t *end, struct recipient_seen *ret)
{
	struct recipient_seen r = { 0 };
	int rc = 0;

	if (end - *p < HEAD_BYTES)
		return -EBADMSG;
	r.kind = (*p)[0];
	r.bytes = get_le16(*p + 2);
	r.body = *p + HEAD_BYTES;
	if ((*p)[1] || (size_t)(end - r.body) < r.bytes)
		return -EBADMSG;
	if (r.kind == RECIPIENT_X25519)
		rc = parse_x25519(&r);
	else if (r.kind == RECIPIENT_PASSPHRASE)
		rc = parse_passphrase(&r);
	if (rc < 0)
		return rc;
	*p = r.body + r.bytes;
	*ret = r;
	return 0;
}

/* ---- keyring ---- */

struct secret {
	bool is_passphrase;
	uint8_t key[SEAL_KEY_BYTES], public_key[SEAL_KEY_BYTES];
	char passphrase[RECIPIENT_PASSPHRASE_MAX + 1];
	/* Salt and cost that the passphrase's key was derived with last. */
	uint8_t derived_with[RECIPIENT_SALT_BYTES + 8];
	bool is_derived;
};

struct keyring {
	struct secret *secret[SECRETS_MAX]; /* seal_alloc() */
	unsigned int n;
};

struct keyring *keyring_new(void)
{
	return calloc(1, sizeof(struct keyring));
}

struct keyring *keyring_free(struct keyring *k)
{
	for (unsigned int i = 0; k && i < k->n; i++)
		seal_free(k->secret[i]);
	free(k);
	return NULL;
}

static struct secret *add_secret(struct keyring *k)
{
	struct secret *s = k->n < SECRETS_MAX ? seal_alloc(sizeof(*s)) : NULL;

	if (s)
		k->secret[k->n++] = s;
	return s;
}

int keyring_add_secret(struct keyring *k, const uint8_t secret[SEAL_KEY_BYTES])
{
	struct secret *s = add_secret(k);

	if (!s)
		return -ENOMEM;
	memcpy(s->key, secret, SEAL_KEY_BYTES);
	return crypto_scalarmult_base(s->public_key, secret) < 0 ? -EINVAL : 0;
}

int keyring_add_passphrase(struct keyring *k, const char *passphrase)
{
	if (strlen(passphrase) > RECIPIENT_PASSPHRASE_MAX)
		return -E2BIG;
	struct secret *s = add_secret(k);

	if (!s)
		return -ENOMEM;
	s->is_passphrase = true;
	memcpy(s->passphrase, passphrase, strlen(passphrase) + 1);
	return 0;
}

bool keyring_is_empty(const struct keyring *k)
{
	return !k || !k->n;
}

static int open_x25519(const struct secret *s, const struct recipient_seen *r, uint8_t *ret)
{
	const uint8_t *box = r->body + SEAL_KEY_BYTES;

	if (memcmp(s->public_key, r->public_key, SEAL_KEY_BYTES) != 0)
		return 0;
	return crypto_box_seal_open(ret, box, SEAL_KEY_BYTES + SEAL_BOX_OVERHEAD, s->public_key,
				    s->key) == 0;
}

static int open_passphrase(struct secret *s, const struct recipient_seen *r, uint8_t *ret,
			   struct err *e)
{
	const uint8_t *p = r->body, *nonce = p + sizeof(s->derived_with);
	uint32_t operations = get_le32(p + RECIPIENT_SALT_BYTES);
	uint32_t memory_kib = get_le32(p + RECIPIENT_SALT_BYTES + 4);

	if (!s->is_derived || memcmp(s->derived_with, p, sizeof(s->derived_with)) != 0) {
		if (derive(s->passphrase, p, operations, memory_kib, s->key) < 0)
			return err_set(e, -ENOMEM, "no %u MiB for the passphrase",
				       memory_kib >> 10);
		memcpy(s->derived_with, p, sizeof(s->derived_with));
		s->is_derived = true;
	}
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		       ret, NULL, NULL, nonce + SEAL_NONCE_BYTES, SEAL_KEY_BYTES + SEAL_TAG_BYTES,
		       (const uint8_t *)passphrase_words, sizeof(passphrase_words) - 1, nonce,
		       s->key) == 0;
}

int keyring_open(struct keyring *k, const struct recipient_seen *r, uint8_t ret[SEAL_KEY_BYTES],
		 struct err *e)
{
	int opened = 0;

	for (unsigned int i = 0; k && !opened && i < k->n; i++) {
		struct secret *s = k->secret[i];

		if (r->kind == RECIPIENT_X25519 && !s->is_passphrase)
			opened = open_x25519(s, r, ret);
		else if (r->kind == RECIPIENT_PASSPHRASE && s->is_passphrase)
			opened = open_passphrase(s, r, ret, e);
	}
	return opened;
}
