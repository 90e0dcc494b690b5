/* SPDX-License-Identifier: MIT */
/*
 * From a source of tasks to rows of track process or thread: what the two collectors of that name
 * share.
 *
 * A tick has a row for each task that there is. One that ends has a row more, at the time of its
 * end, with what it had used; so has one that began after a tick and ended before the next.
 * Counters never fall from row to row of a task. Where nobody else tells who tasks are, rows of
 * track task do: forks and ends at their times, new names when they are seen.
 *
 * Where the tick says so a scan takes at most a tenth of one CPU's time: ticks that come sooner
 * after a long one have no rows. At most TASK_ROWS_MAX tasks have a row at a tick, and what is
 * beyond is entered as a loss.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "collect/collector.h"
#include "collect/task_source.h"

#define TASK_ROWS_MAX 131072u

struct task_sampler;

/* Chooses the source: BPF where it is allowed. */
int task_sampler_open(const struct proc_root *root, bool threads, struct task_sampler **ret,
		      struct err *e) must_check;
/* The same with a source that it owns from then on, also when it fails. */
int task_sampler_of(struct task_source *source, bool threads, struct task_sampler **ret) must_check;
struct task_sampler *task_sampler_free(struct task_sampler *s);
DEFINE_CLEANUP(task_sampler, task_sampler_free)

int task_sampler_sample(struct task_sampler *s, struct tick *t, struct err *e) must_check;
/* Between ticks: those that have ended. */
int task_sampler_drain(struct task_sampler *s, struct tick *t, struct err *e) must_check;
/* What it cannot tell and why; "" = nothing. */
const char *task_sampler_note(const struct task_sampler *s);
