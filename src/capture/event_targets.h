/* SPDX-License-Identifier: MIT */
/* Whose events perf_event_open(2) shall bring: the machine's, a cgroup's, or those of threads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "capture/capture.h"

#define EVENT_TARGETS_MAX 65536u

struct event_target {
	int pid; /* thread, cgroup's descriptor, or -1: all */
	unsigned long flags; /* PERF_FLAG_PID_CGROUP */
	uint32_t id; /* what was asked for: the process or thread, 0 = the machine or cgroup */
};

struct event_targets {
	struct event_target *item;
	unsigned int n;
	bool inherit; /* children too */
	int cgroup_fd; /* -1 = none */
	const struct capture_filter *filter; /* while it is read */
};

/* What @f (NULL: all) names, into *@t. @what ("samples") begins the words. -EINVAL: by name;
 * -ENOENT: no such cgroup; -ESRCH: no such process; -E2BIG. @t is to be ended also then. */
int event_targets_settle(struct event_targets *t, int root_fd, const struct capture_filter *f,
			 const char *what, struct err *e) must_check;
/* One process that waits to be run, with its children. */
int event_targets_one(struct event_targets *t, uint32_t pid) must_check;
void event_targets_done(struct event_targets *t);

static inline bool event_targets_are_tasks(const struct event_targets *t)
{
	return t->n && t->item[0].pid >= 0 && !t->item[0].flags;
}
