/* SPDX-License-Identifier: MIT */
/* Counting all events of a set of metrics for a time, as kymo stat does, for ptap's programs. */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "cmd/stat_result.h"
#include "metric/metric_set.h"

struct ptap_measure; /* opaque */

struct ptap_measure_options {
	const struct metric_set *set;
	const struct option_list *pid; /* by commas and several times; empty: the machine */
	bool per_cpu; /* a place for each CPU, else one for all */
	nsec_t duration;
	int root_fd; /* lent */
	/* Takes a result, which is lent. */
	int (*result)(void *arg, const struct stat_result *r, struct err *e);
	void *arg;
};

/* -EINVAL with words: an id is none. */
int ptap_measure_new(const struct ptap_measure_options *o, struct ptap_measure **ret,
		     struct err *e) must_check;
struct ptap_measure *ptap_measure_free(struct ptap_measure *m);
DEFINE_CLEANUP(ptap_measure, ptap_measure_free)

/*
 * Count once. What cannot be counted is told with its reason, event by event, the first time. 0, or
 * 1 when it ended before its time, by a signal or because the process has ended: then there is
 * nothing more to measure.
 */
int ptap_measure_once(struct ptap_measure *m, struct err *e) must_check;
