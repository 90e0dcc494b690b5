/* SPDX-License-Identifier: MIT */
/* The command that `kymo record -- CMD` and `kymo run` measure: a child that waits until all is
 * ready for it. */
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

struct workload {
	pid_t pid; /* 0 = none */
	int pid_fd; /* readable when the command has ended; -1 = none */
	int go_fd, report_fd;
	uint64_t before_exec; /* once released: peak memory that the child had by then, bytes, which
				 the kernel's peak of the command is never below */
};

/* Standard input, output and error of the command; -1 = as kymo's own. Lent. */
struct workload_files {
	int in, out, err;
};

/* A child for @argv (NULL-terminated) with signal mask @mask, waiting. @files: NULL = as kymo's
 * own. Call before threads are made. */
int workload_start(struct workload *w, const char *const *argv, const sigset_t *mask,
		   const struct workload_files *files, struct err *e) must_check;
/* Let it run the command. -errno with words when the command cannot be run. */
int workload_release(struct workload *w, const char *name, struct err *e) must_check;
/* Wait for its end; the exit status, or 128 + the signal that ended it. @ret_usage: what it and the
 * children it waited for used, or NULL. */
int workload_wait(struct workload *w, struct rusage *ret_usage);
/* End a child that was not released, close fds. */
void workload_done(struct workload *w);
