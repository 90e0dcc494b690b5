/* SPDX-License-Identifier: MIT */
/* Base64 by groups of three bytes. */
#include "export/base64.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PIECE_GROUPS 4096

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_init(struct base64_writer *w, FILE *out)
{
	*w = (struct base64_writer){ .out = out };
}

static inline void group(const uint8_t *in, char *out)
{
	uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

	out[0] = alphabet[v >> 18];
	out[1] = alphabet[v >> 12 & 63];
	out[2] = alphabet[v >> 6 & 63];
	out[3] = alphabet[v & 63];
}

static int put(struct base64_writer *w, const char *text, size_t n)
{
	errno = 0;
	if (fwrite(text, 1, n, w->out) == n)
		return 0;
	return errno ? -errno : -EIO;
}

int base64_add(struct base64_writer *w, const void *data, size_t n)
{
	const uint8_t *p = data;
	char text[4 * PIECE_GROUPS];

	while (n && w->n_rest) {
		w->rest[w->n_rest++] = *p++;
		n--;
		if (w->n_rest < 3)
			continue;
		group(w->rest, text);
		w->n_rest = 0;
		int r = put(w, text, 4);

		if (r < 0)
			return r;
	}
	while (n >= 3) {
		size_t groups = min_of(n / 3, (size_t)PIECE_GROUPS);

		for (size_t i = 0; i < groups; i++)
			group(p + 3 * i, text + 4 * i);
		p += 3 * groups;
		n -= 3 * groups;
		int r = put(w, text, 4 * groups);

		if (r < 0)
			return r;
	}
	if (n)
		memcpy(w->rest + w->n_rest, p, n);
	w->n_rest += (unsigned int)n;
	return 0;
}

int base64_end(struct base64_writer *w)
{
	uint8_t last[3] = { 0 };
	char text[4];

	if (!w->n_rest)
		return 0;
	memcpy(last, w->rest, w->n_rest);
	group(last, text);
	memset(text + 1 + w->n_rest, '=', 3 - w->n_rest);
	w->n_rest = 0;
	return put(w, text, 4);
}
