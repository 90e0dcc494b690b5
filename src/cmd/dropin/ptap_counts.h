/* SPDX-License-Identifier: MIT */
/* Counts of CPUs and their metrics in the forms of ptap's perf-pmu. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "metric/metric_inputs.h"

struct ptap_counts {
	const struct metric_set *set;
	const struct metric_inputs *in; /* a column for each CPU */
	const uint32_t *cpu; /* their numbers, ascending */
	const int *socket; /* their packages, -1 = not known; NULL: none is */
	unsigned int n;
};

/*
 * metric_per_core,CPU0,CPU1,... and a line for each metric in the order of the set; empty where a
 * metric is missing. What is counted for a whole package stands under its first CPU. 0 or -ENOMEM.
 */
int ptap_metric_csv(const struct ptap_counts *c, struct buf *out) must_check;
/* A Python pickle, protocol 0, of {"CPU0": {"INST_RETIRED:ANY_P": "988420955"}}, with perf's words
 * where an event was asked for and not counted. */
int ptap_counts_pickle(const struct ptap_counts *c, struct buf *out) must_check;
/* The same as JSON, with numbers, and null for what was not counted. */
int ptap_counts_json(const struct ptap_counts *c, struct buf *out) must_check;
