/* SPDX-License-Identifier: MIT */
/*
 * From streams to a cursor: what every source needs. A source gives one `struct batch_stream` per
 * (track, CPU); the cursor made here cuts the window, keeps the lead rows, applies the task filter,
 * and gives the streams one after the other or merged by time.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "model/stream.h"

struct batch_stream {
	const struct track *track;
	uint32_t cpu;
	/*
	 * 1 and the next batch of the stream, lent until the next call on this stream; 0 at the
	 * end; -errno with words. The first batch may begin long before the window (a source should
	 * skip what its index lets it skip, but keep the last row before query.from when query.lead
	 * is set); rows behind the window are cut, and the stream is not asked again.
	 */
	int (*next)(struct batch_stream *s, const struct batch **ret, struct err *e);
	void (*free)(struct batch_stream *s);
};

/*
 * Takes the @n streams over, also on failure (the array itself stays the caller's, but is sorted).
 * What @q points to must live as long as the cursor. *ret_c is freed with cursor_free().
 *
 * The cursor fails with -EBADMSG when times fall within a stream, with what a stream failed with,
 * with -EINVAL when a batch lacks a column that the task filter needs (see query_columns()), and
 * goes on failing when asked again. A lead row is given when it passes the task filter.
 */
int merge_cursor_new(struct batch_stream **streams, unsigned int n, const struct query *q,
		     struct cursor **ret_c, struct err *e) must_check;

/* Columns, as bits, that the batches of @t must have for @q; 0 = all. */
uint32_t query_columns(const struct query *q, const struct track *t);
