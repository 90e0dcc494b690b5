/* SPDX-License-Identifier: MIT */
/* Values one after the other. */
#include "export/metric_lines.h"

#include <errno.h>
#include <inttypes.h>

#include "base/timestamp.h"
#include "model/run.h"
#include "model/series_cursor.h"

static const char *time_text(char *ret, const struct run_info *info, nsec_t time)
{
	nsec_t real = run_info_realtime(info, time);

	if (real)
		return timestamp_text(ret, real);
	(void)snprintf(ret, TIMESTAMP_MAX, "%" PRIu64 ".%09" PRIu64, time / NSEC_PER_SEC,
		       time % NSEC_PER_SEC);
	return ret;
}

static void put_tick(const struct series_table *table, const struct series_tick *tick,
		     struct metric_line *l,
		     void (*put)(const struct metric_line *l, void *arg, FILE *out), void *arg,
		     FILE *out)
{
	for (uint32_t k = 0; k < tick->n; k++) {
		const struct series_now *now = &tick->now[tick->series[k]];

		l->series = series_table_at(table, tick->series[k]);
		l->metric = series_table_metric(table, l->series->metric);
		l->raw = now->value;
		l->value = series_level(l->metric, now->value);
		l->has_rate = l->metric->kind == METRIC_COUNTER && now->elapsed;
		if (l->has_rate)
			l->rate = series_scaled(l->metric, (double)now->change) /
				  ((double)now->elapsed / NSEC_PER_SEC);
		put(l, arg, out);
	}
}

int metric_lines(struct source *src, const struct export_args *args,
		 void (*put)(const struct metric_line *l, void *arg, FILE *out), void *arg,
		 FILE *out, struct export_result *ret, struct err *e)
{
	auto_ptr(series_table) table = NULL;
	auto_ptr(series_cursor) c = NULL;
	char text[TIMESTAMP_MAX];
	struct metric_line l = { .time = text };
	struct series_tick tick;
	int r = series_table_load(src, &table, e);

	if (r < 0)
		return r;
	if (!series_table_n(table))
		return err_set(e, -ENODATA, "'%s' has no metrics (record with --metrics)",
			       src->info->name);
	r = series_cursor_open(src, table, args->from, args->to + 1, &c, e);
	while (r >= 0 && (r = series_cursor_next(c, &tick, e)) > 0) {
		(void)time_text(text, src->info, tick.time);
		put_tick(table, &tick, &l, put, arg, out);
		ret->rows += tick.n;
		if (ferror(out))
			return err_set(e, -EIO, "cannot write");
	}
	return r;
}
