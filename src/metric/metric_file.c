/* SPDX-License-Identifier: MIT */
/* Reading *.metrics files: docs/formats/metrics.md. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "metric/metric_parts.h"
#include "metric/metric_text.h"

#define NAME_MAX_BYTES 96

/* How the one file that is read now is read. */
struct reader {
	struct metric_set *s;
	struct metric_text t;
	unsigned int file, flags, depth;
	const struct metric_include *include;
	struct err *e;
};

#define mistake(r, at, ...) metric_text_mistake(&(r)->t, at, (r)->e, __VA_ARGS__)

static int no_memory(struct reader *r)
{
	return err_set(r->e, -ENOMEM, "out of memory");
}

static int pooled(struct reader *r, const struct metric_word *w, const char **ret)
{
	*ret = strpool_add_n(r->s->pool, w->s, w->n);
	return *ret ? 0 : no_memory(r);
}

static int need_word(struct reader *r, struct metric_word *w, const char *what)
{
	if (metric_text_word(&r->t, w))
		return 0;
	return mistake(r, r->t.at, "%s is missing", what);
}

static int need_name(struct reader *r, const char **ret, struct metric_word *w, const char *what)
{
	int err = need_word(r, w, what);

	if (err < 0)
		return err;
	if (w->n > NAME_MAX_BYTES)
		return mistake(r, w->at, "a name of more than %d bytes", NAME_MAX_BYTES);
	for (size_t i = 0; i < w->n; i++)
		if (w->s[i] <= ' ' || w->s[i] > '~' || strchr("'\"\\#", w->s[i]))
			return mistake(r, w->at + i, "a byte that no name may have");
	return pooled(r, w, ret);
}

/* Texts are for people: printable, and not empty. */
static int need_quoted(struct reader *r, const char **ret, const char *what)
{
	struct metric_word w;

	if (!metric_text_quoted(&r->t, &w))
		return mistake(r, r->t.at, "%s in '\"' is missing", what);
	if (!w.n)
		return mistake(r, w.at, "%s is empty", what);
	for (size_t i = 0; i < w.n; i++)
		if ((unsigned char)w.s[i] < ' ' || w.s[i] == 0x7f)
			return mistake(r, w.at + i, "a control byte in %s", what);
	return pooled(r, &w, ret);
}

static struct metric_place place_of(struct reader *r, size_t at)
{
	struct metric_place p = { .file = r->s->file[r->file].name };

	metric_text_where(&r->t, at, &p.line, &p.column);
	return p;
}

/* Give @name to thing @ref, or say that it is taken. -EEXIST (no words): it replaces *ret_old. */
static int claim(struct reader *r, const struct metric_word *w, const char *name,
		 struct metric_ref ref, struct metric_ref *ret_old)
{
	int err = metric_set_name(r->s, name, ref);
	struct metric_ref old = { 0 };

	if (err != -EEXIST)
		return err < 0 ? mistake(r, w->at, "too many names") : 0;
	(void)metric_set_find(r->s, name, &old);
	const struct metric_place *p = old.kind == METRIC_EVENT ? &r->s->event[old.index].place
				       : old.kind == METRIC_METRIC
					       ? &r->s->metric[old.index].place
					       : &r->s->constant[old.index].place;

	if (!p->file)
		return mistake(r, w->at, "'%s' is a constant of the machine", name);
	if (r->flags & METRIC_OVERRIDE && ret_old && old.kind == ref.kind &&
	    p->file != r->s->file[r->file].name) {
		*ret_old = old;
		return -EEXIST;
	}
	return mistake(r, w->at, "'%s' is defined already, in %s:%u", name, p->file, p->line);
}

/* ---- lines ---- */

static int parse_model(struct reader *r, const struct metric_word *w, struct metric_cpus *c)
{
	size_t at = 0;

	while (at < w->n) {
		double v[2];
		int used = quantity_scan(w->s + at, w->n - at, &v[0]);

		if (c->n_models == METRIC_CPUS_MAX)
			return mistake(r, w->at, "more than %d ranges of models", METRIC_CPUS_MAX);
		if (used < 0)
			return mistake(r, w->at + at, "a model is a number or a range");
		at += (size_t)used;
		v[1] = v[0];
		if (at < w->n && w->s[at] == '-') {
			used = quantity_scan(w->s + at + 1, w->n - at - 1, &v[1]);
			if (used < 0)
				return mistake(r, w->at + at, "a range has no end");
			at += (size_t)used + 1;
		}
		if (v[0] != floor(v[0]) || v[1] != floor(v[1]) || v[1] > UINT32_MAX || v[0] > v[1])
			return mistake(r, w->at, "'%.*s' is no list of models",
				       (int)min_of(w->n, (size_t)64), w->s);
		c->model_from[c->n_models] = (uint32_t)v[0];
		c->model_to[c->n_models++] = (uint32_t)v[1];
		if (at < w->n && w->s[at++] != ',')
			return mistake(r, w->at + at - 1, "a ',' is missing");
	}
	return 0;
}

static int line_cpu(struct reader *r)
{
	struct metric_file *f = &r->s->file[r->file];
	struct metric_cpus c = { 0 };
	struct metric_word w;
	double family;
	int err = need_word(r, &w, "a vendor");

	if (err < 0)
		return err;
	if (cpu_vendor_parse(w.s, w.n, &c.vendor) < 0)
		return mistake(r, w.at, "unknown vendor (there are: any, intel, amd, arm)");
	if (f->n_cpus == METRIC_CPUS_MAX)
		return mistake(r, w.at, "more than %d cpu lines", METRIC_CPUS_MAX);
	if (c.vendor != CPU_ANY) {
		err = need_word(r, &w, "a family");
		if (err < 0)
			return err;
		if (quantity_scan(w.s, w.n, &family) != (int)w.n || family != floor(family) ||
		    family > UINT32_MAX)
			return mistake(r, w.at, "a family is a number");
		c.family = (uint32_t)family;
		err = need_word(r, &w, "a list of models");
		if (err >= 0)
			err = parse_model(r, &w, &c);
		if (err < 0)
			return err;
	}
	f->cpus[f->n_cpus++] = c;
	return 0;
}

static int line_source(struct reader *r)
{
	const char *text;
	int err = need_quoted(r, &text, "a source");

	if (err >= 0)
		r->s->file[r->file].source = text;
	return err;
}

static int line_group(struct reader *r)
{
	struct metric_set *s = r->s;
	struct metric_group g = { 0 };
	struct metric_word w;
	int err = need_name(r, &g.name, &w, "a group's name");

	if (err >= 0)
		err = need_quoted(r, &g.title, "a title");
	if (err < 0)
		return err;
	g.place = place_of(r, w.at);
	for (unsigned int i = 0; i < s->n_groups; i++) {
		if (s->group[i].name != g.name)
			continue;
		/* Files share groups: the same words again are no mistake. */
		return s->group[i].title == g.title || s->group[i].place.file != g.place.file
			       ? 0
			       : mistake(r, w.at, "group '%s' is defined already", g.name);
	}
	void *grown = metric_set_grow(s->group, s->n_groups, sizeof(*s->group), r->e);

	if (!grown)
		return metric_text_place(&r->t, w.at, -EINVAL, r->e);
	s->group = grown;
	s->group[s->n_groups++] = g;
	return 0;
}

static int line_constant(struct reader *r)
{
	struct metric_set *s = r->s;
	struct metric_constant c = { 0 };
	struct metric_ref old;
	struct metric_word w, v;
	int err = need_name(r, &c.name, &w, "a constant's name");

	if (err >= 0)
		err = need_word(r, &v, "a value");
	if (err < 0)
		return err;
	bool negative = *v.s == '-';
	int used = quantity_scan(v.s + negative, v.n - negative, &c.value);

	if (used < 0 || (size_t)used + negative != v.n)
		return mistake(r, v.at, "a constant's value is a number");
	c.value = negative ? -c.value : c.value;
	err = need_quoted(r, &c.help, "a description");
	if (err < 0)
		return err;
	c.place = place_of(r, w.at);
	err = claim(r, &w, c.name, (struct metric_ref){ METRIC_CONSTANT, s->n_constants }, &old);
	if (err == -EEXIST) {
		s->constant[old.index] = c;
		return 0;
	}
	if (err < 0)
		return err;
	void *grown = metric_set_grow(s->constant, s->n_constants, sizeof(*s->constant), r->e);

	if (!grown)
		return metric_text_place(&r->t, w.at, -EINVAL, r->e);
	s->constant = grown;
	s->constant[s->n_constants++] = c;
	return 0;
}

static bool option_value(const struct metric_word *w, const char *name, struct metric_word *ret)
{
	size_t n = strlen(name);

	if (w->n <= n || memcmp(w->s, name, n))
		return false;
	*ret = (struct metric_word){ .s = w->s + n, .n = w->n - n, .at = w->at + n };
	return true;
}

static int line_event(struct reader *r)
{
	struct metric_set *s = r->s;
	struct metric_event ev = { 0 };
	struct metric_word w, code, option, aka[8];
	struct metric_ref old;
	unsigned int n_aka = 0;
	int err = need_name(r, &ev.name, &w, "an event's name");

	if (err >= 0)
		err = need_word(r, &code, "the event's code");
	if (err < 0)
		return err;
	err = event_code_parse(code.s, code.n, &ev.code, r->e);
	if (err < 0)
		return metric_text_place(&r->t, code.at, err, r->e);
	ev.per_socket = !event_code_is_core(&ev.code);
	while (metric_text_word(&r->t, &option)) {
		if (n_aka == ARRAY_SIZE(aka) || !option_value(&option, "aka=", &aka[n_aka++]))
			return mistake(r, option.at, "expected aka=NAME (at most %zu) or a text",
				       ARRAY_SIZE(aka));
	}
	err = need_quoted(r, &ev.help, "a description");
	if (err < 0)
		return err;
	ev.place = place_of(r, w.at);
	struct metric_ref ref = { METRIC_EVENT, s->n_events };

	err = claim(r, &w, ev.name, ref, &old);
	if (err == -EEXIST) {
		s->event[old.index] = ev;
		ref = old;
	} else if (err < 0) {
		return err;
	} else {
		void *grown = metric_set_grow(s->event, s->n_events, sizeof(*s->event), r->e);

		if (!grown)
			return metric_text_place(&r->t, w.at, -EINVAL, r->e);
		s->event = grown;
		s->event[s->n_events++] = ev;
	}
	for (unsigned int i = 0; i < n_aka; i++) {
		const char *name;
		struct metric_ref same = { 0 };

		if (pooled(r, &aka[i], &name) < 0)
			return -ENOMEM;
		if (err == -EEXIST && metric_set_find(s, name, &same) &&
		    same.kind == METRIC_EVENT && same.index == ref.index)
			continue;
		int bad = claim(r, &aka[i], name, ref, NULL);

		if (bad < 0)
			return bad;
	}
	return 0;
}

static int read_formula(struct reader *r, struct metric_formula *ret)
{
	struct metric_word w;
	size_t at;

	if (metric_text_line_ends(&r->t) || r->t.s[r->t.at] != '=')
		return mistake(r, r->t.at, "'= EXPRESSION' is missing");
	r->t.at++;
	metric_text_rest(&r->t, &w);
	ret->at = w.at;
	int err = expression_parse(w.s, w.n, &ret->x, &at, r->e);

	return err < 0 ? metric_text_place(&r->t, w.at + at, err, r->e) : 0;
}

/* "GROUP.LEVEL" */
static int parse_group(struct reader *r, const struct metric_word *w, struct metric *m)
{
	const char *dot = memchr(w->s, '.', w->n);
	size_t n = dot ? (size_t)(dot - w->s) : w->n;

	m->level = 1;
	if (dot) {
		if (w->n != n + 2 || dot[1] < '1' || dot[1] > '9')
			return mistake(r, w->at + n, "a level is a digit from 1 to 9");
		m->level = (unsigned int)(dot[1] - '0');
	}
	m->group = strpool_add_n(r->s->pool, w->s, n);
	if (!m->group)
		return no_memory(r);
	for (unsigned int i = 0; i < r->s->n_groups; i++)
		if (r->s->group[i].name == m->group)
			return 0;
	return mistake(r, w->at, "unknown group '%s' (a line 'group NAME \"TITLE\"' comes first)",
		       m->group);
}

/* All but the name and the formula. */
static int metric_head(struct reader *r, struct metric *m)
{
	struct metric_word w, value;
	int err = need_word(r, &w, "a unit");

	if (err >= 0)
		err = pooled(r, &w, &m->unit);
	if (err < 0)
		return err;
	if (!metric_unit_known(m->unit))
		return mistake(r, w.at, "unknown unit '%.40s' (docs/formats/metrics.md has a list)",
			       m->unit);
	err = need_word(r, &w, "a group");
	if (err >= 0)
		err = parse_group(r, &w, m);
	if (err >= 0)
		err = need_quoted(r, &m->title, "a title");
	m->txn = -1;
	while (err >= 0 && metric_text_word(&r->t, &w)) {
		if (m->txn_name || !option_value(&w, "txn=", &value))
			return mistake(r, w.at, "expected txn=EVENT or a text");
		err = pooled(r, &value, &m->txn_name);
	}
	return err < 0 ? err : need_quoted(r, &m->help, "a description");
}

static int line_metric(struct reader *r)
{
	struct metric_set *s = r->s;
	struct metric m = { 0 };
	struct metric_ref old;
	struct metric_word w;
	int err = need_name(r, &m.name, &w, "a metric's name");

	if (err >= 0)
		err = metric_head(r, &m);
	if (err >= 0)
		err = read_formula(r, &m.formula);
	if (err < 0)
		return err;
	m.place = place_of(r, w.at);
	err = claim(r, &w, m.name, (struct metric_ref){ METRIC_METRIC, s->n_metrics }, &old);
	if (err == -EEXIST) {
		metric_formula_done(&s->metric[old.index].formula);
		metric_formula_done(&s->metric[old.index].socket);
		s->metric[old.index] = m;
		return 0;
	}
	void *grown =
		err < 0 ? NULL : metric_set_grow(s->metric, s->n_metrics, sizeof(*s->metric), r->e);

	if (!grown) {
		metric_formula_done(&m.formula);
		return err < 0 ? err : metric_text_place(&r->t, w.at, -EINVAL, r->e);
	}
	s->metric = grown;
	s->metric[s->n_metrics++] = m;
	return 0;
}

/* "socket NAME = EXPRESSION": a metric's formula for one socket. */
static int line_socket(struct reader *r)
{
	struct metric_ref ref = { 0 };
	struct metric_word w;
	const char *name;
	int err = need_name(r, &name, &w, "a metric's name");

	if (err < 0)
		return err;
	if (!metric_set_find(r->s, name, &ref) || ref.kind != METRIC_METRIC ||
	    r->s->metric[ref.index].place.file != r->s->file[r->file].name)
		return mistake(r, w.at, "no metric '%s' stands before in this file", name);
	struct metric *m = &r->s->metric[ref.index];

	if (m->socket.x)
		return mistake(r, w.at, "'%s' has a formula for one socket already", name);
	return read_formula(r, &m->socket);
}

static int add_file(struct metric_set *s, const char *name, const char *text, size_t n,
		    unsigned int flags, const struct metric_include *include, unsigned int depth,
		    struct err *e);

static int line_include(struct reader *r)
{
	const char *name;
	size_t at = r->t.at;
	int err = need_quoted(r, &name, "a file's name");
	auto_buf text;

	buf_init(&text, METRIC_FILE_MAX);
	if (err < 0)
		return err;
	if (strchr(name, '/'))
		return mistake(r, at, "include takes a name without '/'");
	if (r->depth >= METRIC_INCLUDE_MAX)
		return mistake(r, at, "includes are more than %d deep", METRIC_INCLUDE_MAX);
	for (unsigned int i = 0; i < r->s->n_files; i++)
		if (r->s->file[i].name == name)
			return 0;
	if (!r->include)
		return mistake(r, at, "'%s' cannot be included here", name);
	err = r->include->read(r->include->arg, name, &text, r->e);
	if (err < 0)
		return metric_text_place(&r->t, at, err, r->e);
	return add_file(r->s, name, buf_str(&text), text.len, r->flags, r->include, r->depth + 1,
			r->e);
}

static int read_line(struct reader *r)
{
	static const struct {
		const char *word;
		int (*read)(struct reader *r);
	} lines[] = {
		{ "event", line_event },       { "metric", line_metric }, { "socket", line_socket },
		{ "constant", line_constant }, { "group", line_group },	  { "cpu", line_cpu },
		{ "include", line_include },   { "source", line_source },
	};
	struct metric_word w;
	size_t i = 0;

	if (!metric_text_word(&r->t, &w))
		return mistake(r, r->t.at, "a line begins with a word");
	while (i < ARRAY_SIZE(lines) && !metric_word_is(&w, lines[i].word))
		i++;
	if (i == ARRAY_SIZE(lines))
		return mistake(r, w.at,
			       "unknown word '%.*s' (there are: event, metric, socket, "
			       "constant, group, cpu, include, source)",
			       (int)min_of(w.n, (size_t)40), w.s);
	int err = lines[i].read(r);

	if (err < 0)
		return err;
	if (!metric_text_line_ends(&r->t))
		return mistake(r, r->t.at, "more on the line than a '%s' has", lines[i].word);
	return 0;
}

/* "metrics 1 "TITLE"" */
static int read_head(struct reader *r)
{
	struct metric_word w;
	const char *title;

	if (!metric_text_next_line(&r->t) || !metric_text_word(&r->t, &w) ||
	    !metric_word_is(&w, "metrics"))
		return mistake(r, r->t.at, "the file does not begin with 'metrics 1 \"TITLE\"'");
	if (!metric_text_word(&r->t, &w) || !metric_word_is(&w, "1"))
		return mistake(r, w.at, "not version 1 of the format");
	int err = need_quoted(r, &title, "a title");

	if (err >= 0)
		r->s->file[r->file].title = title;
	return err;
}

static int add_file(struct metric_set *s, const char *name, const char *text, size_t n,
		    unsigned int flags, const struct metric_include *include, unsigned int depth,
		    struct err *e)
{
	const char *own = strpool_add(s->pool, name);

	if (!own)
		return err_set(e, -ENOMEM, "out of memory");
	if (n > METRIC_FILE_MAX)
		return err_set(e, -EINVAL, "%.200s: more than %zu bytes", name, METRIC_FILE_MAX);
	for (unsigned int i = 0; i < s->n_files; i++)
		if (s->file[i].name == own)
			return 0;
	if (s->n_files == METRIC_FILES_MAX)
		return err_set(e, -EINVAL, "more than %d files of metrics", METRIC_FILES_MAX);
	void *grown = metric_set_grow(s->file, s->n_files, sizeof(*s->file), e);

	if (!grown)
		return -ENOMEM;
	s->file = grown;
	s->file[s->n_files].name = own;
	struct reader r = { .s = s,
			    .t = { .file = own, .s = text, .n = n },
			    .file = s->n_files++,
			    .flags = flags,
			    .depth = depth,
			    .include = include,
			    .e = e };
	const char *zero = n ? memchr(text, '\0', n) : NULL;
	int err = zero ? mistake(&r, (size_t)(zero - text), "a zero byte") : read_head(&r);

	if (err >= 0 && !metric_text_line_ends(&r.t))
		err = mistake(&r, r.t.at, "more on the line than a title");
	while (err >= 0 && metric_text_next_line(&r.t))
		err = read_line(&r);
	return err;
}

int metric_set_add(struct metric_set *s, const char *name, const char *text, size_t n,
		   unsigned int flags, const struct metric_include *include, struct err *e)
{
	return add_file(s, name, text, n, flags, include, 0, e);
}
