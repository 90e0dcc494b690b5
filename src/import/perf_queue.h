/* SPDX-License-Identifier: MIT */
/*
 * Records of several rings put into order of time: an address means what was mapped when it was
 * sampled, and mappings, forks and samples of one process come from several CPUs. perf closes each
 * round over the rings by a record: nothing that follows is older than the greatest time of the
 * round before (tools/perf/util/ordered-events.c describes it).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"

struct perf_queued {
	nsec_t time;
	const uint8_t *record; /* header included */
	uint32_t tag; /* the caller's */
	uint32_t chunk;
};

struct perf_queue {
	struct perf_queued *entry, *spare;
	size_t n, cap;
	struct perf_chunk *chunk;
	uint32_t n_chunks, filling;
	size_t bytes; /* of all that is held */
	nsec_t last, limit; /* greatest times up to now, and at the end of the round before */
	bool unsorted;
	/* An entry's turn. 0 or -errno, which ends the flush. */
	int (*take)(void *ctx, const struct perf_queued *entry, struct err *e);
	void *ctx;
};

void perf_queue_done(struct perf_queue *q);

/*
 * Hold a copy of the @n bytes at @record. What is held has a limit of some hundred MB: a file
 * without rounds is put in order as far as that allows. 0 or -errno, of take() too.
 */
int perf_queue_add(struct perf_queue *q, nsec_t time, uint32_t tag, const uint8_t *record, size_t n,
		   struct err *e) must_check;
/* A round ends: the turn of all that nothing older can follow. */
int perf_queue_round(struct perf_queue *q, struct err *e) must_check;
/* Nothing follows any more. */
int perf_queue_finish(struct perf_queue *q, struct err *e) must_check;
