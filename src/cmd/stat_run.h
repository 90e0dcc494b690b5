/* SPDX-License-Identifier: MIT */
/* Counting for kymo stat: around a command, or for a time, with readings at intervals. */
#pragma once

#include <signal.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "capture/capture.h"
#include "cmd/stat_output.h"

struct stat_plan {
	const struct event_list *events;
	const struct cpuset *cpus; /* NULL: tasks, wherever they run */
	const struct capture_filter *filter; /* NULL: the command, or with cpus the machine */
	const char *const *command; /* NULL-terminated, or NULL */
	nsec_t duration; /* 0 = until the command has ended, a signal comes, or the process ends */
	nsec_t interval; /* between results; 0 = one at the end */
	bool per_place;
	const char *title;
	int root_fd;
	/* Takes a result, which is lent. */
	int (*result)(void *arg, const struct stat_result *r, struct err *e);
	void *arg;
};

/* 0 or -errno with words; *@ret_status: the command's exit status (128 + signal), 0 without one. */
int stat_run(const struct stat_plan *p, int *ret_status, struct err *e) must_check;
