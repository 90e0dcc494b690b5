/* SPDX-License-Identifier: MIT */
/* Keys as text: strict, line by line, so that each damaged bit is a refusal with its line. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/quantity.h"
#include "base/timestamp.h"
#include "format/identity_state.h"

#define CHECK_BYTES	 8
#define CHECK_LINE_BYTES (sizeof("check \n") - 1 + 2 * (size_t)CHECK_BYTES)

static const char first_secret[] = "kymo-key 1\n", first_public[] = "kymo-public-key 1\n",
		  first_sealed[] = "kymo-sealed-key 1\n", proof_words[] = "kymo public key";

/* ---- writing ---- */

static int add_key_line(struct buf *out, const char *word, unsigned int g, const uint8_t *key,
			size_t n)
{
	char text[SEAL_TEXT(SEAL_SIGN_BYTES) + 1];
	int r = buf_addf(out, "%s %u %s\n", word, g, seal_text(key, n, text));

	sodium_memzero(text, sizeof(text));
	return r;
}

static int add_common(const struct identity *id, bool secret, struct buf *out)
{
	char time[TIMESTAMP_MAX];
	int r = buf_addf(out, "%ssite %llu\nname %s\ncreated %s\n",
			 secret ? first_secret : first_public, (unsigned long long)id->site,
			 id->name, timestamp_text(time, id->created));

	for (unsigned int g = 0; g < id->n && r >= 0; g++) {
		const struct generation *gen = &id->gen[g];

		r = add_key_line(out, "read", g, secret ? gen->read_secret : gen->read_public,
				 SEAL_KEY_BYTES);
		if (r >= 0)
			r = add_key_line(out, "sign", g, gen->sign_public, SEAL_KEY_BYTES);
		if (r >= 0 && g)
			r = add_key_line(out, "cert", g, gen->cert, SEAL_SIGN_BYTES);
	}
	return r;
}

static void check_of(const uint8_t *p, size_t n, char ret[2 * CHECK_BYTES + 1])
{
	const struct seal_piece piece = { p, n };
	uint8_t hash[SEAL_HASH_BYTES];

	seal_hash(hash, NULL, &piece, 1);
	hex_text(hash, CHECK_BYTES, ret);
}

/* Of all from @from on. */
static int add_check(struct buf *out, size_t from)
{
	char check[2 * CHECK_BYTES + 1];

	check_of(out->data + from, out->len - from, check);
	return buf_addf(out, "check %s\n", check);
}

int identity_put_public(const struct identity *id, struct buf *out)
{
	uint8_t proof[SEAL_SIGN_BYTES];
	char text[SEAL_TEXT(SEAL_SIGN_BYTES) + 1];
	const size_t from = out->len;
	int r = add_common(id, false, out);

	if (r >= 0)
		r = identity_sign(id, proof_words, out->data + from, out->len - from, proof);
	return r < 0 ? r : buf_addf(out, "proof %s\n", seal_text(proof, sizeof(proof), text));
}

static int put_plain(const struct identity *id, struct buf *out)
{
	const size_t from = out->len;
	int r = add_common(id, true, out);

	if (r >= 0)
		r = add_key_line(out, "seed", id->n - 1, id->sign_secret, SEAL_KEY_BYTES);
	return r < 0 ? r : add_check(out, from);
}

static int put_sealed(const struct recipient *sealing, const struct buf *plain, struct buf *out)
{
	const size_t from = out->len, n = SEAL_NONCE_BYTES + plain->len + SEAL_TAG_BYTES;
	char salt[SEAL_TEXT(RECIPIENT_SALT_BYTES) + 1];
	auto_free uint8_t *box = malloc(n);
	auto_free char *text = malloc(SEAL_TEXT(n) + 1);

	if (!box || !text)
		return -ENOMEM;
	randombytes_buf(box, SEAL_NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(box + SEAL_NONCE_BYTES, NULL, plain->data,
							 plain->len, (const uint8_t *)first_sealed,
							 sizeof(first_sealed) - 1, NULL, box,
							 sealing->derived);
	int r = buf_addf(out, "%sargon2id %u %u %s\nbox %s\n", first_sealed, sealing->operations,
			 sealing->memory_kib, seal_text(sealing->salt, sizeof(sealing->salt), salt),
			 seal_text(box, n, text));

	return r < 0 ? r : add_check(out, from);
}

int identity_put(const struct identity *id, const struct recipient *sealing, struct buf *out,
		 struct err *e)
{
	struct buf plain;

	if (!id->is_secret)
		return err_set(e, -EPERM, "there is no secret in a public key");
	buf_init(&plain, IDENTITY_FILE_MAX);
	/* Room for all of it, so that no copy is left behind when it grows. */
	int r = buf_reserve(&plain, IDENTITY_FILE_MAX / 2) ? put_plain(id, &plain)
							   : buf_error(&plain);

	if (r >= 0)
		r = sealing ? put_sealed(sealing, &plain, out)
			    : buf_add(out, plain.data, plain.len);
	if (plain.data)
		sodium_memzero(plain.data, plain.cap);
	buf_done(&plain);
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

/* ---- reading ---- */

struct lines {
	const char *text, *at, *end;
	unsigned int number; /* of the line that was read last */
};

/* The next line must be @word, a blank and what is given. */
static bool next_line(struct lines *l, const char *word, const char **ret, size_t *ret_n)
{
	const char *end = memchr(l->at, '\n', (size_t)(l->end - l->at));
	size_t n = strlen(word);

	if (!end || (size_t)(end - l->at) <= n || strncmp(l->at, word, n) != 0 || l->at[n] != ' ')
		return false;
	*ret = l->at + n + 1;
	*ret_n = (size_t)(end - *ret);
	l->at = end + 1;
	l->number++;
	return true;
}

static bool begins(const struct lines *l, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(l->end - l->at) > n && !strncmp(l->at, word, n) && l->at[n] == ' ';
}

/* A number as it would be written. */
static bool plain_number(const char *s, size_t n, uint64_t *ret)
{
	char digits[24], again[24];

	if (n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = 0;
	if (digits[strspn(digits, "0123456789")] || quantity_parse_u64(digits, ret, NULL) < 0)
		return false;
	(void)snprintf(again, sizeof(again), "%llu", (unsigned long long)*ret);
	return !strcmp(digits, again);
}

/* "WORD G BASE64" */
static bool key_line(struct lines *l, const char *word, unsigned int g, uint8_t *ret, size_t n)
{
	const char *s;
	size_t len;
	uint64_t number;

	if (!next_line(l, word, &s, &len))
		return false;
	const char *blank = memchr(s, ' ', len);

	return blank && plain_number(s, (size_t)(blank - s), &number) && number == g &&
	       seal_text_parse(blank + 1, len - (size_t)(blank + 1 - s), ret, n) >= 0;
}

static bool parse_head(struct lines *l, struct identity *id)
{
	char time[TIMESTAMP_MAX], again[TIMESTAMP_MAX];
	const char *s;
	size_t n;

	if (!next_line(l, "site", &s, &n) || !plain_number(s, n, &id->site) ||
	    !next_line(l, "name", &s, &n) || !identity_is_name(s, n))
		return false;
	memcpy(id->name, s, n);
	if (!next_line(l, "created", &s, &n) || n >= sizeof(time))
		return false;
	memcpy(time, s, n);
	time[n] = 0;
	return timestamp_parse(time, &id->created) >= 0 &&
	       !strcmp(timestamp_text(again, id->created), time);
}

static bool parse_generation(struct lines *l, struct identity *id)
{
	const unsigned int g = id->n;
	struct generation *gen = &id->gen[g];

	if (g == IDENTITY_GENERATIONS_MAX ||
	    !key_line(l, "read", g, id->is_secret ? gen->read_secret : gen->read_public,
		      SEAL_KEY_BYTES) ||
	    (id->is_secret && crypto_scalarmult_base(gen->read_public, gen->read_secret) < 0) ||
	    !key_line(l, "sign", g, gen->sign_public, SEAL_KEY_BYTES) ||
	    (g && !key_line(l, "cert", g, gen->cert, SEAL_SIGN_BYTES)))
		return false;
	id->n++;
	return !g || identity_is_certified(id, g);
}

/* The end of the secret file: that the check is right was seen before. */
static bool parse_seed(struct lines *l, struct identity *id)
{
	uint8_t seed[SEAL_KEY_BYTES], public_key[SEAL_KEY_BYTES];
	bool right = key_line(l, "seed", id->n - 1, seed, sizeof(seed));

	if (right) {
		(void)crypto_sign_seed_keypair(public_key, id->sign_secret, seed);
		right = memcmp(public_key, id->gen[id->n - 1].sign_public, SEAL_KEY_BYTES) == 0;
	}
	sodium_memzero(seed, sizeof(seed));
	return right && begins(l, "check") && (size_t)(l->end - l->at) == CHECK_LINE_BYTES;
}

static bool parse_proof(struct lines *l, struct identity *id)
{
	uint8_t proof[SEAL_SIGN_BYTES];
	const size_t n = (size_t)(l->at - l->text);
	const char *s;
	size_t len;

	/* By the last generation alone. */
	return next_line(l, "proof", &s, &len) &&
	       seal_text_parse(s, len, proof, sizeof(proof)) >= 0 && l->at == l->end &&
	       identity_signed(id, proof_words, l->text, n, proof) == (int)id->n - 1;
}

static int parse_plain(struct lines *l, bool secret, struct identity **ret, struct err *e)
{
	auto_ptr(identity) id = seal_alloc(sizeof(*id));

	if (!id)
		return err_set(e, -ENOMEM, "no memory");
	id->is_secret = secret;
	bool right = parse_head(l, id);

	while (right && (id->n == 0 || begins(l, "read")))
		right = parse_generation(l, id);
	if (right)
		right = secret ? parse_seed(l, id) : parse_proof(l, id);
	if (!right)
		return err_set(e, -EBADMSG, "damaged, at or behind line %u", l->number + 1);
	*ret = steal_ptr(id);
	return 0;
}

/* The last line of @text checks what is before it. */
static bool is_checked(const char *text, size_t n)
{
	const size_t line = CHECK_LINE_BYTES;
	char right[2 * CHECK_BYTES + 1];

	if (n <= line || text[n - line - 1] != '\n' || strncmp(text + n - line, "check ", 6) != 0 ||
	    text[n - 1] != '\n')
		return false;
	check_of((const uint8_t *)text, n - line, right);
	return !strncmp(text + n - line + 6, right, 2 * (size_t)CHECK_BYTES);
}

struct sealed {
	uint32_t operations, memory_kib;
	uint8_t salt[RECIPIENT_SALT_BYTES];
	uint8_t *box;
	size_t n;
};

static bool parse_cost(const char *s, size_t len, struct sealed *ret)
{
	const char *end = s + len, *blank = memchr(s, ' ', len), *second;
	uint64_t operations, kib;

	second = blank ? memchr(blank + 1, ' ', (size_t)(end - blank - 1)) : NULL;
	if (!second || !plain_number(s, (size_t)(blank - s), &operations) ||
	    !plain_number(blank + 1, (size_t)(second - blank - 1), &kib) || !operations ||
	    operations > RECIPIENT_OPERATIONS_MAX || kib < RECIPIENT_MEMORY_KIB_MIN ||
	    kib > RECIPIENT_MEMORY_KIB_MAX)
		return false;
	ret->operations = (uint32_t)operations;
	ret->memory_kib = (uint32_t)kib;
	return seal_text_parse(second + 1, (size_t)(end - second - 1), ret->salt,
			       sizeof(ret->salt)) >= 0;
}

/* @ret->box is allocated on success. */
static bool parse_sealed(struct lines *l, struct sealed *ret)
{
	const char *s;
	size_t len;

	if (!next_line(l, "argon2id", &s, &len) || !parse_cost(s, len, ret) ||
	    !next_line(l, "box", &s, &len) || len % 4 || !len)
		return false;
	ret->n = len / 4 * 3 - (s[len - 1] == '=') - (s[len - 2] == '=');
	ret->box = malloc(ret->n + 3);
	if (ret->box && ret->n > SEAL_NONCE_BYTES + SEAL_TAG_BYTES &&
	    seal_text_parse(s, len, ret->box, ret->n) >= 0)
		return true;
	free(ret->box);
	ret->box = NULL;
	return false;
}

static int open_sealed(const struct sealed *s, const char *passphrase, struct buf *plain,
		       struct err *e)
{
	uint8_t key[SEAL_KEY_BYTES];
	uint8_t *to = buf_reserve(plain, s->n);

	if (!to ||
	    crypto_pwhash(key, sizeof(key), passphrase, strlen(passphrase), s->salt, s->operations,
			  (size_t)s->memory_kib << 10, crypto_pwhash_ALG_ARGON2ID13) < 0)
		return err_set(e, -ENOMEM, "no %u MiB for the passphrase", s->memory_kib >> 10);
	unsigned long long n;
	int r = crypto_aead_xchacha20poly1305_ietf_decrypt(
		to, &n, NULL, s->box + SEAL_NONCE_BYTES, s->n - SEAL_NONCE_BYTES,
		(const uint8_t *)first_sealed, sizeof(first_sealed) - 1, s->box, key);

	sodium_memzero(key, sizeof(key));
	if (r < 0)
		return err_set(e, -EKEYREJECTED, "wrong passphrase");
	buf_commit(plain, (size_t)n);
	return 0;
}

static int parse_under_passphrase(struct lines *l, const char *passphrase, struct identity **ret,
				  struct err *e)
{
	struct sealed s = { 0 };
	struct buf plain;

	if (!parse_sealed(l, &s))
		return err_set(e, -EBADMSG, "damaged, at or behind line %u", l->number + 1);
	buf_init(&plain, IDENTITY_FILE_MAX);
	int r = passphrase ? open_sealed(&s, passphrase, &plain, e)
			   : err_set(e, -ENOKEY,
				     "it takes a passphrase (try: --passphrase-file FILE)");

	/* What is in the box is a plain key file, and no other box. */
	if (r >= 0) {
		const char *text = (const char *)plain.data;
		struct lines in = { .text = text,
				    .at = text + sizeof(first_secret) - 1,
				    .end = text + plain.len,
				    .number = 1 };

		r = plain.len > sizeof(first_secret) &&
				    !strncmp(text, first_secret, sizeof(first_secret) - 1) &&
				    is_checked(text, plain.len)
			    ? parse_plain(&in, true, ret, e)
			    : err_set(e, -EBADMSG, "what is in the box is no key");
	}
	if (plain.data)
		sodium_memzero(plain.data, plain.cap);
	buf_done(&plain);
	free(s.box);
	return r;
}

static bool starts(const char *text, size_t n, const char *first)
{
	return n > strlen(first) && !strncmp(text, first, strlen(first));
}

int identity_parse(const char *text, size_t n, const char *passphrase, struct identity **ret,
		   struct err *e)
{
	const bool secret = starts(text, n, first_secret), sealed = starts(text, n, first_sealed);
	struct lines l = { .text = text, .end = text + n, .number = 1 };
	int r = seal_ready(e);

	if (r < 0)
		return r;
	if (!secret && !sealed && !starts(text, n, first_public))
		return err_set(e, -EMEDIUMTYPE, "no key file");
	if (n > IDENTITY_FILE_MAX || memchr(text, 0, n))
		return err_set(e, -EBADMSG, "no key file: %s",
			       n > IDENTITY_FILE_MAX ? "too long" : "zero bytes");
	if ((secret || sealed) && !is_checked(text, n))
		return err_set(e, -EBADMSG, "damaged: its check is wrong");
	l.at = (const char *)memchr(text, '\n', n) + 1;
	return sealed ? parse_under_passphrase(&l, passphrase, ret, e)
		      : parse_plain(&l, secret, ret, e);
}
