/* SPDX-License-Identifier: MIT */
/*
 * Captures of perfcollector and of its successor: JSON objects, each the text of a file of /proc at
 * a time. The texts become rows of track raw as they are, and values of metrics by the collectors
 * that would have read the files. docs/formats/perfcollector.md
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "collect/collection.h"
#include "collect/collector.h"
#include "collect/text_tick.h"
#include "format/perfcollector_record.h"
#include "import/importer.h"
#include "import/json_stream.h"
#include "import/successor_metrics.h"
#include "model/file_track.h"
#include "model/metric_track.h"

/* What both forms say, lent from the object. */
struct record {
	uint64_t site, host, run; /* the successor's: 0 */
	nsec_t time, end; /* CLOCK_REALTIME; end = time when it is not told */
	nsec_t frequency; /* 0 = not told */
	bool offset; /* its times end in +00:00 */
	const char *path, *text;
	size_t text_len;
};

struct pc_import {
	struct json_stream stream;
	struct sink *sink;
	const struct import_args *args;
	struct import_result *ret;
	struct collection *metrics;
	struct successor_metrics *other; /* what no file of /proc holds */
	struct batch *raw;
	struct text_tick tick;
	nsec_t time; /* of the tick; 0 = none yet */
	nsec_t written;
	struct record first; /* whose run this is: site, host, run, frequency */
	uint64_t records, others;
};

/* ---- records ---- */

static bool u64_of(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(object, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

static bool take_text(const json_t *object, const char *path, const char *text, struct record *r)
{
	const json_t *t = json_object_get(object, text);

	r->path = json_string_value(json_object_get(object, path));
	r->text = json_string_value(t);
	r->text_len = r->text ? json_string_length(t) : 0;
	return r->path && r->path[0] && r->text;
}

/* The older form. */
static bool older_form(const json_t *object, struct record *r)
{
	struct perfcollector_record o;

	if (!perfcollector_record_of(object, &o))
		return false;
	*r = (struct record){ .site = o.site,
			      .host = o.host,
			      .run = o.run,
			      .time = o.time,
			      .end = o.time,
			      .frequency = o.frequency,
			      .offset = o.plus_zero,
			      .path = o.path,
			      .text = o.text,
			      .text_len = o.text_bytes };
	/* Duration counts from the tick's begin, not from Start. */
	if (o.start >= o.time)
		r->end = o.start;
	if (o.duration < 3600 * NSEC_PER_SEC)
		r->end = max_of(r->end, o.time + o.duration);
	return true;
}

/* The successor's: {timestamp, subsystem, measurement}. */
static bool later_form(const json_t *object, struct record *r)
{
	uint64_t sec;

	if (!u64_of(object, "timestamp", &sec) || sec > UINT64_MAX / NSEC_PER_SEC ||
	    !take_text(object, "subsystem", "measurement", r))
		return false;
	r->time = r->end = sec * NSEC_PER_SEC;
	return true;
}

/* ---- ticks ---- */

static int put_raw(struct pc_import *p, const struct text_file *f, struct err *e)
{
	struct batch *b = p->raw;
	size_t len = strlen(f->path) + strlen(f->text) + 2;

	if (batch_full(b) || b->text_len + len > BATCH_TEXT_MAX) {
		int r = sink_write(p->sink, b, e);

		if (r < 0)
			return r;
		batch_clear(b);
	}
	int64_t path = batch_add_text(b, f->path), text = batch_add_text(b, f->text);

	if (path < 0 || text < 0)
		return err_set(e, -ENOMEM, "no memory for a text of %zu bytes", len);
	b->time[b->rows] = p->time;
	/* The column never falls: a file that ends before the one read earlier ended with it. */
	batch_u64(b, RAW_END)[b->rows] =
		max_of(f->end, b->rows ? batch_u64(b, RAW_END)[b->rows - 1] : 0);
	((uint32_t *)b->col[RAW_PATH])[b->rows] = (uint32_t)path;
	((uint32_t *)b->col[RAW_TEXT])[b->rows] = (uint32_t)text;
	b->rows++;
	return 0;
}

static int end_tick(struct pc_import *p, struct err *e)
{
	int r = 0;

	if (!p->tick.n)
		return 0;
	for (unsigned int i = 0; i < p->tick.n && r >= 0; i++)
		r = put_raw(p, &p->tick.file[i], e);
	if (r >= 0)
		r = collection_sample_at(p->metrics, p->time, p->sink, e);
	successor_metrics_begin(p->other, p->time, p->sink);
	for (unsigned int i = 0; i < p->tick.n; i++)
		successor_metrics_take(p->other, p->tick.file[i].path, p->tick.file[i].text);
	if (r >= 0)
		r = successor_metrics_end(p->other, e);
	p->ret->events += p->tick.n;
	p->written = p->time;
	text_tick_clear(&p->tick);
	return r;
}

static int take(struct pc_import *p, const struct record *r, struct err *e)
{
	int rc = 0;

	if (p->tick.n &&
	    (r->time != p->time || text_tick_has(&p->tick, r->path) || text_tick_full(&p->tick)))
		rc = end_tick(p, e);
	if (rc < 0)
		return rc;
	if (r->time < max_of(p->time, p->written)) {
		p->ret->late++;
		return 0;
	}
	p->time = r->time;
	rc = text_tick_add(&p->tick, r->path, r->text, r->text_len, r->end);
	return rc < 0 ? err_set(e, rc, "no memory") : 0;
}

/* ---- the file ---- */

static bool same_run(const struct record *a, const struct record *b)
{
	return a->site == b->site && a->host == b->host && a->run == b->run;
}

static int begin(struct pc_import *p, const struct record *r, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_clock, 1);
	char text[96];

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	p->first = *r;
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = batch_u64(b, CLOCK_REAL)[0] = r->time;
	int rc = sink_write(p->sink, b, e);

	if (rc >= 0)
		rc = p->args->meta(p->args->ctx, "import.clock", "CLOCK_REALTIME", e);
	if (rc >= 0 && r->offset)
		rc = p->args->meta(p->args->ctx, "import.zone", "+00:00", e);
	snprintf(text, sizeof(text), "stream=%" PRIu64 ":%" PRIu64 ":%" PRIu64, r->site, r->host,
		 r->run);
	if (rc >= 0 && r->site)
		rc = p->args->meta(p->args->ctx, "label", text, e);
	snprintf(text, sizeof(text), "%" PRIu64, r->frequency);
	if (rc >= 0 && r->frequency)
		rc = p->args->meta(p->args->ctx, "collect.interval", text, e);
	return rc;
}

static bool is_wanted(const struct pc_import *p, const struct record *r)
{
	char name[80];

	snprintf(name, sizeof(name), "%" PRIu64 ":%" PRIu64 ":%" PRIu64, r->site, r->host, r->run);
	return p->args->stream ? !strcmp(name, p->args->stream)
			       : !p->records || same_run(r, &p->first);
}

static int take_object(struct pc_import *p, const json_t *object, struct err *e)
{
	struct record r = { 0 };

	if (!older_form(object, &r) && !later_form(object, &r)) {
		if (!p->ret->damaged++)
			snprintf(p->ret->damage, sizeof(p->ret->damage),
				 "'%.200s' at byte %" PRIu64 ": no record of a capture",
				 input_name(p->stream.in), p->stream.offset);
		return 0;
	}
	if (!is_wanted(p, &r)) {
		p->others++;
		return 0;
	}
	int rc = p->records++ ? 0 : begin(p, &r, e);

	return rc < 0 ? rc : take(p, &r, e);
}

/* How many are missing is known, where is not: at the end. */
static int write_losses(struct pc_import *p, struct err *e)
{
	const struct {
		uint64_t count;
		enum loss_cause cause;
	} loss[] = { { p->ret->late, LOSS_IN_INPUT }, { p->ret->damaged, LOSS_DAMAGE } };
	auto_ptr(batch) b = batch_new(&track_loss, ARRAY_SIZE(loss));

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < ARRAY_SIZE(loss); i++) {
		if (!loss[i].count)
			continue;
		b->time[b->rows] = batch_u64(b, LOSS_END)[b->rows] = p->time;
		batch_u16(b, LOSS_TRACK)[b->rows] = track_raw.id;
		batch_u64(b, LOSS_COUNT)[b->rows] = loss[i].count;
		batch_u8(b, LOSS_CAUSE)[b->rows] = (uint8_t)loss[i].cause;
		b->rows++;
	}
	return sink_write(p->sink, b, e);
}

static int read_objects(struct pc_import *p, struct err *e)
{
	struct err why = { 0 };
	json_t *object;
	int r;

	while ((r = json_stream_next(&p->stream, &object, &why)) != 0) {
		if (r == -EBADMSG || r == -ENODATA) {
			if (!p->ret->damaged++)
				snprintf(p->ret->damage, sizeof(p->ret->damage), "%s", why.text);
			if (r == -ENODATA)
				break;
			continue;
		}
		if (r < 0)
			return err_set(e, r, "%s", why.text);
		r = take_object(p, object, e);
		json_decref(object);
		if (r < 0)
			return r;
		if (p->args->progress)
			p->args->progress(p->args->ctx, input_offset(p->stream.in),
					  input_size(p->stream.in));
	}
	r = end_tick(p, e);
	if (r >= 0)
		r = sink_write(p->sink, p->raw, e);
	return r < 0 ? r : write_losses(p, e);
}

static void tell(struct pc_import *p)
{
	struct import_result *ret = p->ret;
	char n[QUANTITY_MAX];

	buf_init(&ret->notes, IMPORT_NOTES_MAX);
	(void)buf_addf(&ret->notes, "%s texts of files\n", quantity_count(n, ret->events));
	if (p->others)
		(void)buf_addf(&ret->notes,
			       "%s records of other hosts or runs are left out (try: --stream "
			       "SITE:HOST:RUN)\n",
			       quantity_count(n, p->others));
	if (ret->late)
		(void)buf_addf(&ret->notes, "%s records go back in time and are left out\n",
			       quantity_count(n, ret->late));
	if (ret->damaged)
		(void)buf_addf(&ret->notes, "%s records make no sense\n",
			       quantity_count(n, ret->damaged));
	ret->complete = !ret->damaged;
}

static int open_metrics(struct pc_import *p, struct err *e)
{
	static const char *const wanted[] = { "cpu", "memory", "disk", "network" };
	char set[64] = "";

	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++)
		if (collector_by_name(wanted[i]))
			snprintf(set + strlen(set), sizeof(set) - strlen(set), "%s%s",
				 set[0] ? "," : "", wanted[i]);
	const struct collection_options o = {
		.set = set, .root = { .fd = -1, .text = text_tick_find, .ctx = &p->tick }
	};

	return collection_open(&o, &p->metrics, e);
}

static int perfcollector_run(struct input *in, struct sink *sink, const struct import_args *args,
			     struct import_result *ret, struct err *e)
{
	struct pc_import p = { .sink = sink, .args = args, .ret = ret };
	int r = open_metrics(&p, e);

	json_stream_init(&p.stream, in);
	p.other = successor_metrics_new();
	p.raw = batch_new(&track_raw, 256);
	if (r >= 0 && (!p.other || !p.raw))
		r = err_set(e, -ENOMEM, "no memory");
	if (r >= 0) {
		p.raw->cpu = BATCH_CPU_NONE;
		r = read_objects(&p, e);
	}
	if (r >= 0 && !ret->events)
		r = err_set(e, -EBADMSG, "%s",
			    ret->damage[0] ? ret->damage
			    : p.others	   ? "no record of that site, host and run"
					   : "no records in it");
	if (r >= 0)
		tell(&p);
	text_tick_clear(&p.tick);
	collection_free(p.metrics);
	successor_metrics_free(p.other);
	batch_free(p.raw);
	json_stream_done(&p.stream);
	return r;
}

static bool perfcollector_recognise(const uint8_t *head, size_t n)
{
	static const char *const keys[] = { "\"Site\"", "\"subsystem\"" };

	while (n && memchr(" \t\r\n", *head, 4)) {
		head++;
		n--;
	}
	for (unsigned int i = 0; n && *head == '{' && i < ARRAY_SIZE(keys); i++)
		if (memmem(head, min_of(n, (size_t)256), keys[i], strlen(keys[i])))
			return true;
	return false;
}

const struct importer importer_perfcollector = {
	.name = "perfcollector",
	.summary = "captures of perfcollector and its successor: texts of /proc as JSON",
	.extensions = ".json .jsonl",
	.recognise = perfcollector_recognise,
	.run = perfcollector_run,
};
