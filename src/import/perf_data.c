/* SPDX-License-Identifier: MIT */
/*
 * perf.data, as `perf record` writes it: to a file (a header with sections, magic PERFILE2 and more
 * than 16 bytes of header) or to a pipe (records only). Either byte order; records compressed by
 * zstd (-z) too. Layout: tools/perf/Documentation/perf.data-file-format.txt.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "import/importer.h"
#include "import/perf_record.h"
#include "import/perf_stream.h"
#include "model/file_track.h"

#define FILE_HEADER_BYTES 104u
#define PIPE_HEADER_BYTES 16u
#define FORMATS_HINT	  "(try: --formats /sys/kernel/tracing/events of the kernel that was recorded)"
#define ATTRS_SECTION_MAX (16u << 20)

struct perf_section {
	uint64_t offset, bytes;
};

struct perf_data {
	struct input *in;
	const struct import_args *args;
	struct sink *sink;
	bool big;
	struct perf_records records;
	struct perf_stream stream;
};

static bool is_magic(const uint8_t *p, bool *ret_big)
{
	*ret_big = !memcmp(p, "2ELIFREP", 8);
	return *ret_big || !memcmp(p, "PERFILE2", 8);
}

static bool perf_data_recognise(const uint8_t *head, size_t n)
{
	bool big;

	return n >= 8 && (is_magic(head, &big) || !memcmp(head, "PERFFILE", 8));
}

/* ---- what stands around the records ---- */

static int read_section(struct perf_data *d, const struct perf_section *at, uint64_t max,
			uint8_t **ret, struct err *e)
{
	if (at->bytes > max)
		return err_set(e, -EBADMSG, "a section of %llu bytes is too long",
			       (unsigned long long)at->bytes);
	if (at->offset > input_size(d->in) || at->bytes > input_size(d->in) - at->offset)
		return err_set(e, -ENODATA, "a section ends at byte %llu, the file at byte %llu",
			       (unsigned long long)(at->offset + at->bytes),
			       (unsigned long long)input_size(d->in));
	auto_free uint8_t *p = malloc(at->bytes + 1);

	if (!p)
		return -ENOMEM;
	int r = input_pread(d->in, p, at->bytes, at->offset, e);

	if (r < 0)
		return r;
	*ret = steal_ptr(p);
	return 0;
}

static int read_features(struct perf_data *d, const struct perf_section *data, const uint8_t *bits,
			 struct err *e)
{
	uint64_t offset = data->offset + data->bytes;

	for (unsigned int i = 0; i < PERF_FEATURES; i++) {
		uint64_t word = perf_u64(bits + i / 64 * 8, d->big);
		uint8_t head[16];

		if (!(word >> (i % 64) & 1))
			continue;
		int r = input_pread(d->in, head, sizeof(head), offset, e);

		if (r < 0)
			return perf_stream_forgive(&d->stream, offset, r, e);
		struct perf_section at = { perf_u64(head, d->big), perf_u64(head + 8, d->big) };
		auto_free uint8_t *p = NULL;

		offset += sizeof(head);
		/* Build ids and the like may be long; only what is understood is read. */
		if (i != PERF_FEATURE_TRACING_DATA && at.bytes > ATTRS_SECTION_MAX)
			continue;
		r = read_section(d, &at, PERF_SECTION_MAX, &p, e);
		if (r >= 0)
			r = perf_stream_feature(&d->stream, at.offset, i, p, at.bytes, e);
		else
			r = perf_stream_forgive(&d->stream, at.offset, r, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Entries of @entry bytes: the attr, and at its end the section that holds its ids. */
static int read_attrs(struct perf_data *d, const struct perf_section *attrs, uint64_t entry,
		      struct err *e)
{
	auto_free uint8_t *p = NULL;

	if (entry < PERF_ATTR_MIN_BYTES + 16 || entry > PERF_ATTR_MAX_BYTES)
		return err_set(e, -EBADMSG, "its header says %llu bytes per event",
			       (unsigned long long)entry);
	int r = read_section(d, attrs, ATTRS_SECTION_MAX, &p, e);

	for (uint64_t at = 0; r >= 0 && at + entry <= attrs->bytes; at += entry) {
		const uint8_t *a = p + at;
		struct perf_section ids = { perf_u64(a + entry - 16, d->big),
					    perf_u64(a + entry - 8, d->big) };
		auto_free uint8_t *id = NULL;
		size_t n = min_of((size_t)perf_attr_bytes(a, d->big), (size_t)entry - 16);

		r = read_section(d, &ids, ATTRS_SECTION_MAX, &id, e);
		if (r >= 0)
			r = perf_attrs_add(&d->records.attrs, a, n, id, ids.bytes / 8, d->big, e);
	}
	return r < 0 ? r : 0;
}

/* ---- the whole file ---- */

static const char *clock_name(int id)
{
	static const char *const names[] = {
		[0] = "CLOCK_REALTIME", [1] = "CLOCK_MONOTONIC", [4] = "CLOCK_MONOTONIC_RAW",
		[7] = "CLOCK_BOOTTIME", [11] = "CLOCK_TAI",
	};

	return id >= 0 && id < (int)ARRAY_SIZE(names) && names[id] ? names[id] : "unknown";
}

/*
 * Which clock the times are of. Times are kept as they are: between perf's own clock and
 * CLOCK_MONOTONIC the file knows no relation. CLOCK_DATA ties the file's clock to CLOCK_REALTIME.
 */
static int tell_clock(struct perf_data *d, struct err *e)
{
	struct perf_records *s = &d->records;
	const struct perf_attr *a = s->attrs.n ? s->attrs.attr : NULL;
	const char *name = a && a->flags & PERF_FLAG_USE_CLOCKID ? clock_name(a->clockid)
								 : "perf (sched_clock)";
	int r = d->args->meta(d->args->ctx, "import.clock", name, e);

	if (r < 0 || !s->features.has_clock_data || !a || !(a->flags & PERF_FLAG_USE_CLOCKID) ||
	    s->features.clockid != (uint32_t)a->clockid)
		return r;
	auto_ptr(batch) b = batch_new(&track_clock, 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = s->features.clock_time;
	batch_u64(b, CLOCK_REAL)[0] = s->features.real_time;
	return sink_write(d->sink, b, e);
}

/* What was recorded, by name. */
static int tell_events(struct perf_data *d, struct err *e)
{
	const struct perf_attrs *attrs = &d->records.attrs;
	auto_buf names;

	buf_init(&names, 1 << 16);
	for (uint32_t i = 0; i < attrs->n; i++) {
		const struct perf_attr *a = &attrs->attr[i];
		const struct perf_format *f =
			a->type == PERF_ATTR_TYPE_TRACEPOINT
				? perf_formats_find(&d->records.formats, a->config)
				: NULL;

		/* Too many names for the buffer: those that fit. */
		if ((a->name || f) && names.len < 60000)
			(void)buf_addf(&names, "%s%.1000s", names.len ? "," : "",
				       a->name ? a->name : f->name);
	}
	return names.len ? d->args->meta(d->args->ctx, "kymo.events", buf_str(&names), e) : 0;
}

static int tell_cpus(struct perf_data *d, struct err *e)
{
	const struct perf_features *f = &d->records.features;
	auto_ptr(batch) b = NULL;

	if (!f->has_topology || !f->n_cpus)
		return 0;
	b = batch_new(&track_cpu, f->n_cpus);
	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	b->rows = f->n_cpus;
	for (uint32_t i = 0; i < f->n_cpus; i++) {
		b->time[i] = d->records.rows.start == NSEC_MAX ? 0 : d->records.rows.start;
		batch_u32(b, CPU_CPU)[i] = i;
		batch_u32(b, CPU_PACKAGE)[i] = f->cpu[i].package;
		batch_u32(b, CPU_CORE)[i] = f->cpu[i].core;
		batch_u32(b, CPU_NODE)[i] = f->cpu[i].node;
	}
	return sink_write(d->sink, b, e);
}

static int read_file_header(struct perf_data *d, struct err *e)
{
	const char *name = input_name(d->in);
	uint8_t h[FILE_HEADER_BYTES];

	if (!input_seekable(d->in))
		return err_set(
			e, -ESPIPE,
			"'%s' is a perf.data file read through a pipe, whose end is needed first "
			"(try: give the file's name, or 'perf record -o -')",
			name);
	int r = input_pread(d->in, h, sizeof(h), 0, e);

	if (r < 0)
		return r;
	struct perf_section attrs = { perf_u64(h + 24, d->big), perf_u64(h + 32, d->big) };
	struct perf_section data = { perf_u64(h + 40, d->big), perf_u64(h + 48, d->big) };

	r = read_attrs(d, &attrs, perf_u64(h + 16, d->big), e);
	if (r < 0)
		return err_prefix(e, "'%s', byte %llu: the events cannot be read", name,
				  (unsigned long long)attrs.offset);
	d->records.offset = data.offset;
	if (data.offset > input_size(d->in) || data.offset < PIPE_HEADER_BYTES)
		return err_set(e, -EBADMSG,
			       "'%s', byte 40: the data section begins at byte %llu, the "
			       "file has %llu",
			       name, (unsigned long long)data.offset,
			       (unsigned long long)input_size(d->in));
	r = input_seek(d->in, data.offset, e);
	if (r < 0)
		return r;
	/* perf writes length and features last: 0 when it was killed. */
	if (!data.bytes) {
		d->records.offset = 48;
		perf_records_damage(&d->records, "perf record did not finish this file");
		return 0;
	}
	d->stream.end = data.bytes > UINT64_MAX - 1 - data.offset ? UINT64_MAX - 1
								  : data.offset + data.bytes;
	if (d->stream.end > input_size(d->in)) {
		d->records.offset = input_size(d->in);
		perf_records_damage(&d->records,
				    "the file ends here, %llu bytes before its data section does",
				    (unsigned long long)(d->stream.end - input_size(d->in)));
		return 0;
	}
	return read_features(d, &data, h + 72, e);
}

static int read_header(struct perf_data *d, struct err *e)
{
	const uint8_t *p;
	size_t n;
	int r = input_peek(d->in, PIPE_HEADER_BYTES, &p, &n, e);

	if (r < 0)
		return r;
	if (n < PIPE_HEADER_BYTES || !is_magic(p, &d->big))
		return err_set(e, -EMEDIUMTYPE, "'%s' is %s", input_name(d->in),
			       n >= 8 && !memcmp(p, "PERFFILE", 8)
				       ? "a perf.data of the old version 1 (before Linux 3.9)"
				       : "no perf.data");
	d->records.big = d->stream.big = d->big;
	d->stream.end = UINT64_MAX;
	if (perf_u64(p + 8, d->big) != PIPE_HEADER_BYTES)
		return read_file_header(d, e);
	d->stream.pipe = true;
	input_consume(d->in, PIPE_HEADER_BYTES);
	return 0;
}

/* Nothing came of it although there are tracepoints: then a description of them was missing. */
static int refuse_empty(struct perf_data *d, struct err *e)
{
	const struct perf_records *s = &d->records;
	bool tracepoints = false;

	if (s->ret->events)
		return 0;
	for (uint32_t i = 0; i < s->attrs.n; i++)
		tracepoints |= s->attrs.attr[i].type == PERF_ATTR_TYPE_TRACEPOINT;
	if (tracepoints && !s->formats.n && s->ret->complete)
		return err_set(e, -ENODATA,
			       "'%s' does not describe its tracepoints, up to its end at byte "
			       "%llu " FORMATS_HINT,
			       input_name(d->in), (unsigned long long)input_offset(d->in));
	if (tracepoints && !s->formats.n)
		return err_set(e, -ENODATA, "%s; its tracepoints are not described " FORMATS_HINT,
			       s->ret->damage);
	if (s->no_place)
		return err_set(e, -ENODATA,
			       "'%s': its scheduler or KVM events come without CPU, time or raw "
			       "data (try: "
			       "perf record -a -e sched:sched_switch,sched:sched_wakeup)",
			       input_name(d->in));
	if (!s->ret->complete)
		return err_set(e, -EBADMSG, "%s; no sample nor scheduler event was found before",
			       s->ret->damage);
	return err_set(e, -ENODATA,
		       "'%s' has no samples nor scheduler events (try: perf record -a -g, or "
		       "perf record -a -e sched:sched_switch,sched:sched_wakeup)",
		       input_name(d->in));
}

static int convert(struct perf_data *d, struct err *e)
{
	struct perf_records *s = &d->records;
	int r = read_header(d, e);

	if (r < 0)
		return r;
	if (d->args->formats) {
		r = perf_formats_read(d->args->formats, d->big, &s->formats, e);
		if (r < 0)
			return r;
	}
	r = perf_stream_walk(&d->stream, e);
	if (r == -EBADMSG || r == -ENODATA) {
		bool cut = r == -ENODATA || !s->ret->complete;

		perf_records_damage(s, "%s", err_text(e, r));
		r = sched_rows_loss(&s->rows, BATCH_CPU_NONE, s->rows.last,
				    max_of(s->rows.last, s->features.last_sample), 0, 0,
				    cut ? LOSS_IN_INPUT : LOSS_DAMAGE, e);
	} else if (r == 0 && !s->ret->complete) {
		r = sched_rows_loss(&s->rows, BATCH_CPU_NONE, s->rows.last, s->rows.last, 0,
				    s->ret->damaged, s->ret->damaged ? LOSS_DAMAGE : LOSS_IN_INPUT,
				    e);
	}
	if (r < 0)
		return r;
	r = perf_records_finish(s, d->args, e);
	if (r < 0)
		return r;
	r = refuse_empty(d, e);
	if (r < 0)
		return r;
	r = tell_events(d, e);
	if (r >= 0)
		r = kvm_rows_meta(&s->kvm, d->args, e);
	if (r >= 0)
		r = tell_clock(d, e);
	return r < 0 ? r : tell_cpus(d, e);
}

static int perf_data_run(struct input *in, struct sink *sink, const struct import_args *args,
			 struct import_result *ret, struct err *e)
{
	struct perf_data d = {
		.in = in,
		.args = args,
		.sink = sink,
		.stream = { .in = in, .args = args, .records = &d.records },
	};
	struct err own = { 0 };

	ret->complete = true;
	buf_init(&ret->notes, IMPORT_NOTES_MAX);
	int r = perf_records_init(&d.records, sink, ret, input_name(in));

	if (r >= 0)
		r = perf_profile_root(&d.records.profile, args->root, e ? e : &own);
	if (r >= 0)
		r = convert(&d, e ? e : &own);
	perf_stream_done(&d.stream);
	perf_records_done(&d.records);
	return r;
}

const struct importer importer_perf_data = {
	.name = "perf-data",
	.summary = "perf.data of 'perf record', file or pipe, either byte order, compressed or not",
	.extensions = "*.data",
	.recognise = perf_data_recognise,
	.run = perf_data_run,
};
