/* SPDX-License-Identifier: MIT */
/* The texts of track raw as perfcollector's JSON lines. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/quantity.h"
#include "export/exporter.h"
#include "format/perfcollector_record.h"
#include "model/metric_track.h"
#include "model/run.h"

/* "stream=1:0:0" among the labels, else site 1 as perfcollector's script has it. */
static void whose(const struct run_info *info, struct perfcollector_record *r)
{
	r->site = 1;
	for (size_t i = 0; i < info->n_meta; i++) {
		const struct run_meta *m = &info->meta[i];

		if (!strcmp(m->key, "label") && !strncmp(m->value, "stream=", 7))
			(void)sscanf(m->value + 7, "%" SCNu64 ":%" SCNu64 ":%" SCNu64, &r->site,
				     &r->host, &r->run);
		if (!strcmp(m->key, "collect.interval") &&
		    quantity_parse_u64(m->value, &r->frequency, NULL) < 0)
			r->frequency = 0;
	}
}

static int write_batch(const struct batch *b, const struct run_info *info,
		       struct perfcollector_record *r, struct buf *line, FILE *out)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		nsec_t end = max_of(batch_u64(b, RAW_END)[i], b->time[i]);

		r->time = run_info_realtime(info, b->time[i]);
		r->duration = end - b->time[i];
		r->start = r->duration ? r->time : 0;
		r->path = batch_text(b, RAW_PATH, i);
		r->text = batch_text(b, RAW_TEXT, i);
		r->text_bytes = strlen(r->text);
		buf_clear(line);
		if (perfcollector_record_add(r, line) < 0)
			return -ENOMEM;
		(void)fwrite(line->data, 1, line->len, out);
	}
	return 0;
}

static int to_perfcollector_json(struct source *src, const struct export_args *args, FILE *out,
				 struct export_result *ret, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_raw),
				 .from = args->from,
				 .to = args->to + 1,
				 .order = CURSOR_BY_TIME };
	struct perfcollector_record record = { 0 };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	auto_buf line;

	buf_init(&line, BUF_MAX_DEFAULT);
	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	whose(src->info, &record);
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0) {
		ret->rows += b->rows;
		if (write_batch(b, src->info, &record, &line, out) < 0)
			r = err_set(e, -ENOMEM, "no memory for a text");
	}
	if (r >= 0 && !ret->rows)
		return err_set(e, -ENODATA,
			       "no texts of files in it (try: kymo record --raw "
			       "/proc/stat,/proc/meminfo,/proc/net/dev,/proc/diskstats)");
	return r;
}

const struct exporter exporter_perfcollector_json = {
	.name = "perfcollector-json",
	.summary = "texts of files of /proc as perfcollector's JSON lines",
	.extensions = "",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_perfcollector_json,
};
