/* SPDX-License-Identifier: MIT */
/* The command that `kymo record -- CMD` measures: a child that waits until capture is on. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

struct workload {
	pid_t pid; /* 0 = none */
	int pid_fd; /* readable when the command has ended; -1 = none */
	int go_fd, report_fd;
};

/* A child for @argv (NULL-terminated) with signal mask @mask, waiting. Call before threads are
 * made. */
int workload_start(struct workload *w, const char *const *argv, const sigset_t *mask,
		   struct err *e) must_check;
/* Let it run the command. -errno with words when the command cannot be run. */
int workload_release(struct workload *w, const char *name, struct err *e) must_check;
/* Wait for its end; the exit status, or 128 + the signal that ended it. */
int workload_wait(struct workload *w);
/* End a child that was not released, close fds. */
void workload_done(struct workload *w);
