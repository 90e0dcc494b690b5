/* SPDX-License-Identifier: MIT */
/*
 * Whom a frame key is sealed to, and who opens it. Bytes: docs/formats/journal.md, "Recipients".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/seal.h"

#define RECIPIENT_NAME_MAX	 200 /* bytes */
#define RECIPIENT_PASSPHRASE_MAX 1024
#define RECIPIENT_SALT_BYTES	 16

/* On disk. */
enum recipient_kind { RECIPIENT_X25519 = 1, RECIPIENT_PASSPHRASE = 2 };

/* Argon2id: what a guess costs. */
#define RECIPIENT_OPERATIONS	 3u /* 256 MiB: 0.6 s on the machine of bench/RESULTS.md */
#define RECIPIENT_MEMORY_KIB	 (256u << 10)
#define RECIPIENT_OPERATIONS_MAX 16u
#define RECIPIENT_MEMORY_KIB_MIN 8u
#define RECIPIENT_MEMORY_KIB_MAX (1u << 20)

struct recipient {
	enum recipient_kind kind;
	uint8_t public_key[SEAL_KEY_BYTES];
	char name[RECIPIENT_NAME_MAX + 1];
	/* Of RECIPIENT_PASSPHRASE; recipient_from_passphrase(). */
	uint8_t salt[RECIPIENT_SALT_BYTES];
	uint32_t operations, memory_kib;
	uint8_t derived[SEAL_KEY_BYTES];
};

/* A key from @passphrase by Argon2id with a new salt, once for all that is sealed with it. 0 of
 * @operations or @memory_kib: as above. -ENOMEM with words. */
int recipient_from_passphrase(const char *passphrase, uint32_t operations, uint32_t memory_kib,
			      struct recipient *ret, struct err *e) must_check;
void recipient_wipe(struct recipient *r);

/* Append the recipient with the sealed @key. -EINVAL with words: a public key that is none. */
int recipient_seal(const struct recipient *r, const uint8_t key[SEAL_KEY_BYTES], struct buf *out,
		   struct err *e) must_check;

/* One as a header has it. */
struct recipient_seen {
	unsigned int kind; /* may be one that we do not know */
	const uint8_t *body; /* lent */
	size_t bytes; /* of the body */
	uint8_t public_key[SEAL_KEY_BYTES]; /* of RECIPIENT_X25519 */
	char name[RECIPIENT_NAME_MAX + 1];
};
/* Read one at *@p, not beyond @end, and move on. -EBADMSG: cut or out of bounds. */
int recipient_parse(const uint8_t **p, const uint8_t *end, struct recipient_seen *ret) must_check;

/* ---- what a reader has ---- */

struct keyring;
struct keyring *keyring_new(void); /* NULL: out of memory */
struct keyring *keyring_free(struct keyring *k); /* wipes */
DEFINE_CLEANUP(keyring, keyring_free)
/* An X25519 secret; copied. */
int keyring_add_secret(struct keyring *k, const uint8_t secret[SEAL_KEY_BYTES]) must_check;
/* Copied. -E2BIG: longer than RECIPIENT_PASSPHRASE_MAX. */
int keyring_add_passphrase(struct keyring *k, const char *passphrase) must_check;
bool keyring_is_empty(const struct keyring *k); /* NULL is */

/* 1 and the frame key when one of @k opens it, 0 when none does, -ENOMEM with words. What a
 * passphrase came to is kept for the next of the same salt. */
int keyring_open(struct keyring *k, const struct recipient_seen *r, uint8_t ret[SEAL_KEY_BYTES],
		 struct err *e) must_check;
