/* SPDX-License-Identifier: MIT */
/*
 * What `perf stat` writes for programs: CSV (-x; the forms of perf 3.2 to 6.x, see
 * tools/perf/Documentation/perf-stat.txt "CSV FORMAT") and JSON lines (-j), with -A, -I,
 * --per-socket, -G. Rows of counts; what perf derives from them is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum perf_stat_state { PERF_STAT_COUNTED, PERF_STAT_NOT_COUNTED, PERF_STAT_NOT_SUPPORTED };

struct perf_stat_row { /* texts are lent until the call returns */
	double time; /* s, end of the interval (-I); NaN: one count over the whole run */
	int cpu, socket; /* -1: not by that */
	enum perf_stat_state state;
	double value; /* as perf scaled it; times in ns */
	double running_pct; /* part of the time that it had a counter; NaN: not told */
	const char *event;
	const char *cgroup, *task; /* NULL: none */
};

/*
 * Call @row for each; it returns 0 or -errno, which ends the reading. -EINVAL with "line N: ..."
 * for a line that is none of the forms. *ret_cut: the last line has no end, so that its last field
 * may be cut.
 */
int perf_stat_read(const char *text, size_t n,
		   int (*row)(void *arg, const struct perf_stat_row *r, struct err *e), void *arg,
		   bool *ret_cut, struct err *e) must_check;
