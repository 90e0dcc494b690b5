/* SPDX-License-Identifier: MIT */
/* Metrics value by value, as formats with a line for each want them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/err.h"
#include "export/exporter.h"
#include "model/series_table.h"

struct metric_line {
	/* RFC 3339; of a run without a calendar seconds of CLOCK_MONOTONIC */
	const char *time;
	const struct series_metric *metric;
	const struct metric_series *series;
	uint64_t raw; /* as the kernel shows it; gauges in two's complement */
	double value; /* in the metric's unit */
	bool has_rate;
	double rate; /* of counters: per second since the value before */
};

/* All values of the window, tick after tick, to @put; ret->rows counts them. -ENODATA with words:
 * the run has no metrics. */
int metric_lines(struct source *src, const struct export_args *args,
		 void (*put)(const struct metric_line *l, void *arg, FILE *out), void *arg,
		 FILE *out, struct export_result *ret, struct err *e) must_check;
