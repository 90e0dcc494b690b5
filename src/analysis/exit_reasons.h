/* SPDX-License-Identifier: MIT */
/*
 * The exit reasons of a run as small numbers, in order of first use: what analyses and cubes count
 * under. A zeroed struct is empty. Not thread-safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/idmap.h"
#include "model/kvm_reason.h"

#define EXIT_REASON_NONE UINT32_MAX

struct exit_reasons {
	struct kvm_reason *reason; /* by place */
	size_t n;
	struct idmap place;
};

void exit_reasons_done(struct exit_reasons *r);
/* The slow way: a new place. EXIT_REASON_NONE: out of memory. */
uint32_t exit_reasons_add(struct exit_reasons *r, unsigned int isa, uint32_t reason);

/* Place of the reason, given when it is new. EXIT_REASON_NONE: out of memory. */
static inline uint32_t exit_reasons_place(struct exit_reasons *r, unsigned int isa, uint32_t reason)
{
	uint32_t place = idmap_get(&r->place, (uint64_t)isa << 32 | reason);

	return place != IDMAP_NONE ? place : exit_reasons_add(r, isa, reason);
}

/* By instruction set and number, for qsort() of struct kvm_reason. */
int exit_reasons_order(const void *a, const void *b);
