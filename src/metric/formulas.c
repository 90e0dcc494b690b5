/* SPDX-License-Identifier: MIT */
/* Events of one ratio have one modifier: what the user's code retired per cycle of both is nothing.
 */
#include "metric/formulas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "metric/metric_data.h"
#include "metric/metric_flat.h"
#include "model/profile_track.h"

#define MODIFIERS   "ukhGHpPSDIeW"
#define EVENT_BYTES 256

struct matching {
	uint16_t *number; /* of the recording, by event of the set */
	bool *there;
	uint16_t now;
};

/* Where ":u" begins in the name of an event, or at its end. */
static size_t modifier_at(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon && colon[1] && !colon[1 + strspn(colon + 1, MODIFIERS)]
		       ? (size_t)(colon - name)
		       : strlen(name);
}

static void found(void *arg, unsigned int event)
{
	struct matching *m = arg;

	if (!m->there[event]) {
		m->there[event] = true;
		m->number[event] = m->now;
	}
}

static bool number_of(void *arg, unsigned int event, uint16_t *ret)
{
	const struct matching *m = arg;

	*ret = m->number[event];
	return m->there[event];
}

static bool takes_part(const struct profile_event *ev, bool counted)
{
	if (ev->flags & (EVENT_FLAG_MISSING | EVENT_FLAG_OFF_CPU))
		return false;
	return counted == !!(ev->flags & EVENT_FLAG_COUNTED);
}

/* The metrics of events with this modifier. */
static int add_all(struct formulas *f, const struct metric_set *set, struct matching *m,
		   const char *modifier)
{
	for (unsigned int i = 0; i < metric_set_n_metrics(set); i++) {
		struct formula *grown = reallocarray(f->one, f->n + 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		f->one = grown;
		int r = metric_flatten(set, i, number_of, m, &f->one[f->n]);

		if (r == -ENOENT || r == -E2BIG)
			continue;
		if (r < 0)
			return r;
		struct formula *made = &f->one[f->n++];
		char *title = NULL;

		if (!*modifier)
			continue;
		if (asprintf(&title, "%s (%s)", made->title, modifier) < 0)
			return -ENOMEM;
		free(made->title);
		made->title = title;
	}
	return 0;
}

static int match_modifier(struct formulas *f, const struct metric_set *set, const struct profile *p,
			  bool counted, const char *modifier)
{
	unsigned int n = metric_set_n_events(set);
	auto_free uint16_t *number = calloc(n + 1, sizeof(*number));
	auto_free bool *there = calloc(n + 1, sizeof(*there));
	struct matching m = { .number = number, .there = there };

	if (!number || !there)
		return -ENOMEM;
	for (size_t i = 0; i < profile_n_events(p); i++) {
		const struct profile_event *ev = profile_event_at(p, i);
		size_t at = modifier_at(ev->name);
		char name[EVENT_BYTES];

		if (!takes_part(ev, counted) || strcmp(ev->name + at, modifier) ||
		    at >= sizeof(name))
			continue;
		memcpy(name, ev->name, at);
		name[at] = 0;
		m.now = ev->number;
		metric_set_match(set, name, found, &m);
	}
	return add_all(f, set, &m, modifier);
}

int formulas_init(struct formulas *f, const struct profile *p, bool counted, struct err *e)
{
	const struct metric_choice choice = { .only = "generic" };
	auto_ptr(metric_set) set = NULL;
	int r = metric_data_load(&choice, &set, e);

	*f = (struct formulas){ 0 };
	if (r < 0)
		return r;
	for (size_t i = 0; i < profile_n_events(p) && r >= 0; i++) {
		const struct profile_event *ev = profile_event_at(p, i);
		const char *modifier = ev->name + modifier_at(ev->name);
		bool known = !takes_part(ev, counted);

		for (size_t k = 0; k < i && !known; k++) {
			const struct profile_event *before = profile_event_at(p, k);

			known = takes_part(before, counted) &&
				!strcmp(before->name + modifier_at(before->name), modifier);
		}
		if (!known)
			r = match_modifier(f, set, p, counted, modifier);
	}
	if (r < 0) {
		formulas_done(f);
		return err_set(e, r, "out of memory");
	}
	return 0;
}

void formulas_done(struct formulas *f)
{
	for (size_t i = 0; i < f->n; i++)
		metric_flat_done(&f->one[i]);
	free(f->one);
	*f = (struct formulas){ 0 };
}
