/* SPDX-License-Identifier: MIT */
/* The thin side of libsodium. */
#include "format/seal.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

int seal_ready(struct err *e)
{
	return sodium_init() < 0 ? err_set(e, -EIO, "libsodium finds no random numbers") : 0;
}

void seal_hash(uint8_t ret[SEAL_HASH_BYTES], const uint8_t *key, const struct seal_piece *piece,
	       size_t n)
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, key ? SEAL_KEY_BYTES : 0, SEAL_HASH_BYTES);
	for (size_t i = 0; i < n; i++)
		(void)crypto_generichash_update(&state, piece[i].data, piece[i].n);
	(void)crypto_generichash_final(&state, ret, SEAL_HASH_BYTES);
}

char *seal_text(const uint8_t *p, size_t n, char *ret)
{
	return sodium_bin2base64(ret, SEAL_TEXT(n) + 1, p, n, sodium_base64_VARIANT_ORIGINAL);
}

int seal_text_parse(const char *text, size_t len, uint8_t *ret, size_t n)
{
	size_t got;

	if (len != SEAL_TEXT(n) ||
	    sodium_base642bin(ret, n, text, len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) <
		    0 ||
	    got != n)
		return -EINVAL;
	/* libsodium takes some bytes above 127 for others. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 127)
			return -EINVAL;
	return 0;
}

void *seal_alloc(size_t n)
{
	void *p = sodium_init() < 0 ? NULL : sodium_malloc(n);

	if (p)
		memset(p, 0, n);
	return p;
}

void seal_free(void *p)
{
	sodium_free(p);
}
