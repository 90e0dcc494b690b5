/* SPDX-License-Identifier: MIT */
/*
 * Tasks as the files of /proc show them: stat, schedstat, status and io of each process or thread.
 * For everybody, and at some microseconds a file.
 *
 * stat and schedstat are read at each scan. The other two are read when a process may have changed
 * what they say: it has run, has several threads, or has lost memory. Files stay open, up to a
 * limit (the kernel keeps some 4 KiB for each); what is not kept open is opened anew.
 *
 * Of processes with several threads the kernel shows no sum of switches and delays: those have no
 * value, from when a second thread was seen on. What other users' processes read and write is for
 * the privileged.
 */
#pragma once

#include <stdbool.h>

#include "collect/task_source.h"

#define TASK_FILES_OPEN 8192u /* kept open at most, and no more than half of RLIMIT_NOFILE */

struct task_files_options {
	int root_fd; /* where proc/ is */
	bool threads; /* each thread, instead of processes */
	bool ends; /* have the kernel tell of ends too, where it may (task_ends.h) */
	unsigned int max_open; /* files; 0 = TASK_FILES_OPEN */
};

/* Raises the soft limit of open files of the whole process. -ENOENT: no process there. */
int task_files_open(const struct task_files_options *o, struct task_source **ret,
		    struct err *e) must_check;

/* What /proc/PID/stat and io have of the counters of process n->pid, once. 0 or -errno. */
int task_files_counts(int proc_fd, struct task_numbers *n);
