/* SPDX-License-Identifier: MIT */
/*
 * pprof: profile.proto (github.com/google/pprof), packed with gzip or not. Values become sums of
 * events, one event for each type of values; functions become names of modules, and places
 * without a function stay places of files. docs/formats/exports.md
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/idmap.h"
#include "base/quantity.h"
#include "base/strpool.h"
#include "format/gzip.h"
#include "format/protobuf.h"
#include "import/importer.h"
#include "import/named_stacks.h"
#include "model/file_track.h"
#include "model/tasks.h"

#define PACKED_MAX ((size_t)256 << 20)
#define PLAIN_MAX  ((size_t)1 << 30)
#define MAX_EVENTS 64

/* All rows stand here: a profile has no times but its own. */
#define MOMENT ((nsec_t)0)
/* Threads that have no number of their own get some above Linux's. */
#define FIRST_MADE_TID (1u << 30)

/* Fields of profile.proto. */
enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE, PROFILE_MAPPING, PROFILE_LOCATION };
enum { PROFILE_FUNCTION = 5, PROFILE_STRING, PROFILE_TIME = 9, PROFILE_DURATION };
enum { PROFILE_PERIOD_TYPE = 11, PROFILE_PERIOD, PROFILE_FIELDS = 15 };

/* A message of a kind that others refer to by its id. */
struct entry {
	const uint8_t *data;
	size_t n;
	uint64_t id;
};

struct table {
	struct entry *entry;
	size_t n, room;
	struct idmap by_id;
};

struct span {
	const uint8_t *data;
	size_t n;
};

struct value_type {
	uint64_t type, unit;
};

struct pprof_import {
	struct input *in;
	struct named_stacks *out;
	struct import_result *ret;
	const uint8_t *bytes;
	size_t n_bytes;
	struct table mappings, locations, functions;
	struct span *string;
	size_t n_strings, room_strings;
	struct value_type type[MAX_EVENTS], period_type;
	uint32_t n_types;
	uint64_t time, duration, period;
	uint16_t event[MAX_EVENTS];
	struct strpool *text;
	struct frames *thread; /* .parent tid, .module pid, .offset name: each one once */
	uint32_t *tid_of; /* by .thread */
	size_t n_tid_of;
	struct idmap tid_taken, name_number;
	uint32_t n_names, n_made;
	uint64_t negative, labels, renamed;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

static void note_damage(struct pprof_import *p, const uint8_t *at, const char *what)
{
	p->ret->damaged++;
	if (p->ret->complete)
		(void)snprintf(p->ret->damage, sizeof(p->ret->damage), "'%s' byte %zu: %s",
			       input_name(p->in), (size_t)(at - p->bytes), what);
	p->ret->complete = false;
}

/* ---- recognising ---- */

/* Fields of a profile, of which the first is a type of values, up to where the bytes are cut. */
static bool is_profile(const uint8_t *data, size_t n)
{
	struct proto_reader r = { .at = data, .end = data + n }, type;
	struct proto_field f;

	if (!n)
		return false;
	if (proto_next(&r, &f) <= 0 || f.number != PROFILE_SAMPLE_TYPE || f.wire != PROTO_BYTES ||
	    f.n > 32)
		return false;
	type = (struct proto_reader){ .at = f.data, .end = f.data + f.n };
	for (int got; (got = proto_next(&type, &f));)
		if (got < 0 || f.number > 2 || f.wire != PROTO_VARINT)
			return false;
	while (proto_next(&r, &f) > 0)
		if (f.number > PROFILE_FIELDS || f.wire == PROTO_FIXED32)
			return false;
	return true;
}

static bool pprof_recognise(const uint8_t *head, size_t n)
{
	struct buf plain;
	if (!gzip_is(head, n))
		return is_profile(head, n);
	buf_init(&plain, PLAIN_MAX);
	/* The head is a cut stream; what came before is there. */
	int r = gzip_unpack(head, n, &plain, NULL);
	bool yes = (r >= 0 || r == -ENODATA) && is_profile(plain.data, plain.len);

	buf_done(&plain);
	return yes;
}

/* ---- the profile's tables ---- */

static int grow(void **array, size_t *room, size_t need, size_t item, struct err *e)
{
	return tasks_ensure(array, room, need, item) < 0 ? out_of_memory(e) : 0;
}

/* The id of a mapping, location or function is its field 1. */
static int add_entry(struct pprof_import *p, struct table *t, const struct proto_field *m,
		     struct err *e)
{
	struct proto_reader r = { .at = m->data, .end = m->data + m->n };
	struct entry entry = { .data = m->data, .n = m->n };
	struct proto_field f;
	void *array = t->entry;
	int got, ret = grow(&array, &t->room, t->n + 1, sizeof(*t->entry), e);

	t->entry = array;
	if (ret < 0)
		return ret;
	while ((got = proto_next(&r, &f)) > 0)
		if (f.number == 1 && f.wire == PROTO_VARINT)
			entry.id = f.value;
	if (got < 0 || !entry.id || idmap_get(&t->by_id, entry.id) != IDMAP_NONE) {
		note_damage(p, m->data,
			    got < 0	? "the message is damaged"
			    : !entry.id ? "an entry without an id"
					: "two entries of one id");
		return 0;
	}
	if (idmap_set(&t->by_id, entry.id, (uint32_t)t->n) < 0)
		return out_of_memory(e);
	t->entry[t->n++] = entry;
	return 0;
}

static const struct entry *find_entry(const struct table *t, uint64_t id)
{
	uint32_t i = id ? idmap_get(&t->by_id, id) : IDMAP_NONE;

	return i == IDMAP_NONE ? NULL : &t->entry[i];
}

/* Numbers of a message's fields 1 .. @n into @ret; others are passed over. */
static int read_numbers(const uint8_t *data, size_t bytes, uint64_t *ret, uint32_t n)
{
	struct proto_reader r = { .at = data, .end = data + bytes };
	struct proto_field f;
	int got;

	memset(ret, 0, n * sizeof(*ret));
	while ((got = proto_next(&r, &f)) > 0)
		if (f.wire == PROTO_VARINT && f.number <= n)
			ret[f.number - 1] = f.value;
	return got;
}

static int add_string(struct pprof_import *p, const struct proto_field *f, struct err *e)
{
	void *array = p->string;
	int r = grow(&array, &p->room_strings, p->n_strings + 1, sizeof(*p->string), e);

	p->string = array;
	if (r >= 0)
		p->string[p->n_strings++] = (struct span){ .data = f->data, .n = f->n };
	return r;
}

static int add_type(struct pprof_import *p, const struct proto_field *f, struct value_type *ret)
{
	uint64_t v[2];

	if (read_numbers(f->data, f->n, v, 2) < 0)
		return -EBADMSG;
	*ret = (struct value_type){ .type = v[0], .unit = v[1] };
	(void)p;
	return 0;
}

static int take_field(struct pprof_import *p, const struct proto_field *f, struct err *e)
{
	static const uint8_t wire[PROFILE_FIELDS + 1] = {
		[PROFILE_SAMPLE_TYPE] = PROTO_BYTES, [PROFILE_SAMPLE] = PROTO_BYTES,
		[PROFILE_MAPPING] = PROTO_BYTES,     [PROFILE_LOCATION] = PROTO_BYTES,
		[PROFILE_FUNCTION] = PROTO_BYTES,    [PROFILE_STRING] = PROTO_BYTES,
		[PROFILE_PERIOD_TYPE] = PROTO_BYTES,
	};

	if (f->number > PROFILE_FIELDS || (wire[f->number] && wire[f->number] != f->wire))
		return 0;
	switch (f->number) {
	case PROFILE_SAMPLE_TYPE:
		if (p->n_types == MAX_EVENTS)
			return err_set(e, -E2BIG, "'%s' has more than %u types of values",
				       input_name(p->in), MAX_EVENTS);
		if (add_type(p, f, &p->type[p->n_types++]) < 0)
			note_damage(p, f->data, "the type of a value is damaged");
		return 0;
	case PROFILE_PERIOD_TYPE:
		if (add_type(p, f, &p->period_type) < 0)
			note_damage(p, f->data, "the type of the period is damaged");
		return 0;
	case PROFILE_MAPPING:
		return add_entry(p, &p->mappings, f, e);
	case PROFILE_LOCATION:
		return add_entry(p, &p->locations, f, e);
	case PROFILE_FUNCTION:
		return add_entry(p, &p->functions, f, e);
	case PROFILE_STRING:
		return add_string(p, f, e);
	case PROFILE_TIME:
		p->time = f->value;
		break;
	case PROFILE_DURATION:
		p->duration = f->value;
		break;
	case PROFILE_PERIOD:
		p->period = f->value;
		break;
	}
	return 0;
}

static int read_tables(struct pprof_import *p, struct err *e)
{
	struct proto_reader r = { .at = p->bytes, .end = p->bytes + p->n_bytes };
	const uint8_t *at = r.at;
	struct proto_field f;
	int got, ret = 0;

	while ((got = proto_next(&r, &f)) > 0 && ret >= 0) {
		ret = take_field(p, &f, e);
		at = r.at;
	}
	if (got < 0) {
		p->n_bytes = (size_t)(at - p->bytes); /* samples are read up to here too */
		note_damage(p, at, "the profile is cut or damaged from here on");
	}
	return ret;
}

/* ---- texts ---- */

/* The text number @i, interned; NULL: there is none, or it is none, or out of memory. */
static const char *text_at(struct pprof_import *p, uint64_t i)
{
	if (i >= p->n_strings)
		return NULL;
	const struct span *s = &p->string[i];

	if (s->n && memchr(s->data, 0, s->n))
		return NULL;
	return s->n ? strpool_add_n(p->text, (const char *)s->data, s->n) : "";
}

/* ---- events ---- */

static int add_events(struct pprof_import *p, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; i < p->n_types && r >= 0; i++) {
		const char *name = text_at(p, p->type[i].type), *unit = text_at(p, p->type[i].unit);
		bool period = p->type[i].type == p->period_type.type &&
			      p->type[i].unit == p->period_type.unit && p->period <= INT64_MAX;

		if (!name || !unit)
			return err_set(e, -EBADMSG, "'%s': value type %u has no name",
				       input_name(p->in), i);
		if (!strcmp(unit, "nanoseconds"))
			unit = "ns";
		else if (!strcmp(unit, "count"))
			unit = "";
		r = named_stacks_event(p->out, name, unit, period ? p->period : 0, &p->event[i], e);
	}
	return r;
}

/* ---- threads ---- */

struct labels {
	const char *comm;
	uint64_t tid, pid, cpu;
	bool has_tid, has_cpu;
};

/* 0, or -EBADMSG. */
static int read_label(struct pprof_import *p, const struct proto_field *f, struct labels *ret)
{
	uint64_t v[3];

	if (read_numbers(f->data, f->n, v, 3) < 0)
		return -EBADMSG;
	const char *key = text_at(p, v[0]), *text = v[1] ? text_at(p, v[1]) : NULL;

	if (!key)
		return -EBADMSG;
	if (text && (!strcmp(key, "comm") || !strcmp(key, "thread"))) {
		ret->comm = text;
	} else if (!v[1] && !strcmp(key, "tid") && v[2] < FIRST_MADE_TID) {
		ret->tid = v[2];
		ret->has_tid = true;
	} else if (!v[1] && !strcmp(key, "pid") && v[2] < FIRST_MADE_TID) {
		ret->pid = v[2];
	} else if (!v[1] && !strcmp(key, "cpu") && v[2] < CPUSET_MAX) {
		ret->cpu = v[2];
		ret->has_cpu = true;
	} else {
		p->labels++;
	}
	return 0;
}

static int number_name(struct pprof_import *p, const char *name, uint32_t *ret)
{
	const char *kept = strpool_add(p->text, name);

	if (!kept)
		return -ENOMEM;
	*ret = idmap_get(&p->name_number, (uintptr_t)kept);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = p->n_names++;
	return idmap_set(&p->name_number, (uintptr_t)kept, *ret);
}

/* The thread id for @l: its own, unless that has another name here already, or is none. */
static int find_thread(struct pprof_import *p, const struct labels *l, uint32_t *ret, struct err *e)
{
	const char *comm = l->comm ? l->comm : "[unknown]";
	uint32_t name, tid = l->has_tid ? (uint32_t)l->tid : UINT32_MAX;
	bool idle = l->has_tid && !l->tid && l->has_cpu;

	if (number_name(p, comm, &name) < 0)
		return out_of_memory(e);
	if (idle) {
		*ret = 0;
		return 0;
	}
	size_t before = frames_count(p->thread);
	uint32_t thread = frames_add(p->thread, tid, (uint32_t)l->pid, name);
	void *array = p->tid_of;

	if (thread == FRAMES_MAX)
		return out_of_memory(e);
	int r = grow(&array, &p->n_tid_of, thread + (size_t)1, sizeof(*p->tid_of), e);

	p->tid_of = array;
	if (r < 0)
		return r;
	if (thread < before) {
		*ret = p->tid_of[thread];
		return 0;
	}
	bool taken = tid != UINT32_MAX && idmap_get(&p->tid_taken, tid) != IDMAP_NONE;

	p->renamed += taken;
	if (!tid || tid == UINT32_MAX || taken)
		tid = FIRST_MADE_TID + p->n_made++;
	else if (idmap_set(&p->tid_taken, tid, 0) < 0)
		return out_of_memory(e);
	*ret = p->tid_of[thread] = tid;
	if (!l->comm && l->has_tid)
		return 0; /* it has a number and no name */
	return named_stacks_task(p->out, tid, (uint32_t)l->pid, comm, e);
}

/* ---- frames ---- */

enum { MAPPING_START = 1, MAPPING_LIMIT, MAPPING_OFFSET, MAPPING_FILE, MAPPING_BUILD, MAPPING_N };
enum { LOCATION_MAPPING = 1, LOCATION_ADDRESS, LOCATION_N = 3, LOCATION_LINE };

static bool is_kernel(const char *path)
{
	return !strncmp(path, "[kernel", 7);
}

/* A place without names: 0, -EBADMSG when it makes no sense. */
static int add_place(struct pprof_import *p, const uint64_t *location, uint32_t *node,
		     struct err *e)
{
	const struct entry *mapping = find_entry(&p->mappings, location[LOCATION_MAPPING]);
	uint64_t v[MAPPING_N] = { 0 }, offset = location[LOCATION_ADDRESS];
	struct module m = { .kind = MODULE_UNKNOWN, .path = "[unknown]", .build_id = "" };
	uint32_t module;

	if (location[LOCATION_MAPPING] &&
	    (!mapping || read_numbers(mapping->data, mapping->n, v, MAPPING_N) < 0))
		return -EBADMSG;
	if (mapping) {
		m.path = text_at(p, v[MAPPING_FILE]);
		m.build_id = text_at(p, v[MAPPING_BUILD]);
		if (!m.path || !m.build_id)
			return -EBADMSG;
		m.kind = is_kernel(m.path)  ? MODULE_KERNEL
			 : m.path[0] == '/' ? MODULE_FILE
					    : MODULE_UNKNOWN;
		if (m.kind == MODULE_FILE)
			offset = offset - v[MAPPING_START] + v[MAPPING_OFFSET];
	}
	int r = named_stacks_module(p->out, &m, &module, e);

	return r < 0 ? r : named_stacks_place(p->out, *node, module, offset, node, e);
}

static int add_function(struct pprof_import *p, const uint64_t *location, uint64_t id,
			uint32_t *node, struct err *e)
{
	const struct entry *function = find_entry(&p->functions, id);
	const struct entry *mapping = find_entry(&p->mappings, location[LOCATION_MAPPING]);
	struct module m = { .kind = MODULE_NAMED, .path = "", .build_id = "" };
	uint64_t v[MAPPING_N], name[2];
	uint32_t module;

	if (!function || read_numbers(function->data, function->n, name, 2) < 0)
		return -EBADMSG;
	if (mapping) {
		if (read_numbers(mapping->data, mapping->n, v, MAPPING_N) < 0)
			return -EBADMSG;
		m.path = text_at(p, v[MAPPING_FILE]);
		m.build_id = text_at(p, v[MAPPING_BUILD]);
	}
	const char *text = text_at(p, name[1]);

	if (!m.path || !m.build_id || !text)
		return -EBADMSG;
	int r = named_stacks_module(p->out, &m, &module, e);

	return r < 0 ? r : named_stacks_frame(p->out, *node, module, text, node, e);
}

/* The frames of location @id, its outermost line first, on top of *@node. */
static int add_location(struct pprof_import *p, uint64_t id, uint32_t *node, uint32_t *depth,
			struct err *e)
{
	const struct entry *l = find_entry(&p->locations, id);
	uint64_t v[LOCATION_N], function[NAMED_STACKS_MAX_DEPTH], number[1];
	struct proto_field f;
	uint32_t lines = 0;
	int r = 0;

	if (!l || read_numbers(l->data, l->n, v, LOCATION_N) < 0)
		return -EBADMSG;
	struct proto_reader reader = { .at = l->data, .end = l->data + l->n };

	while (proto_next(&reader, &f) > 0) {
		if (f.number != LOCATION_LINE || f.wire != PROTO_BYTES)
			continue;
		if (*depth + lines >= NAMED_STACKS_MAX_DEPTH ||
		    read_numbers(f.data, f.n, number, 1) < 0)
			return -EBADMSG;
		function[lines++] = number[0];
	}
	*depth += max_of(lines, 1u);
	if (*depth > NAMED_STACKS_MAX_DEPTH)
		return -EBADMSG;
	if (!lines)
		return add_place(p, v, node, e);
	while (lines-- && r >= 0)
		r = add_function(p, v, function[lines], node, e);
	return r;
}

/* ---- samples ---- */

enum { SAMPLE_F_LOCATION = 1, SAMPLE_F_VALUE, SAMPLE_F_LABEL };

struct one_sample {
	uint64_t location[NAMED_STACKS_MAX_DEPTH], value[MAX_EVENTS];
	uint32_t n_locations, n_values;
	struct labels labels;
};

static int take_numbers(struct proto_field *f, uint64_t *ret, uint32_t *n, uint32_t max)
{
	uint64_t v;
	int got;

	while ((got = proto_next_number(f, &v)) > 0) {
		if (*n == max)
			return -EBADMSG;
		ret[(*n)++] = v;
	}
	return got;
}

static int parse_sample(struct pprof_import *p, const struct proto_field *m, struct one_sample *ret)
{
	struct proto_reader r = { .at = m->data, .end = m->data + m->n };
	struct proto_field f;
	int got, bad = 0;

	ret->n_locations = ret->n_values = 0;
	ret->labels = (struct labels){ 0 };
	while (!bad && (got = proto_next(&r, &f)) > 0) {
		if (f.number == SAMPLE_F_LOCATION)
			bad = take_numbers(&f, ret->location, &ret->n_locations,
					   NAMED_STACKS_MAX_DEPTH);
		else if (f.number == SAMPLE_F_VALUE)
			bad = take_numbers(&f, ret->value, &ret->n_values, p->n_types);
		else if (f.number == SAMPLE_F_LABEL && f.wire == PROTO_BYTES)
			bad = read_label(p, &f, &ret->labels);
	}
	return bad < 0 || got < 0 || ret->n_values != p->n_types ? -EBADMSG : 0;
}

static int write_sample(struct pprof_import *p, const struct one_sample *x, struct err *e)
{
	struct named_sample s = { .cpu = x->labels.has_cpu ? (uint32_t)x->labels.cpu
							   : BATCH_CPU_NONE,
				  .pid = (uint32_t)x->labels.pid };
	uint32_t depth = 0;
	int r = 0;

	for (uint32_t i = x->n_locations; i-- && r >= 0;)
		r = add_location(p, x->location[i], &s.node, &depth, e);
	if (r >= 0)
		r = find_thread(p, &x->labels, &s.tid, e);
	for (uint32_t i = 0; i < x->n_values && r >= 0; i++) {
		if ((int64_t)x->value[i] < 0) {
			p->negative++;
			continue;
		}
		s.event = p->event[i];
		s.weight = x->value[i];
		if (s.weight)
			r = named_stacks_sample(p->out, &s, e);
		p->ret->events += s.weight && r >= 0;
	}
	return r;
}

static int read_samples(struct pprof_import *p, const struct import_args *args, struct err *e)
{
	struct proto_reader r = { .at = p->bytes, .end = p->bytes + p->n_bytes };
	auto_free struct one_sample *x = malloc(sizeof(*x));
	struct proto_field f;
	int ret = x ? 0 : out_of_memory(e);

	while (ret >= 0 && proto_next(&r, &f) > 0) {
		if (f.number != PROFILE_SAMPLE || f.wire != PROTO_BYTES)
			continue;
		ret = parse_sample(p, &f, x);
		if (ret >= 0)
			ret = write_sample(p, x, e);
		if (ret == -EBADMSG) {
			note_damage(p, f.data, "the sample makes no sense, or is too deep");
			ret = 0;
		}
		if (args->progress)
			args->progress(args->ctx, (uint64_t)(r.at - p->bytes), p->n_bytes);
	}
	return ret;
}

/* ---- the whole ---- */

/* When the profile was made: the one moment that its rows stand at. */
static int write_clock(struct pprof_import *p, struct sink *sink, struct err *e)
{
	auto_ptr(batch) b = p->time && p->time <= INT64_MAX ? batch_new(&track_clock, 1) : NULL;

	if (!b)
		return 0;
	b->rows = 1;
	b->time[0] = MOMENT;
	batch_u64(b, CLOCK_REAL)[0] = p->time;
	return sink_write(sink, b, e);
}

static int write_meta(struct pprof_import *p, const struct import_args *args, struct err *e)
{
	char text[32];
	int r = args->meta(args->ctx, "import.clock", "none: all samples stand at one moment", e);

	if (r < 0 || !p->duration || p->duration > INT64_MAX)
		return r;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "ns", p->duration);
	return args->meta(args->ctx, "import.duration", text, e);
}

static void tell(const struct pprof_import *p)
{
	struct buf *notes = &p->ret->notes;

	buf_init(notes, IMPORT_NOTES_MAX);
	(void)buf_add_str(notes, "sums without times: all samples stand at one moment; addresses "
				 "and lines of functions are left out\n");
	if (p->labels)
		(void)buf_addf(notes,
			       "%" PRIu64 " labels other than comm, pid, tid, cpu are left "
			       "out\n",
			       p->labels);
	if (p->negative)
		(void)buf_addf(notes, "%" PRIu64 " values below zero are left out\n", p->negative);
	if (p->renamed)
		(void)buf_addf(notes,
			       "%" PRIu64 " threads have a second name, under a made-up "
			       "number\n",
			       p->renamed);
	if (p->ret->damaged)
		(void)buf_addf(notes, "%" PRIu64 " messages make no sense\n", p->ret->damaged);
}

static int import_bytes(struct pprof_import *p, struct sink *sink, const struct import_args *args,
			struct err *e)
{
	int r = read_tables(p, e);

	if (r >= 0 && !p->n_types)
		r = err_set(e, -EBADMSG, "'%s' has no types of values: it is no pprof profile",
			    input_name(p->in));
	if (r >= 0)
		r = add_events(p, e);
	if (r >= 0)
		r = write_meta(p, args, e);
	if (r >= 0)
		r = write_clock(p, sink, e);
	if (r >= 0)
		r = read_samples(p, args, e);
	if (r >= 0)
		r = named_stacks_flush(p->out, e);
	if (r < 0)
		return r;
	if (!p->ret->events && !p->ret->complete)
		return err_set(e, -EBADMSG, "%s", p->ret->damage);
	tell(p);
	return 0;
}

static int read_all(struct input *in, struct buf *out, struct err *e)
{
	const uint8_t *p;
	size_t n;
	int r;

	while ((r = input_peek(in, 1, &p, &n, e)) >= 0 && n) {
		if (buf_add(out, p, n) < 0)
			return buf_error(out) == -EFBIG
				       ? err_set(e, -EFBIG, "'%s' is longer than %zu MiB",
						 input_name(in), out->max >> 20)
				       : out_of_memory(e);
		input_consume(in, n);
	}
	return r;
}

/* @file, or what it unpacks to in @plain. A cut stream is damage, not failure. */
static int unpack(struct pprof_import *p, const struct buf *file, struct buf *plain, struct err *e)
{
	struct err why = { 0 };
	int r = 0;

	p->bytes = file->data;
	p->n_bytes = file->len;
	if (!gzip_is(file->data, file->len))
		return 0;
	r = gzip_unpack(file->data, file->len, plain, &why);
	p->bytes = plain->data;
	p->n_bytes = plain->len;
	if ((r == -ENODATA || r == -EBADMSG) && plain->len) {
		p->ret->damaged++;
		p->ret->complete = false;
		(void)snprintf(p->ret->damage, sizeof(p->ret->damage), "'%.200s': %s",
			       input_name(p->in), err_text(&why, r));
		return 0;
	}
	return r < 0 ? err_set(e, r == -ENODATA ? -EBADMSG : r, "'%s': %s", input_name(p->in),
			       err_text(&why, r))
		     : 0;
}

static void table_done(struct table *t)
{
	free(t->entry);
	idmap_done(&t->by_id);
}

static int pprof_run(struct input *in, struct sink *sink, const struct import_args *args,
		     struct import_result *ret, struct err *e)
{
	struct pprof_import p = { .in = in, .ret = ret };
	auto_buf file;
	auto_buf plain;

	buf_init(&file, PACKED_MAX);
	buf_init(&plain, PLAIN_MAX);
	ret->complete = true;
	int r = read_all(in, &file, e);

	if (r >= 0 && !file.len)
		r = err_set(e, -EBADMSG, "'%s' is empty", input_name(in));
	if (r >= 0)
		r = unpack(&p, &file, &plain, e);
	if (r >= 0) {
		p.out = named_stacks_new(sink, MOMENT);
		p.text = strpool_new();
		p.thread = frames_new();
		r = p.out && p.text && p.thread ? import_bytes(&p, sink, args, e)
						: out_of_memory(e);
	}
	named_stacks_free(p.out);
	strpool_free(p.text);
	frames_free(p.thread);
	table_done(&p.mappings);
	table_done(&p.locations);
	table_done(&p.functions);
	idmap_done(&p.tid_taken);
	idmap_done(&p.name_number);
	free(p.string);
	free(p.tid_of);
	return r;
}

const struct importer importer_pprof = {
	.name = "pprof",
	.summary = "profile.proto of pprof, packed or not",
	.extensions = ".pb.gz .pprof",
	.recognise = pprof_recognise,
	.run = pprof_run,
};
