/* SPDX-License-Identifier: MIT */
/*
 * The cube of counters of a report page: estimates of series of readings, each for itself, or, when
 * they are too many, summed by time bin. Content and track 206: docs/formats/page.md, "Cubes".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analysis/counter_readings.h"
#include "base/attr.h"
#include "base/err.h"
#include "model/run.h"
#include "model/stream.h"
#include "model/track.h"

enum {
	CUBE_COUNTER_TIME,
	CUBE_COUNTER_EVENT,
	CUBE_COUNTER_KIND,
	CUBE_COUNTER_CPU,
	CUBE_COUNTER_TASK,
	CUBE_COUNTER_LENGTH,
	CUBE_COUNTER_KNOWN,
	CUBE_COUNTER_VALUE,
	CUBE_COUNTER_BELOW,
	CUBE_COUNTER_ABOVE,
	CUBE_COUNTER_ENABLED,
	CUBE_COUNTER_OFF,
	CUBE_COUNTER_LEAST,
	CUBE_COUNTER_MOST
};

extern const struct track track_cube_counter;

struct counter_cell;

struct counter_cube {
	struct counter_readings readings;
	struct counter_cell *cell;
	size_t n, cap, max_cells;
	nsec_t start, span; /* of the run */
	nsec_t bin_ns; /* 0: every reading has a cell of its own */
	nsec_t first_bin_ns; /* of the first bins */
};

/* @bin_ns: width of the bins when there are more than @max_cells readings; they are joined two by
 * two as long as there are too many. Allocates nothing. */
void counter_cube_init(struct counter_cube *c, const struct run_info *info, size_t max_cells,
		       nsec_t bin_ns);
void counter_cube_done(struct counter_cube *c);
/* Rows of the counter track, stream by stream. */
int counter_cube_take(struct counter_cube *c, struct task_index *index, const struct batch *b,
		      struct err *e) must_check;
/* Write the cells as rows (times since the start of the run, no CPU) to @s. Once. */
int counter_cube_write(struct counter_cube *c, struct sink *s, struct err *e) must_check;
