/* SPDX-License-Identifier: MIT */
/*
 * The cubes of a report page: run time and switches, delays, successors, KVM exits, samples, time
 * off the CPU and counts as cells by time bin, from which the viewer sums what a window and a
 * filter ask for. Content and tracks 200 to 206: docs/formats/page.md, "Cubes".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/cube_counter.h"
#include "analysis/exit_reasons.h"
#include "analysis/off_cpu.h"
#include "analysis/tallies.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"
#include "model/track.h"

#define CUBE_MAX_BINS  2048
#define CUBE_MAX_CELLS 200000
/* Over the run, where only a window of it is asked for and has CUBE_MAX_BINS for itself. */
#define CUBE_MAX_BINS_OF_RUN 16384

enum { CUBE_RUN_TIME, CUBE_RUN_CPU, CUBE_RUN_TASK, CUBE_RUN_RUN, CUBE_RUN_SWITCHES };
enum {
	CUBE_DELAY_TIME,
	CUBE_DELAY_KIND,
	CUBE_DELAY_TASK,
	CUBE_DELAY_BUCKET,
	CUBE_DELAY_COUNT,
	CUBE_DELAY_MAX,
	CUBE_DELAY_SUM
};
enum { CUBE_NEXT_TIME, CUBE_NEXT_TASK, CUBE_NEXT_NEXT, CUBE_NEXT_COUNT };
enum {
	CUBE_EXIT_TIME,
	CUBE_EXIT_TASK,
	CUBE_EXIT_ISA,
	CUBE_EXIT_REASON,
	CUBE_EXIT_COUNT,
	CUBE_EXIT_SUM,
	CUBE_EXIT_MAX,
	CUBE_EXIT_LAST,
	CUBE_EXIT_ENDED
};
enum {
	CUBE_SAMPLE_TIME,
	CUBE_SAMPLE_EVENT,
	CUBE_SAMPLE_TASK,
	CUBE_SAMPLE_NODE,
	CUBE_SAMPLE_COUNT,
	CUBE_SAMPLE_WEIGHT
};
enum {
	CUBE_OFFCPU_TIME,
	CUBE_OFFCPU_TASK,
	CUBE_OFFCPU_NODE,
	CUBE_OFFCPU_COUNT,
	CUBE_OFFCPU_SUM,
	CUBE_OFFCPU_MAX
};

extern const struct track track_cube_run;
extern const struct track track_cube_delay;
extern const struct track track_cube_next;
extern const struct track track_cube_exit;
extern const struct track track_cube_sample;
extern const struct track track_cube_offcpu;

struct cube {
	nsec_t start, span; /* of the run */
	nsec_t bin_ns;
	nsec_t begin, end; /* of the current bin; end 0: none yet */
	uint64_t bin;
	unsigned int key_bits; /* below the bin in a key */
	unsigned int part_bits; /* lowest bits of a key: which tally of the cell */
	size_t max_cells;
	/* Cells of the current bin, by key without bin: few, so they stay in the cache. */
	struct tallies hot;
	struct tallies cell; /* of the others, by bin and key */
};

struct cubes {
	struct cube run, delay, next, exit, sample, offcpu;
	struct counter_cube counter;
	const struct run_info *info;
	struct exit_reasons reasons; /* by their place in keys */
	bool spans_begun;
	bool *has_kvm; /* by task number: those with KVM events */
	size_t n_has_kvm;
	bool samples; /* set by the caller: single samples are too many, so make a cube of them */
	struct analysis_pass pass; /* what samples refer to; .profile NULL: nothing */
	struct frames *sample_key, *offcpu_key; /* task, event and node by their place in keys */
	struct off_cpu_nodes nodes;
	bool wakeups; /* were recorded */
};

/* @max_cells per cube; 0 = CUBE_MAX_CELLS. Allocates nothing. */
void cubes_init(struct cubes *c, const struct run_info *info, size_t max_cells);
/* Only @length of the run will be taken: finer bins. After cubes_init(), before the first taking.
 */
void cubes_focus(struct cubes *c, nsec_t length);
void cubes_done(struct cubes *c);
/* For analysis_run_all(): what fills @c. */
struct scan_taker cubes_taker(struct cubes *c);
/* Write the cells as rows of the tracks (times since the start of the run, no CPU) to @s.
 * Once. */
int cubes_write(struct cubes *c, struct sink *s, struct err *e) must_check;
