/* SPDX-License-Identifier: MIT */
/* Raw files as metrics: a copy of the recording with more tracks. */
#include "cmd/convert_raw.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/quantity.h"
#include "collect/raw_metrics.h"
#include "format/recording.h"
#include "format/recording_copy.h"
#include "model/metric_track.h"

struct raw_conversion {
	struct recording *rec;
	const char *set;
	struct collection_stats stats;
	struct err why; /* words of a failure to read it, not to write the copy */
};

static int add_metrics(void *ctx, struct sink *sink, struct err *e)
{
	struct raw_conversion *x = ctx;
	int r = raw_metrics_read(recording_source(x->rec), x->set, sink, &x->stats, &x->why);

	if (r < 0 && e)
		*e = x->why;
	return r;
}

static bool has_rows(const struct recording *rec, const struct track *track)
{
	for (size_t i = 0; i < recording_n_blocks(rec); i++)
		if (recording_block_at(rec, i)->track == track->id)
			return true;
	return false;
}

static int convert(struct raw_conversion *x, const char *path, const char *output, struct err *e)
{
	int r = recording_open(path, 0, &x->rec, e);

	if (r < 0)
		return r;
	if (!has_rows(x->rec, &track_raw))
		return err_set(e, -ENODATA, "'%s' has no raw files (try: kymo record --raw)", path);
	/* Series have numbers, which two ways of reading would both give. */
	if (has_rows(x->rec, &track_value))
		return err_set(e, -EEXIST, "'%s' has metrics already (try: kymo show metrics)",
			       path);
	return recording_copy_with(x->rec, output, add_metrics, x, e);
}

int convert_raw(const char *path, const char *output, const char *set)
{
	char samples[QUANTITY_MAX], values[QUANTITY_MAX], series[QUANTITY_MAX];
	struct raw_conversion x = { .set = set };
	struct err e = { 0 };
	int r = convert(&x, path, output, &e);

	recording_free(x.rec);
	if (r < 0) {
		log_error("%s", err_text(x.why.text[0] ? &x.why : &e, r));
		return EXIT_FAILURE;
	}
	log_info("wrote %s: %s samples, %s values of %s series; next: kymo show metrics %s", output,
		 quantity_count(samples, x.stats.samples), quantity_count(values, x.stats.values),
		 quantity_count(series, x.stats.series), output);
	return EXIT_SUCCESS;
}
