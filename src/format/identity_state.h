/* SPDX-License-Identifier: MIT */
/* The inside of a key, shared by identity.c and identity_file.c. Not for use elsewhere. */
#pragma once

#include "format/identity.h"

struct generation {
	uint8_t read_secret[SEAL_KEY_BYTES]; /* zeros in a public one */
	uint8_t read_public[SEAL_KEY_BYTES];
	uint8_t sign_public[SEAL_KEY_BYTES];
	uint8_t cert[SEAL_SIGN_BYTES]; /* by the one before */
};

struct identity { /* seal_alloc() */
	uint64_t site;
	char name[RECIPIENT_NAME_MAX + 1];
	nsec_t created;
	bool is_secret;
	unsigned int n;
	struct generation gen[IDENTITY_GENERATIONS_MAX];
	uint8_t sign_secret[SEAL_SIGN_BYTES]; /* of the last one */
};

bool identity_is_name(const char *s, size_t n);
/* Is generation @g certified by the one before? */
bool identity_is_certified(const struct identity *id, unsigned int g);
