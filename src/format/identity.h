/* SPDX-License-Identifier: MIT */
/*
 * A key: what journals are sealed to and what signs licences, of a site or a vendor, by
 * generations. Its files: docs/formats/keys.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/checked_id.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/recipient.h"

#define IDENTITY_GENERATIONS_MAX 64u
#define IDENTITY_FILE_MAX	 (64u << 10)

struct identity;

/* A new one. -EINVAL with words: no such name. */
int identity_new(uint64_t site, const char *name, struct identity **ret, struct err *e) must_check;
struct identity *identity_free(struct identity *id); /* wipes */
DEFINE_CLEANUP(identity, identity_free)
/* Add a generation; the signing key of the one before is gone then. -EPERM: without secrets;
 * -E2BIG: too many. */
int identity_rotate(struct identity *id, struct err *e) must_check;

/* ---- files ---- */

/* Append the public file. */
int identity_put_public(const struct identity *id, struct buf *out) must_check;
/* Append the key file, under a passphrase unless @sealing is NULL (recipient_from_passphrase()).
 * @out holds secrets then: wipe it. */
int identity_put(const struct identity *id, const struct recipient *sealing, struct buf *out,
		 struct err *e) must_check;
/*
 * Read any of the three kinds. -EMEDIUMTYPE with words: none of them; -EBADMSG with words and line:
 * damaged; -ENOKEY: it takes a @passphrase and there is none (NULL); -EKEYREJECTED: another one.
 */
int identity_parse(const char *text, size_t n, const char *passphrase, struct identity **ret,
		   struct err *e) must_check;

/* ---- what is in it ---- */

bool identity_is_secret(const struct identity *id);
uint64_t identity_site(const struct identity *id);
const char *identity_name(const struct identity *id);
nsec_t identity_created(const struct identity *id);
unsigned int identity_generations(const struct identity *id);
/* Of generation @g, or the last one with UINT_MAX. */
void identity_id(const struct identity *id, unsigned int g, uint8_t ret[CHECKED_ID_BYTES]);

/* For sealing to its last generation. */
void identity_recipient(const struct identity *id, struct recipient *ret);
/* Its secrets of all generations. -EPERM: it has none. */
int identity_add_to(const struct identity *id, struct keyring *k) must_check;
/* With the last generation's key, over @words (what it is) and the data. -EPERM. */
int identity_sign(const struct identity *id, const char *words, const void *data, size_t n,
		  uint8_t ret[SEAL_SIGN_BYTES]) must_check;
/* Which generation signed it; -EKEYREJECTED: none. */
int identity_signed(const struct identity *id, const char *words, const void *data, size_t n,
		    const uint8_t signature[SEAL_SIGN_BYTES]) must_check;
