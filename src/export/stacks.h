/* SPDX-License-Identifier: MIT */
/*
 * The samples of a run as exporters want them: with the name that the thread had, its event, and
 * the call chain as a node whose frames have functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "export/exporter.h"
#include "model/functions.h"
#include "model/profile.h"
#include "model/stream.h"

struct stack_event {
	const char *name;
	const char *unit; /* of weights: "ns"; "" = number of events */
	uint64_t period; /* 0 = by frequency */
	uint32_t freq;
	bool sums; /* a row is a sum: the number of rows says nothing */
	bool off_cpu; /* chains of threads that block: only when it is asked for by its name */
};

struct stack_sample {
	nsec_t time;
	uint64_t weight;
	uint32_t cpu; /* BATCH_CPU_NONE: not known */
	uint32_t tid, pid;
	uint32_t task; /* number in the source's tasks */
	uint32_t name; /* stacks_name() */
	uint32_t node; /* leaf of the profile's frames; 0 = no chain */
	uint32_t event; /* stacks_event() */
	uint8_t mode;
};

struct stacks; /* opaque */

/*
 * Load what the samples of @src refer to; filters are those of @args, both lent. -ENODATA with
 * words: the run has no samples; -EINVAL: no event of args->event's name.
 */
int stacks_open(struct source *src, const struct export_args *args, struct stacks **ret,
		struct err *e) must_check;
struct stacks *stacks_close(struct stacks *s);
DEFINE_CLEANUP(stacks, stacks_close)

const struct profile *stacks_profile(const struct stacks *s);
const struct functions *stacks_functions(const struct stacks *s);

/* Numbers of events are below; those of samples without a row in the event track share the last. */
size_t stacks_n_events(const struct stacks *s);
const struct stack_event *stacks_event(const struct stacks *s, uint32_t event);

/* A role, or the name that the thread had at the time; idle tasks are "swapper". */
const char *stacks_name(const struct stacks *s, uint32_t name);
size_t stacks_n_names(const struct stacks *s); /* those met so far */

/* What a sample counts for where a format holds numbers of samples. */
static inline uint64_t stacks_count(const struct stacks *s, const struct stack_sample *x)
{
	return stacks_event(s, x->event)->sums ? x->weight : 1;
}

/* For formats that hold one event: from now on only the first that has samples in the window,
 * unless args->event chose already. */
int stacks_one_event(struct stacks *s, struct err *e) must_check;

/* All samples that pass the filters go to @take, which returns 0 or -errno with words. */
int stacks_each(struct stacks *s, enum cursor_order order,
		int (*take)(void *ctx, const struct stack_sample *x, struct err *e), void *ctx,
		struct err *e) must_check;

/* The same of one batch of the sample track, for those that read other tracks with it. */
int stacks_take(struct stacks *s, const struct batch *b,
		int (*take)(void *ctx, const struct stack_sample *x, struct err *e), void *ctx,
		struct err *e) must_check;

/* Lines about what was met: samples of broken chains, without chain. */
void stacks_notes(const struct stacks *s, struct buf *notes);
