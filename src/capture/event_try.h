/* SPDX-License-Identifier: MIT */
/* perf_event_open(2): the call, the limit of files that many events need, and trying an event out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/attr.h"
#include "capture/event.h"

/* A descriptor (close-on-exec), or -errno. @flags: PERF_FLAG_*. */
int event_open(const struct perf_event_attr *attr, pid_t pid, int cpu,
	       unsigned long flags) must_check;
/* The same into the group that @group_fd leads, -1 = none. */
int event_open_in(const struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
		  unsigned long flags) must_check;

/* A descriptor per event, task and CPU is soon more than the usual 1024. The limit should go back
 * afterwards, since a workload inherits it. */
void event_files_raise(struct rlimit *ret_old);
void event_files_restore(const struct rlimit *old);

/* Why perf_event_open() answered @code for @ev, and what to do, into @ret. */
void event_refusal(const struct event *ev, int code, char *ret, size_t size);

/*
 * Open @ev and close it again: for counting, or for sampling (by frequency, period 1 where it has
 * one). Of this process where the machine as a whole is not allowed. 0, or -errno with the reason
 * in @why.
 */
int event_try(const struct event *ev, bool sample, char *why, size_t size) must_check;
