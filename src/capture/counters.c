/* SPDX-License-Identifier: MIT */
/*
 * A descriptor for each event, target and CPU; a group is read through its leader in one call
 * (PERF_FORMAT_GROUP), its values told apart by their ids. Several threads of a process are one
 * place: their counts are summed.
 *
 * Tasks by CPU: the kernel's enabled time of such an event goes on while the task runs on other
 * CPUs, as if it had no counter then. How long the task was on the CPU is told by an event that
 * always has one (a reference).
 */
#include "capture/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/idmap.h"
#include "capture/counter_groups.h"
#include "capture/event_try.h"

#define MISSING_MAX 256

/* Happens in the kernel whatever it is that it counts. */
static bool of_kernel(const struct event *ev)
{
	return ev->attr.type == PERF_TYPE_SOFTWARE &&
	       (ev->attr.config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
		ev->attr.config == PERF_COUNT_SW_CPU_MIGRATIONS ||
		ev->attr.config == PERF_COUNT_SW_CGROUP_SWITCHES);
}

struct counter_fd {
	int fd;
	uint32_t event, place;
	uint64_t id;
	uint32_t size; /* leaders: descriptors of the group, which follow; members: 0 */
};

struct counter_reference {
	int fd;
	uint32_t place;
};

struct counters {
	struct event *event; /* as they are counted */
	char (*missing)[MISSING_MAX];
	unsigned int *group;
	unsigned int n_events, n_groups;
	struct counter_place *place;
	unsigned int n_places;
	struct counter_fd *fd;
	unsigned int n_fds, cap_fds;
	struct counter_reference *reference; /* of tasks by CPU */
	unsigned int n_references, cap_references;
	uint64_t *on_cpu; /* ns by place, of all references */
	struct count *count; /* [place * n_events + event] */
	bool user_only, on_exec, inherit, tasks;
	int refused; /* the last -EACCES or -EPERM, or 0 */
};

struct counters *counters_free(struct counters *c)
{
	if (!c)
		return NULL;
	/* Members first: a leader that goes makes its members events of their own. */
	for (unsigned int i = c->n_fds; i > 0; i--)
		close(c->fd[i - 1].fd);
	for (unsigned int i = 0; i < c->n_references; i++)
		close(c->reference[i].fd);
	free(c->reference);
	free(c->on_cpu);
	free(c->fd);
	free(c->event);
	free(c->missing);
	free(c->group);
	free(c->place);
	free(c->count);
	free(c);
	return NULL;
}

/* ---- what and where ---- */

static int settle_events(struct counters *c, const struct event_list *l)
{
	c->n_events = l->n;
	c->event = calloc(l->n + 1, sizeof(*c->event));
	c->missing = calloc(l->n + 1, sizeof(*c->missing));
	c->group = calloc(l->n + 1, sizeof(*c->group));
	if (!c->event || !c->missing || !c->group)
		return -ENOMEM;
	struct event_list mine = *l;

	mine.item = c->event;
	for (unsigned int i = 0; i < l->n; i++) {
		struct event *ev = &c->event[i];

		*ev = l->item[i];
		ev->attr.sample_period = ev->attr.freq = 0;
		/* Asked for once here, so that groups are made of what there is. */
		if (ev->missing[0])
			snprintf(c->missing[i], MISSING_MAX, "%s", ev->missing);
		else if (counter_groups_hardware(ev) &&
			 event_try(ev, false, c->missing[i], MISSING_MAX) < 0)
			snprintf(ev->missing, sizeof(ev->missing), "%.*s",
				 (int)sizeof(ev->missing) - 1, c->missing[i]);
	}
	return counter_groups_plan(&mine, counter_groups_try, NULL, c->group, &c->n_groups);
}

static int add_place(struct counters *c, int cpu, uint32_t id)
{
	struct counter_place *grown = reallocarray(c->place, c->n_places + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->place = grown;
	c->place[c->n_places++] = (struct counter_place){ cpu, id };
	return 0;
}

static int settle_places(struct counters *c, const struct counters_options *o)
{
	const struct event_targets *t = o->targets;
	struct idmap seen = { 0 };
	int r = 0;

	c->tasks = event_targets_are_tasks(t);
	for (int cpu = o->cpus ? cpuset_next(o->cpus, 0) : -1; cpu >= 0 && r >= 0;
	     cpu = cpuset_next(o->cpus, cpu + 1))
		r = add_place(c, cpu, t->n == 1 ? t->item[0].id : 0);
	for (unsigned int i = 0; i < t->n && !o->cpus && r >= 0; i++) {
		if (idmap_get(&seen, t->item[i].id) != IDMAP_NONE)
			continue;
		r = idmap_set(&seen, t->item[i].id, 1);
		r = r < 0 ? r : add_place(c, -1, t->item[i].id);
	}
	idmap_done(&seen);
	if (r < 0)
		return r;
	c->count = calloc((size_t)c->n_places * c->n_events + 1, sizeof(*c->count));
	c->on_cpu = calloc(c->n_places + 1, sizeof(*c->on_cpu));
	return c->count && c->on_cpu ? 0 : -ENOMEM;
}

/* ---- opening ---- */

static int keep(struct counters *c, int fd, unsigned int event, unsigned int place)
{
	uint64_t id = 0;

	if (c->n_fds == c->cap_fds) {
		unsigned int cap = c->cap_fds ? 2 * c->cap_fds : 64;
		void *grown = reallocarray(c->fd, cap, sizeof(*c->fd));

		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		c->fd = grown;
		c->cap_fds = cap;
	}
	if (ioctl(fd, PERF_EVENT_IOC_ID, &id) < 0) {
		int code = -errno;

		close(fd);
		return code;
	}
	c->fd[c->n_fds++] = (struct counter_fd){ fd, event, place, id, 0 };
	c->count[(size_t)place * c->n_events + event].there = true;
	return 0;
}

static int open_one(struct counters *c, unsigned int event, const struct event_target *t, int cpu,
		    int leader)
{
	struct event *ev = &c->event[event];
	bool said = ev->attr.exclude_user || ev->attr.exclude_kernel;

	for (;;) {
		struct perf_event_attr a = ev->attr;

		a.disabled = leader < 0;
		a.enable_on_exec = leader < 0 && c->on_exec;
		a.inherit = c->inherit;
		a.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING |
				PERF_FORMAT_ID | PERF_FORMAT_GROUP;
		if (c->user_only && !said)
			a.exclude_kernel = a.exclude_hv = 1;
		int fd = event_open_in(&a, t->pid, cpu, leader, t->flags);

		if (fd >= 0) {
			ev->attr.exclude_kernel = a.exclude_kernel;
			ev->attr.exclude_hv = a.exclude_hv;
			return fd;
		}
		if ((fd != -EACCES && fd != -EPERM) || said || c->user_only || !c->tasks)
			return fd;
		c->user_only = true;
	}
}

static void give_up(struct counters *c, unsigned int event, int code)
{
	if (c->missing[event][0])
		return;
	if (code == -EACCES || code == -EPERM)
		c->refused = code;
	event_refusal(&c->event[event], code, c->missing[event], MISSING_MAX);
}

static bool is_wanted(struct counters *c, unsigned int event, unsigned int group, int cpu)
{
	const struct event *ev = &c->event[event];

	if (c->group[event] != group || c->missing[event][0])
		return false;
	if (c->user_only && of_kernel(ev)) {
		c->refused = -EACCES;
		snprintf(c->missing[event], MISSING_MAX,
			 "happens in the kernel, which this user may not count: needs CAP_PERFMON "
			 "(try: sudo, or sudo sysctl kernel.perf_event_paranoid=1)");
		return false;
	}
	return cpu < 0 || !ev->has_cpus || cpuset_has(&ev->cpus, (uint32_t)cpu);
}

/* Before the groups, so that it never ran longer than they did. */
static int open_reference(struct counters *c, const struct event_target *t, unsigned int place)
{
	struct event ev = { .attr = { .type = PERF_TYPE_SOFTWARE,
				      .size = sizeof(ev.attr),
				      .config = PERF_COUNT_SW_DUMMY,
				      .disabled = 1,
				      .enable_on_exec = c->on_exec,
				      .inherit = c->inherit,
				      .exclude_kernel = 1,
				      .exclude_hv = 1,
				      .read_format = PERF_FORMAT_TOTAL_TIME_RUNNING } };

	if (c->n_references == c->cap_references) {
		unsigned int cap = c->cap_references ? 2 * c->cap_references : 64;
		void *grown = reallocarray(c->reference, cap, sizeof(*c->reference));

		if (!grown)
			return -ENOMEM;
		c->reference = grown;
		c->cap_references = cap;
	}
	int fd = event_open(&ev.attr, t->pid, c->place[place].cpu, t->flags);

	if (fd >= 0)
		c->reference[c->n_references++] = (struct counter_reference){ fd, place };
	/* Ended, or refused: so are the counters, which have the words for it. */
	return fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? fd : 0;
}

static int open_group(struct counters *c, unsigned int group, const struct event_target *t,
		      unsigned int place)
{
	unsigned int first = c->n_fds;
	int cpu = c->place[place].cpu;

	for (unsigned int i = 0; i < c->n_events; i++) {
		if (!is_wanted(c, i, group, cpu))
			continue;
		int leader = c->n_fds > first ? c->fd[first].fd : -1;
		int fd = open_one(c, i, t, cpu, leader);

		if (fd == -ESRCH)
			return 0; /* the thread has ended */
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
			return fd;
		if (fd < 0) {
			give_up(c, i, fd);
			continue;
		}
		int r = keep(c, fd, i, place);

		if (r < 0)
			return r;
		c->fd[first].size = c->n_fds - first;
	}
	return 0;
}

static unsigned int place_of(const struct counters *c, const struct event_target *t)
{
	unsigned int i = 0;

	while (i + 1 < c->n_places && c->place[i].id != t->id)
		i++;
	return i;
}

static int open_all(struct counters *c, const struct counters_options *o)
{
	for (unsigned int i = 0; i < o->targets->n; i++) {
		const struct event_target *t = &o->targets->item[i];
		unsigned int from = o->cpus ? 0 : place_of(c, t);
		unsigned int to = o->cpus ? c->n_places : from + 1;

		for (unsigned int place = from; place < to && c->tasks && o->cpus; place++) {
			int r = open_reference(c, t, place);

			if (r < 0)
				return r;
		}
		for (unsigned int group = 0; group < c->n_groups; group++) {
			for (unsigned int place = from; place < to; place++) {
				int r = open_group(c, group, t, place);

				if (r < 0)
					return r;
			}
		}
	}
	return 0;
}

/* What was open before rights were found missing has been counting kernel code: the same for all.
 */
static int open_alike(struct counters *c, const struct counters_options *o)
{
	bool user_only = c->user_only;
	int r = open_all(c, o);

	if (r < 0 || c->user_only == user_only)
		return r;
	while (c->n_fds)
		close(c->fd[--c->n_fds].fd);
	while (c->n_references)
		close(c->reference[--c->n_references].fd);
	memset(c->count, 0, (size_t)c->n_places * c->n_events * sizeof(*c->count));
	return open_all(c, o);
}

int counters_open(const struct counters_options *o, struct counters **ret, struct err *e)
{
	auto_ptr(counters) c = calloc(1, sizeof(*c));
	struct rlimit files;

	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->on_exec = o->on_exec;
	c->inherit = o->targets->inherit;
	int r = settle_events(c, o->events);

	r = r < 0 ? r : settle_places(c, o);
	event_files_raise(&files);
	r = r < 0 ? r : open_alike(c, o);
	event_files_restore(&files);
	if (r == -EMFILE || r == -ENFILE)
		return err_set(e, r,
			       "counting: too many files (try: ulimit -n 65536, or fewer events)");
	if (r < 0)
		return err_set(e, r, "counting: %s", strerror(-r));
	if (!c->n_fds && c->refused) {
		unsigned int i = 0;

		while (i + 1 < c->n_events && c->event[i].missing[0])
			i++;
		return err_set(e, c->refused, "counting %s: %s", c->event[i].name, c->missing[i]);
	}
	*ret = steal_ptr(c);
	return 0;
}

/* ---- counting ---- */

/* References are enabled last, disabled and read first: never longer than the counters. */
static void control_references(const struct counters *c, unsigned long request)
{
	for (unsigned int i = 0; i < c->n_references; i++)
		ioctl(c->reference[i].fd, request, 0);
}

int counters_enable(struct counters *c, struct err *e)
{
	for (unsigned int i = 0; i < c->n_fds && !c->on_exec; i++)
		if (c->fd[i].size && ioctl(c->fd[i].fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
			return err_set(e, -errno, "cannot enable counters: %s", strerror(errno));
	if (!c->on_exec)
		control_references(c, PERF_EVENT_IOC_ENABLE);
	return 0;
}

void counters_disable(struct counters *c)
{
	control_references(c, PERF_EVENT_IOC_DISABLE);
	for (unsigned int i = 0; i < c->n_fds; i++)
		if (c->fd[i].size)
			ioctl(c->fd[i].fd, PERF_EVENT_IOC_DISABLE, 0);
}

/* nr, enabled, running, and a value and id for each. */
#define GROUP_WORDS (3 + 2 * (COUNTER_GROUP_MAX + 1))

static void take_value(struct counters *c, const struct counter_fd *group, uint64_t value,
		       uint64_t id, const uint64_t *head, nsec_t now)
{
	for (unsigned int i = 0; i < group->size; i++) {
		if (group[i].id != id)
			continue;
		struct count *n = &c->count[(size_t)group[i].place * c->n_events + group[i].event];

		n->value += value;
		n->enabled += head[1];
		n->running += head[2];
		n->time = now;
		return;
	}
}

static int read_references(struct counters *c, struct err *e)
{
	uint64_t v[2]; /* value, running */

	memset(c->on_cpu, 0, c->n_places * sizeof(*c->on_cpu));
	for (unsigned int i = 0; i < c->n_references; i++) {
		ssize_t n = read(c->reference[i].fd, v, sizeof(v));

		if (n < 0)
			return err_set(e, -errno, "cannot read counters: %s", strerror(errno));
		c->on_cpu[c->reference[i].place] += n == sizeof(v) ? v[1] : 0;
	}
	return 0;
}

/* What was enabled while the tasks were on the CPU of the place. */
static void settle_enabled(struct counters *c)
{
	for (unsigned int place = 0; place < c->n_places && c->n_references; place++) {
		for (unsigned int i = 0; i < c->n_events; i++) {
			struct count *n = &c->count[(size_t)place * c->n_events + i];

			n->enabled = max_of(n->running, min_of(n->enabled, c->on_cpu[place]));
		}
	}
}

int counters_read(struct counters *c, struct err *e)
{
	uint64_t v[GROUP_WORDS];
	int r = read_references(c, e);

	if (r < 0)
		return r;

	for (size_t i = 0; i < (size_t)c->n_places * c->n_events; i++)
		c->count[i] = (struct count){ .there = c->count[i].there };
	for (unsigned int i = 0; i < c->n_fds; i++) {
		if (!c->fd[i].size)
			continue;
		ssize_t n = read(c->fd[i].fd, v, sizeof(v));
		nsec_t now = nsec_monotonic();

		if (n < 0)
			return err_set(e, -errno, "cannot read counter %s: %s",
				       c->event[c->fd[i].event].name, strerror(errno));
		/* 0: an event that was asked to be pinned (:D) and found no counter. */
		for (uint64_t k = 0; n >= 24 && k < v[0] && (3 + 2 * k + 2) * 8 <= (uint64_t)n; k++)
			take_value(c, &c->fd[i], v[3 + 2 * k], v[4 + 2 * k], v, now);
	}
	settle_enabled(c);
	return 0;
}

const struct count *counters_get(const struct counters *c, unsigned int event, unsigned int place)
{
	return &c->count[(size_t)place * c->n_events + event];
}

/* ---- questions ---- */

unsigned int counters_n_events(const struct counters *c)
{
	return c->n_events;
}

unsigned int counters_n_places(const struct counters *c)
{
	return c->n_places;
}

const struct event *counters_event(const struct counters *c, unsigned int event)
{
	return &c->event[event];
}

const struct counter_place *counters_place(const struct counters *c, unsigned int place)
{
	return &c->place[place];
}

const char *counters_missing(const struct counters *c, unsigned int event)
{
	return c->missing[event];
}

unsigned int counters_group(const struct counters *c, unsigned int event)
{
	return c->group[event];
}

bool counters_take_turns(const struct counters *c)
{
	unsigned int first = c->n_events;

	for (unsigned int i = 0; i < c->n_events; i++) {
		if (c->missing[i][0] || !counter_groups_hardware(&c->event[i]))
			continue;
		if (first < c->n_events && c->group[i] != c->group[first])
			return true;
		first = first < c->n_events ? first : i;
	}
	return false;
}

int counters_fd(const struct counters *c, unsigned int event, unsigned int place)
{
	for (unsigned int i = 0; i < c->n_fds; i++)
		if (c->fd[i].event == event && c->fd[i].place == place)
			return c->fd[i].fd;
	return -1;
}

bool counters_user_only(const struct counters *c)
{
	return c->user_only;
}
