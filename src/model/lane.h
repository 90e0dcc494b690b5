/* SPDX-License-Identifier: MIT */
/*
 * A lane: a stream cut to what a query asks of it. Row by row it knows what comes next; the merge
 * (merge.c) decides how many rows of which lane go out together.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/merge.h"

/* The task filter of a query. Most tids of a busy machine are not asked for: the bits say so
 * without a search. */
struct lane_filter {
	bool active;
	const uint32_t *tids; /* sorted */
	uint32_t n_tids;
	uint64_t maybe[64]; /* by the low 12 bits of a tid */
};
void lane_filter_init(struct lane_filter *f, const struct query *q);

struct lane {
	/*
	 * The columns point at the next row. Rows of a lane before the window are its lead: at most
	 * one, in front. The caller sets view.rows and lends the view.
	 */
	struct batch view;
	uint32_t left; /* rows from the next one on; 0: call lane_fill() */
	uint8_t step[TRACK_MAX_COLUMNS]; /* bytes from row to row; 0 for a column not there */

	/* lane.c's own */
	struct batch_stream *stream; /* NULL: asked for the last time */
	const struct batch *ahead; /* taken from the stream, but after `before` */
	nsec_t last; /* time of the latest row taken from the stream */
	bool behind; /* nothing that follows lies in the window */
	struct batch *before; /* the latest row before the window, when its batch is gone */
	bool has_before;
	struct batch *picked; /* rows that pass the task filter */
	uint32_t *pick; /* their numbers */
};

/* Takes @s over. */
void lane_init(struct lane *l, struct batch_stream *s);
void lane_done(struct lane *l);

/* Get the next rows: 1, 0 at the end, -errno with words. What was lent before is void. */
int lane_fill(struct lane *l, const struct query *q, const struct lane_filter *f,
	      struct err *e) must_check;

/* Go on by @n <= left rows. */
static inline void lane_skip(struct lane *l, uint32_t n)
{
	unsigned int columns = l->view.track->n_columns;

	for (unsigned int c = 0; c < columns; c++)
		if (l->step[c])
			l->view.col[c] = (uint8_t *)l->view.col[c] + (size_t)n * l->step[c];
	l->view.time = l->view.col[0];
	l->view.lead = 0;
	l->left -= n;
}
