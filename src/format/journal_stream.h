/* SPDX-License-Identifier: MIT */
/*
 * A run of a host of a site, as a journal knows it, and lists of them. Bytes:
 * docs/formats/journal.md, "Data".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/idmap.h"
#include "base/nsec.h"

#define JOURNAL_RUN_BYTES    16
#define JOURNAL_STREAM_BYTES 48

struct journal_stream {
	uint64_t site, host;
	uint8_t run[JOURNAL_RUN_BYTES];
	bool is_number; /* run is that of an older tool: journal_stream_number() */
	nsec_t created; /* CLOCK_REALTIME, 0 = not known */
};

bool journal_stream_equal(const struct journal_stream *a, const struct journal_stream *b);
void journal_stream_set_number(struct journal_stream *s, uint64_t run);
uint64_t journal_stream_number(const struct journal_stream *s);

void journal_stream_put(uint8_t p[JOURNAL_STREAM_BYTES], const struct journal_stream *s);
void journal_stream_get(const uint8_t p[JOURNAL_STREAM_BYTES], struct journal_stream *ret);

/* In the order in which they came. A zeroed one is empty. */
struct stream_list {
	struct journal_stream *stream;
	size_t n, cap;
	struct idmap by_hash; /* of what stream_list_find() put into it */
};

void stream_list_done(struct stream_list *l);
void stream_list_clear(struct stream_list *l);
/* Not looked up: the same may be in the list twice. 0 or -ENOMEM. */
int stream_list_append(struct stream_list *l, const struct journal_stream *s) must_check;
/* The place of @s, which is put behind the others when it is new; -EFBIG when there are @max. A
 * list has this or stream_list_append(), not both. */
int stream_list_find(struct stream_list *l, const struct journal_stream *s, size_t max,
		     uint32_t *ret) must_check;
/* Append the bytes of all. */
int stream_list_put(const struct stream_list *l, struct buf *out) must_check;
