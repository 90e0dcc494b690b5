/* SPDX-License-Identifier: MIT */
/* Metrics as they were recorded, a line for each value: JSON. */
#include <errno.h>
#include <stdio.h>

#include "export/answer_json.h"
#include "export/exporter.h"
#include "export/metric_lines.h"
#include "format/json.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static void put_line(const struct metric_line *l, void *arg, FILE *out)
{
	struct json *j = arg;

	json_begin_object_flat(j);
	json_key_str(j, "time", l->time);
	json_key_str(j, "metric", l->metric->name);
	if (*l->series->instance)
		json_key_str(j, "instance", l->series->instance);
	if (l->series->cpu != SERIES_NO_CPU)
		json_key_u64(j, "cpu", l->series->cpu);
	if (*l->metric->unit)
		json_key_str(j, "unit", l->metric->unit);
	json_key(j, "raw");
	if (l->metric->kind == METRIC_GAUGE)
		json_i64(j, (int64_t)l->raw);
	else
		json_u64(j, l->raw);
	json_key_f64(j, "value", l->value);
	if (l->has_rate)
		json_key_f64(j, "rate", l->rate);
	json_end(j);
	if (json_drain(j, out) >= 0)
		(void)fputc('\n', out);
	json_init(j, j->out, 0);
}

static int to_json(struct source *src, const struct export_args *args, FILE *out,
		   struct export_result *ret, struct err *e)
{
	struct json j;
	auto_buf buf;

	buf_init(&buf, LINE_MAX_BYTES);
	json_init(&j, &buf, 0);
	int r = metric_lines(src, args, put_line, &j, out, ret, e);

	return r >= 0 && json_error(&j) < 0 ? err_set(e, json_error(&j), "cannot write JSON") : r;
}

const struct exporter exporter_json = {
	.name = "json",
	.summary = "metrics as recorded, a line of JSON for each value",
	.extensions = ".jsonl",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_json,
};
