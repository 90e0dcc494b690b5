/* SPDX-License-Identifier: MIT */
/*
 * Counters per run slice: a BPF program reads them at each context switch (bpf/slices.bpf.c), what
 * happened in the slice becomes a row of track counter, kind COUNTER_SLICE. Needs kernel 5.8 and
 * what the BPF engine needs.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "capture/counters.h"
#include "capture/gather.h"

#define SLICES_EVENTS 8 /* that a slice has room for */

struct slices; /* opaque */

/* @c counts the machine per CPU and outlives this, as does @g. Event i has the number
 * @first_event + i. -E2BIG: more events than a slice has room for; other -errno with words. */
int slices_open(struct counters *c, struct gather *g, int root_fd, unsigned int first_event,
		struct slices **ret, struct err *e) must_check;
struct slices *slices_free(struct slices *s);

/* From here on; the slices that run now are told from their next switch on. */
int slices_start(struct slices *s, struct err *e) must_check;
void slices_stop(struct slices *s);
/* Move all that is ready to the gather, losses too. */
int slices_drain(struct slices *s, unsigned int *fill_pct) must_check;
/* Time in which a dense load fills the buffer. */
nsec_t slices_fills_in(const struct slices *s);
