/* SPDX-License-Identifier: MIT */
/* Chosen collectors and their ticks. */
#include "collect/collection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "collect/collector.h"
#include "collect/raw_files.h"
#include "model/file_track.h"

#define MAX_COLLECTORS 64
#define DRAIN_EVERY    (500 * NSEC_PER_MSEC) /* each time costs as much as 50 processes */

struct member {
	const struct collector *what;
	void *state; /* of one that reads files always: a struct proc_file for each */
	struct readings *readings;
	char *keep; /* patterns, or NULL */
	bool told_refused;
};

struct collection {
	struct member member[MAX_COLLECTORS];
	unsigned int n;
	struct raw_files *raw; /* or NULL */
	bool told_raw;
	struct readings_shared shared;
	struct buf text; /* of the file that is read */
	nsec_t interval, due;
	nsec_t drained; /* NSEC_MAX: nobody has to take anything between ticks */
	struct collection_options options;
	struct collection_stats stats;
	struct buf note;
	bool told; /* the note has been taken */
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
	/* Patterns in the set, of a length; NULL: everything. */
	const char *keep[MAX_COLLECTORS];
	size_t keep_len[MAX_COLLECTORS];
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

/* A word of the set: "disk", "-disk", "disk:sd*:vd*". */
static int choose_word(const char *word, size_t len, bool first, struct choice *ret, struct err *e)
{
	bool out = *word == '-';
	size_t n = strcspn(word, ",:");
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(n - out), word + out);
	uint64_t bits = bits_of_word(name);
	bool group = !strcmp(name, "all") || !strcmp(name, "default");

	if (!bits)
		return unknown(name, e);
	if (n < len && (out || group || n + 1 == len))
		return err_set(e, -EINVAL,
			       "patterns follow the name of one collector (try: disk:sd*)");
	if (out && first)
		ret->chosen = bits_of_word("default");
	ret->chosen = out ? ret->chosen & ~bits : ret->chosen | bits;
	if (!out && !group)
		ret->named |= bits;
	for (unsigned int i = 0; i < MAX_COLLECTORS; i++)
		if (bits >> i & 1) {
			ret->keep[i] = n < len ? word + n + 1 : NULL;
			ret->keep_len[i] = n < len ? len - n - 1 : 0;
		}
	return 0;
}

static int choose(const char *set, struct choice *ret, struct err *e)
{
	bool first = true;

	for (const char *p = set && *set ? set : "default"; *p; first = false) {
		size_t n = strcspn(p, ",");
		int r = choose_word(p, n, first, ret, e);

		if (r < 0)
			return r;
		p += n + (p[n] == ',');
	}
	return ret->chosen ? 0 : err_set(e, -EINVAL, "'%.64s' leaves no metrics", set);
}

/* ---- collectors that read the same files always ---- */

static int open_files(const struct collector *what, struct proc_file *f,
		      const struct proc_root *root, struct err *e)
{
	int first = proc_file_need(&f[0], root, what->file[0].path, e), best = first;

	for (unsigned int i = 1; i < what->n_files; i++) {
		int r = proc_file_open(&f[i], root, what->file[i].path);

		if (r == -ENOMEM)
			return r;
		best = max_of(best, r);
	}
	for (unsigned int i = 0; i < what->n_files; i++)
		f[i].short_lines = !what->file[i].long_lines;
	return best < 0 ? first : 0;
}

static void sample_files(const struct collector *what, struct proc_file *f, struct readings *r)
{
	for (unsigned int i = 0; i < what->n_files; i++) {
		const char *text = proc_file_read(&f[i]);

		if (text)
			what->file[i].scan(r, text, what->file[i].thing);
	}
}

/* ---- any collector ---- */

static void close_state(const struct collector *what, void *state)
{
	struct proc_file *f = state;

	if (state && !what->n_files)
		what->close(state);
	for (unsigned int i = 0; f && i < what->n_files; i++)
		proc_file_done(&f[i]);
	free(state);
}

static int open_state(const struct collector *what, const struct proc_root *root, void **ret,
		      struct err *e)
{
	void *state = calloc(1, what->n_files ? what->n_files * sizeof(struct proc_file)
					      : what->state_bytes);

	if (!state)
		return err_set(e, -ENOMEM, "no memory");
	int r = what->n_files ? open_files(what, state, root, e) : what->open(state, root, e);

	if (r < 0)
		close_state(what, state);
	else
		*ret = state;
	return r;
}

int collector_try(const struct collector *what, const struct proc_root *root, struct err *e)
{
	void *state = NULL;
	int r = open_state(what, root, &state, e);

	if (r >= 0)
		close_state(what, state);
	return r;
}

/* ---- interface ---- */

/* "no metrics 'nfs' (no '/proc/net/rpc/nfs'), 'usb' (...)" */
static int note(struct collection *c, const char *name, const char *why)
{
	if (c->told)
		buf_clear(&c->note);
	c->told = false;
	return buf_addf(&c->note, "%s'%s' (%s)", c->note.len ? ", " : "no metrics ", name, why);
}

static void end_member(struct member *m)
{
	if (m->state)
		close_state(m->what, m->state);
	readings_free(m->readings);
	free(m->keep);
	*m = (struct member){ 0 };
}

static int add_member(struct collection *c, unsigned int number, const struct choice *choice,
		      struct err *e)
{
	const struct collector *what = collector_list[number];
	struct member *m = &c->member[c->n];
	struct err why = { 0 };
	int r = open_state(what, &c->options.root, &m->state, &why);

	if (r < 0 && ((choice->named >> number & 1) || r == -ENOMEM))
		return err_set(e, r, "metrics '%s': %s", what->name, err_text(&why, r));
	if (r < 0)
		return note(c, what->name, err_text(&why, r));
	m->what = what;
	m->readings = readings_new(what->name, what->metric, what->n_metrics, &c->shared);
	if (choice->keep[number])
		m->keep = strndup(choice->keep[number], choice->keep_len[number]);
	if (!m->readings || (choice->keep[number] && !m->keep)) {
		end_member(m);
		return err_set(e, -ENOMEM, "no memory for metrics");
	}
	readings_keep(m->readings, m->keep);
	c->n++;
	if (what->drain)
		c->drained = 0;
	return 0;
}

/* What collectors have to say themselves, behind those that are not there. */
static int add_notes(struct collection *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		const struct member *m = &c->member[i];
		const char *text = m->what->note ? m->what->note(m->state) : "";

		if (*text && buf_addf(&c->note, "%smetrics '%s': %s", c->note.len ? "; " : "",
				      m->what->name, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

int collection_check_set(const char *set, struct err *e)
{
	struct choice choice = { 0 };

	return choose(set, &choice, e);
}

int collection_open(const struct collection_options *o, struct collection **ret, struct err *e)
{
	auto_ptr(collection) c = calloc(1, sizeof(*c));
	struct choice choice = { 0 };

	if (!c)
		return err_set(e, -ENOMEM, "no memory for metrics");
	buf_init(&c->note, 65536);
	buf_init(&c->text, PROC_FILE_MAX);
	c->options = *o;
	c->options.root.buf = &c->text;
	c->drained = NSEC_MAX;
	c->interval = o->interval ? o->interval : COLLECTION_INTERVAL;
	bool only_raw = o->raw && !(o->set && *o->set);
	int r = only_raw ? 0 : choose(o->set, &choice, e);

	if (r >= 0 && o->raw)
		r = raw_files_open(o->raw, o->root.fd, &c->raw, e);
	for (unsigned int i = 0; r >= 0 && collector_list[i] && i < MAX_COLLECTORS; i++)
		if (choice.chosen >> i & 1)
			r = add_member(c, i, &choice, e);
	if (r >= 0)
		r = add_notes(c);
	if (r < 0)
		return r;
	if (c->n == 0 && !c->raw)
		return err_set(e, -ENOENT, "%s", buf_str(&c->note));
	*ret = steal_ptr(c);
	return 0;
}

struct collection *collection_free(struct collection *c)
{
	if (c) {
		for (unsigned int i = 0; i < c->n; i++)
			end_member(&c->member[i]);
		raw_files_free(c->raw);
		readings_shared_done(&c->shared);
		buf_done(&c->text);
		buf_done(&c->note);
		free(c);
	}
	return NULL;
}

nsec_t collection_due(const struct collection *c)
{
	return c->drained == NSEC_MAX ? c->due : min_of(c->due, c->drained + DRAIN_EVERY);
}

/* What the first tick has shown not to be there, and what later became too much. */
static int tell_odd(struct collection *c, struct member *m)
{
	int r = 0;

	/* Texts may come later. */
	if (c->stats.samples == 0 && m->what->n_metrics && !readings_n_series(m->readings) &&
	    !c->options.root.text)
		r = note(c, m->what->name,
			 m->keep ? "nothing matches the patterns" : "nothing could be read");
	if (r >= 0 && !m->told_refused && readings_n_refused(m->readings)) {
		m->told_refused = true;
		r = note(c, m->what->name, "of some things: there are too many");
	}
	return r;
}

/* A file that could not be read any more, once. */
static int tell_raw(struct collection *c)
{
	for (unsigned int i = 0; !c->told_raw && i < raw_files_n(c->raw); i++) {
		if (!raw_files_missed(c->raw, i))
			continue;
		c->told_raw = true;
		if (c->told)
			buf_clear(&c->note);
		c->told = false;
		return buf_addf(&c->note, "%s'%s' could not be read, or is larger than %zu MiB",
				c->note.len ? "; " : "", raw_files_path(c->raw, i),
				RAW_FILE_MAX >> 20);
	}
	return 0;
}

/* What a collector does at a tick, or between two. */
typedef int (*collector_fn)(void *state, struct tick *t, struct err *e);

static int ask(struct collection *c, struct member *m, collector_fn what, nsec_t now,
	       struct sink *sink, struct err *e)
{
	struct tick t = { .time = now,
			  .readings = m->readings,
			  .sink = sink,
			  .name_tasks = !c->options.tasks_told,
			  .sparing = c->options.sparing };
	int r = what(m->state, &t, e);

	c->stats.rows += t.rows;
	c->stats.lost += t.lost;
	return r;
}

int collection_sample_at(struct collection *c, nsec_t now, struct sink *sink, struct err *e)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct member *m = &c->member[i];
		int r = 0;

		readings_begin(m->readings, now, sink);
		if (m->what->n_files)
			sample_files(m->what, m->state, m->readings);
		else
			r = ask(c, m, m->what->sample, now, sink, e);
		if (r >= 0)
			r = readings_flush(m->readings, e);
		if (r >= 0)
			r = tell_odd(c, m);
		if (r < 0)
			return r;
	}
	int r = c->raw ? raw_files_sample(c->raw, sink, e) : 0;

	if (r >= 0 && c->raw)
		r = tell_raw(c);
	c->stats.samples++;
	if (c->drained != NSEC_MAX)
		c->drained = now;
	return r;
}

static int drain(struct collection *c, nsec_t now, struct sink *sink, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; i < c->n && r >= 0; i++)
		if (c->member[i].what->drain)
			r = ask(c, &c->member[i], c->member[i].what->drain, now, sink, e);
	c->drained = now;
	return r;
}

int collection_turn(struct collection *c, struct sink *sink, struct err *e)
{
	nsec_t now = nsec_monotonic();

	return now >= c->due ? collection_sample(c, sink, e) : drain(c, now, sink, e);
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
	auto_ptr(batch) b = batch_new(&track_meta, 3);
	char interval[32];
	auto_buf set, raw;

	buf_init(&set, 0);
	buf_init(&raw, 0);
	for (unsigned int i = 0; i < c->n; i++)
		buf_addf(&set, "%s%s%s%s", i ? "," : "", c->member[i].what->name,
			 c->member[i].keep ? ":" : "", c->member[i].keep ? c->member[i].keep : "");
	for (unsigned int i = 0; c->raw && i < raw_files_n(c->raw); i++)
		buf_addf(&raw, "%s%s", i ? "," : "", raw_files_path(c->raw, i));
	snprintf(interval, sizeof(interval), "%llu", (unsigned long long)c->interval);
	if (!b || buf_error(&set) < 0 || buf_error(&raw) < 0)
		return err_set(e, -ENOMEM, "no memory");
	b->cpu = BATCH_CPU_NONE;
	if ((c->n && put_meta(b, "collect.set", buf_str(&set)) < 0) ||
	    (c->raw && put_meta(b, "collect.raw", buf_str(&raw)) < 0) ||
	    put_meta(b, "collect.interval", interval) < 0)
		return err_set(e, -ENOMEM, "no memory");
	return sink_write(sink, b, e);
}

void collection_stats(const struct collection *c, struct collection_stats *ret)
{
	*ret = c->stats;
	ret->series = c->shared.series;
	ret->values = c->shared.n_values;
}

const char *collection_note(struct collection *c)
{
	if (c->told)
		buf_clear(&c->note);
	c->told = true;
	return buf_str(&c->note);
}
