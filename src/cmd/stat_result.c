/* SPDX-License-Identifier: MIT */
/* Sums, and the way from events of a list to those of a set of metrics. */
#include "cmd/stat_result.h"

#include <errno.h>
#include <stdlib.h>

struct multiplexed stat_result_sum(const struct stat_result *r, unsigned int event,
				   unsigned int place, bool *ret_there)
{
	unsigned int n = counters_n_events(r->counters);
	struct multiplexed sum = { .known = true };

	*ret_there = false;
	for (unsigned int p = 0; p < counters_n_places(r->counters); p++) {
		const struct multiplexed *m = &r->count[p * n + event];

		if ((place != STAT_ALL_PLACES && p != place) ||
		    !counters_get(r->counters, event, p)->there)
			continue;
		bool known = sum.known && m->known;

		multiplexed_add(&sum, m);
		sum.known = known; /* a part is not the whole */
		*ret_there = true;
	}
	return sum;
}

/* In the event's unit, but clocks in ns (docs/formats/metrics.md). */
static struct reading reading_of(const struct stat_result *r, unsigned int event,
				 unsigned int place)
{
	double scale = counters_event(r->counters, event)->scale;
	bool there;
	struct multiplexed m = stat_result_sum(r, event, place, &there);

	if (*counters_missing(r->counters, event))
		return reading_absent(ABSENT_NOT_SUPPORTED, NULL);
	if (!there || !m.known)
		return reading_absent(ABSENT_NOT_COUNTED, NULL);
	struct reading v = reading_exact(m.value * scale);

	v.low = m.low * scale;
	v.high = m.high * scale;
	return v;
}

struct match {
	const struct metric_set *set;
	struct metric_inputs *in;
	struct reading v;
	unsigned int column;
};

static void found(void *arg, unsigned int event)
{
	const struct match *m = arg;
	const struct reading *was = metric_inputs_get(m->in, event, m->column);
	struct reading v = m->v;

	if (metric_set_event(m->set, event)->per_socket && was->absent != ABSENT_NO_ROW) {
		/* Another box: what one of them lacks, all lack. */
		v = v.absent ? v : *was;
		if (!was->absent && !m->v.absent) {
			v.value += m->v.value;
			v.low += m->v.low;
			v.high += m->v.high;
		}
	}
	metric_inputs_set(m->in, event, m->column, v);
}

static void put_events(const struct stat_result *r, const struct metric_set *set,
		       unsigned int column, struct metric_inputs *in)
{
	unsigned int place = r->per_place ? column : STAT_ALL_PLACES;

	for (unsigned int i = 0; i < counters_n_events(r->counters); i++) {
		struct match m = { set, in, reading_of(r, i, place), column };
		bool there;

		(void)stat_result_sum(r, i, place, &there);
		/* An event of the whole package is counted on one CPU of it. */
		if (r->per_place && !there && !*counters_missing(r->counters, i))
			continue;
		metric_set_match(set, counters_event(r->counters, i)->name, found, &m);
	}
}

int stat_result_inputs(const struct stat_result *r, const struct metric_set *set,
		       struct metric_inputs **ret, struct err *e)
{
	unsigned int n = r->per_place ? counters_n_places(r->counters) : 1;
	auto_free uint32_t *id = calloc(n + 1, sizeof(*id));
	auto_free int *socket = calloc(n + 1, sizeof(*socket));
	struct cpu_facts facts;

	if (!id || !socket)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		const struct counter_place *p = counters_place(r->counters, i);

		id[i] = r->per_place ? (p->cpu >= 0 ? (uint32_t)p->cpu : p->id) : 0;
		socket[i] = r->per_place && p->cpu >= 0 ? cpu_package(r->root_fd, id[i]) : -1;
	}
	struct metric_inputs *in = metric_inputs_new(set, id, socket, n);

	if (!in)
		return err_set(e, -ENOMEM, "out of memory");
	cpu_facts_read(r->root_fd, &facts);
	metric_inputs_facts(in, &facts);
	metric_inputs_constant(in, MACHINE_INTERVAL, r->elapsed);
	for (unsigned int i = 0; i < n; i++)
		put_events(r, set, i, in);
	*ret = in;
	return 0;
}
