/* SPDX-License-Identifier: MIT */
/*
 * What sysstat's `sadf -j` prints: an object for each tick, numbers in objects in objects. Each
 * number becomes a gauge called as the keys above it, sadf.network.net-dev.rxpck, of the thing that
 * its object names. Blocks know these names (metric/block_rows.h), so that the same tables come
 * out. docs/formats/exports.md
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "base/timestamp.h"
#include "import/importer.h"
#include "import/json_stream.h"
#include "model/file_track.h"
#include "model/metric_track.h"

#define HEAD_MAX     ((size_t)64 << 10)
#define NAME_MAX_LEN 160
#define DEPTH_MAX    8
#define SERIES_MAX   (1u << 20)
#define ROWS	     1024u
#define DIGITS	     100.0 /* sysstat prints two behind the point */

struct sadf_import {
	struct input *in;
	struct sink *sink;
	const struct import_args *args;
	struct import_result *ret;
	struct strpool *text;
	struct idmap metric; /* pooled name -> number */
	struct idmap series; /* pooled "name\x01thing" -> number */
	uint32_t n_metrics, n_series;
	struct batch *values, *new_metrics, *new_series;
	nsec_t time; /* of the tick, CLOCK_REALTIME */
	uint64_t ticks, late;
	json_int_t n_cpus;
	bool local; /* times are not in UTC */
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- rows ---- */

static int put_text(struct batch *b, unsigned int column, const char *s)
{
	int64_t at = batch_add_text(b, s);

	if (at < 0)
		return (int)at;
	((uint32_t *)b->col[column])[b->rows] = (uint32_t)at;
	return 0;
}

static int flush(struct sadf_import *s, struct batch *b, struct err *e)
{
	int r = sink_write(s->sink, b, e);

	batch_clear(b);
	return r;
}

/* Number of the metric called so; new ones get a row. */
static int find_metric(struct sadf_import *s, const char *name, uint32_t *ret, struct err *e)
{
	const char *pooled = strpool_add(s->text, name);
	struct batch *b = s->new_metrics;

	if (!pooled)
		return no_memory(e);
	*ret = idmap_get(&s->metric, (uintptr_t)pooled);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = ++s->n_metrics;
	if (idmap_set(&s->metric, (uintptr_t)pooled, *ret) < 0 ||
	    put_text(b, METRIC_NAME, name) < 0 || put_text(b, METRIC_UNIT, "") < 0 ||
	    put_text(b, METRIC_HELP, "as sysstat's sadf has it") < 0)
		return no_memory(e);
	b->time[b->rows] = s->time;
	batch_u32(b, METRIC_NUMBER)[b->rows] = *ret;
	batch_u8(b, METRIC_KIND)[b->rows] = METRIC_GAUGE;
	batch_u8(b, METRIC_BITS)[b->rows] = 64;
	batch_f64(b, METRIC_SCALE)[b->rows] = 1 / DIGITS;
	b->rows++;
	return batch_full(b) ? flush(s, b, e) : 0;
}

static int find_series(struct sadf_import *s, const char *name, const char *thing, uint32_t *ret,
		       struct err *e)
{
	char both[NAME_MAX_LEN + 300];
	struct batch *b = s->new_series;
	uint32_t metric = 0;

	(void)snprintf(both, sizeof(both), "%s\x01%.255s", name, thing);
	const char *pooled = strpool_add(s->text, both);

	if (!pooled)
		return no_memory(e);
	*ret = idmap_get(&s->series, (uintptr_t)pooled);
	if (*ret != IDMAP_NONE)
		return 0;
	if (s->n_series == SERIES_MAX)
		return err_set(e, -E2BIG, "'%s': more than %u different numbers", input_name(s->in),
			       SERIES_MAX);
	int r = find_metric(s, name, &metric, e);

	if (r < 0)
		return r;
	*ret = ++s->n_series;
	if (idmap_set(&s->series, (uintptr_t)pooled, *ret) < 0 ||
	    put_text(b, SERIES_INSTANCE, strchr(both, '\x01') + 1) < 0)
		return no_memory(e);
	b->time[b->rows] = s->time;
	batch_u32(b, SERIES_NUMBER)[b->rows] = *ret;
	batch_u32(b, SERIES_METRIC)[b->rows] = metric;
	batch_u32(b, SERIES_CPU)[b->rows] = UINT32_MAX;
	b->rows++;
	return batch_full(b) ? flush(s, b, e) : 0;
}

static int put_value(struct sadf_import *s, const char *name, const char *thing, double v,
		     struct err *e)
{
	struct batch *b = s->values;
	double scaled = round(v * DIGITS);
	uint32_t series;

	if (!(fabs(scaled) < 0x1p62)) {
		s->ret->other++;
		return 0;
	}
	int r = find_series(s, name, thing, &series, e);

	if (r < 0)
		return r;
	b->time[b->rows] = s->time;
	batch_u32(b, VALUE_SERIES)[b->rows] = series;
	batch_u64(b, VALUE_VALUE)[b->rows] = (uint64_t)(int64_t)scaled;
	b->rows++;
	s->ret->events++;
	return batch_full(b) ? flush(s, b, e) : 0;
}

/* ---- objects ---- */

/* The key of the member that names an object of an array: the first text, else a number of these.
 */
static const char *naming_key(const json_t *object)
{
	static const char *const numbers[] = { "number", "line", "bus_number" };
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		if (json_is_string(v))
			return key;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (json_is_integer(json_object_get(object, numbers[i])))
			return numbers[i];
	return NULL;
}

static int take_value(struct sadf_import *s, const char *name, const char *thing, const json_t *v,
		      unsigned int depth, struct err *e);

static int take_members(struct sadf_import *s, const char *name, const char *thing,
			const json_t *object, const char *but, unsigned int depth, struct err *e)
{
	char longer[NAME_MAX_LEN];
	const char *key;
	json_t *v;
	int r = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		if ((but && !strcmp(key, but)) || r < 0)
			continue;
		if ((size_t)snprintf(longer, sizeof(longer), "%s.%s", name, key) >= sizeof(longer))
			s->ret->other++;
		else
			r = take_value(s, longer, thing, v, depth + 1, e);
	}
	return r;
}

static int take_array(struct sadf_import *s, const char *name, const json_t *array,
		      unsigned int depth, struct err *e)
{
	char number[32];
	json_t *v;
	size_t i;
	int r = 0;

	json_array_foreach(array, i, v)
	{
		const char *key = json_is_object(v) ? naming_key(v) : NULL;
		const json_t *who = key ? json_object_get(v, key) : NULL;
		const char *thing = json_string_value(who);

		if (r < 0 || !json_is_object(v))
			continue;
		(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			       who ? json_integer_value(who) : (json_int_t)i);
		r = take_members(s, name, thing ? thing : number, v, key, depth, e);
	}
	return r;
}

static int take_value(struct sadf_import *s, const char *name, const char *thing, const json_t *v,
		      unsigned int depth, struct err *e)
{
	if (depth > DEPTH_MAX) {
		s->ret->other++;
		return 0;
	}
	if (json_is_number(v))
		return put_value(s, name, thing, json_number_value(v), e);
	if (json_is_object(v))
		return take_members(s, name, thing, v, NULL, depth, e);
	if (json_is_array(v))
		return take_array(s, name, v, depth, e);
	return 0;
}

/* ---- ticks ---- */

/* {"date": "2026-11-21", "time": "00:55:06", "utc": 1, "interval": 1} */
static bool take_time(struct sadf_import *s, const json_t *t, nsec_t *ret, uint64_t *interval)
{
	const char *date = json_string_value(json_object_get(t, "date"));
	const char *clock = json_string_value(json_object_get(t, "time"));
	json_int_t seconds = json_integer_value(json_object_get(t, "interval"));
	char text[64];

	if (!date || !clock)
		return false;
	s->local |= !json_integer_value(json_object_get(t, "utc"));
	(void)snprintf(text, sizeof(text), "%.20sT%.20sZ", date, clock);
	*interval = seconds > 0 && seconds < 366 * 86400 ? (uint64_t)seconds : 0;
	return timestamp_parse(text, ret) == 0;
}

static int put_clock(struct sadf_import *s, nsec_t time, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_clock, 1);

	if (!b)
		return no_memory(e);
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = batch_u64(b, CLOCK_REAL)[0] = time;
	return sink_write(s->sink, b, e);
}

static int put_cpus(struct sadf_import *s, struct err *e)
{
	uint32_t n = s->n_cpus > 0 && s->n_cpus <= CPUSET_MAX ? (uint32_t)s->n_cpus : 0;
	auto_ptr(batch) b = batch_new(&track_cpu, n + 1);

	if (!b)
		return no_memory(e);
	b->cpu = BATCH_CPU_NONE;
	for (; b->rows < n; b->rows++) {
		b->time[b->rows] = s->time;
		batch_u32(b, CPU_CPU)[b->rows] = b->rows;
		batch_u32(b, CPU_PACKAGE)[b->rows] = UINT32_MAX;
		batch_u32(b, CPU_CORE)[b->rows] = UINT32_MAX;
		batch_u32(b, CPU_NODE)[b->rows] = UINT32_MAX;
	}
	return sink_write(s->sink, b, e);
}

/* The first tick's numbers are of the time before it: something must stand at that time's begin. */
static int begin(struct sadf_import *s, nsec_t time, uint64_t interval, struct err *e)
{
	char text[32];
	nsec_t before = interval * NSEC_PER_SEC;

	s->time = time - min_of(before, time);
	int r = put_clock(s, s->time, e);

	if (r >= 0)
		r = put_cpus(s, e);
	(void)snprintf(text, sizeof(text), "%" PRIu64, before);
	if (r >= 0 && interval)
		r = s->args->meta(s->args->ctx, "collect.interval", text, e);
	if (r >= 0 && interval)
		r = put_value(s, "sadf.interval", "", 0, e);
	return r;
}

static int take_tick(struct sadf_import *s, const json_t *tick, uint64_t offset, struct err *e)
{
	nsec_t time;
	uint64_t interval;
	const char *key;
	json_t *v;
	int r = 0;

	if (!take_time(s, json_object_get(tick, "timestamp"), &time, &interval)) {
		if (!s->ret->damaged++)
			(void)snprintf(s->ret->damage, sizeof(s->ret->damage),
				       "'%.200s' at byte %" PRIu64 ": a sample without a time",
				       input_name(s->in), offset);
		return 0;
	}
	if (s->ticks && time <= s->time) {
		s->ret->late++;
		return 0;
	}
	if (!s->ticks++)
		r = begin(s, time, interval, e);
	s->time = time;
	if (r >= 0)
		r = put_value(s, "sadf.interval", "", (double)interval, e);
	json_object_foreach((json_t *)(uintptr_t)tick, key, v)
	{
		char name[NAME_MAX_LEN];

		if (!strcmp(key, "timestamp") || r < 0)
			continue;
		if ((size_t)snprintf(name, sizeof(name), "sadf.%s", key) >= sizeof(name))
			s->ret->other++;
		else
			r = take_value(s, name, "", v, 1, e);
	}
	return r;
}

/* ---- the file ---- */

static int put_fact(struct sadf_import *s, const json_t *host, const char *key, const char *meta,
		    struct err *e)
{
	const char *value = json_string_value(json_object_get(host, key));

	return value && *value ? s->args->meta(s->args->ctx, meta, value, e) : 0;
}

/* All up to the '[' of the statistics, made whole, is a small document of its own. */
static int take_head(struct sadf_import *s, const char *text, size_t n, struct err *e)
{
	auto_buf whole;
	json_error_t why;
	int r;

	buf_init(&whole, HEAD_MAX + 64);
	if (buf_add(&whole, text, n) < 0 || buf_add_str(&whole, "]}]}}") < 0)
		return no_memory(e);
	json_t *v = json_loadb((const char *)whole.data, whole.len, JSON_ALLOW_NUL, &why);

	if (!v)
		return err_set(e, -EBADMSG, "'%s': its head is no JSON of sadf: %s",
			       input_name(s->in), why.text);
	const json_t *host =
		json_array_get(json_object_get(json_object_get(v, "sysstat"), "hosts"), 0);

	r = put_fact(s, host, "nodename", "host.name", e);
	if (r >= 0)
		r = put_fact(s, host, "release", "kernel.release", e);
	if (r >= 0)
		r = put_fact(s, host, "machine", "host.machine", e);
	s->n_cpus = json_integer_value(json_object_get(host, "number-of-cpus"));
	json_decref(v);
	return r < 0 ? r : s->args->meta(s->args->ctx, "import.clock", "CLOCK_REALTIME", e);
}

/* To behind the '[' of "statistics": [ */
static int read_head(struct sadf_import *s, struct err *e)
{
	static const char key[] = "\"statistics\"";
	const uint8_t *p;
	size_t n;
	int r = input_peek(s->in, HEAD_MAX, &p, &n, e);

	if (r < 0)
		return r;
	n = min_of(n, HEAD_MAX);
	const char *at = n ? memmem(p, n, key, strlen(key)) : NULL;
	const char *end = (const char *)p + n;
	const char *open = at ? memchr(at, '[', (size_t)(end - at)) : NULL;

	if (!open)
		return err_set(e, -EBADMSG, "'%s': no \"statistics\": [ in its first %zu KiB",
			       input_name(s->in), HEAD_MAX >> 10);
	n = (size_t)(open + 1 - (const char *)p);
	r = take_head(s, (const char *)p, n, e);
	input_consume(s->in, n);
	return r;
}

static void note_damage(struct sadf_import *s, const char *words)
{
	if (!s->ret->damaged++)
		(void)snprintf(s->ret->damage, sizeof(s->ret->damage), "%s", words);
}

static int read_ticks(struct sadf_import *s, struct json_stream *stream, struct err *e)
{
	struct err why = { 0 };
	json_t *tick;
	int r;

	while ((r = json_stream_next(stream, &tick, &why)) != 0) {
		if (r == -EBADMSG || r == -ENODATA) {
			note_damage(s, why.text);
			if (r == -ENODATA)
				break;
			continue;
		}
		if (r < 0)
			return err_set(e, r, "%s", why.text);
		r = take_tick(s, tick, stream->offset, e);
		json_decref(tick);
		if (r < 0)
			return r;
		if (s->args->progress)
			s->args->progress(s->args->ctx, input_offset(s->in), input_size(s->in));
	}
	if (r == 0 && !stream->array_ended)
		note_damage(s, "the file ends within its statistics");
	return 0;
}

static void tell(struct sadf_import *s)
{
	struct import_result *ret = s->ret;

	buf_init(&ret->notes, IMPORT_NOTES_MAX);
	(void)buf_addf(&ret->notes, "%" PRIu64 " samples, %u different numbers\n", s->ticks,
		       s->n_series);
	if (s->local)
		(void)buf_add_str(&ret->notes,
				  "times are in the zone of that machine and are taken "
				  "for UTC (try: sadf -j without -t)\n");
	if (ret->other)
		(void)buf_addf(&ret->notes, "%" PRIu64 " numbers have no place and are left out\n",
			       ret->other);
	ret->complete = !ret->damaged;
}

static int sadf_run(struct input *in, struct sink *sink, const struct import_args *args,
		    struct import_result *ret, struct err *e)
{
	struct sadf_import s = { .in = in, .sink = sink, .args = args, .ret = ret };
	struct json_stream stream;
	int r = 0;

	json_stream_init(&stream, in);
	stream.in_array = true;
	s.text = strpool_new();
	s.values = batch_new(&track_value, ROWS);
	s.new_metrics = batch_new(&track_metric, ROWS);
	s.new_series = batch_new(&track_series, ROWS);
	if (!s.text || !s.values || !s.new_metrics || !s.new_series)
		r = no_memory(e);
	if (r >= 0) {
		s.values->cpu = s.new_metrics->cpu = s.new_series->cpu = BATCH_CPU_NONE;
		r = read_head(&s, e);
	}
	if (r >= 0)
		r = read_ticks(&s, &stream, e);
	if (r >= 0)
		r = flush(&s, s.new_metrics, e);
	if (r >= 0)
		r = flush(&s, s.new_series, e);
	if (r >= 0)
		r = flush(&s, s.values, e);
	if (r >= 0 && !s.ticks)
		r = err_set(e, -EBADMSG, "%s", ret->damage[0] ? ret->damage : "no samples in it");
	if (r >= 0)
		tell(&s);
	idmap_done(&s.metric);
	idmap_done(&s.series);
	strpool_free(s.text);
	batch_free(s.values);
	batch_free(s.new_metrics);
	batch_free(s.new_series);
	json_stream_done(&stream);
	return r;
}

static bool sadf_recognise(const uint8_t *head, size_t n)
{
	static const char key[] = "\"sysstat\"";

	while (n && memchr(" \t\r\n", *head, 4)) {
		head++;
		n--;
	}
	return n && *head == '{' && memmem(head, min_of(n, (size_t)64), key, strlen(key));
}

const struct importer importer_sadf = {
	.name = "sadf",
	.summary = "what sysstat's sadf -j prints",
	.extensions = ".json",
	.recognise = sadf_recognise,
	.run = sadf_run,
};
