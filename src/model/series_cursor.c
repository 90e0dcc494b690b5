/* SPDX-License-Identifier: MIT */
/* Ticks of a source. */
#include "model/series_cursor.h"

#include <errno.h>
#include <stdlib.h>

#include "model/metric_track.h"

struct series_cursor {
	struct series_ticks *ticks;
	struct cursor *cursor;
	const struct batch *batch; /* being read, or NULL */
	uint32_t at; /* row of it */
	bool ended;
};

int series_cursor_open(struct source *src, const struct series_table *t, nsec_t from, nsec_t to,
		       struct series_cursor **ret, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_value), .from = from, .to = to };
	auto_ptr(series_cursor) c = calloc(1, sizeof(*c));

	if (!c || !(c->ticks = series_ticks_new(t)))
		return err_set(e, -ENOMEM, "out of memory");
	int r = source_cursor(src, &q, &c->cursor, e);

	if (r < 0)
		return r;
	*ret = steal_ptr(c);
	return 0;
}

struct series_cursor *series_cursor_free(struct series_cursor *c)
{
	if (c) {
		series_ticks_free(c->ticks);
		cursor_free(c->cursor);
		free(c);
	}
	return NULL;
}

int series_cursor_next(struct series_cursor *c, struct series_tick *ret, struct err *e)
{
	while (!c->ended) {
		if (c->batch && series_ticks_take(c->ticks, c->batch, &c->at, ret))
			return 1;
		int r = cursor_next(c->cursor, &c->batch, e);

		if (r < 0)
			return r;
		c->at = 0;
		c->ended = r == 0;
	}
	return series_ticks_take(c->ticks, NULL, NULL, ret);
}
