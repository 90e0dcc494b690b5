/* SPDX-License-Identifier: MIT */
/*
 * A track is one kind of event: its columns with type, unit and preferred codec. Track and column
 * numbers are the numbers on disk (docs/formats/recording.md): append only, never renumbered.
 * Column 0 of every track is `time`.
 *
 * A new track = a descriptor (sched_track.c shows four) and a word in src/model/meson.build.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nsec.h"

#define TRACK_MAX_COLUMNS 32

/* Tracks from this number on hold events of the recorded machine; those below describe the
 * recording and its tasks, and do not count as covered time. */
#define TRACK_FIRST_EVENT 16

/* On disk. */
enum column_type {
	COLUMN_U8 = 1,
	COLUMN_U16 = 2,
	COLUMN_U32 = 3,
	COLUMN_U64 = 4,
	COLUMN_I64 = 5,
	COLUMN_F64 = 6,
	COLUMN_TEXT = 7, /* in memory: uint32_t offset of a NUL-terminated text in batch.text */
};

/* On disk. */
enum column_codec {
	CODEC_PLANES = 0,
	CODEC_DELTA = 1,
	CODEC_ZDELTA = 2,
	CODEC_DICT = 3,
	CODEC_AFTER = 4,
	CODEC_TEXT = 5,
	CODEC_RUNS = 6,
	CODEC_CYCLE = 7,
	CODEC_SERIES = 8,
};

#define COLUMN_TASK (1u << 0) /* holds a tid: a task filter looks at it */
/* Few sources know it: a batch may lack it (batch.col[c] NULL), which reads as 0 in every row; a
 * block leaves it out then. Not text, never column 0, nothing is predicted from it. */
#define COLUMN_OPTIONAL (1u << 1)

struct track_column {
	const char *name;
	enum column_type type;
	enum column_codec codec; /* what the writer uses; a reader takes what the block says */
	/* CODEC_AFTER: the column whose previous row predicts this one; CODEC_SERIES: the column
	   that tells which series a row is of */
	uint8_t after;
	unsigned int flags;
	const char *unit; /* "ns", "bytes", "" ... */
	const char *help;
};

struct track {
	uint16_t id;
	const char *name;
	const char *help;
	bool on_demand; /* describes, but is read by those that need it, not at open */
	/* Long blocks pay for rows that repeat from tick to tick; 0 = as all others. */
	uint32_t block_rows; /* at most */
	nsec_t block_age; /* rows stay this long in the writer's memory */
	unsigned int n_columns;
	struct track_column column[TRACK_MAX_COLUMNS]; /* [0] is time */
};

#define TRACK_TIME_COLUMN                                                               \
	{                                                                               \
		.name = "time", .type = COLUMN_U64, .codec = CODEC_DELTA, .unit = "ns", \
		.help = "CLOCK_MONOTONIC"                                               \
	}

/* Bytes of one value of @type in memory. */
static inline size_t column_type_bytes(enum column_type type)
{
	static const uint8_t bytes[] = { 0, 1, 2, 4, 8, 8, 8, 4 };

	return bytes[type];
}

/* All tracks by number, NULL-terminated; generated from meson.build. At most 64. */
extern const struct track *const track_list[];

/* NULL when no such track is known. */
const struct track *track_by_id(uint16_t id);
const struct track *track_by_name(const char *name);
/* The @i-th known track, NULL behind the last. */
const struct track *track_at(unsigned int i);

/* A set of tracks as bits by their place in track_at() order; for queries. */
typedef uint64_t track_set_t;
track_set_t track_bit(const struct track *t);
#define TRACKS_ALL UINT64_MAX
