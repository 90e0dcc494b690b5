/* SPDX-License-Identifier: MIT */
/* perf stat's rows gathered by interval, event and CPU. */
#include "cmd/counts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "import/perf_stat.h"

#define FILE_BYTES_MAX ((size_t)1 << 30)
#define CELLS_MAX      (1u << 26)

struct row {
	double time;
	int column;
	unsigned int text;
	enum perf_stat_state state;
	double value, running_pct;
};

/* Repeated rows of one event: it stood several times in perf's list, each with a counter of its
 * own for a part of the time. */
struct cell {
	unsigned int n;
	double sum, low, high;
	enum absent absent; /* n = 0 */
};

struct match {
	unsigned int text, event;
	enum absent absent; /* the count is not the event's */
};

struct counts_file {
	const struct metric_set *set;
	struct strpool *pool;
	bool uncore_as_core, cut;
	enum counts_by by;
	struct row *row;
	size_t n_rows;
	const char **text;
	unsigned int n_texts, n_columns, n_times, n_matches, unmatched;
	struct idmap text_id;
	uint32_t *column;
	double *time;
	struct cell *cell; /* time x text x column */
	struct match *match;
};

struct counts_file *counts_file_free(struct counts_file *f)
{
	if (!f)
		return NULL;
	strpool_free(f->pool);
	idmap_done(&f->text_id);
	free(f->row);
	free(f->text);
	free(f->column);
	free(f->time);
	free(f->cell);
	free(f->match);
	free(f);
	return NULL;
}

/* Room for one more behind @n. */
static int grow(void **array, size_t n, size_t bytes)
{
	if (n & (n - 1))
		return 0;
	void *grown = reallocarray(*array, n ? n * 2 : 1, bytes);

	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

static int text_number(struct counts_file *f, const char *text, unsigned int *ret)
{
	const char *pooled = strpool_add(f->pool, text);
	uint32_t i = pooled ? idmap_get(&f->text_id, (uintptr_t)pooled) : 0;

	if (!pooled)
		return -ENOMEM;
	if (i == IDMAP_NONE) {
		i = f->n_texts;
		if (grow((void **)&f->text, i, sizeof(*f->text)) < 0 ||
		    idmap_set(&f->text_id, (uintptr_t)pooled, i) < 0)
			return -ENOMEM;
		f->text[f->n_texts++] = pooled;
	}
	*ret = i;
	return 0;
}

static int take_row(void *arg, const struct perf_stat_row *r, struct err *e)
{
	struct counts_file *f = arg;
	enum counts_by by = r->cpu >= 0	     ? COUNTS_BY_CPU
			    : r->socket >= 0 ? COUNTS_BY_SOCKET
					     : COUNTS_IN_ALL;
	struct row row = { .time = r->time,
			   .column = by == COUNTS_BY_CPU      ? r->cpu
				     : by == COUNTS_BY_SOCKET ? r->socket
							      : 0,
			   .state = r->state,
			   .value = r->value,
			   .running_pct = r->running_pct };

	if (r->cgroup || r->task)
		return err_set(e, -EINVAL, "counts by cgroup or task ('%.60s') are not read",
			       r->cgroup ? r->cgroup : r->task);
	if (f->n_rows && by != f->by)
		return err_set(e, -EINVAL, "rows by CPU, by socket and of all are mixed");
	f->by = by;
	if (text_number(f, r->event, &row.text) < 0 ||
	    grow((void **)&f->row, f->n_rows, sizeof(row)) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	f->row[f->n_rows++] = row;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static unsigned int position(const double *v, unsigned int n, double key)
{
	const double *at = n ? bsearch(&key, v, n, sizeof(*v), by_value) : NULL;

	return at ? (unsigned int)(at - v) : 0;
}

/* Sort @v and drop repetitions. */
static unsigned int distinct(double *v, size_t n)
{
	unsigned int k = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		if (!i || v[i] != v[k - 1])
			v[k++] = v[i];
	return k;
}

static void add_to_cell(struct cell *c, const struct row *r)
{
	if (r->state != PERF_STAT_COUNTED) {
		if (!c->n)
			c->absent = r->state == PERF_STAT_NOT_COUNTED ? ABSENT_NOT_COUNTED
								      : ABSENT_NOT_SUPPORTED;
		return;
	}
	/* What ran a part of the time was scaled up: see docs/formats/metrics.md. */
	double part = isnan(r->running_pct) ? 1 : fmin(r->running_pct, 100) / 100;
	double low = r->value * part, high = r->value * (2 - part);

	c->low = c->n ? fmin(c->low, low) : low;
	c->high = c->n ? fmax(c->high, high) : high;
	c->sum += r->value;
	c->n++;
	c->absent = PRESENT;
}

static int arrange(struct counts_file *f, struct err *e)
{
	size_t n = f->n_rows;
	auto_free double *columns = calloc(n + 1, sizeof(*columns));

	f->time = calloc(n + 1, sizeof(*f->time));
	f->column = calloc(n + 1, sizeof(*f->column));
	if (!columns || !f->time || !f->column)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		columns[i] = f->row[i].column;
		f->time[i] = isnan(f->row[i].time) ? -1 : f->row[i].time;
	}
	f->n_columns = distinct(columns, n);
	f->n_times = distinct(f->time, n);
	for (unsigned int i = 0; i < f->n_columns; i++)
		f->column[i] = (uint32_t)columns[i];
	uint64_t cells = (uint64_t)f->n_times * f->n_columns;

	if (cells > CELLS_MAX || cells * f->n_texts > CELLS_MAX)
		return err_set(e, -EFBIG, "more than %u counts", CELLS_MAX);
	f->cell = calloc(cells * f->n_texts + 1, sizeof(*f->cell));
	if (!f->cell)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < cells * f->n_texts; i++)
		f->cell[i].absent = ABSENT_NO_ROW;
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &f->row[i];
		size_t t = position(f->time, f->n_times, isnan(r->time) ? -1 : r->time);
		size_t c = position(columns, f->n_columns, r->column);

		add_to_cell(&f->cell[(t * f->n_texts + r->text) * f->n_columns + c], r);
	}
	return 0;
}

/* ---- what the texts stand for ---- */

struct finder {
	struct counts_file *f;
	unsigned int text;
	enum absent absent;
	int error;
};

static void found(void *arg, unsigned int event)
{
	struct finder *w = arg;
	struct counts_file *f = w->f;

	if (grow((void **)&f->match, f->n_matches, sizeof(*f->match)) < 0) {
		w->error = -ENOMEM;
		return;
	}
	f->match[f->n_matches++] = (struct match){ w->text, event, w->absent };
}

/*
 * A raw code that is no core event's may be that of an uncore event which was programmed on the
 * core PMU, or of an event with a second register. What filters and second registers select is
 * lost, so events that need one cannot be told apart.
 */
static void find_uncore(struct finder *w, const struct event_code *code)
{
	const struct metric_set *set = w->f->set;
	unsigned int n = 0, n_plain = 0;
	uint64_t config;

	for (unsigned int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < metric_set_n_events(set); i++) {
			const struct metric_event *ev = metric_set_event(set, i);
			bool plain = event_code_plain(&ev->code, &config);

			if (config != (code->config & (ev->per_socket ? UINT64_MAX : 0xffff)) ||
			    (!ev->per_socket && plain))
				continue;
			if (!pass) {
				n++;
				n_plain += plain;
				continue;
			}
			w->absent = n > 1		   ? ABSENT_AMBIGUOUS
				    : !n_plain		   ? ABSENT_WRONG_PMU
				    : w->f->uncore_as_core ? PRESENT
							   : ABSENT_WRONG_PMU;
			found(w, i);
		}
	}
}

/* Names that ptap gave to newer perf, which took no ':' and '=': "INST_RETIREDcolonANY_P". */
static void find_spelled_out(struct finder *w, const char *text)
{
	auto_buf name;

	buf_init(&name, 0);
	while (*text) {
		bool colon = !strncmp(text, "colon", 5), equal = !strncmp(text, "equal", 5);

		(void)buf_add_byte(&name, (uint8_t)(colon ? ':' : equal ? '=' : *text));
		text += colon || equal ? 5 : 1;
	}
	(void)metric_set_match(w->f->set, buf_str(&name), found, w);
	if (buf_error(&name))
		w->error = buf_error(&name);
}

static unsigned int find_text(struct finder *w)
{
	const char *text = w->f->text[w->text];
	unsigned int before = w->f->n_matches;
	struct event_code code;

	w->absent = PRESENT;
	(void)metric_set_match(w->f->set, text, found, w);
	if (w->f->n_matches == before && (strstr(text, "colon") || strstr(text, "equal")))
		find_spelled_out(w, text);
	if (w->f->n_matches == before && event_code_parse(text, strlen(text), &code, NULL) >= 0 &&
	    code.raw)
		find_uncore(w, &code);
	return w->f->n_matches - before;
}

static int find_all(struct counts_file *f, struct err *e)
{
	struct finder w = { .f = f };

	for (w.text = 0; w.text < f->n_texts; w.text++)
		f->unmatched += !find_text(&w);
	return w.error < 0 ? err_set(e, w.error, "out of memory") : 0;
}

int counts_file_read(const char *path, const struct metric_set *set, bool uncore_as_core,
		     struct counts_file **ret, struct err *e)
{
	auto_ptr(counts_file) f = calloc(1, sizeof(*f));
	auto_buf text;

	buf_init(&text, FILE_BYTES_MAX);
	if (!f || !(f->pool = strpool_new()))
		return err_set(e, -ENOMEM, "out of memory");
	f->set = set;
	f->uncore_as_core = uncore_as_core;
	int r = file_read_at(AT_FDCWD, path, &text);

	if (r < 0)
		return err_set(e, r, "cannot read '%.200s': %s", path, strerror(-r));
	r = perf_stat_read(buf_str(&text), text.len, take_row, f, &f->cut, e);
	if (r >= 0 && !f->n_rows)
		r = err_set(e, -ENODATA, "no counts (perf stat -x, or -j writes them)");
	if (r >= 0)
		r = arrange(f, e);
	if (r >= 0)
		r = find_all(f, e);
	if (r < 0) {
		if (e)
			(void)err_prefix(e, "'%.200s'", path);
		return r;
	}
	*ret = steal_ptr(f);
	return 0;
}

enum counts_by counts_file_by(const struct counts_file *f)
{
	return f->by;
}

unsigned int counts_file_n_columns(const struct counts_file *f)
{
	return f->n_columns;
}

const uint32_t *counts_file_columns(const struct counts_file *f)
{
	return f->column;
}

unsigned int counts_file_n_times(const struct counts_file *f)
{
	return f->n_times;
}

double counts_file_time(const struct counts_file *f, unsigned int i)
{
	return f->time[i] < 0 ? NAN : f->time[i];
}

double counts_file_interval(const struct counts_file *f, unsigned int i)
{
	return f->time[i] < 0 ? NAN : f->time[i] - (i ? f->time[i - 1] : 0);
}

unsigned int counts_file_n_texts(const struct counts_file *f)
{
	return f->n_texts;
}

const char *counts_file_text(const struct counts_file *f, unsigned int i)
{
	return f->text[i];
}

unsigned int counts_file_unmatched(const struct counts_file *f)
{
	return f->unmatched;
}

bool counts_file_cut(const struct counts_file *f)
{
	return f->cut;
}

static const struct cell *cell_at(const struct counts_file *f, unsigned int time,
				  unsigned int column, unsigned int text)
{
	return &f->cell[((size_t)time * f->n_texts + text) * f->n_columns + column];
}

double counts_file_count(const struct counts_file *f, unsigned int time, unsigned int column,
			 unsigned int i)
{
	const struct cell *c = cell_at(f, time, column, i);

	return c->n ? c->sum / c->n : NAN;
}

static void put(const struct counts_file *f, struct metric_inputs *in, const struct match *m,
		unsigned int column, const struct cell *c)
{
	const struct metric_event *ev = metric_set_event(f->set, m->event);
	const struct reading *there = metric_inputs_get(in, m->event, column);
	struct reading r = { .absent = c->absent };

	if (c->n) {
		r.value = c->sum / c->n;
		r.low = fmin(c->low, r.value);
		r.high = fmax(c->high, r.value);
	}
	if (m->absent)
		r = (struct reading){ .absent = m->absent };
	if (!there->absent && !r.absent && ev->per_socket) {
		/* Boxes of one kind under names of their own. */
		r.value += there->value;
		r.low += there->low;
		r.high += there->high;
	} else if (there->absent != ABSENT_NO_ROW && (r.absent || !there->absent)) {
		return;
	}
	metric_inputs_set(in, m->event, column, r);
}

int counts_file_inputs(const struct counts_file *f, unsigned int time, const int *socket,
		       struct metric_inputs **ret, struct err *e)
{
	auto_free int *sockets = calloc(f->n_columns + 1, sizeof(*sockets));

	if (!sockets)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < f->n_columns; i++)
		sockets[i] = f->by == COUNTS_BY_SOCKET ? (int)f->column[i]
			     : socket		       ? socket[i]
						       : -1;
	struct metric_inputs *in = metric_inputs_new(f->set, f->column, sockets, f->n_columns);

	if (!in)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < f->n_matches; i++)
		for (unsigned int c = 0; c < f->n_columns; c++)
			put(f, in, &f->match[i], c, cell_at(f, time, c, f->match[i].text));
	if (f->uncore_as_core)
		metric_inputs_uncore_per_cpu(in);
	if (!isnan(counts_file_interval(f, time)))
		metric_inputs_constant(in, MACHINE_INTERVAL, counts_file_interval(f, time));
	*ret = in;
	return 0;
}
