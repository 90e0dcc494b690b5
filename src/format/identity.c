/* SPDX-License-Identifier: MIT */
/* Generations of keys, and signing with them. */
#include "format/identity.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "format/identity_state.h"

static const char generation_words[] = "kymo key generation";

bool identity_is_name(const char *s, size_t n)
{
	return n > 0 && n <= RECIPIENT_NAME_MAX && utf8_is_name(s, n);
}

/* ---- signatures ---- */

/* Ed25519 over several pieces: what is signed is put together first. */
static int put_together(struct buf *b, const char *words, const void *data, size_t n)
{
	int r = buf_add_str(b, words);

	return r < 0 ? r : buf_add(b, data, n);
}

static int sign_with(const uint8_t secret[SEAL_SIGN_BYTES], const char *words, const void *data,
		     size_t n, uint8_t ret[SEAL_SIGN_BYTES])
{
	auto_buf b;

	buf_init(&b, 0);
	int r = put_together(&b, words, data, n);

	if (r >= 0)
		(void)crypto_sign_detached(ret, NULL, b.data, b.len, secret);
	return r;
}

static bool is_by(const uint8_t *public_key, const char *words, const void *data, size_t n,
		  const uint8_t *signature)
{
	auto_buf b;

	buf_init(&b, 0);
	return put_together(&b, words, data, n) >= 0 &&
	       crypto_sign_verify_detached(signature, b.data, b.len, public_key) == 0;
}

int identity_sign(const struct identity *id, const char *words, const void *data, size_t n,
		  uint8_t ret[SEAL_SIGN_BYTES])
{
	return id->is_secret ? sign_with(id->sign_secret, words, data, n, ret) : -EPERM;
}

int identity_signed(const struct identity *id, const char *words, const void *data, size_t n,
		    const uint8_t signature[SEAL_SIGN_BYTES])
{
	for (unsigned int g = id->n; g-- > 0;)
		if (is_by(id->gen[g].sign_public, words, data, n, signature))
			return (int)g;
	return -EKEYREJECTED;
}

/* ---- generations ---- */

#define CERT_BYTES (8 + 8 + 2 * SEAL_KEY_BYTES + RECIPIENT_NAME_MAX)

static size_t what_is_certified(const struct identity *id, unsigned int g, uint8_t ret[CERT_BYTES])
{
	const size_t name = strlen(id->name);

	put_le64(ret, id->site);
	put_le64(ret + 8, g);
	memcpy(ret + 16, id->gen[g].sign_public, SEAL_KEY_BYTES);
	memcpy(ret + 16 + SEAL_KEY_BYTES, id->gen[g].read_public, SEAL_KEY_BYTES);
	memcpy(ret + 16 + 2 * SEAL_KEY_BYTES, id->name, name);
	return 16 + 2 * SEAL_KEY_BYTES + name;
}

bool identity_is_certified(const struct identity *id, unsigned int g)
{
	uint8_t data[CERT_BYTES];
	size_t n = what_is_certified(id, g, data);

	return is_by(id->gen[g - 1].sign_public, generation_words, data, n, id->gen[g].cert);
}

static void make_generation(struct identity *id, uint8_t sign_secret[SEAL_SIGN_BYTES])
{
	struct generation *g = &id->gen[id->n++];

	(void)crypto_box_keypair(g->read_public, g->read_secret);
	(void)crypto_sign_keypair(g->sign_public, sign_secret);
}

int identity_new(uint64_t site, const char *name, struct identity **ret, struct err *e)
{
	int r = seal_ready(e);

	if (r < 0)
		return r;
	if (!identity_is_name(name, strlen(name)))
		return err_set(e, -EINVAL,
			       "a name has 1 to %d bytes of UTF-8 without control characters",
			       RECIPIENT_NAME_MAX);
	struct identity *id = seal_alloc(sizeof(*id));

	if (!id)
		return err_set(e, -ENOMEM, "no memory");
	id->site = site;
	memcpy(id->name, name, strlen(name) + 1);
	id->created = nsec_realtime() / NSEC_PER_SEC * NSEC_PER_SEC;
	id->is_secret = true;
	make_generation(id, id->sign_secret);
	*ret = id;
	return 0;
}

struct identity *identity_free(struct identity *id)
{
	seal_free(id);
	return NULL;
}

int identity_rotate(struct identity *id, struct err *e)
{
	uint8_t data[CERT_BYTES], secret[SEAL_SIGN_BYTES];

	if (!id->is_secret)
		return err_set(e, -EPERM, "a public key cannot be rotated");
	if (id->n == IDENTITY_GENERATIONS_MAX)
		return err_set(e, -E2BIG, "the key has %u generations already (make a new one)",
			       id->n);
	make_generation(id, secret);
	size_t n = what_is_certified(id, id->n - 1, data);
	int r = sign_with(id->sign_secret, generation_words, data, n, id->gen[id->n - 1].cert);

	if (r < 0)
		id->n--;
	else
		memcpy(id->sign_secret, secret, sizeof(secret));
	sodium_memzero(secret, sizeof(secret));
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

/* ---- what is in it ---- */

bool identity_is_secret(const struct identity *id)
{
	return id->is_secret;
}

uint64_t identity_site(const struct identity *id)
{
	return id->site;
}

const char *identity_name(const struct identity *id)
{
	return id->name;
}

nsec_t identity_created(const struct identity *id)
{
	return id->created;
}

unsigned int identity_generations(const struct identity *id)
{
	return id->n;
}

void identity_id(const struct identity *id, unsigned int g, uint8_t ret[CHECKED_ID_BYTES])
{
	static const char words[] = "kymo key id";
	const struct generation *gen = &id->gen[g == UINT_MAX ? id->n - 1 : g];
	const struct seal_piece piece[] = { { words, sizeof(words) - 1 },
					    { gen->sign_public, SEAL_KEY_BYTES },
					    { gen->read_public, SEAL_KEY_BYTES } };
	uint8_t hash[SEAL_HASH_BYTES];

	assert(g == UINT_MAX || g < id->n);
	seal_hash(hash, NULL, piece, ARRAY_SIZE(piece));
	memcpy(ret, hash, CHECKED_ID_BYTES);
}

void identity_recipient(const struct identity *id, struct recipient *ret)
{
	*ret = (struct recipient){ .kind = RECIPIENT_X25519 };
	memcpy(ret->public_key, id->gen[id->n - 1].read_public, SEAL_KEY_BYTES);
	memcpy(ret->name, id->name, sizeof(ret->name));
}

int identity_add_to(const struct identity *id, struct keyring *k)
{
	int r = id->is_secret ? 0 : -EPERM;

	for (unsigned int g = 0; g < id->n && r >= 0; g++)
		r = keyring_add_secret(k, id->gen[g].read_secret);
	return r;
}
