/* SPDX-License-Identifier: MIT */
/* counters.h for one command after the other: the kernel adds what children counted to their
 * parent's event when they end, so one read after the command's end has all of it. */
#include "capture/task_counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/counters.h"
#include "capture/event_rows.h"
#include "model/profile_track.h"

struct task_counters {
	/* missing, and exclude_kernel where no more is allowed, as the runs so far have shown. */
	struct event_list events;
	bool *user_only; /* by event: all that we may count */
	struct counters *counters; /* of the run in progress */
};

int task_counters_new(int root_fd, const char *events, struct task_counters **ret, struct err *e)
{
	auto_ptr(task_counters) c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	int r = event_list_parse(&c->events, root_fd, events, e);

	if (r < 0)
		return r;
	c->user_only = calloc(c->events.n + 1, sizeof(*c->user_only));
	if (!c->user_only)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->events.n; i++) {
		struct event *ev = &c->events.item[i];

		if (!ev->missing[0] && ev->has_cpus)
			(void)snprintf(ev->missing, sizeof(ev->missing),
				       "counts a whole package, not a command");
	}
	*ret = steal_ptr(c);
	return 0;
}

struct task_counters *task_counters_free(struct task_counters *c)
{
	if (c) {
		counters_free(c->counters);
		event_list_done(&c->events);
		free(c->user_only);
		free(c);
	}
	return NULL;
}

/* No run after this one will have it either. */
static void set_missing(struct event *ev, const char *why)
{
	if (!ev->missing[0])
		(void)snprintf(ev->missing, sizeof(ev->missing), "%.*s",
			       (int)sizeof(ev->missing) - 1, why);
}

unsigned int task_counters_open(struct task_counters *c, pid_t pid)
{
	struct event_targets t;
	struct err e = { 0 };
	unsigned int n = 0;

	c->counters = counters_free(c->counters);
	int r = event_targets_one(&t, (uint32_t)pid);
	const struct counters_options o = { .events = &c->events, .targets = &t, .on_exec = true };

	r = r < 0 ? r : counters_open(&o, &c->counters, &e);
	event_targets_done(&t);
	for (unsigned int i = 0; i < c->events.n; i++) {
		struct event *ev = &c->events.item[i];

		if (r < 0) {
			set_missing(ev, err_text(&e, r));
			continue;
		}
		set_missing(ev, counters_missing(c->counters, i));
		if (!ev->missing[0] && !ev->attr.exclude_kernel &&
		    counters_event(c->counters, i)->attr.exclude_kernel) {
			ev->attr.exclude_kernel = ev->attr.exclude_hv = 1;
			c->user_only[i] = true;
		}
		n += !ev->missing[0];
	}
	return n;
}

int task_counters_write(struct task_counters *c, pid_t pid, nsec_t time, struct sink *sink,
			struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_counter, c->events.n + 1);
	int r = c->counters ? counters_read(c->counters, e) : 0;

	if (!b)
		return -ENOMEM;
	if (r < 0)
		return r;
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < c->events.n && c->counters; i++) {
		const struct count *v = counters_get(c->counters, i, 0);

		if (c->events.item[i].missing[0] || !v->there || !v->running)
			continue;
		const uint32_t row = b->rows++;

		b->time[row] = time;
		batch_u16(b, COUNTER_EVENT)[row] = (uint16_t)i;
		batch_u8(b, COUNTER_KIND)[row] = COUNTER_TASK;
		batch_u32(b, COUNTER_TID)[row] = (uint32_t)pid;
		batch_u64(b, COUNTER_VALUE)[row] = v->value;
		batch_u64(b, COUNTER_ENABLED)[row] = v->enabled;
		batch_u64(b, COUNTER_RUNNING)[row] = v->running;
	}
	c->counters = counters_free(c->counters);
	return sink_write(sink, b, e);
}

int task_counters_describe(const struct task_counters *c, struct sink *sink, nsec_t time,
			   struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_event, c->events.n + 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < c->events.n; i++) {
		const struct event *ev = &c->events.item[i];
		const char *note = ev->missing[0] ? ev->missing
				   : c->user_only[i]
					   ? "user mode only: not allowed to count the kernel"
					   : "";

		if (event_rows_add(b, time, i, ev, EVENT_FLAG_COUNTED, note) < 0)
			return -ENOMEM;
	}
	return sink_write(sink, b, e);
}

unsigned int task_counters_n(const struct task_counters *c)
{
	return c->events.n;
}

const char *task_counters_name(const struct task_counters *c, unsigned int i)
{
	return c->events.item[i].name;
}

const char *task_counters_missing(const struct task_counters *c, unsigned int i)
{
	return c->events.item[i].missing;
}
