/* SPDX-License-Identifier: MIT */
/* What is known of a run apart from its events: host, CPUs, clock anchors, covered time, losses,
 * and whether the file is whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/batch.h"
#include "model/stream.h"

struct run_meta {
	const char *key;
	const char *value;
};

struct run_cpu {
	uint32_t cpu;
	uint32_t package, core, node; /* UINT32_MAX = unknown */
	/* Covered time. start_marked: the recorder said so; else it is the first event seen on the
	 * CPU. start > end: nothing. */
	nsec_t start, end;
	bool start_marked, end_marked;
};

struct run_loss {
	nsec_t from, to;
	uint32_t cpu; /* BATCH_CPU_NONE = unknown */
	uint16_t track; /* track number, 0 = any */
	uint64_t count; /* 0 = unknown */
	unsigned int cause; /* enum loss_cause */
};

struct run_anchor {
	nsec_t mono, real;
};

struct run_stream {
	uint16_t track; /* number; may be unknown to track_by_id() */
	uint32_t cpu;
	uint32_t blocks;
	uint64_t rows, bytes;
	nsec_t first, last;
};

struct run_info {
	uint8_t id[16];
	char name[256]; /* short: file name without folder and ending */
	nsec_t start, end; /* earliest start and latest end over all CPUs; events only (task, meta
			      ... rows do not count) */
	struct run_meta *meta;
	size_t n_meta;
	struct run_cpu *cpu; /* sorted by number; every CPU that has events, a cpu row or a mark */
	size_t n_cpu;
	/* Events of no known CPU (profiles of one program, as perf records them): what is covered
	 * when no CPU is. */
	bool has_no_cpu;
	struct run_cpu no_cpu;
	struct run_loss *loss;
	size_t n_loss;
	struct run_anchor *anchor;
	size_t n_anchor;
	struct run_stream *stream; /* per (track, cpu), sorted by both */
	size_t n_stream;
	uint64_t file_bytes;
	bool complete; /* trailer there, no damage met, and no gap in block numbers */
	char damage[256]; /* words when not complete */
};

void run_info_done(struct run_info *r);

/* Name it after the file @path: without folder and ".kymo". */
void run_info_set_name(struct run_info *r, const char *path);

/* Give @sink one more row of the meta track; @value may be empty. */
int run_meta_write(struct sink *sink, const char *key, const char *value, struct err *e) must_check;

/*
 * Add what the rows of one batch say (meta, clock, cpu, mark, loss; tracks of events only widen
 * coverage where no mark limits it). Texts are copied. 0, -ENOMEM, or -E2BIG: more than CPUSET_MAX
 * CPUs.
 */
int run_info_add(struct run_info *r, const struct batch *b) must_check;
/* After the last run_info_add(): sort, and settle start, end and unmarked coverage. */
void run_info_settle(struct run_info *r);

/* Length of the run; 0 when it has no events. */
static inline nsec_t run_info_span(const struct run_info *r)
{
	return r->end > r->start ? r->end - r->start : 0;
}

/* NULL when there is no such key. */
const char *run_info_meta(const struct run_info *r, const char *key);
/* Entry of @cpu, or NULL. */
const struct run_cpu *run_info_cpu(const struct run_info *r, uint32_t cpu);
/* CLOCK_REALTIME of a monotonic time by the nearest anchor; 0 when there is none. */
nsec_t run_info_realtime(const struct run_info *r, nsec_t mono);

/*
 * How much of [@from, @to) x CPUs is covered by recorded data, 0..1: marked coverage minus loss
 * spans of @track (0 = any track), those of no known CPU taken from all. CPUs that were not
 * recorded do not count. 0 for an empty window and when out of memory: nothing is promised then.
 * *ret_lost (may be NULL) = number of lost events with a known count that touch the window.
 */
double run_info_coverage(const struct run_info *r, uint16_t track, nsec_t from, nsec_t to,
			 uint64_t *ret_lost);
