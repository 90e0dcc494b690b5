/* SPDX-License-Identifier: MIT */
/* Streams of a journal as bytes, and found again by a hash of those. */
#include "format/journal_stream.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define STREAM_IS_NUMBER (1u << 0)

bool journal_stream_equal(const struct journal_stream *a, const struct journal_stream *b)
{
	return a->site == b->site && a->host == b->host && a->is_number == b->is_number &&
	       memcmp(a->run, b->run, sizeof(a->run)) == 0 && a->created == b->created;
}

void journal_stream_set_number(struct journal_stream *s, uint64_t run)
{
	memset(s->run, 0, sizeof(s->run));
	for (unsigned int i = 0; i < 8; i++)
		s->run[8 + i] = (uint8_t)(run >> (56 - 8 * i));
	s->is_number = true;
}

uint64_t journal_stream_number(const struct journal_stream *s)
{
	return get_be64(s->run + 8);
}

void journal_stream_put(uint8_t p[JOURNAL_STREAM_BYTES], const struct journal_stream *s)
{
	put_le64(p, s->site);
	put_le64(p + 8, s->host);
	memcpy(p + 16, s->run, sizeof(s->run));
	put_le64(p + 32, s->created);
	put_le64(p + 40, s->is_number ? STREAM_IS_NUMBER : 0);
}

void journal_stream_get(const uint8_t p[JOURNAL_STREAM_BYTES], struct journal_stream *ret)
{
	*ret = (struct journal_stream){
		.site = get_le64(p),
		.host = get_le64(p + 8),
		.created = get_le64(p + 32),
		.is_number = get_le64(p + 40) & STREAM_IS_NUMBER,
	};
	memcpy(ret->run, p + 16, sizeof(ret->run));
}

/* ---- lists ---- */

void stream_list_done(struct stream_list *l)
{
	free(l->stream);
	idmap_done(&l->by_hash);
	*l = (struct stream_list){ 0 };
}

void stream_list_clear(struct stream_list *l)
{
	l->n = 0;
	idmap_clear(&l->by_hash);
}

int stream_list_append(struct stream_list *l, const struct journal_stream *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 8;
		struct journal_stream *stream = reallocarray(l->stream, cap, sizeof(*stream));

		if (!stream)
			return -ENOMEM;
		l->stream = stream;
		l->cap = cap;
	}
	l->stream[l->n++] = *s;
	return 0;
}

/* Whoever writes the streams can make some collide; all that costs is time. */
static uint64_t hash(const struct journal_stream *s)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES];
	uint8_t bytes[JOURNAL_STREAM_BYTES], h[crypto_shorthash_BYTES];

	journal_stream_put(bytes, s);
	(void)crypto_shorthash(h, bytes, sizeof(bytes), key);
	return get_le64(h);
}

int stream_list_find(struct stream_list *l, const struct journal_stream *s, size_t max,
		     uint32_t *ret)
{
	const uint64_t key = hash(s);
	size_t at = idmap_get(&l->by_hash, key);
	const bool seen = at != IDMAP_NONE;

	if (seen && !journal_stream_equal(&l->stream[at], s))
		for (at = 0; at < l->n && !journal_stream_equal(&l->stream[at], s); at++)
			;
	if (seen && at < l->n) {
		*ret = (uint32_t)at;
		return 0;
	}
	if (l->n >= max)
		return -EFBIG;
	int r = stream_list_append(l, s);

	if (r < 0)
		return r;
	*ret = (uint32_t)(l->n - 1);
	r = seen ? 0 : idmap_set(&l->by_hash, key, *ret);
	if (r < 0)
		l->n--;
	return r;
}

int stream_list_put(const struct stream_list *l, struct buf *out)
{
	uint8_t *p = buf_reserve(out, l->n * JOURNAL_STREAM_BYTES);

	if (!p)
		return buf_error(out);
	for (size_t i = 0; i < l->n; i++)
		journal_stream_put(p + i * JOURNAL_STREAM_BYTES, &l->stream[i]);
	buf_commit(out, l->n * JOURNAL_STREAM_BYTES);
	return 0;
}
