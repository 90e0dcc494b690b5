/* SPDX-License-Identifier: MIT */
/* The kernel's tracepoints: where tracefs is, ids and fields. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/tracepoint.h"

/*
 * A directory fd of tracefs (the caller's): where it is mounted below @root_fd, else a mount of our
 * own that nobody else sees and that ends with the fd (*ret_own is then true). -errno with words.
 */
int tracefs_open(int root_fd, bool *ret_own, struct err *e) must_check;

/* The tracepoint @event ("sched/sched_switch") with its fields, to be freed with tracepoint_free().
 * -ENOENT with words: this kernel does not have it. */
int tracefs_read_event(int tracefs_fd, const char *event, struct tracepoint **ret,
		       struct err *e) must_check;
