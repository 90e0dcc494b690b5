/* SPDX-License-Identifier: MIT */
/* Values to rows. A thing has one block of series numbers, one for each metric that it ever had. */
#include "collect/readings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"

#define ROWS	     1024u
#define NAME_MAX_LEN 255u

struct instance {
	char *name;
	uint32_t cpu;
	uint32_t next_same_hash; /* or NONE */
	uint32_t follower; /* the thing asked for after this one the last time, or NONE */
	uint8_t len;
};

#define NONE UINT32_MAX

struct readings {
	const char *name;
	const struct metric_spec *metric;
	unsigned int n_metrics;
	struct readings_numbers *numbers;
	uint32_t first_metric; /* number of metric[0] in the recording; 0 = not told yet */
	struct instance *instance;
	uint32_t *series; /* [instance][metric]; 0 = none yet */
	uint32_t n, cap;
	struct idmap by_hash;
	uint32_t last; /* asked for before, or NONE */
	uint32_t first; /* asked for first the last time, or NONE */
	uint64_t refused;
	struct batch *values, *new_series;
	struct sink *sink;
	nsec_t time;
	int error;
	struct err words;
};

struct readings *readings_new(const char *name, const struct metric_spec *metric,
			      unsigned int n_metrics, struct readings_numbers *numbers)
{
	struct readings *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->name = name;
	r->metric = metric;
	r->n_metrics = n_metrics;
	r->numbers = numbers;
	r->last = r->first = NONE;
	r->values = batch_new(&track_value, ROWS);
	r->new_series = batch_new(&track_series, ROWS);
	if (!r->values || !r->new_series)
		return readings_free(r);
	r->values->cpu = r->new_series->cpu = BATCH_CPU_NONE;
	return r;
}

struct readings *readings_free(struct readings *r)
{
	if (r) {
		for (uint32_t i = 0; i < r->n; i++)
			free(r->instance[i].name);
		free(r->instance);
		free(r->series);
		idmap_done(&r->by_hash);
		batch_free(r->values);
		batch_free(r->new_series);
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
	struct batch *b = r->new_series;

	if (batch_full(b))
		write_out(r, b);
	int rc = put_text(b, SERIES_INSTANCE, r->instance[instance].name);

	if (rc < 0)
		return rc;
	b->time[b->rows] = r->time;
	batch_u32(b, SERIES_NUMBER)[b->rows] = number;
	batch_u32(b, SERIES_METRIC)[b->rows] = r->first_metric + metric;
	batch_u32(b, SERIES_CPU)[b->rows] = r->instance[instance].cpu;
	b->rows++;
	return 0;
}

/* The first value of a collector brings the rows of all its metrics. */
static uint32_t new_series(struct readings *r, uint32_t instance, unsigned int metric)
{
	int rc = 0;

	if (!r->first_metric) {
		r->first_metric = r->numbers->metrics + 1;
		r->numbers->metrics += r->n_metrics;
		rc = tell_metrics(r);
	}
	if (rc >= 0)
		rc = put_series(r, instance, metric, r->numbers->series + 1);
	if (rc < 0) {
		fail(r, rc);
		return 0;
	}
	return ++r->numbers->series;
}

static bool grow(struct readings *r)
{
	uint32_t cap = r->cap ? 2 * r->cap : 64;

	if ((uint64_t)cap * r->n_metrics > READINGS_MAX_SERIES)
		cap = READINGS_MAX_SERIES / r->n_metrics;
	if (cap <= r->n) {
		r->refused++;
		return false;
	}
	struct instance *i = reallocarray(r->instance, cap, sizeof(*i));

	if (i)
		r->instance = i;
	uint32_t *s = reallocarray(r->series, (size_t)cap * r->n_metrics, sizeof(*s));

	if (s)
		r->series = s;
	if (!i || !s) {
		fail(r, -ENOMEM);
		return false;
	}
	r->cap = cap;
	return true;
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

	return x->cpu == cpu && x->len == len && !memcmp(x->name, name, len);
}

static uint32_t add(struct readings *r, uint32_t cpu, const char *name, size_t len, uint64_t h)
{
	if (r->n == r->cap && !grow(r))
		return NONE;
	char *copy = strndup(name, len);

	/* A NUL within would cut the name and make it another one at each tick. */
	if (!copy || strlen(copy) != len || idmap_set(&r->by_hash, h, r->n) < 0) {
		if (!copy)
			fail(r, -ENOMEM);
		free(copy);
		return NONE;
	}
	r->instance[r->n] = (struct instance){ .name = copy,
					       .cpu = cpu,
					       .len = (uint8_t)len,
					       .next_same_hash = NONE,
					       .follower = NONE };
	memset(r->series + (size_t)r->n * r->n_metrics, 0, r->n_metrics * sizeof(*r->series));
	return r->n++;
}

static uint32_t find(struct readings *r, uint32_t cpu, const char *name, size_t len)
{
	uint64_t h = hash(cpu, name, len);
	uint32_t first = idmap_get(&r->by_hash, h);

	for (uint32_t i = first; i != NONE; i = r->instance[i].next_same_hash)
		if (is(r, i, cpu, name, len))
			return i;
	uint32_t i = add(r, cpu, name, len, h);

	if (i != NONE)
		r->instance[i].next_same_hash = first;
	return i;
}

void readings_begin(struct readings *r, nsec_t time, struct sink *sink)
{
	r->time = time;
	r->sink = sink;
	r->last = NONE;
	r->error = 0;
}

uint32_t readings_instance(struct readings *r, uint32_t cpu, const char *name, size_t len)
{
	len = min_of(len, (size_t)NAME_MAX_LEN);
	uint32_t *guess = r->last == NONE ? &r->first : &r->instance[r->last].follower;
	uint32_t i = *guess;

	if (i == NONE || !is(r, i, cpu, name, len)) {
		uint32_t last = r->last;

		i = find(r, cpu, name, len);
		if (i == NONE)
			return NONE;
		/* find() may have moved the array. */
		guess = last == NONE ? &r->first : &r->instance[last].follower;
		*guess = i;
	}
	r->last = i;
	return i;
}

void readings_put(struct readings *r, uint32_t instance, unsigned int metric, uint64_t value)
{
	if (instance == NONE || r->error)
		return;
	uint32_t *series = &r->series[(size_t)instance * r->n_metrics + metric];
	struct batch *b = r->values;

	if (!*series)
		*series = new_series(r, instance, metric);
	if (!*series)
		return;
	b->time[b->rows] = r->time;
	batch_u32(b, VALUE_SERIES)[b->rows] = *series;
	batch_u64(b, VALUE_VALUE)[b->rows] = value;
	if (++b->rows == b->cap)
		write_out(r, b);
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
		for (unsigned int m = 0; m < r->n_metrics; m++) {
			uint32_t number = r->series[(size_t)i * r->n_metrics + m];

			if (number && (rc = put_series(r, i, m, number)) < 0)
				fail(r, rc);
		}
	return readings_flush(r, e);
}

int readings_flush(struct readings *r, struct err *e)
{
	write_out(r, r->new_series);
	write_out(r, r->values);
	return r->error ? err_set(e, r->error, "%s", err_text(&r->words, r->error)) : 0;
}

uint32_t readings_n_series(const struct readings *r)
{
	uint32_t n = 0;

	for (size_t i = 0; i < (size_t)r->n * r->n_metrics; i++)
		n += r->series[i] != 0;
	return n;
}

uint64_t readings_n_refused(const struct readings *r)
{
	return r->refused;
}
