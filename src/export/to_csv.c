/* SPDX-License-Identifier: MIT */
/* Metrics as they were recorded, a line for each value: CSV. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "export/exporter.h"
#include "export/metric_lines.h"
#include "format/json.h"

static void put_text(const char *s, FILE *out)
{
	if (!strpbrk(s, ",\"\r\n")) {
		(void)fputs(s, out);
		return;
	}
	(void)fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			(void)fputc('"', out);
		(void)fputc(*s, out);
	}
	(void)fputc('"', out);
}

static void put_line(const struct metric_line *l, void *arg, FILE *out)
{
	char number[JSON_NUMBER_MAX];

	(void)arg;
	(void)fprintf(out, "%s,", l->time);
	put_text(l->metric->name, out);
	(void)fputc(',', out);
	put_text(l->series->instance, out);
	if (l->series->cpu != SERIES_NO_CPU)
		(void)fprintf(out, ",%" PRIu32, l->series->cpu);
	else
		(void)fputc(',', out);
	(void)fputc(',', out);
	put_text(l->metric->unit, out);
	if (l->metric->kind == METRIC_GAUGE)
		(void)fprintf(out, ",%" PRId64, (int64_t)l->raw);
	else
		(void)fprintf(out, ",%" PRIu64, l->raw);
	(void)fprintf(out, ",%s,", json_number(number, l->value));
	if (l->has_rate)
		(void)fputs(json_number(number, l->rate), out);
	(void)fputc('\n', out);
}

static int to_csv(struct source *src, const struct export_args *args, FILE *out,
		  struct export_result *ret, struct err *e)
{
	(void)fputs("time,metric,instance,cpu,unit,raw,value,rate\n", out);
	return metric_lines(src, args, put_line, NULL, out, ret, e);
}

const struct exporter exporter_csv = {
	.name = "csv",
	.summary = "metrics as recorded, a line for each value: time, metric, raw, rate",
	.extensions = "",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_csv,
};
