/* SPDX-License-Identifier: MIT */
/* Raw rows in order of time, tick by tick, through a collection. */
#include "collect/raw_metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/text_tick.h"
#include "model/metric_track.h"

struct raw_reading {
	struct text_tick tick;
	nsec_t time; /* of its first file */
	struct collection *metrics;
	struct sink *sink;
};

static int end_tick(struct raw_reading *x, struct err *e)
{
	int r = x->tick.n ? collection_sample_at(x->metrics, x->time, x->sink, e) : 0;

	text_tick_clear(&x->tick);
	return r;
}

static int take(struct raw_reading *x, const struct batch *b, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < b->rows; i++) {
		const char *path = batch_text(b, RAW_PATH, i), *text = batch_text(b, RAW_TEXT, i);

		if (text_tick_has(&x->tick, path) || text_tick_full(&x->tick))
			r = end_tick(x, e);
		if (!x->tick.n)
			x->time = b->time[i];
		if (r >= 0 &&
		    text_tick_add(&x->tick, path, text, strlen(text), batch_u64(b, RAW_END)[i]) < 0)
			r = err_set(e, -ENOMEM, "no memory");
	}
	return r;
}

static int read_all(struct raw_reading *x, struct source *src, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_raw), .order = CURSOR_BY_TIME };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		r = take(x, b, e);
	return r < 0 ? r : end_tick(x, e);
}

int raw_metrics_read(struct source *src, const char *set, struct sink *sink,
		     struct collection_stats *ret, struct err *e)
{
	struct raw_reading *x = calloc(1, sizeof(*x));

	if (!x)
		return err_set(e, -ENOMEM, "no memory");
	const struct collection_options o = {
		.set = set, .root = { .fd = -1, .text = text_tick_find, .ctx = &x->tick }
	};
	int r = collection_open(&o, &x->metrics, e);

	x->sink = sink;
	if (r >= 0)
		r = read_all(x, src, e);
	if (r >= 0) {
		collection_stats(x->metrics, ret);
		if (!ret->samples)
			r = err_set(e, -ENODATA, "no raw files");
		else if (!ret->series)
			r = err_set(
				e, -ENODATA,
				"the raw files hold no metrics '%s' (see: kymo list collectors)",
				set);
	}
	text_tick_clear(&x->tick);
	collection_free(x->metrics);
	free(x);
	return r;
}
