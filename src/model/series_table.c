/* SPDX-License-Identifier: MIT */
/* Metrics and series of a run. */
#include "model/series_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"

/* Products of any value with it are finite. */
#define SCALE_MAX 1e100

struct series_table {
	struct strpool *text;
	struct series_metric *metric;
	struct metric_series *series;
	uint32_t n_metrics, cap_metrics, n_series, cap_series, n_collectors;
	struct idmap metric_by_number, metric_by_name, by_number;
	struct idmap collector; /* address of the pooled first part -> number */
	struct idmap by_thing; /* thing_key() -> first series of equal key */
	struct thing_link *link; /* of each series */
	uint32_t *first; /* series of each metric */
};

struct thing_link {
	uint32_t same_key; /* the next series of equal thing_key(), or SERIES_NONE */
	uint32_t same_metric; /* the next of its metric, or SERIES_NONE */
};

static void *room(void *array, uint32_t n, uint32_t *cap, size_t bytes)
{
	if (n < *cap)
		return array;
	uint32_t more = *cap ? 2 * *cap : 64;
	void *grown = reallocarray(array, more, bytes);

	if (grown)
		*cap = more;
	return grown;
}

/* "disk" of "disk.reads". */
static int collector_of(struct series_table *t, const char *name, uint32_t *ret)
{
	const char *part = strpool_add_n(t->text, name, strcspn(name, "."));

	if (!part)
		return -ENOMEM;
	*ret = idmap_get(&t->collector, (uintptr_t)part);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = t->n_collectors++;
	return idmap_set(&t->collector, (uintptr_t)part, *ret);
}

double series_divisor(double scale)
{
	double divisor = scale > 0 && scale < 1 ? round(1 / scale) : 0;

	return fabs(divisor * scale - 1) < 1e-12 ? divisor : 0;
}

static int add_metric(struct series_table *t, const struct batch *b, uint32_t row)
{
	struct series_metric m = {
		.number = batch_u32(b, METRIC_NUMBER)[row],
		.kind = batch_u8(b, METRIC_KIND)[row],
		.bits = batch_u8(b, METRIC_BITS)[row],
		.scale = batch_f64(b, METRIC_SCALE)[row],
		.name = strpool_add(t->text, batch_text(b, METRIC_NAME, row)),
		.unit = strpool_add(t->text, batch_text(b, METRIC_UNIT, row)),
		.help = strpool_add(t->text, batch_text(b, METRIC_HELP, row)),
	};

	/* What was told before counts: it may be repeated. */
	if (idmap_get(&t->metric_by_number, m.number) != IDMAP_NONE)
		return 0;
	if ((m.kind != METRIC_COUNTER && m.kind != METRIC_GAUGE) || !(fabs(m.scale) <= SCALE_MAX))
		return 0;
	if (!m.name || !m.unit || !m.help || collector_of(t, m.name, &m.collector) < 0)
		return -ENOMEM;
	m.divisor = series_divisor(m.scale);
	if (m.bits < 1 || m.bits > 64)
		m.bits = 64;
	void *grown = room(t->metric, t->n_metrics, &t->cap_metrics, sizeof(m));

	if (!grown)
		return -ENOMEM;
	t->metric = grown;
	t->metric[t->n_metrics] = m;
	if (idmap_set(&t->metric_by_number, m.number, t->n_metrics) < 0)
		return -ENOMEM;
	if (idmap_get(&t->metric_by_name, (uintptr_t)m.name) == IDMAP_NONE &&
	    idmap_set(&t->metric_by_name, (uintptr_t)m.name, t->n_metrics) < 0)
		return -ENOMEM;
	t->n_metrics++;
	return 0;
}

/* Instances are pooled: equal texts have one address. */
static uint64_t thing_key(uint32_t metric, const char *instance, uint32_t cpu)
{
	uint64_t key = ((uint64_t)metric << 32 | cpu) * UINT64_C(0x9e3779b97f4a7c15);

	return key ^ (uint64_t)(uintptr_t)instance;
}

static bool is_thing(const struct series_table *t, uint32_t i, uint32_t metric,
		     const char *instance, uint32_t cpu)
{
	const struct metric_series *s = &t->series[i];

	return s->metric == metric && s->cpu == cpu && s->instance == instance;
}

static uint32_t find_thing(const struct series_table *t, uint32_t metric, const char *instance,
			   uint32_t cpu)
{
	uint32_t i = idmap_get(&t->by_thing, thing_key(metric, instance, cpu));

	while (i != SERIES_NONE && !is_thing(t, i, metric, instance, cpu))
		i = t->link[i].same_key;
	return i;
}

static int add_series(struct series_table *t, const struct batch *b, uint32_t row)
{
	struct metric_series s = {
		.number = batch_u32(b, SERIES_NUMBER)[row],
		.metric = idmap_get(&t->metric_by_number, batch_u32(b, SERIES_METRIC)[row]),
		.cpu = batch_u32(b, SERIES_CPU)[row],
		.instance = strpool_add(t->text, batch_text(b, SERIES_INSTANCE, row)),
	};

	if (!s.instance)
		return -ENOMEM;
	if (s.metric == IDMAP_NONE || idmap_get(&t->by_number, s.number) != IDMAP_NONE)
		return 0;
	/* A thing that was away for long may come back under another number. */
	uint32_t same = find_thing(t, s.metric, s.instance, s.cpu);

	if (same != SERIES_NONE)
		return idmap_set(&t->by_number, s.number, same);
	uint32_t cap = t->cap_series;
	void *grown = room(t->series, t->n_series, &t->cap_series, sizeof(s));

	if (!grown)
		return -ENOMEM;
	t->series = grown;
	grown = room(t->link, t->n_series, &cap, sizeof(*t->link));
	if (!grown)
		return -ENOMEM;
	t->link = grown;
	uint64_t key = thing_key(s.metric, s.instance, s.cpu);

	t->series[t->n_series] = s;
	t->link[t->n_series].same_key = idmap_get(&t->by_thing, key);
	if (idmap_set(&t->by_thing, key, t->n_series) < 0)
		return -ENOMEM;
	return idmap_set(&t->by_number, s.number, t->n_series++);
}

/* The series of each metric, once all are there. */
static int link_series(struct series_table *t)
{
	t->first = calloc((size_t)t->n_metrics + 1, sizeof(*t->first));
	if (!t->first)
		return -ENOMEM;
	memset(t->first, 0xff, t->n_metrics * sizeof(*t->first));
	for (uint32_t i = t->n_series; i-- > 0;) {
		uint32_t *first = &t->first[t->series[i].metric];

		t->link[i].same_metric = *first;
		*first = i;
	}
	return 0;
}

/* All rows of @track. */
static int read_track(struct series_table *t, struct source *src, const struct track *track,
		      int (*add)(struct series_table *t, const struct batch *b, uint32_t row),
		      struct err *e)
{
	const struct query q = { .tracks = track_bit(track) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		for (uint32_t i = 0; i < b->rows && r >= 0; i++)
			if (add(t, b, i) < 0)
				r = err_set(e, -ENOMEM, "out of memory");
	return r;
}

int series_table_load(struct source *src, struct series_table **ret, struct err *e)
{
	auto_ptr(series_table) t = calloc(1, sizeof(*t));

	if (!t || !(t->text = strpool_new()))
		return err_set(e, -ENOMEM, "out of memory");
	int r = read_track(t, src, &track_metric, add_metric, e);

	if (r >= 0)
		r = read_track(t, src, &track_series, add_series, e);
	if (r >= 0 && link_series(t) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r < 0)
		return r;
	*ret = steal_ptr(t);
	return 0;
}

struct series_table *series_table_free(struct series_table *t)
{
	if (t) {
		idmap_done(&t->metric_by_number);
		idmap_done(&t->metric_by_name);
		idmap_done(&t->by_number);
		idmap_done(&t->collector);
		idmap_done(&t->by_thing);
		free(t->link);
		free(t->first);
		free(t->metric);
		free(t->series);
		strpool_free(t->text);
		free(t);
	}
	return NULL;
}

uint32_t series_table_n(const struct series_table *t)
{
	return t->n_series;
}

const struct metric_series *series_table_at(const struct series_table *t, uint32_t i)
{
	return &t->series[i];
}

uint32_t series_table_n_metrics(const struct series_table *t)
{
	return t->n_metrics;
}

const struct series_metric *series_table_metric(const struct series_table *t, uint32_t i)
{
	return &t->metric[i];
}

uint32_t series_table_n_collectors(const struct series_table *t)
{
	return t->n_collectors;
}

uint32_t series_table_find(const struct series_table *t, uint32_t number)
{
	return idmap_get(&t->by_number, number);
}

uint32_t series_table_find_metric(const struct series_table *t, const char *name)
{
	const char *pooled = strpool_add(t->text, name);

	return pooled ? idmap_get(&t->metric_by_name, (uintptr_t)pooled) : SERIES_NONE;
}

uint32_t series_table_find_thing(const struct series_table *t, uint32_t metric,
				 const char *instance, uint32_t cpu)
{
	const char *pooled = strpool_add(t->text, instance);

	return pooled ? find_thing(t, metric, pooled, cpu) : SERIES_NONE;
}

uint32_t series_table_next(const struct series_table *t, uint32_t metric, uint32_t i)
{
	return i == SERIES_NONE ? t->first[metric] : t->link[i].same_metric;
}
