/* SPDX-License-Identifier: MIT */
/* Options for stat_run(), and what has to be said beside its result. */
#include "cmd/dropin/ptap_measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/dropin/ptap_events.h"
#include "cmd/id_list.h"
#include "cmd/stat_run.h"

struct ptap_measure {
	struct ptap_measure_options o;
	struct event_list events;
	struct capture_filter filter;
	struct cpuset cpus;
	struct buf title;
	bool told, early;
};

struct ptap_measure *ptap_measure_free(struct ptap_measure *m)
{
	if (m) {
		event_list_done(&m->events);
		buf_done(&m->title);
		free(m);
	}
	return NULL;
}

static void set_title(struct ptap_measure *m)
{
	for (unsigned int i = 0; i < m->filter.n_pids; i++)
		(void)buf_addf(&m->title, "%s%u", i ? ", " : "process ", m->filter.pid[i]);
	if (!m->filter.n_pids)
		(void)buf_add_str(&m->title, "the machine");
}

int ptap_measure_new(const struct ptap_measure_options *o, struct ptap_measure **ret, struct err *e)
{
	auto_ptr(ptap_measure) m = calloc(1, sizeof(*m));

	if (!m)
		return err_set(e, -ENOMEM, "out of memory");
	m->o = *o;
	buf_init(&m->title, 0);
	int r = id_list_parse(o->pid, "pid", m->filter.pid, &m->filter.n_pids, e);

	if (r >= 0)
		r = cpuset_online(o->root_fd, &m->cpus, e);
	if (r >= 0)
		r = ptap_events(o->set, o->root_fd, &m->events, e);
	if (r < 0)
		return r;
	set_title(m);
	*ret = steal_ptr(m);
	return 0;
}

/* Boxes of one kind have one name. */
static void tell_missing(const struct counters *c)
{
	const char *before = "";

	for (unsigned int i = 0; i < counters_n_events(c); i++) {
		const char *name = counters_event(c, i)->name, *why = counters_missing(c, i);

		if (*why && strcmp(name, before) != 0)
			log_info("event %s is not counted: %s", name, why);
		before = name;
	}
	if (counters_user_only(c))
		log_info("kernel code is not counted, needs CAP_PERFMON (try: sudo)");
}

static int take(void *arg, const struct stat_result *r, struct err *e)
{
	struct ptap_measure *m = arg;

	if (!m->told)
		tell_missing(r->counters);
	m->told = true;
	m->early = r->elapsed < (double)m->o.duration / NSEC_PER_SEC;
	return m->o.result(m->o.arg, r, e);
}

int ptap_measure_once(struct ptap_measure *m, struct err *e)
{
	bool tasks = m->filter.n_pids > 0;
	const struct stat_plan plan = {
		.events = &m->events,
		.cpus = tasks && !m->o.per_cpu ? NULL : &m->cpus,
		.filter = tasks ? &m->filter : NULL,
		.duration = m->o.duration,
		.per_place = m->o.per_cpu,
		.title = buf_str(&m->title),
		.root_fd = m->o.root_fd,
		.result = take,
		.arg = m,
	};
	int status, r = stat_run(&plan, &status, e);

	return r < 0 ? r : m->early;
}
