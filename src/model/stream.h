/* SPDX-License-Identifier: MIT */
/*
 * The interface that joins everything: producers write batches to a `sink`, analyses pull batches
 *from a `cursor` that a `source` opens.
 *
 *	source (recording, memory, store) --cursor--> analysis        capture, collect, import
 *--batch--> sink (recording, wire, memory)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/batch.h"

struct run_info;
struct tasks;

/* ---- sink ---- */

struct sink {
	/*
	 * Take the rows of @b (copied; @b stays the caller's). Within one (track, cpu) stream times
	 * must not fall from call to call; a row that does is -EINVAL. 0 or -errno with words.
	 */
	int (*write)(struct sink *s, const struct batch *b, struct err *e);
};

static inline int must_check sink_write(struct sink *s, const struct batch *b, struct err *e)
{
	return b->rows ? s->write(s, b, e) : 0;
}

/* ---- source and cursor ---- */

enum cursor_order {
	/* One stream after the other: all batches of a (track, cpu) follow each other. The fast
	   way. */
	CURSOR_BY_STREAM,
	/*
	 * One global time order over all asked tracks and CPUs: each batch is a run of consecutive
	 * rows of one stream, none later than any row of the batches that follow. At equal times
	 * the lower track number comes first, then the lower CPU; rows of one stream keep their
	 * order.
	 */
	CURSOR_BY_TIME,
};

struct query {
	track_set_t tracks; /* 0 = all */
	nsec_t from; /* rows with from <= time < to ... */
	nsec_t to; /* ... 0 = no end */
	const struct cpuset *cpus; /* NULL = all */
	/*
	 * Rows in which a COLUMN_TASK column holds one of these tids; sorted ascending; NULL = all.
	 * Tracks without such a column are given whole.
	 */
	const uint32_t *tids;
	uint32_t n_tids;
	enum cursor_order order;
	/*
	 * Also give, for each stream, its last row before @from (marked by batch.lead): who was
	 * running when the window opened. With CURSOR_BY_TIME these come before everything else.
	 */
	bool lead;
	uint32_t columns; /* wanted columns as bits, when one track is asked; 0 = all. Columns not
			     wanted may be NULL, time is always there */
};

struct cursor {
	/* 1 and a lent batch (never empty), 0 at the end, -errno with words. */
	int (*next)(struct cursor *c, const struct batch **ret, struct err *e);
	void (*free)(struct cursor *c);
};

static inline int must_check cursor_next(struct cursor *c, const struct batch **ret, struct err *e)
{
	return c->next(c, ret, e);
}

static inline struct cursor *cursor_free(struct cursor *c)
{
	if (c)
		c->free(c);
	return NULL;
}
DEFINE_CLEANUP(cursor, cursor_free)

struct source {
	int (*cursor)(struct source *s, const struct query *q, struct cursor **ret, struct err *e);
	const struct run_info *info; /* run.h; lives as long as the source */
	struct tasks *tasks; /* tasks.h; complete: built from the whole task track */
};

static inline int must_check source_cursor(struct source *s, const struct query *q,
					   struct cursor **ret, struct err *e)
{
	return s->cursor(s, q, ret, e);
}
