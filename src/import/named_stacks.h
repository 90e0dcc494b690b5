/* SPDX-License-Identifier: MIT */
/*
 * Rows of a profile that holds names instead of addresses, and sums instead of moments: what
 * imports of folded stacks and pprof share. All rows are at one time; names of functions become
 * symbols of modules of which only names are known.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/frames.h"
#include "model/stream.h"

/* Frames of a stack; more is damage. */
#define NAMED_STACKS_MAX_DEPTH 4096u

struct named_stacks;

/* Rows go to @sink, which is lent. NULL: out of memory. */
struct named_stacks *named_stacks_new(struct sink *sink, nsec_t time);
struct named_stacks *named_stacks_free(struct named_stacks *w);
DEFINE_CLEANUP(named_stacks, named_stacks_free)

/* An event whose rows are sums; numbers go up from 0. */
int named_stacks_event(struct named_stacks *w, const char *name, const char *unit, uint64_t period,
		       uint16_t *ret_number, struct err *e) must_check;
int named_stacks_module(struct named_stacks *w, const struct module *m, uint32_t *ret_number,
			struct err *e) must_check;
/* The node of the function @name of @module, of MODULE_NAMED, called by @parent (0: by none). */
int named_stacks_frame(struct named_stacks *w, uint32_t parent, uint32_t module, const char *name,
		       uint32_t *ret_node, struct err *e) must_check;
/* The same of a place that has no name, of a module of another kind. */
int named_stacks_place(struct named_stacks *w, uint32_t parent, uint32_t module, uint64_t offset,
		       uint32_t *ret_node, struct err *e) must_check;
/* The thread @tid has this name; said once. */
int named_stacks_task(struct named_stacks *w, uint32_t tid, uint32_t pid, const char *name,
		      struct err *e) must_check;

struct named_sample {
	uint32_t cpu; /* BATCH_CPU_NONE, or below CPUSET_MAX */
	uint16_t event;
	uint32_t tid, pid, node;
	uint64_t weight;
};
int named_stacks_sample(struct named_stacks *w, const struct named_sample *s,
			struct err *e) must_check;

/* Give all rows to the sink. */
int named_stacks_flush(struct named_stacks *w, struct err *e) must_check;
