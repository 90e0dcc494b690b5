/* SPDX-License-Identifier: MIT */
/* Chosen collectors and their ticks. */
#include "collect/collection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "collect/collector.h"
#include "model/file_track.h"

#define MAX_COLLECTORS 64

struct member {
	const struct collector *what;
	void *state;
	struct readings *readings;
};

struct collection {
	struct member member[MAX_COLLECTORS];
	unsigned int n;
	struct readings_numbers numbers;
	nsec_t interval, due;
	struct proc_root root;
	struct collection_stats stats;
	struct buf note;
};

const struct collector *collector_by_name(const char *name)
{
	for (unsigned int i = 0; collector_list[i]; i++)
		if (!strcmp(collector_list[i]->name, name))
			return collector_list[i];
	return NULL;
}

/* ---- the set ---- */

/* 1u << i: collector i of the list; named ones must be there. */
struct choice {
	uint64_t chosen, named;
};

static uint64_t bits_of_word(const char *word)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; collector_list[i]; i++)
		if (!strcmp(word, "all") || !strcmp(word, collector_list[i]->name) ||
		    (!strcmp(word, "default") && collector_list[i]->by_default))
			bits |= UINT64_C(1) << i;
	return bits;
}

static int unknown(const char *word, struct err *e)
{
	char names[512] = "default, all";
	size_t at = strlen(names);

	for (unsigned int i = 0; collector_list[i] && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, ", %s",
				       collector_list[i]->name);
	return err_set(e, -EINVAL, "no metrics called '%.64s' (try: %s)", word, names);
}

static int choose(const char *set, struct choice *ret, struct err *e)
{
	bool first = true;

	for (const char *p = set && *set ? set : "default"; *p; first = false) {
		size_t n = strcspn(p, ",");
		bool out = *p == '-';
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(n - out), p + out);
		uint64_t bits = bits_of_word(word);

		if (!bits)
			return unknown(word, e);
		if (out && first)
			ret->chosen = bits_of_word("default");
		ret->chosen = out ? ret->chosen & ~bits : ret->chosen | bits;
		if (!out && strcmp(word, "all") != 0 && strcmp(word, "default") != 0)
			ret->named |= bits;
		p += n + (p[n] == ',');
	}
	return ret->chosen ? 0 : err_set(e, -EINVAL, "'%.64s' leaves no metrics", set);
}

/* ---- interface ---- */

static int add_member(struct collection *c, const struct collector *what, bool named, struct err *e)
{
	struct member *m = &c->member[c->n];
	struct err why = { 0 };

	m->what = what;
	m->state = calloc(1, what->state_bytes + 1);
	m->readings = readings_new(what->name, what->metric, what->n_metrics, &c->numbers);
	if (!m->state || !m->readings) {
		readings_free(m->readings);
		free(m->state);
		return err_set(e, -ENOMEM, "no memory for metrics");
	}
	int r = what->open(m->state, &c->root, &why);

	if (r >= 0) {
		c->n++;
		return 0;
	}
	what->close(m->state);
	free(m->state);
	m->readings = readings_free(m->readings);
	if (named || r == -ENOMEM)
		return err_set(e, r, "metrics '%s': %s", what->name, err_text(&why, r));
	return buf_addf(&c->note, "%sno metrics '%s': %s", c->note.len ? "; " : "", what->name,
			err_text(&why, r)) < 0
		       ? -ENOMEM
		       : 0;
}

int collection_open(const struct collection_options *o, struct collection **ret, struct err *e)
{
	auto_ptr(collection) c = calloc(1, sizeof(*c));
	struct choice choice = { 0 };

	if (!c)
		return err_set(e, -ENOMEM, "no memory for metrics");
	buf_init(&c->note, 65536);
	c->root = o->root;
	c->interval = o->interval ? o->interval : COLLECTION_INTERVAL;
	int r = choose(o->set, &choice, e);

	for (unsigned int i = 0; r >= 0 && collector_list[i] && i < MAX_COLLECTORS; i++)
		if (choice.chosen >> i & 1)
			r = add_member(c, collector_list[i], choice.named >> i & 1, e);
	if (r < 0)
		return r;
	if (c->n == 0)
		return err_set(e, -ENOENT, "there are no metrics here: %s", buf_str(&c->note));
	*ret = steal_ptr(c);
	return 0;
}

struct collection *collection_free(struct collection *c)
{
	if (c) {
		for (unsigned int i = 0; i < c->n; i++) {
			c->member[i].what->close(c->member[i].state);
			free(c->member[i].state);
			readings_free(c->member[i].readings);
		}
		buf_done(&c->note);
		free(c);
	}
	return NULL;
}

nsec_t collection_due(const struct collection *c)
{
	return c->due;
}

int collection_sample_at(struct collection *c, nsec_t now, struct sink *sink, struct err *e)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct member *m = &c->member[i];
		struct tick t = { .time = now, .readings = m->readings, .sink = sink };

		readings_begin(m->readings, now, sink);
		int r = m->what->sample(m->state, &t, e);

		if (r >= 0)
			r = readings_flush(m->readings, e);
		if (r < 0)
			return r;
	}
	c->stats.samples++;
	return 0;
}

int collection_sample(struct collection *c, struct sink *sink, struct err *e)
{
	nsec_t now = nsec_monotonic();
	int r = collection_sample_at(c, now, sink, e);

	if (r < 0)
		return r;
	/* Ticks stand on a grid, so that they do not drift; what is gone is gone. */
	if (!c->due)
		c->due = now;
	uint64_t steps = now < c->due ? 1 : (now - c->due) / c->interval + 1;

	c->stats.missed += steps - 1;
	c->due += steps * c->interval;
	return 0;
}

int collection_snapshot(struct collection *c, struct sink *sink, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < c->n; i++)
		r = readings_tell(c->member[i].readings, nsec_monotonic(), sink, e);
	return r;
}

static int put_meta(struct batch *b, const char *key, const char *value)
{
	int64_t k = batch_add_text(b, key), v = batch_add_text(b, value);

	if (k < 0 || v < 0)
		return -ENOMEM;
	b->time[b->rows] = nsec_monotonic();
	((uint32_t *)b->col[META_KEY])[b->rows] = (uint32_t)k;
	((uint32_t *)b->col[META_VALUE])[b->rows] = (uint32_t)v;
	b->rows++;
	return 0;
}

int collection_describe(const struct collection *c, struct sink *sink, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_meta, 2);
	char names[MAX_COLLECTORS * 32] = "", interval[32];
	size_t at = 0;

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	for (unsigned int i = 0; i < c->n; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%.30s", i ? "," : "",
				       c->member[i].what->name);
	snprintf(interval, sizeof(interval), "%llu", (unsigned long long)c->interval);
	b->cpu = BATCH_CPU_NONE;
	if (put_meta(b, "collect.set", names) < 0 || put_meta(b, "collect.interval", interval) < 0)
		return err_set(e, -ENOMEM, "no memory");
	return sink_write(sink, b, e);
}

void collection_stats(const struct collection *c, struct collection_stats *ret)
{
	*ret = c->stats;
	ret->series = c->numbers.series;
}

const char *collection_note(const struct collection *c)
{
	return c->note.data ? (const char *)c->note.data : "";
}
