/* SPDX-License-Identifier: MIT */
/*
 * Finding virtual machines among the tasks of a machine. The scan is fed with all tasks as
 * proc_tasks_read() gives them (all threads of a process behind each other); only of processes that
 * look like QEMU more is read. What libvirt says goes before the command line, and that before the
 * control group.
 *
 *	vm_scan_new(root_fd, &s); proc_tasks_read(root_fd, feed, s, &e); vm_scan_finish(s, now,
 *list)
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "names/proc_tasks.h"
#include "names/vm_list.h"

struct vm_scan; /* opaque */

/* @root_fd: where proc/ and run/ are; must stay open. 0 or -ENOMEM. */
int vm_scan_new(int root_fd, struct vm_scan **ret) must_check;
struct vm_scan *vm_scan_free(struct vm_scan *s);
DEFINE_CLEANUP(vm_scan, vm_scan_free)

/* One task. 0 or -ENOMEM. */
int vm_scan_task(struct vm_scan *s, const struct proc_task *t) must_check;
/* After the last task: add all threads of machines to @into, as seen at @time. 0 or -ENOMEM. */
int vm_scan_finish(struct vm_scan *s, nsec_t time, struct vm_list *into) must_check;

/* All of it at once. 0 or -errno with words. */
int vm_scan_machine(int root_fd, nsec_t time, struct vm_list *into, struct err *e) must_check;
