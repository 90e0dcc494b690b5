/* SPDX-License-Identifier: MIT */
/*
 * Events counted over a command and all that it starts, from exec to the end, for one command after
 * the other (counters.h counts). Rows go to the event and counter tracks (model/profile_track.h).
 *
 *	task_counters_new(root_fd, "task-clock,page-faults", &c, &e);
 *	for each run:	task_counters_open(c, pid);		a child that has not called exec yet
 *			... it runs, and is waited for ...
 *			task_counters_write(c, pid, now, sink, &e);
 *	task_counters_describe(c, sink, now, &e);		what could be counted and what not
 */
#pragma once

#include <sys/types.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

struct task_counters;

/* @events: as event_list.h reads them. -EINVAL with words. */
int task_counters_new(int root_fd, const char *events, struct task_counters **ret,
		      struct err *e) must_check;
struct task_counters *task_counters_free(struct task_counters *c);
DEFINE_CLEANUP(task_counters, task_counters_free)

/* Begin to count @pid from its next exec on. An event that is not to be had is left out of this
 * and all further runs, with the reason. Returns the number of events that count. */
unsigned int task_counters_open(struct task_counters *c, pid_t pid);
/* A row for each, kind COUNTER_TASK; nothing for an event that never ran on a CPU. */
int task_counters_write(struct task_counters *c, pid_t pid, nsec_t time, struct sink *sink,
			struct err *e) must_check;
/* The events' own rows. */
int task_counters_describe(const struct task_counters *c, struct sink *sink, nsec_t time,
			   struct err *e) must_check;

unsigned int task_counters_n(const struct task_counters *c);
const char *task_counters_name(const struct task_counters *c, unsigned int i);
/* Why event @i is not counted; "" = it is. */
const char *task_counters_missing(const struct task_counters *c, unsigned int i);
