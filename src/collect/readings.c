/* SPDX-License-Identifier: MIT */
/* Values to rows. A thing has one block of series numbers, one for each metric that it ever had. */
#include "collect/readings.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"

#define ROWS	   1024u
#define NONE	   UINT32_MAX
#define OFF	   UINT32_MAX /* in place of a series' number: not kept */
#define WIDE	   UINT16_MAX
#define USED_EVERY (READINGS_FORGET / 10)

/* A cache line, name included when it is short: between ticks all of them are cold. */
struct instance {
	nsec_t used; /* when it was asked for last, give or take USED_EVERY */
	uint32_t cpu;
	uint32_t next_same_hash; /* or NONE; of free places the next free one */
	uint32_t follower; /* the thing asked for after this one the last time, or NONE */
	/* Its numbers in readings.series: one, of metric @metric; or one for each metric (WIDE).
	 * Of files of keys each thing has one metric, and there are many. NONE: no place yet. */
	uint32_t at;
	uint16_t metric;
	uint16_t len; /* of the name; FREE: forgotten, the place is free */
	union {
		char text[36];
		char *longer; /* NUL-terminated as well */
	} __attribute__((packed, aligned(4))) name;
};

#define FREE UINT16_MAX

static inline const char *name_of(const struct instance *i)
{
	return i->len < sizeof(i->name.text) ? i->name.text : i->name.longer;
}

static void free_name(struct instance *i)
{
	if (i->len != FREE && i->len >= sizeof(i->name.text))
		free(i->name.longer);
	i->len = FREE;
}

/* 0 or -ENOMEM */
static int set_name(struct instance *i, const char *name, size_t len)
{
	char *copy = i->name.text;

	if (len >= sizeof(i->name.text)) {
		copy = malloc(len + 1);
		if (!copy)
			return -ENOMEM;
		i->name.longer = copy;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	i->len = (uint16_t)len;
	return 0;
}

struct readings {
	const char *name;
	const struct metric_spec *metric;
	unsigned int n_metrics;
	struct readings_shared *shared;
	const char *keep; /* patterns, or NULL */
	uint32_t first_metric; /* number of metric[0] in the recording; 0 = not told yet */
	struct instance *instance;
	uint32_t n, cap, free; /* @free: first free place below n, or NONE */
	uint32_t *series; /* numbers; 0 = none yet */
	uint32_t n_places, cap_places;
	struct idmap by_hash;
	uint32_t last; /* asked for before, or NONE */
	uint32_t first; /* asked for first the last time, or NONE */
	uint32_t n_series;
	uint64_t refused;
	struct sink *sink;
	nsec_t time;
	int error;
	struct err words;
};

struct readings *readings_new(const char *name, const struct metric_spec *metric,
			      unsigned int n_metrics, struct readings_shared *shared)
{
	struct readings *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->name = name;
	r->metric = metric;
	r->n_metrics = n_metrics;
	r->shared = shared;
	r->last = r->first = r->free = NONE;
	if (!shared->values)
		shared->values = batch_new(&track_value, ROWS);
	if (!shared->new_series)
		shared->new_series = batch_new(&track_series, ROWS);
	if (!shared->values || !shared->new_series)
		return readings_free(r);
	shared->values->cpu = shared->new_series->cpu = BATCH_CPU_NONE;
	return r;
}

void readings_shared_done(struct readings_shared *s)
{
	s->values = batch_free(s->values);
	s->new_series = batch_free(s->new_series);
}

struct readings *readings_free(struct readings *r)
{
	if (r) {
		for (uint32_t i = 0; i < r->n; i++)
			free_name(&r->instance[i]);
		free(r->instance);
		free(r->series);
		idmap_done(&r->by_hash);
		free(r);
	}
	return NULL;
}

static void fail(struct readings *r, int error)
{
	if (!r->error)
		r->error = error;
}

static void write_out(struct readings *r, struct batch *b)
{
	r->shared->n_values += b == r->shared->values ? b->rows : 0;
	if (b->rows && !r->error) {
		int rc = sink_write(r->sink, b, &r->words);

		if (rc < 0)
			fail(r, rc);
	}
	batch_clear(b);
}

/* ---- what is new ---- */

static int put_text(struct batch *b, unsigned int column, const char *s)
{
	int64_t at = batch_add_text(b, s ? s : "");

	if (at < 0)
		return (int)at;
	((uint32_t *)b->col[column])[b->rows] = (uint32_t)at;
	return 0;
}

static int tell_metrics(struct readings *r)
{
	auto_ptr(batch) b = batch_new(&track_metric, r->n_metrics);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < r->n_metrics; i++) {
		const struct metric_spec *m = &r->metric[i];
		char name[128];

		snprintf(name, sizeof(name), "%s.%s", r->name, m->name);
		b->time[i] = r->time;
		batch_u32(b, METRIC_NUMBER)[i] = r->first_metric + i;
		batch_u8(b, METRIC_KIND)[i] = (uint8_t)m->kind;
		batch_u8(b, METRIC_BITS)[i] = m->bits ? m->bits : 64;
		batch_f64(b, METRIC_SCALE)[i] = m->scale != 0 ? m->scale : 1;
		if (put_text(b, METRIC_NAME, name) < 0 || put_text(b, METRIC_UNIT, m->unit) < 0 ||
		    put_text(b, METRIC_HELP, m->help) < 0)
			return -ENOMEM;
		b->rows++;
	}
	return sink_write(r->sink, b, &r->words);
}

static int put_series(struct readings *r, uint32_t instance, unsigned int metric, uint32_t number)
{
	struct batch *b = r->shared->new_series;

	if (batch_full(b))
		write_out(r, b);
	int rc = put_text(b, SERIES_INSTANCE, name_of(&r->instance[instance]));

	if (rc < 0)
		return rc;
	b->time[b->rows] = r->time;
	batch_u32(b, SERIES_NUMBER)[b->rows] = number;
	batch_u32(b, SERIES_METRIC)[b->rows] = r->first_metric + metric;
	batch_u32(b, SERIES_CPU)[b->rows] = r->instance[instance].cpu;
	b->rows++;
	return 0;
}

/* Does one of the patterns match? */
static bool kept(const struct readings *r, const char *metric, const char *thing)
{
	for (const char *p = r->keep; p && *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		char pattern[128];

		if (n < sizeof(pattern)) {
			snprintf(pattern, sizeof(pattern), "%.*s", (int)n, p);
			if (!fnmatch(pattern, metric, 0) || !fnmatch(pattern, thing, 0))
				return true;
		}
		p += n;
	}
	return !r->keep;
}

/* The first value of a collector brings the rows of all its metrics. */
static uint32_t new_series(struct readings *r, uint32_t instance, unsigned int metric)
{
	int rc = 0;

	if (!kept(r, r->metric[metric].name, name_of(&r->instance[instance])))
		return OFF;
	if (!r->first_metric) {
		r->first_metric = r->shared->metrics + 1;
		r->shared->metrics += r->n_metrics;
		rc = tell_metrics(r);
	}
	if (rc >= 0)
		rc = put_series(r, instance, metric, r->shared->series + 1);
	if (rc < 0) {
		fail(r, rc);
		return OFF;
	}
	r->n_series++;
	return ++r->shared->series;
}

/* ---- places of numbers ---- */

static uint32_t take_places(struct readings *r, uint32_t n)
{
	if (n > READINGS_MAX_SERIES - r->n_places) {
		r->refused++;
		return NONE;
	}
	if (r->n_places + n > r->cap_places) {
		uint32_t cap = max_of(2 * r->cap_places, r->n_places + n + 64);
		uint32_t *s = reallocarray(r->series, cap, sizeof(*s));

		if (!s) {
			fail(r, -ENOMEM);
			return NONE;
		}
		r->series = s;
		r->cap_places = cap;
	}
	memset(r->series + r->n_places, 0, n * sizeof(*r->series));
	r->n_places += n;
	return r->n_places - n;
}

/* A place for another metric than those that the thing had. */
static uint32_t *more_places(struct readings *r, struct instance *i, unsigned int metric)
{
	bool empty = i->at != NONE && !r->series[i->at];
	uint32_t at = empty ? i->at : take_places(r, i->at == NONE ? 1 : r->n_metrics);

	if (at == NONE)
		return NULL;
	if (i->at == NONE || empty) {
		i->metric = (uint16_t)metric;
		i->at = at;
		return &r->series[at];
	}
	r->series[at + i->metric] = r->series[i->at];
	i->metric = WIDE;
	i->at = at;
	return &r->series[at + metric];
}

static inline uint32_t *place_of(struct readings *r, struct instance *i, unsigned int metric)
{
	if (i->metric == WIDE)
		return &r->series[i->at + metric];
	if (i->metric == metric && i->at != NONE)
		return &r->series[i->at];
	return more_places(r, i, metric);
}

/* ---- things ---- */

static uint64_t hash(uint32_t cpu, const char *name, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ cpu; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	return h;
}

static bool is(const struct readings *r, uint32_t i, uint32_t cpu, const char *name, size_t len)
{
	const struct instance *x = &r->instance[i];

	return x->cpu == cpu && x->len == len && !memcmp(name_of(x), name, len);
}

static void index_thing(struct readings *r, uint32_t n)
{
	struct instance *i = &r->instance[n];
	uint64_t h = hash(i->cpu, name_of(i), i->len);
	int rc;

	i->next_same_hash = idmap_get(&r->by_hash, h);
	rc = idmap_set(&r->by_hash, h, n);
	if (rc < 0)
		fail(r, rc);
}

/* Free the places of things that are gone for long; how many there are. */
static uint32_t forget(struct readings *r)
{
	uint32_t n_free = 0;

	idmap_clear(&r->by_hash);
	r->free = r->first = NONE;
	for (uint32_t n = r->n; n-- > 0;) {
		struct instance *i = &r->instance[n];

		i->follower = NONE;
		if (i->len != FREE && (r->time < i->used || r->time - i->used <= READINGS_FORGET)) {
			index_thing(r, n);
			continue;
		}
		free_name(i);
		i->next_same_hash = r->free;
		r->free = n;
		n_free++;
		if (i->at != NONE)
			memset(r->series + i->at, 0,
			       (i->metric == WIDE ? r->n_metrics : 1) * sizeof(*r->series));
	}
	return n_free;
}

static bool make_room(struct readings *r)
{
	if (r->n < r->cap || r->free != NONE)
		return true;
	if (forget(r) >= r->cap / 4 && r->cap)
		return true;
	uint32_t cap = min_of(r->cap ? 2 * r->cap : 64, READINGS_MAX_SERIES);

	if (cap <= r->cap) {
		r->refused += r->free == NONE;
		return r->free != NONE;
	}
	struct instance *i = reallocarray(r->instance, cap, sizeof(*i));

	if (!i) {
		fail(r, -ENOMEM);
		return false;
	}
	r->instance = i;
	r->cap = cap;
	return true;
}

static uint32_t add(struct readings *r, uint32_t cpu, const char *name, size_t len)
{
	/* A NUL within would cut the name and make it another one at each tick. */
	if (memchr(name, 0, len) || !make_room(r))
		return NONE;
	uint32_t n = r->free != NONE ? r->free : r->n;
	struct instance *i = &r->instance[n];

	if (n == r->n)
		*i = (struct instance){ .at = NONE, .len = FREE };
	if (set_name(i, name, len) < 0) {
		fail(r, -ENOMEM);
		return NONE;
	}
	if (n == r->n)
		r->n++;
	else
		r->free = i->next_same_hash;
	i->cpu = cpu;
	i->follower = NONE;
	index_thing(r, n);
	return n;
}

static uint32_t find(struct readings *r, uint32_t cpu, const char *name, size_t len)
{
	uint32_t i = idmap_get(&r->by_hash, hash(cpu, name, len));

	while (i != NONE && !is(r, i, cpu, name, len))
		i = r->instance[i].next_same_hash;
	return i != NONE ? i : add(r, cpu, name, len);
}

/* ---- interface ---- */

void readings_keep(struct readings *r, const char *patterns)
{
	r->keep = patterns;
}

void readings_begin(struct readings *r, nsec_t time, struct sink *sink)
{
	r->time = time;
	r->sink = sink;
	r->last = NONE;
	r->error = 0;
}

/* What came after the last thing at the tick before. */
static inline uint32_t guess(const struct readings *r)
{
	return r->last == NONE ? r->first : r->instance[r->last].follower;
}

static inline uint32_t use(struct readings *r, uint32_t i)
{
	/* Not at each tick: what is only read stays clean in the caches. */
	if (r->time - r->instance[i].used > USED_EVERY)
		r->instance[i].used = r->time;
	r->last = i;
	return i;
}

uint32_t readings_instance(struct readings *r, uint32_t cpu, const char *name, size_t len)
{
	uint32_t i = guess(r);

	if (i != NONE && is(r, i, cpu, name, len))
		return use(r, i);
	if (len > READINGS_MAX_NAME) {
		r->refused++;
		return NONE;
	}
	i = find(r, cpu, name, len);
	if (i == NONE)
		return NONE;
	if (r->last == NONE)
		r->first = i;
	else
		r->instance[r->last].follower = i;
	return use(r, i);
}

bool readings_expect(const struct readings *r, struct readings_expected *ret)
{
	uint32_t i = guess(r);

	if (i == NONE)
		return false;
	const struct instance *x = &r->instance[i];

	if (x->len == FREE || x->cpu != READINGS_NO_CPU || x->metric == WIDE || x->at == NONE)
		return false;
	*ret = (struct readings_expected){ name_of(x), x->len, x->metric, i };
	return true;
}

uint32_t readings_take_expected(struct readings *r, const struct readings_expected *x)
{
	return use(r, x->instance);
}

static inline void put_row(struct readings *r, uint32_t series, uint64_t value)
{
	struct batch *b = r->shared->values;

	b->time[b->rows] = r->time;
	((uint32_t *)b->col[VALUE_SERIES])[b->rows] = series;
	((uint64_t *)b->col[VALUE_VALUE])[b->rows] = value;
	if (++b->rows == b->cap)
		write_out(r, b);
}

/* What is not there yet, or not kept. */
static __attribute__((noinline)) void put_slowly(struct readings *r, uint32_t instance,
						 unsigned int metric, uint64_t value)
{
	uint32_t *series = place_of(r, &r->instance[instance], metric);

	if (!series)
		return;
	if (!*series)
		*series = new_series(r, instance, metric);
	if (*series != OFF)
		put_row(r, *series, value);
}

void readings_put(struct readings *r, uint32_t instance, unsigned int metric, uint64_t value)
{
	if (instance == NONE || r->error)
		return;
	const struct instance *i = &r->instance[instance];
	uint32_t series = 0;

	if (i->metric == WIDE)
		series = r->series[i->at + metric];
	else if (i->metric == metric && i->at != NONE)
		series = r->series[i->at];
	if (series && series != OFF)
		put_row(r, series, value);
	else
		put_slowly(r, instance, metric, value);
}

void readings_refuse(struct readings *r, uint64_t n)
{
	r->refused += n;
}

static void tell_thing(struct readings *r, uint32_t n)
{
	const struct instance *i = &r->instance[n];
	bool wide = i->metric == WIDE;

	if (i->len == FREE || i->at == NONE)
		return;
	for (unsigned int m = 0; m < (wide ? r->n_metrics : 1) && !r->error; m++) {
		uint32_t number = r->series[i->at + m];
		int rc = number && number != OFF ? put_series(r, n, wide ? m : i->metric, number)
						 : 0;

		if (rc < 0)
			fail(r, rc);
	}
}

int readings_tell(struct readings *r, nsec_t time, struct sink *sink, struct err *e)
{
	readings_begin(r, time, sink);
	if (!r->first_metric)
		return 0;
	int rc = tell_metrics(r);

	if (rc < 0)
		fail(r, rc);
	for (uint32_t i = 0; i < r->n && !r->error; i++)
		tell_thing(r, i);
	return readings_flush(r, e);
}

int readings_flush(struct readings *r, struct err *e)
{
	write_out(r, r->shared->new_series);
	write_out(r, r->shared->values);
	return r->error ? err_set(e, r->error, "%s", err_text(&r->words, r->error)) : 0;
}

uint32_t readings_n_series(const struct readings *r)
{
	return r->n_series;
}

uint64_t readings_n_refused(const struct readings *r)
{
	return r->refused;
}
