/* SPDX-License-Identifier: MIT */
/*
 * What sealing shares: libsodium made ready, hashes over several pieces, and secrets in memory that
 * is not swapped or dumped and is wiped when given back.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define SEAL_KEY_BYTES                                                            \
	32 /* secret and public keys of X25519, public ones of Ed25519, AEAD keys \
	    */
#define SEAL_SIGN_BYTES	  64 /* secret keys of Ed25519 as libsodium has them, and signatures */
#define SEAL_HASH_BYTES	  32
#define SEAL_TAG_BYTES	  16
#define SEAL_NONCE_BYTES  24
#define SEAL_BOX_OVERHEAD 48 /* crypto_box_seal */

/* Before anything else; any number of times, from any thread. 0 or -EIO with words. */
int seal_ready(struct err *e) must_check;

struct seal_piece {
	const void *data;
	size_t n;
};

/* BLAKE2b-256 of the pieces one behind the other, with @key or NULL. */
void seal_hash(uint8_t ret[SEAL_HASH_BYTES], const uint8_t *key, const struct seal_piece *piece,
	       size_t n);

/* Characters of the base64 of @n bytes (RFC 4648 with padding), without a NUL. */
#define SEAL_TEXT(n) (((n) + 2) / 3 * 4)
/* @ret holds SEAL_TEXT(n) + 1. */
char *seal_text(const uint8_t *p, size_t n, char *ret);
/* Just such a text of just @n bytes, every character of it as seal_text() would write it. 0 or
 * -EINVAL. */
int seal_text_parse(const char *text, size_t len, uint8_t *ret, size_t n) must_check;

/* Zeroed memory for secrets; NULL: out of memory. */
void *seal_alloc(size_t n);
void seal_free(void *p); /* wipes; NULL is fine */
