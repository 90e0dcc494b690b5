/* SPDX-License-Identifier: MIT */
/* The tracks that describe a recording itself, and the numbers of their columns.
 * docs/formats/recording.md says what they mean. */
#pragma once

#include "model/track.h"

enum {
	INDEX_OFFSET, /* column 0: place instead of time */
	INDEX_FIRST,
	INDEX_LAST,
	INDEX_BYTES,
	INDEX_TRACK,
	INDEX_CPU,
	INDEX_ROWS,
};
enum {
	SCHEMA_TIME,
	SCHEMA_TRACK,
	SCHEMA_TRACK_NAME,
	SCHEMA_COLUMN,
	SCHEMA_COLUMN_NAME,
	SCHEMA_TYPE,
	SCHEMA_UNIT
};
enum { META_TIME, META_KEY, META_VALUE };
enum { CLOCK_TIME, CLOCK_REAL };
enum { CPU_TIME, CPU_CPU, CPU_PACKAGE, CPU_CORE, CPU_NODE };
enum { MARK_TIME, MARK_KIND, MARK_TEXT };
enum { LOSS_TIME, LOSS_END, LOSS_TRACK, LOSS_COUNT, LOSS_CAUSE };

/* On disk. */
enum mark_kind { MARK_START = 1, MARK_END = 2, MARK_USER = 3 };
enum loss_cause {
	LOSS_RING_FULL = 1,
	LOSS_IN_INPUT = 2,
	LOSS_DAMAGE = 3,
	LOSS_LIMIT = 4,
	LOSS_THROTTLED = 5, /* the kernel held an event back that came too often */
};

extern const struct track track_index;
extern const struct track track_schema;
extern const struct track track_meta;
extern const struct track track_clock;
extern const struct track track_cpu;
extern const struct track track_mark;
extern const struct track track_loss;

/* "ring full" ... ; never NULL. */
const char *loss_cause_name(unsigned int cause);
