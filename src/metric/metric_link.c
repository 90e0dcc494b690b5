/* SPDX-License-Identifier: MIT */
/* Linking a set: what names stand for, which metric comes before which, and whether units fit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_parts.h"

static const char *const units[] = {
	"ratio",     "%",  "/insn", "/kinsn", "/branch", "cycles", "cycles/insn", "insn/cycle",
	"uops/insn", "ns", "s",	    "GHz",    "GT/s",	 "MT/s",   "MB/s",	  "M/s",
	"K/s",	     "/s", "W",	    "CPUs",   "slots",	 "count",
};

bool metric_unit_known(const char *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i], unit))
			return true;
	return false;
}

static int at_place(const struct metric *m, struct err *e)
{
	if (e)
		(void)err_prefix(e, "%.200s:%u:%u", m->place.file, m->place.line, m->place.column);
	return e && e->code ? e->code : -EINVAL;
}

static int resolve(struct metric_set *s, struct metric *m, struct metric_formula *f, struct err *e)
{
	unsigned int n = f->x ? expression_n_names(f->x) : 0;

	free(f->ref);
	f->ref = calloc(n + 1, sizeof(*f->ref));
	if (!f->ref)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (metric_set_find(s, expression_name(f->x, i), &f->ref[i]))
			continue;
		(void)err_set(e, -EINVAL, "metric '%s': nothing is called '%s'", m->name,
			      expression_name(f->x, i));
		return at_place(m, e);
	}
	return 0;
}

static int resolve_txn(struct metric_set *s, struct metric *m, struct err *e)
{
	struct metric_ref ref;
	bool used = false;

	if (!m->txn_name)
		return 0;
	if (!metric_set_find(s, m->txn_name, &ref) || ref.kind != METRIC_EVENT) {
		(void)err_set(e, -EINVAL, "metric '%s': txn='%s' is no event", m->name,
			      m->txn_name);
		return at_place(m, e);
	}
	for (unsigned int i = 0; i < expression_n_names(m->formula.x); i++)
		used |= m->formula.ref[i].kind == METRIC_EVENT &&
			m->formula.ref[i].index == ref.index;
	if (!used) {
		(void)err_set(e, -EINVAL, "metric '%s' does not use its txn='%s'", m->name,
			      m->txn_name);
		return at_place(m, e);
	}
	m->txn = (int)ref.index;
	return 0;
}

/* ---- order ---- */

struct walk {
	struct metric_set *s;
	unsigned char *state; /* 0: not seen, 1: on the way, 2: done */
	unsigned int n, depth;
	struct err *e;
};

static int visit(struct walk *w, unsigned int i);

static int visit_formula(struct walk *w, const struct metric_formula *f)
{
	for (unsigned int k = 0; f->x && k < expression_n_names(f->x); k++) {
		int r = f->ref[k].kind == METRIC_METRIC ? visit(w, f->ref[k].index) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int visit(struct walk *w, unsigned int i)
{
	const struct metric *m = &w->s->metric[i];

	if (w->state[i] == 2)
		return 0;
	if (w->state[i] == 1) {
		(void)err_set(w->e, -EINVAL, "metric '%s' refers to itself", m->name);
		return at_place(m, w->e);
	}
	if (++w->depth > METRIC_CHAIN_MAX) {
		(void)err_set(w->e, -EINVAL,
			      "metric '%s': more than %d metrics refer to each other", m->name,
			      METRIC_CHAIN_MAX);
		return at_place(m, w->e);
	}
	w->state[i] = 1;
	int r = visit_formula(w, &m->formula);

	if (r >= 0)
		r = visit_formula(w, &m->socket);
	w->state[i] = 2;
	w->depth--;
	if (r >= 0)
		w->s->order[w->n++] = i;
	return r;
}

static int find_order(struct metric_set *s, struct err *e)
{
	auto_free unsigned char *state = calloc(s->n_metrics + 1, 1);
	struct walk w = { .s = s, .state = state, .e = e };
	int r = 0;

	free(s->order);
	s->order = calloc(s->n_metrics + 1, sizeof(*s->order));
	if (!s->order || !state)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; r >= 0 && i < s->n_metrics; i++)
		r = visit(&w, i);
	return r;
}

/* ---- units ---- */

static bool is_rate(const char *unit)
{
	static const char *const rates[] = { "/s", "K/s", "M/s", "MB/s", "MT/s", "GT/s", "W" };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		if (!strcmp(unit, rates[i]))
			return true;
	return false;
}

static bool is_clock(const struct event_code *c)
{
	return !strcmp(c->name, "task-clock") || !strcmp(c->name, "cpu-clock");
}

/* A rate has a time below it, a percentage a hundred in it: unless it is made of such. */
static bool unit_fits(const struct metric_set *s, const struct metric *m)
{
	bool rate = is_rate(m->unit), percent = !strcmp(m->unit, "%");

	if (!rate && !percent)
		return true;
	if (percent && expression_has_number(m->formula.x, 100))
		return true;
	for (unsigned int i = 0; i < expression_n_names(m->formula.x); i++) {
		struct metric_ref ref = m->formula.ref[i];

		if (rate && ref.kind == METRIC_CONSTANT && ref.index == MACHINE_INTERVAL)
			return true;
		if (rate && ref.kind == METRIC_EVENT && is_clock(&s->event[ref.index].code))
			return true;
		if (ref.kind == METRIC_METRIC && (rate ? is_rate(s->metric[ref.index].unit)
						       : !strcmp(s->metric[ref.index].unit, "%")))
			return true;
	}
	return false;
}

int metric_set_link(struct metric_set *s, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < s->n_metrics; i++) {
		struct metric *m = &s->metric[i];

		r = resolve(s, m, &m->formula, e);
		if (r >= 0)
			r = resolve(s, m, &m->socket, e);
		if (r >= 0)
			r = resolve_txn(s, m, e);
	}
	if (r >= 0)
		r = find_order(s, e);
	for (unsigned int i = 0; r >= 0 && i < s->n_metrics; i++) {
		const struct metric *m = &s->metric[i];

		if (unit_fits(s, m))
			continue;
		(void)err_set(e, -EINVAL, "metric '%s': a %s", m->name,
			      is_rate(m->unit) ? "rate that is not divided by 'interval' or a clock"
					       : "percentage without a factor of 100");
		r = at_place(m, e);
	}
	s->linked = r >= 0;
	return r;
}
