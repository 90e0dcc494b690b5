/* SPDX-License-Identifier: MIT */
/*
 * The tracks of what a machine counts about itself (/proc, /sys) and the numbers of their columns.
 * docs/formats/recording.md says what they mean.
 *
 *	metric	what is counted: name, unit, kind	value	 a number of a series at a time
 *	series	a metric of one thing: a disk, a CPU	process	 what a process has used up to a
 *time raw	text of a file at a time		thread	 the same of a thread
 *
 * Counters are stored raw, as the kernel shows them; rates are made on reading, with the time that
 * has really passed. What could not be read has no row.
 */
#pragma once

#include "model/track.h"

enum {
	METRIC_TIME,
	METRIC_NUMBER,
	METRIC_NAME,
	METRIC_KIND,
	METRIC_BITS,
	METRIC_SCALE,
	METRIC_UNIT,
	METRIC_HELP
};
enum { SERIES_TIME, SERIES_NUMBER, SERIES_METRIC, SERIES_CPU, SERIES_INSTANCE };
enum { VALUE_TIME, VALUE_SERIES, VALUE_VALUE };
enum { RAW_TIME, RAW_END, RAW_PATH, RAW_TEXT };
enum {
	PROCESS_TIME,
	PROCESS_TID,
	PROCESS_PID,
	PROCESS_PARENT,
	PROCESS_HAVE,
	PROCESS_FLAGS,
	PROCESS_STATE,
	PROCESS_UID,
	PROCESS_CPU,
	PROCESS_PRIO,
	PROCESS_THREADS,
	PROCESS_USER,
	PROCESS_SYSTEM,
	PROCESS_GUEST,
	PROCESS_MINOR,
	PROCESS_MAJOR,
	PROCESS_VOLUNTARY,
	PROCESS_INVOLUNTARY,
	PROCESS_RSS,
	PROCESS_VSIZE,
	PROCESS_SWAP,
	PROCESS_READ,
	PROCESS_WRITTEN,
	PROCESS_CANCELLED,
	PROCESS_RUN_DELAY,
	PROCESS_BLOCK_DELAY,
	PROCESS_COLUMNS
};

/* metric.kind, on disk. */
enum metric_kind {
	METRIC_COUNTER = 1, /* grows; falls only when it wraps at its bits or begins anew */
	METRIC_GAUGE = 2, /* any value at any time, signed */
};

/* process.flags, on disk. */
#define PROCESS_FLAG_EXITED (1u << 0) /* the last row: what it had used when it ended */

extern const struct track track_metric;
extern const struct track track_series;
extern const struct track track_value;
extern const struct track track_process;
extern const struct track track_thread;
extern const struct track track_raw;
