/* SPDX-License-Identifier: MIT */
/* The track of benchmark rows: one row for each run of a command that was run many times. */
#pragma once

#include "model/track.h"

enum {
	RESULT_TIME, /* when the run had ended */
	RESULT_ROUND,
	RESULT_SIDE,
	RESULT_FLAGS,
	RESULT_TID,
	RESULT_WALL,
	RESULT_USER,
	RESULT_SYS,
	RESULT_RSS,
	RESULT_MINOR,
	RESULT_MAJOR,
	RESULT_VOLUNTARY,
	RESULT_INVOLUNTARY,
	RESULT_STATUS
};

/* result.flags, on disk. */
#define RESULT_FLAG_WARMUP (1u << 0) /* not counted */

/* Commands that can be compared in one recording: A, B, C ... */
#define RESULT_MAX_SIDES 8

/* Counts of events during a run are in the counter track: kind COUNTER_TASK, time and tid of the
 * run's row. */
extern const struct track track_result;
