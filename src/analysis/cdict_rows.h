/* SPDX-License-Identifier: MIT */
/*
 * Any run as the rows of a cdict file: switches, sleeps, KVM exits and entries in time order, each
 * with how long what it ends had lasted. For the exporter, and for charts that count such rows.
 *
 * Durations, whichever is first: what the source told with the row (optional columns); what the
 * kernel's statistics told (track stat: run times are gathered per CPU from switch to switch,
 * whoever's they are, as the first tool did); what lies between the events themselves: a run from
 * its switch-in, a sleep (state S) from switch-out to wake-up, guest and host time from entry and
 * exit of the same thread. Idle tasks have duration 0 unless told otherwise, as in the files of
 * the first tool.
 *
 * A row whose duration is not known is not given: the first switch of a CPU without a start mark,
 * the first behind a loss, an exit without its entry.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/cdict_row.h"
#include "model/stream.h"

struct cdict_rows_query {
	/*
	 * Names as the first tool gave them: the first name that a thread id was seen with, for the
	 * whole run. Else the name of the time of the row. A role goes before both.
	 */
	bool first_names;
};

struct cdict_rows; /* opaque */

/* 0 or -errno with words. */
int cdict_rows_new(struct source *src, const struct cdict_rows_query *q, struct cdict_rows **ret,
		   struct err *e) must_check;
struct cdict_rows *cdict_rows_free(struct cdict_rows *s);
DEFINE_CLEANUP(cdict_rows, cdict_rows_free)

/*
 * 1 and a row, its names lent as long as the source lives; 0 at the end; -errno with words. Times
 * count from the first row given; those of an imported cdict file are the file's own. @ret_time
 * (may be NULL): in ns of the run; @ret_task (may be NULL): the subject's number in the task table.
 */
int cdict_rows_next(struct cdict_rows *s, struct cdict_row *ret, nsec_t *ret_time,
		    uint32_t *ret_task, struct err *e) must_check;
