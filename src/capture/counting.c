/* SPDX-License-Identifier: MIT */
/* The machine and cgroups are counted per CPU, processes and threads wherever they run. */
#include "capture/counting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "capture/counters.h"
#include "capture/event_rows.h"
#include "capture/gather.h"
#include "capture/host_facts.h"
#include "capture/slices.h"

struct counting {
	struct event_source base;
	struct gather *gather;
	struct counters *counters;
	struct count *before; /* as of the last reading, [place * n_events + event] */
	struct cpuset cpus;
	nsec_t interval;
	struct slices *slices; /* NULL: at an interval */
	bool alone;
	int root_fd;
	char (*comm)[64]; /* by place: the last name of its process, for alone */
};

static struct counting *get(struct event_source *base)
{
	return container_of(base, struct counting, base);
}

static void counting_free(struct event_source *base)
{
	struct counting *s = get(base);

	slices_free(s->slices);
	counters_free(s->counters);
	free(s->before);
	free(s->comm);
	free(s);
}

/* ---- running ---- */

static int take(struct counting *s, unsigned int event, unsigned int place, bool last)
{
	const struct counter_place *where = counters_place(s->counters, place);
	const struct count *now = counters_get(s->counters, event, place);
	struct count *before = &s->before[place * counters_n_events(s->counters) + event];
	const struct gather_counter row = {
		.event = (uint16_t)(COUNTING_FIRST_EVENT + event),
		.kind = where->cpu < 0 ? COUNTER_TASK : COUNTER_CPU,
		.tid = where->id,
		.value = now->value - before->value,
		.enabled = now->enabled - before->enabled,
		.running = now->running - before->running,
	};

	/* A thread that did not run says nothing; but that it never did, once. */
	if (!now->there || (where->cpu < 0 && !row.enabled && !row.value && !last))
		return 0;
	*before = *now;
	return gather_counter(s->gather, where->cpu < 0 ? BATCH_CPU_NONE : (uint32_t)where->cpu,
			      now->time, &row);
}

/* Where nobody else tells of it: what the counted processes are called meanwhile. */
static int take_name(struct counting *s, unsigned int place)
{
	const struct counter_place *where = counters_place(s->counters, place);
	struct gather_task row = { .kind = TASK_RENAME, .tid = where->id, .tgid = where->id };
	char path[32], comm[64];

	(void)snprintf(path, sizeof(path), "proc/%u/comm", where->id);
	if (!where->id || file_read_line_at(s->root_fd, path, comm, sizeof(comm)) < 0 ||
	    !strcmp(comm, s->comm[place]))
		return 0;
	(void)snprintf(s->comm[place], sizeof(s->comm[place]), "%s", comm);
	row.comm = s->comm[place];
	row.time = nsec_monotonic();
	return gather_task(s->gather, BATCH_CPU_NONE, &row);
}

static int read_all(struct counting *s, bool last, struct err *e)
{
	int r = counters_read(s->counters, e);

	for (unsigned int p = 0; p < counters_n_places(s->counters) && r >= 0; p++) {
		if (s->alone)
			r = take_name(s, p);
		for (unsigned int i = 0; i < counters_n_events(s->counters) && r >= 0; i++)
			r = take(s, i, p, last);
	}
	return r;
}

static int counting_start(struct event_source *base, struct err *e)
{
	struct counting *s = get(base);
	nsec_t now = nsec_monotonic();

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && s->alone;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		gather_cover(s->gather, (uint32_t)cpu, now, NSEC_MAX);
	base->due = s->slices ? 0 : now + s->interval;
	int r = counters_enable(s->counters, e);

	return r >= 0 && s->slices ? slices_start(s->slices, e) : r;
}

static int counting_drain(struct event_source *base, unsigned int *fill_pct, struct err *e)
{
	struct counting *s = get(base);
	nsec_t now = nsec_monotonic();

	if (s->slices)
		return slices_drain(s->slices, fill_pct);
	if (!base->due || now < base->due)
		return 0;
	/* Missed turns are not made up for: rows say how long they are. */
	base->due += (now - base->due) / s->interval * s->interval + s->interval;
	return read_all(s, false, e);
}

static int counting_stop(struct event_source *base, struct err *e)
{
	struct counting *s = get(base);

	unsigned int fill = 0;

	if (s->slices)
		slices_stop(s->slices);
	counters_disable(s->counters);
	base->due = 0;
	int r = s->slices ? slices_drain(s->slices, &fill) : read_all(s, true, e);
	nsec_t now = nsec_monotonic();

	for (int cpu = cpuset_next(&s->cpus, 0); cpu >= 0 && s->alone;
	     cpu = cpuset_next(&s->cpus, cpu + 1))
		s->gather->cpu[cpu].until = now;
	return r;
}

/* ---- description ---- */

static int write_scales(const struct counting *s, struct sink *sink, nsec_t time, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; i < counters_n_events(s->counters) && r >= 0; i++) {
		double scale = counters_event(s->counters, i)->scale;
		char key[48], text[48];

		(void)snprintf(key, sizeof(key), "counter.scale.%u", COUNTING_FIRST_EVENT + i);
		(void)snprintf(text, sizeof(text), "%.17g", scale);
		if (scale > 0 && (scale < 1 || scale > 1))
			r = host_facts_meta(sink, time, key, text, e);
	}
	return r;
}

int counting_describe(struct event_source *base, struct sink *sink, nsec_t time, struct err *e)
{
	const struct counting *s = get(base);
	unsigned int n = counters_n_events(s->counters);
	auto_ptr(batch) b = batch_new(&track_event, n);
	char interval[32];
	int r = b ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < n && r >= 0; i++) {
		const char *missing = counters_missing(s->counters, i);

		r = event_rows_add(
			b, time, COUNTING_FIRST_EVENT + i, counters_event(s->counters, i),
			EVENT_FLAG_COUNTED | (*missing ? EVENT_FLAG_MISSING : 0), missing);
	}
	if (r < 0)
		return err_set(e, r, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	(void)snprintf(interval, sizeof(interval), "%llu", (unsigned long long)s->interval);
	r = sink_write(sink, b, e);
	if (r >= 0 && !s->slices)
		r = host_facts_meta(sink, time, "counter.interval", interval, e);
	return r < 0 ? r : write_scales(s, sink, time, e);
}

/* ---- open ---- */

static int open_counters(struct counting *s, const struct capture_options *o, struct err *e)
{
	struct event_targets t;
	int r = event_targets_settle(&t, o->root_fd, o->filter, "counters", e);
	struct counters_options c = { .events = o->counting->events, .targets = &t };
	struct err why = { 0 };

	if (r >= 0) {
		c.cpus = event_targets_are_tasks(&t) ? NULL : &s->cpus;
		r = counters_open(&c, &s->counters, &why);
	}
	/* Not the machine, but the command is one's own. */
	if (!o->counting->per_slice && (r == -EACCES || r == -EPERM) && c.cpus && !o->filter &&
	    o->counting->workload) {
		event_targets_done(&t);
		r = event_targets_one(&t, o->counting->workload);
		c.cpus = NULL;
		gather_note(s->gather,
			    "only the command is counted, the machine needs CAP_PERFMON (try: "
			    "sudo)");
		r = r < 0 ? r : counters_open(&c, &s->counters, &why);
	}
	event_targets_done(&t);
	return r < 0 && why.text[0] ? err_set(e, r, "%s", why.text) : r;
}

/* At least one event has to be there; those that are not are told. */
static int tell_missing(struct counting *s, struct err *e)
{
	unsigned int n = counters_n_events(s->counters), there = 0;

	for (unsigned int i = 0; i < n; i++) {
		const char *missing = counters_missing(s->counters, i);

		if (*missing)
			gather_note(s->gather, "event %s is not counted: %s",
				    counters_event(s->counters, i)->name, missing);
		there += !*missing;
	}
	if (!there)
		return err_set(e, -EOPNOTSUPP, "event %s: %s", counters_event(s->counters, 0)->name,
			       counters_missing(s->counters, 0));
	if (counters_user_only(s->counters))
		gather_note(s->gather, "kernel code is not counted, needs CAP_PERFMON (try: sudo)");
	return 0;
}

int counting_open(const struct capture_options *o, bool alone, struct gather *g,
		  struct event_source **ret, struct err *e)
{
	struct counting *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base = (struct event_source){
		.start = counting_start,
		.drain = counting_drain,
		.stop = counting_stop,
		.free = counting_free,
		.fills_in = NSEC_MAX,
	};
	s->gather = g;
	s->alone = alone;
	s->root_fd = o->root_fd;
	s->cpus = *o->cpus;
	s->interval = o->counting->interval ? o->counting->interval : COUNTING_INTERVAL;
	int r = open_counters(s, o, e);

	r = r < 0 ? r : tell_missing(s, e);
	if (r >= 0 && o->counting->per_slice) {
		r = slices_open(s->counters, g, o->root_fd, COUNTING_FIRST_EVENT, &s->slices, e);
		s->base.fills_in = r < 0 ? NSEC_MAX : slices_fills_in(s->slices);
	}
	if (r >= 0) {
		s->before = calloc(
			(size_t)counters_n_places(s->counters) * counters_n_events(s->counters) + 1,
			sizeof(*s->before));
		s->comm = calloc(counters_n_places(s->counters) + 1, sizeof(*s->comm));
		r = s->before && s->comm ? 0 : -ENOMEM;
	}
	if (r < 0) {
		counting_free(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}
