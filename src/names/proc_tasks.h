/* SPDX-License-Identifier: MIT */
/* All tasks that a machine has now, read from /proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "collect/task_texts.h"

struct proc_task {
	uint32_t tid, tgid;
	uint32_t parent; /* process id of the parent */
	bool kernel; /* kernel thread */
	char comm[TASK_NAME_BYTES]; /* kernel threads may have more than 15 bytes */
};

/*
 * Call @take for each task below @root_fd/proc. What ends while it is read is left out. A negative
 * return of @take ends the walk and is returned. 0 or -errno with words.
 */
int proc_tasks_read(int root_fd, int (*take)(void *ctx, const struct proc_task *t), void *ctx,
		    struct err *e) must_check;

/* One line of /proc/PID/stat. -EBADMSG when it is none. */
int proc_task_parse(const char *line, struct proc_task *ret) must_check;
