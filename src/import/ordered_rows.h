/* SPDX-License-Identifier: MIT */
/*
 * Rows of a foreign file on their way to a sink: gathered per (track, CPU), and put into time order
 * within a window, because a sink takes only rows in order. perf's rings are in order already, so
 * usually nothing is sorted; a row that comes too late even for the window is left out, counted,
 * and becomes a row of the loss track.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/batch.h"
#include "model/stream.h"

enum ordered_track {
	ORDERED_SWITCH,
	ORDERED_WAKEUP,
	ORDERED_MIGRATE,
	ORDERED_TASK,
	ORDERED_STAT,
	ORDERED_KVM_EXIT,
	ORDERED_KVM_ENTRY,
	ORDERED_KVM,
	ORDERED_SAMPLE,
	ORDERED_LOSS, /* the last one: see ordered_rows_finish() */
	ORDERED_TRACKS,
};

struct ordered_stream {
	struct batch *batch; /* NULL until the first row; grows to two windows */
	nsec_t last; /* greatest time in the batch */
	nsec_t written; /* greatest time that the sink has got */
	bool unsorted;
	uint64_t late; /* since the last loss row about them */
	nsec_t late_from, late_to;
};

struct ordered_rows {
	struct sink *sink;
	uint32_t window; /* rows that are held back */
	bool full; /* rows have optional columns */
	struct ordered_stream *stream[ORDERED_TRACKS]; /* [cpu + 1], [0] = BATCH_CPU_NONE */
	uint32_t n_streams[ORDERED_TRACKS];
	uint64_t late; /* all rows that were left out */
	uint64_t rows[ORDERED_TRACKS]; /* rows taken in, without the late ones */
};

#define ORDERED_WINDOW 4096 /* the usual window: two of them, 150 kB per stream of switches */

/* @sink must outlive @o. */
void ordered_rows_init(struct ordered_rows *o, struct sink *sink, uint32_t window);
void ordered_rows_done(struct ordered_rows *o);
/* Before the first row: the caller fills optional columns too. */
void ordered_rows_tell(struct ordered_rows *o);
/* At any time; a wider one holds for streams as soon as they have as many rows. */
void ordered_rows_set_window(struct ordered_rows *o, uint32_t window);

int ordered_rows_add_slow(struct ordered_rows *o, enum ordered_track track, uint32_t cpu,
			  nsec_t time, struct batch **ret, struct err *e) must_check;

/*
 * A new row: its number in *ret, whose other columns the caller fills at once. -ESTALE: too late,
 * left out and counted. Else -errno.
 */
static inline int must_check ordered_rows_add(struct ordered_rows *o, enum ordered_track track,
					      uint32_t cpu, nsec_t time, struct batch **ret,
					      struct err *e)
{
	if (cpu + 1 < o->n_streams[track]) {
		struct ordered_stream *s = &o->stream[track][cpu + 1];
		struct batch *b = s->batch;

		if (b && time >= s->last && !batch_full(b)) {
			s->last = time;
			b->time[b->rows] = time;
			*ret = b;
			o->rows[track]++;
			return (int)b->rows++;
		}
	}
	return ordered_rows_add_slow(o, track, cpu, time, ret, e);
}

/* The same for rows whose time may be put off rather than be too late: at @time, or at the earliest
 * time that is still possible. */
int ordered_rows_add_or_later(struct ordered_rows *o, enum ordered_track track, uint32_t cpu,
			      nsec_t time, struct batch **ret, struct err *e) must_check;

/* Rows of events (tracks numbered 16 and up) taken in so far. */
uint64_t ordered_rows_events(const struct ordered_rows *o);

/* Write everything that is held back. */
int ordered_rows_finish(struct ordered_rows *o, struct err *e) must_check;
