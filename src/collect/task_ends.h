/* SPDX-License-Identifier: MIT */
/*
 * Ends of tasks as taskstats tells them over netlink (Documentation/accounting/taskstats.rst), for
 * where BPF is not allowed: needs CAP_NET_ADMIN, the first namespaces, and for processes a kernel
 * from 5.19 on, which says to which process a thread belonged.
 *
 * Numbers are those of threads that have ended since task_ends_open(): what other threads of the
 * process had used before is not in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "collect/task_source.h"

struct task_ends;
/* @root_fd: where proc/ and sys/ are. @threads: each thread, instead of processes. -errno with
 * words. */
int task_ends_open(int root_fd, bool threads, struct task_ends **ret, struct err *e) must_check;
struct task_ends *task_ends_free(struct task_ends *x);
DEFINE_CLEANUP(task_ends, task_ends_free)

/* Give all that has come. *@lost grows when the kernel had no room for more. */
int task_ends_read(struct task_ends *x, const struct task_taker *to, uint64_t *lost,
		   struct err *e) must_check;

/* One that reads messages of generic netlink family @family from the caller: tests. */
struct task_ends *task_ends_of_messages(uint16_t family, bool threads, bool delays_told);
/* Take the netlink messages in @n bytes. 0 or -errno of the taker; what is no such message is
 * passed over. */
int task_ends_take(struct task_ends *x, const void *messages, size_t n,
		   const struct task_taker *to);
