/* SPDX-License-Identifier: MIT */
/* What kymo stat prints: for people, as CSV in the form of perf stat -x, and as JSON. */
#pragma once

#include <stdio.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "capture/counters.h"
#include "metric/metric_set.h"
#include "stats/multiplex.h"

struct stat_result {
	const struct counters *counters;
	const struct event_list *asked; /* as they were asked for, in the order of the counters */
	const struct multiplexed *count; /* [place * n_events + event] */
	const char *title; /* "'make -j8'", "process 1234", "the machine" */
	double at; /* end of the interval since the start, s; NaN: all the time */
	double elapsed; /* s */
	double user, sys; /* CPU time of the command and what it waited for, s; NaN: no command */
	bool per_place; /* a row for each place */
	int root_fd;
};

/* Append to @out. 0 or -errno; metrics are left out, with words in @e, when their files have
 * mistakes. */
int stat_output_text(const struct stat_result *r, struct buf *out, struct err *e) must_check;
/* As perf stat -x @sep: [time,] [CPUn,] count, unit, event, ns counted, % counted, rate, its unit.
 */
int stat_output_csv(const struct stat_result *r, const char *sep, struct buf *out) must_check;
/* One object; @flat: on one line. */
int stat_output_json(const struct stat_result *r, bool flat, struct buf *out,
		     struct err *e) must_check;
