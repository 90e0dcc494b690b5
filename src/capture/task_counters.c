/* SPDX-License-Identifier: MIT */
/* Counting events with inherit and enable_on_exec: the kernel adds what children counted to their
 * parent's event when they end, so one read after the command's end has all of it. */
#include "capture/task_counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/event_list.h"
#include "capture/event_try.h"
#include "model/profile_track.h"

struct task_counter {
	int fd; /* -1 = not open */
	bool user_only; /* all that we may count */
	char missing[EVENT_MISSING_MAX];
};

struct task_counters {
	struct event_list events;
	struct task_counter *item;
};

int task_counters_new(int root_fd, const char *events, struct task_counters **ret, struct err *e)
{
	auto_ptr(task_counters) c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	int r = event_list_parse(&c->events, root_fd, events, e);

	if (r < 0)
		return r;
	c->item = calloc(c->events.n + 1, sizeof(*c->item));
	if (!c->item)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->events.n; i++) {
		const struct event *ev = &c->events.item[i];

		c->item[i].fd = -1;
		(void)snprintf(c->item[i].missing, sizeof(c->item[i].missing), "%s",
			       ev->missing[0] ? ev->missing
			       : ev->has_cpus ? "counts a whole package, not a command"
					      : "");
	}
	*ret = steal_ptr(c);
	return 0;
}

static void close_all(struct task_counters *c)
{
	for (unsigned int i = 0; c->item && i < c->events.n; i++)
		if (c->item[i].fd >= 0)
			close(steal_fd(&c->item[i].fd));
}

struct task_counters *task_counters_free(struct task_counters *c)
{
	if (c) {
		close_all(c);
		event_list_done(&c->events);
		free(c->item);
		free(c);
	}
	return NULL;
}

static int open_one(const struct event *ev, struct task_counter *t, pid_t pid)
{
	struct perf_event_attr attr = ev->attr;

	attr.disabled = attr.inherit = attr.enable_on_exec = 1;
	attr.sample_period = 0;
	attr.freq = 0;
	attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	if (t->user_only)
		attr.exclude_kernel = attr.exclude_hv = 1;
	int fd = event_open(&attr, pid, -1, 0);

	if ((fd == -EACCES || fd == -EPERM) && !attr.exclude_kernel && !attr.exclude_user) {
		attr.exclude_kernel = attr.exclude_hv = 1;
		fd = event_open(&attr, pid, -1, 0);
		t->user_only = fd >= 0;
	}
	return fd;
}

unsigned int task_counters_open(struct task_counters *c, pid_t pid)
{
	unsigned int n = 0;

	close_all(c);
	for (unsigned int i = 0; i < c->events.n; i++) {
		struct task_counter *t = &c->item[i];

		if (t->missing[0])
			continue;
		const int fd = open_one(&c->events.item[i], t, pid);

		if (fd >= 0) {
			t->fd = fd;
			n++;
			continue;
		}
		event_refusal(&c->events.item[i], fd, t->missing, sizeof(t->missing));
	}
	return n;
}

int task_counters_write(struct task_counters *c, pid_t pid, nsec_t time, struct sink *sink,
			struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_counter, c->events.n + 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < c->events.n; i++) {
		uint64_t v[3]; /* value, enabled, running */

		if (c->item[i].fd < 0 || read(c->item[i].fd, v, sizeof(v)) != sizeof(v) || !v[2])
			continue;
		const uint32_t row = b->rows++;

		b->time[row] = time;
		batch_u16(b, COUNTER_EVENT)[row] = (uint16_t)i;
		batch_u8(b, COUNTER_KIND)[row] = COUNTER_TASK;
		batch_u32(b, COUNTER_TID)[row] = (uint32_t)pid;
		batch_u64(b, COUNTER_VALUE)[row] = v[0];
		batch_u64(b, COUNTER_ENABLED)[row] = v[1];
		batch_u64(b, COUNTER_RUNNING)[row] = v[2];
	}
	close_all(c);
	return sink_write(sink, b, e);
}

static int describe_one(const struct task_counters *c, unsigned int i, struct batch *b, nsec_t time)
{
	const struct event *ev = &c->events.item[i];
	const struct task_counter *t = &c->item[i];
	const char *note = t->missing[0]  ? t->missing
			   : t->user_only ? "user mode only: not allowed to count the kernel"
					  : "";
	const int64_t name = batch_add_text(b, ev->name), unit = batch_add_text(b, ev->unit),
		      words = batch_add_text(b, note);

	if (name < 0 || unit < 0 || words < 0)
		return -ENOMEM;
	const uint32_t row = b->rows++;

	b->time[row] = time;
	batch_u16(b, EVENT_NUMBER)[row] = (uint16_t)i;
	((uint32_t *)b->col[EVENT_NAME])[row] = (uint32_t)name;
	((uint32_t *)b->col[EVENT_UNIT])[row] = (uint32_t)unit;
	batch_u32(b, EVENT_TYPE)[row] = ev->attr.type;
	batch_u64(b, EVENT_CONFIG)[row] = ev->attr.config;
	batch_u64(b, EVENT_PERIOD)[row] = 0;
	batch_u32(b, EVENT_FREQ)[row] = 0;
	batch_u32(b, EVENT_FLAGS)[row] = event_flags(ev) | EVENT_FLAG_COUNTED |
					 (t->user_only ? EVENT_FLAG_USER : 0) |
					 (t->missing[0] ? EVENT_FLAG_MISSING : 0);
	((uint32_t *)b->col[EVENT_NOTE])[row] = (uint32_t)words;
	return 0;
}

int task_counters_describe(const struct task_counters *c, struct sink *sink, nsec_t time,
			   struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_event, c->events.n + 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int i = 0; i < c->events.n; i++)
		if (describe_one(c, i, b, time) < 0)
			return -ENOMEM;
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
	return c->item[i].missing;
}
