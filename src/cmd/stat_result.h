/* SPDX-License-Identifier: MIT */
/* What kymo stat has counted: sums over places, and what metrics are made of. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "capture/counters.h"
#include "metric/metric_inputs.h"
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

#define STAT_ALL_PLACES UINT32_MAX

/* The count of an event at one place or all. *@ret_there: it is counted there at all; .known of the
 * sum is false where a part of it never had a counter. */
struct multiplexed stat_result_sum(const struct stat_result *r, unsigned int event,
				   unsigned int place, bool *ret_there);

/*
 * The counts as inputs of @set's metrics, found by the events' names, with the facts of this
 * machine and the time that was measured: with @r->per_place a column for each place, else one.
 * Boxes of one kind are summed. -ENOMEM.
 */
int stat_result_inputs(const struct stat_result *r, const struct metric_set *set,
		       struct metric_inputs **ret, struct err *e) must_check;
