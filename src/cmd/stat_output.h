/* SPDX-License-Identifier: MIT */
/* What kymo stat prints: for people, as CSV in the form of perf stat -x, and as JSON. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "cmd/stat_result.h"

/* "# started on DATE" and an empty line: how perf stat -o begins a file. */
void stat_output_started(struct buf *out);

/* Append to @out. 0 or -errno; metrics are left out, with words in @e, when their files have
 * mistakes. */
int stat_output_text(const struct stat_result *r, struct buf *out, struct err *e) must_check;
/* As perf stat -x @sep: [time,] [CPUn,] count, unit, event, ns counted, % counted, rate, its unit.
 */
int stat_output_csv(const struct stat_result *r, const char *sep, struct buf *out) must_check;
/* One object; @flat: on one line. */
int stat_output_json(const struct stat_result *r, bool flat, struct buf *out,
		     struct err *e) must_check;
