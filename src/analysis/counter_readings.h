/* SPDX-License-Identifier: MIT */
/*
 * From rows of the counter track to estimates: a series is an event on one CPU, of one task, or of
 * a task's run slices on one CPU; each of its readings becomes an estimate (stats/multiplex.h) once
 * the next one is known. Not thread-safe. A zeroed struct is empty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/task_index.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "model/batch.h"
#include "stats/multiplex.h"

struct counter_series {
	uint16_t event;
	uint8_t kind; /* enum counter_kind */
	uint32_t cpu; /* BATCH_CPU_NONE: wherever the task was */
	uint32_t task; /* by number; TASKS_NONE: of no task */
	struct multiplex m;
	nsec_t begin, seen; /* of the reading that is held back; time of the last row */
	nsec_t blind; /* since when the event has not been on a counter; 0: it is */
};

struct counter_estimate {
	uint32_t series; /* number in counter_readings.series */
	nsec_t at; /* of the reading: it belongs to the window in which it ends */
	nsec_t from, to; /* the time that it tells of */
	/* known false: the event was never on a counter from @from to @to. Such times are told for
	 * themselves, with enabled 0, when an estimate beside them holds them too. */
	struct multiplexed m;
};

typedef int counter_put(void *arg, const struct counter_estimate *c);

struct counter_readings {
	nsec_t interval; /* between readings of tasks, 0: not known. The caller's */
	struct idmap by_key;
	struct counter_series *series;
	uint32_t n_series, cap_series;
};

void counter_readings_done(struct counter_readings *c);
/* The rows of @b, stream by stream. @put is called for each estimate, with the series of it; what
 * it returns below 0 ends the reading. -EBADMSG with words, -ENOMEM. */
int counter_readings_take(struct counter_readings *c, struct task_index *index,
			  const struct batch *b, counter_put *put, void *arg,
			  struct err *e) must_check;
/* No more rows: the estimates that were held back. */
int counter_readings_end(struct counter_readings *c, counter_put *put, void *arg) must_check;
