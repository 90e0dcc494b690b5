/* SPDX-License-Identifier: MIT */
/*
 * Benchmark rows and the counters that belong to them, gathered from batches and sorted into
 * samples: one for each measure (wall, user ..., events) and side (A, B ...).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/nsec.h"
#include "model/batch.h"
#include "model/profile.h"
#include "model/result_track.h"
#include "model/table.h"
#include "stats/sample_ratio.h"

/* Of the analysis `results` (analysis.options). */
struct results_options {
	bool runs; /* the single runs instead of what they come to */
};

struct result_row {
	nsec_t time;
	uint32_t round, tid;
	uint8_t side;
	bool warmup;
	uint16_t status;
	uint64_t wall, user, sys, rss, minor, major, voluntary, involuntary;
};

struct result_count {
	nsec_t time;
	uint32_t tid;
	uint16_t event;
	bool scaled; /* it counted part of the time only */
	double value; /* for all of the time */
};

struct result_rows {
	struct result_row *row; /* by side, round and time once settled */
	size_t n, room;
	struct result_count *count; /* by event, time and thread once settled */
	size_t n_counts, count_room;
	uint64_t odd; /* rows of sides that there are not */
};

/* Rows of the result and counter tracks; others are none of ours. 0 or -ENOMEM. */
int result_rows_add(struct result_rows *r, const struct batch *b) must_check;
void result_rows_settle(struct result_rows *r);
void result_rows_done(struct result_rows *r);
/* How many sides there are: the last one's number + 1. */
unsigned int result_rows_sides(const struct result_rows *r);

/* What is measured of a run, without events: RESULT_MEASURES of them. */
#define RESULT_MEASURES 9
struct result_measure {
	const char *name, *help;
	enum unit unit;
	bool time; /* slower and faster, not more and less */
	bool zero_unknown; /* 0 = not known */
	uint64_t (*get)(const struct result_row *row);
};
extern const struct result_measure result_measures[RESULT_MEASURES];

/* The count of @event in @row; false: there is none. */
bool result_rows_count(const struct result_rows *r, const struct result_row *row, uint16_t event,
		       struct result_count *ret);

/*
 * The values of one side without warm-ups, by round: of @measure, or with NULL of @event. To be
 * freed with result_series_done(). 0 or -ENOMEM.
 */
int result_rows_series(const struct result_rows *r, unsigned int side,
		       const struct result_measure *measure, uint16_t event,
		       struct sample_series *ret) must_check;
void result_series_done(struct sample_series *s);
