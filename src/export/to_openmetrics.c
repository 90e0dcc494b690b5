/* SPDX-License-Identifier: MIT */
/*
 * Metrics as OpenMetrics text (version 1.0.0), with times: what Prometheus takes with `promtool
 * tsdb create-blocks-from openmetrics`. All points of a series stand together there, so values are
 * turned around in memory, as many series at a time as fit.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"
#include "export/exporter.h"
#include "format/json.h"
#include "model/run.h"
#include "model/series_cursor.h"
#include "model/series_table.h"

/* Values in memory at a time: 12 bytes each. */
#define VALUES_AT_ONCE ((uint64_t)16 << 20)
#define NAME_MAX_LEN   200

struct point {
	uint32_t tick;
	uint64_t value;
} __attribute__((packed));

struct family {
	const char *name, *unit; /* unit: as in the name's end, "" = none */
	double factor; /* from the metric's unit to that one */
};

struct open_metrics {
	struct source *src;
	const struct export_args *args;
	struct series_table *table;
	struct strpool *text;
	struct family *family; /* of each metric */
	uint64_t *n; /* points of each series */
	nsec_t *time; /* CLOCK_REALTIME of each tick */
	uint32_t n_ticks, cap_ticks;
	struct point *point; /* of the series that are at hand, one series after the other */
	uint64_t *at; /* where those of a series go; UINT64_MAX: not now */
	FILE *out;
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- names ---- */

static const struct {
	const char *ours, *theirs;
	double factor;
} units[] = {
	{ "s", "seconds", 1 },
	{ "bytes", "bytes", 1 },
	{ "%", "ratio", 0.01 },
	{ "Hz", "hertz", 1 },
	{ "°C", "celsius", 1 },
	{ "V", "volts", 1 },
	{ "A", "amperes", 1 },
	{ "W", "watts", 1 },
	{ "J", "joules", 1 },
	{ "pages", "pages", 1 },
	{ "bit/s", "bits_per_second", 1 },
	{ "1/min", "rpm", 1 },
};

/* Letters, digits and '_' of @s behind what is in @ret. */
static void add_word(char ret[static NAME_MAX_LEN], const char *s)
{
	size_t n = strlen(ret);

	for (; *s && n < NAME_MAX_LEN - 32; s++)
		ret[n++] = isalnum((unsigned char)*s) && (unsigned char)*s < 128 ? *s : '_';
	ret[n] = '\0';
}

static bool ends_in(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n > m && !strcmp(s + n - m, with) && s[n - m - 1] == '_';
}

/* kymo_disk_read_bytes of disk.read in bytes; a name that is taken gets a number. */
static int name_family(struct open_metrics *o, const struct series_metric *m, struct idmap *taken,
		       struct family *ret)
{
	char base[NAME_MAX_LEN] = "kymo_", name[NAME_MAX_LEN + 32];
	const char *pooled = NULL;

	ret->unit = "";
	ret->factor = 1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].ours, m->unit)) {
			ret->unit = units[i].theirs;
			ret->factor = units[i].factor;
		}
	add_word(base, m->name);
	if (*ret->unit && ends_in(base, ret->unit))
		base[strlen(base) - strlen(ret->unit) - 1] = '\0';
	for (unsigned int i = 1; i < 10000; i++) {
		char number[16] = "";

		if (i > 1)
			(void)snprintf(number, sizeof(number), "_%u", i);
		(void)snprintf(name, sizeof(name), "%s%s%s%s", base, number, *ret->unit ? "_" : "",
			       ret->unit);
		pooled = strpool_add(o->text, name);
		if (!pooled || idmap_get(taken, (uintptr_t)pooled) == IDMAP_NONE)
			break;
	}
	ret->name = pooled;
	return pooled ? idmap_set(taken, (uintptr_t)pooled, 0) : -ENOMEM;
}

static int name_families(struct open_metrics *o)
{
	uint32_t n = series_table_n_metrics(o->table);
	struct idmap taken = { 0 };
	int r = 0;

	o->family = calloc((size_t)n + 1, sizeof(*o->family));
	for (uint32_t i = 0; o->family && r >= 0 && i < n; i++)
		r = name_family(o, series_table_metric(o->table, i), &taken, &o->family[i]);
	idmap_done(&taken);
	return o->family ? r : -ENOMEM;
}

/* ---- writing ---- */

/* Of labels and help: \ " and line ends are told. */
static void put_escaped(struct open_metrics *o, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			(void)fputc('\\', o->out);
		if (*s == '\n')
			(void)fputs("\\n", o->out);
		else
			(void)fputc(*s, o->out);
	}
}

static void put_label(struct open_metrics *o, const char *name, const char *value, bool *first)
{
	(void)fprintf(o->out, "%s%s=\"", *first ? "{" : ",", name);
	put_escaped(o, value);
	(void)fputc('"', o->out);
	*first = false;
}

static void put_head(struct open_metrics *o, const struct series_metric *m, const struct family *f)
{
	(void)fprintf(o->out, "# TYPE %s %s\n", f->name,
		      m->kind == METRIC_COUNTER ? "counter" : "gauge");
	if (*f->unit)
		(void)fprintf(o->out, "# UNIT %s %s\n", f->name, f->unit);
	if (*m->help) {
		(void)fprintf(o->out, "# HELP %s ", f->name);
		put_escaped(o, m->help);
		(void)fputc('\n', o->out);
	}
}

static void put_points(struct open_metrics *o, uint32_t series)
{
	const struct metric_series *s = series_table_at(o->table, series);
	const struct series_metric *m = series_table_metric(o->table, s->metric);
	const struct family *f = &o->family[s->metric];
	/* Points were put one by one, from the place on to which .at pointed first. */
	const struct point *p = o->point + o->at[series] - o->n[series];
	char cpu[16], number[JSON_NUMBER_MAX];

	for (uint64_t i = 0; i < o->n[series]; i++) {
		double v = series_level(m, p[i].value) * f->factor;
		nsec_t time = o->time[p[i].tick];
		bool first = true;

		(void)fprintf(o->out, "%s%s", f->name, m->kind == METRIC_COUNTER ? "_total" : "");
		if (*s->instance)
			put_label(o, "name", s->instance, &first);
		if (s->cpu != SERIES_NO_CPU) {
			(void)snprintf(cpu, sizeof(cpu), "%" PRIu32, s->cpu);
			put_label(o, "cpu", cpu, &first);
		}
		(void)fprintf(o->out, "%s %s %" PRIu64 ".%09" PRIu64 "\n", first ? "" : "}",
			      json_number(number, v), time / NSEC_PER_SEC, time % NSEC_PER_SEC);
	}
}

/* Who it was: the one family that is not of time. */
static void put_target(struct open_metrics *o)
{
	static const char *const facts[][2] = {
		{ "host.name", "host_name" },
		{ "host.machine", "host_machine" },
		{ "kernel.release", "kernel_release" },
		{ "cpu.model", "cpu_model" },
	};
	bool first = true;

	(void)fputs("# TYPE target info\n# HELP target the recorded machine\ntarget_info", o->out);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const char *value = run_info_meta(o->src->info, facts[i][0]);

		if (value)
			put_label(o, facts[i][1], value, &first);
	}
	(void)fprintf(o->out, "%s 1\n", first ? "" : "}");
}

/* ---- reading ---- */

static int add_time(struct open_metrics *o, nsec_t time)
{
	if (o->n_ticks == o->cap_ticks) {
		uint32_t cap = o->cap_ticks ? 2 * o->cap_ticks : 1024;
		nsec_t *grown = reallocarray(o->time, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		o->time = grown;
		o->cap_ticks = cap;
	}
	nsec_t real = run_info_realtime(o->src->info, time);

	o->time[o->n_ticks++] = real ? real : time;
	return 0;
}

/* One pass over the ticks: count, or keep the points of those series that have a place. */
static int read_ticks(struct open_metrics *o, bool count, struct err *e)
{
	auto_ptr(series_cursor) c = NULL;
	struct series_tick tick;
	int r = series_cursor_open(o->src, o->table, o->args->from, o->args->to + 1, &c, e);

	for (uint32_t number = 0; r >= 0 && (r = series_cursor_next(c, &tick, e)) > 0; number++) {
		if (count && add_time(o, tick.time) < 0)
			return no_memory(e);
		for (uint32_t k = 0; k < tick.n; k++) {
			uint32_t i = tick.series[k];

			if (count)
				o->n[i]++;
			else if (o->at[i] != UINT64_MAX)
				o->point[o->at[i]++] = (struct point){ number, tick.now[i].value };
		}
	}
	return r;
}

/* Families from @first on that fit into memory together, at least one; behind the last of them. */
static uint32_t choose(struct open_metrics *o, uint32_t first, uint64_t *ret_points)
{
	uint32_t metric = first, n = series_table_n_metrics(o->table);
	uint64_t points = 0;

	for (uint32_t i = 0; i < series_table_n(o->table); i++)
		o->at[i] = UINT64_MAX;
	for (; metric < n; metric++) {
		uint64_t more = 0;

		for (uint32_t s = SERIES_NONE;
		     (s = series_table_next(o->table, metric, s)) != SERIES_NONE;)
			more += o->n[s];
		if (metric > first && points + more > VALUES_AT_ONCE)
			break;
		for (uint32_t s = SERIES_NONE;
		     (s = series_table_next(o->table, metric, s)) != SERIES_NONE;) {
			o->at[s] = points;
			points += o->n[s];
		}
	}
	*ret_points = points;
	return metric;
}

static void put_families(struct open_metrics *o, uint32_t first, uint32_t end,
			 struct export_result *ret)
{
	for (uint32_t metric = first; metric < end; metric++) {
		bool headed = false;

		for (uint32_t s = SERIES_NONE;
		     (s = series_table_next(o->table, metric, s)) != SERIES_NONE;) {
			if (!o->n[s])
				continue;
			if (!headed)
				put_head(o, series_table_metric(o->table, metric),
					 &o->family[metric]);
			headed = true;
			put_points(o, s);
			ret->rows += o->n[s];
		}
	}
}

static int write_all(struct open_metrics *o, struct export_result *ret, struct err *e)
{
	uint32_t n = series_table_n_metrics(o->table);
	int r = read_ticks(o, true, e);

	put_target(o);
	for (uint32_t first = 0, end; r >= 0 && first < n; first = end) {
		uint64_t points;

		end = choose(o, first, &points);
		free(o->point);
		o->point = calloc((size_t)points + 1, sizeof(*o->point));
		if (!o->point)
			return no_memory(e);
		r = points ? read_ticks(o, false, e) : 0;
		if (r >= 0)
			put_families(o, first, end, ret);
	}
	(void)fputs("# EOF\n", o->out);
	return r >= 0 && ferror(o->out) ? err_set(e, -EIO, "cannot write") : r;
}

static int to_openmetrics(struct source *src, const struct export_args *args, FILE *out,
			  struct export_result *ret, struct err *e)
{
	struct open_metrics o = { .src = src, .args = args, .out = out };
	int r = series_table_load(src, &o.table, e);

	if (r >= 0 && !series_table_n(o.table))
		r = err_set(e, -ENODATA, "'%s' has no metrics (record with --metrics)",
			    src->info->name);
	if (r >= 0) {
		o.text = strpool_new();
		o.n = calloc((size_t)series_table_n(o.table) + 1, sizeof(*o.n));
		o.at = calloc((size_t)series_table_n(o.table) + 1, sizeof(*o.at));
		r = o.text && o.n && o.at && name_families(&o) >= 0 ? write_all(&o, ret, e)
								    : no_memory(e);
	}
	series_table_free(o.table);
	strpool_free(o.text);
	free(o.family);
	free(o.n);
	free(o.at);
	free(o.time);
	free(o.point);
	return r;
}

const struct exporter exporter_openmetrics = {
	.name = "openmetrics",
	.summary = "metrics as OpenMetrics text, for Prometheus and its relatives",
	.extensions = ".om",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_openmetrics,
};
