/* SPDX-License-Identifier: MIT */
/* Groups of hexadecimal digits with a check. */
#include "base/checked_id.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/hex.h"

static void add_check(uint8_t *id, size_t n)
{
	uint32_t crc = crc32c(id, n);

	id[n] = (uint8_t)(crc >> 8);
	id[n + 1] = (uint8_t)crc;
}

char *checked_id_text(const uint8_t *id, size_t n, char *ret)
{
	uint8_t all[CHECKED_ID_MAX + 2];
	char digits[2 * sizeof(all) + 1], *to = ret;

	assert(n % 2 == 0 && n <= CHECKED_ID_MAX);
	memcpy(all, id, n);
	add_check(all, n);
	hex_text(all, n + 2, digits);
	for (size_t i = 0; i < 2 * (n + 2); i++) {
		if (i && i % 4 == 0)
			*to++ = '-';
		*to++ = digits[i];
	}
	*to = 0;
	return ret;
}

int checked_id_parse(const char *text, uint8_t *ret, size_t n)
{
	uint8_t all[CHECKED_ID_MAX + 2], check[CHECKED_ID_MAX + 2];
	char digits[2 * sizeof(all) + 1];
	size_t len = 0;

	assert(n % 2 == 0 && n <= CHECKED_ID_MAX);
	for (const char *p = text; *p; p++) {
		if (*p == '-' && len && len % 4 == 0 && p[-1] != '-')
			continue;
		if (len == 2 * (n + 2))
			return -EINVAL;
		digits[len++] = *p;
	}
	digits[len] = 0;
	if (len != 2 * (n + 2) || hex_bytes(digits, all, n + 2) != n + 2)
		return -EINVAL;
	memcpy(check, all, n);
	add_check(check, n);
	if (memcmp(all, check, n + 2) != 0)
		return -EBADMSG;
	memcpy(ret, all, n);
	return 0;
}
