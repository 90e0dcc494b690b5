/* SPDX-License-Identifier: MIT */
/*
 * The times at which events of a CPU may be missing: the losses of a run, sorted and joined, for
 * one track and CPU. What lies in a gap is not known and never guessed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/nsec.h"
#include "model/run.h"

/* Events in [from, to) may be missing; from == to: somewhere at that moment. */
struct gap {
	nsec_t from, to;
};

struct gaps {
	struct gap *gap; /* by time, not touching each other */
	size_t n;
};

#define GAPS_ANY_CPU UINT32_MAX

/*
 * Losses of the tracks with the numbers @track[0..n_tracks) (and those of track 0 = any) on @cpu
 * (and on CPU "unknown"); GAPS_ANY_CPU: on all. 0 or -ENOMEM. Free with gaps_done().
 */
int gaps_init(struct gaps *g, const struct run_info *info, const uint16_t *track,
	      unsigned int n_tracks, uint32_t cpu) must_check;
void gaps_done(struct gaps *g);

/* Part of [from, to) that no gap touches. */
nsec_t gaps_free_time(const struct gaps *g, nsec_t from, nsec_t to);
