/* SPDX-License-Identifier: MIT */
/*
 * The task table: who a tid was, at which time. A tid that is used again gives a new task. Tasks
 * have dense numbers, so that analyses keep plain arrays: find the number once per row, add to
 * array[number].
 *
 * Idle: tid 0 is one task per CPU, named "swapper/<cpu>".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/nsec.h"
#include "model/batch.h"

struct task_name {
	nsec_t since;
	const char *comm;
};

struct task {
	uint32_t tid, tgid, parent; /* tgid, parent: 0 = unknown */
	uint32_t cpu; /* idle tasks: their CPU, else BATCH_CPU_NONE */
	unsigned int flags; /* TASK_FLAG_* of sched_track.h */
	nsec_t born; /* 0 = before the recording */
	nsec_t died; /* NSEC_MAX = alive at its end */
	const char *comm; /* the last name; never NULL ("<tid>" when none was seen) */
	const char *role; /* name by a map, or NULL */
	struct task_name *name; /* all names, by time */
	uint32_t n_names;
	uint32_t next_same_tid; /* a later task of the same tid, or TASKS_NONE */
};

#define TASKS_NONE UINT32_MAX

struct tasks; /* opaque */

struct tasks *tasks_new(void); /* NULL: out of memory */
struct tasks *tasks_free(struct tasks *t);
DEFINE_CLEANUP(tasks, tasks_free)

/*
 * Take in rows of the task track (batches of others are left alone). Batches may come in any order
 * of CPUs; call tasks_settle() after the last. Numbers once given stay; what is added after a
 * settle should be later than what was added before. 0 or -ENOMEM.
 *
 * A fork begins a new task of its tid. So does, after an exit, an exec, a rename, or another name;
 * the same name does not, since the last switch of a dying task follows its exit.
 */
int tasks_add(struct tasks *t, const struct batch *b) must_check;
int tasks_settle(struct tasks *t) must_check;

size_t tasks_count(const struct tasks *t);
const struct task *tasks_at(const struct tasks *t, uint32_t number);

/*
 * Number of the task that @tid was at @at (idle: of @cpu): the last that was born by then, even if
 * it has died; the first when all were born later. A tid never seen is added under the name
 * "<tid>", so the answer is always a valid number, or TASKS_NONE when out of memory. Arrays sized
 * by tasks_count() may therefore have to grow: see tasks_ensure().
 */
uint32_t tasks_find(struct tasks *t, uint32_t tid, nsec_t at, uint32_t cpu);

/* The name that the task had at @at. */
const char *tasks_comm_at(const struct tasks *t, uint32_t number, nsec_t at);
/* Role when there is one, else the last comm. What people and filters see. */
const char *tasks_label(const struct tasks *t, uint32_t number);

/* Set the role of the task that tasks_find() gives for @tid at @at (NSEC_MAX: of all that had the
 * tid); "" takes it away. 0, also when there is none, or -ENOMEM. */
int tasks_set_role(struct tasks *t, uint32_t tid, nsec_t at, const char *role) must_check;

/* The kernel's threads of one kind are called alike: ksoftirqd/0 and ksoftirqd/1 are ksoftirqd.
 * Only its per-CPU threads and workers; any other name may hold a '/'. Roles stay. */
#define TASKS_MERGE_SYS (1u << 0)
/* "name:tid", so that tasks of equal names stay apart. */
#define TASKS_APPEND_TID (1u << 1)
/*
 * Change how tasks are labelled, by giving them roles: for one answer, not for a file. Idle tasks
 * and tasks added later keep their names. 0 or -ENOMEM.
 */
int tasks_relabel(struct tasks *t, unsigned int how) must_check;

/*
 * Grow *@array (malloc memory or NULL) of @item bytes each from *@n to at least @need items; new
 * ones are zero. 0 or -ENOMEM. For arrays that are indexed by task number.
 */
int tasks_ensure(void **array, size_t *n, size_t need, size_t item) must_check;
