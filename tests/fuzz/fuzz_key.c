/* SPDX-License-Identifier: MIT */
/* Any bytes as a key file of any kind: refused with words, or the same again when written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/identity.h"
#include "format/seal.h"
#include "fuzz.h"

/* The check of a key file, which every change breaks: made right, so that what is behind it is
 * reached. */
static void repair(char *text, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t hash[SEAL_HASH_BYTES];

	if (n < 24 || strncmp(text + n - 23, "check ", 6) != 0)
		return;
	const struct seal_piece piece = { text, n - 23 };

	seal_hash(hash, NULL, &piece, 1);
	for (unsigned int i = 0; i < 8; i++) {
		text[n - 17 + 2 * i] = digit[hash[i] >> 4];
		text[n - 16 + 2 * i] = digit[hash[i] & 15];
	}
}

static void read_key(const char *text, size_t n)
{
	auto_ptr(identity) id = NULL;
	struct err e = { 0 };
	auto_buf again;

	buf_init(&again, 0);
	/* Without a passphrase: deriving keys is slow, and no business of a parser. */
	if (identity_parse(text, n, NULL, &id, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	if (identity_is_secret(id) && (identity_put(id, NULL, &again, NULL) < 0 || again.len != n ||
				       memcmp(again.data, text, n) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy || seal_ready(NULL) < 0)
		abort();
	if (n)
		memcpy(copy, data, n);
	read_key(copy, n);
	repair(copy, n);
	read_key(copy, n);
	free(copy);
	return 0;
}
