/* SPDX-License-Identifier: MIT */
/*
 * Call chains sampled where threads are switched out: samples of an event with EVENT_FLAG_OFF_CPU,
 * or of sched:sched_switch. Found by thread and time, since the sample is taken some microseconds
 * before or after its row in the switch track.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/profile.h"
#include "model/stream.h"

/* How far the two may lie apart. */
#define SWITCH_CHAINS_APART (50 * NSEC_PER_USEC)

/* Are samples of @v such chains? They are no measure of where time goes. */
bool switch_chains_event(const struct profile_event *v);

struct switch_chains; /* opaque */

/* All of @src with times in [@from, @to]. *ret = NULL, and 0, when it has no such event. */
int switch_chains_load(struct source *src, const struct profile *p, nsec_t from, nsec_t to,
		       struct switch_chains **ret, struct err *e) must_check;
struct switch_chains *switch_chains_free(struct switch_chains *c);
DEFINE_CLEANUP(switch_chains, switch_chains_free)

/* The node of the chain of @tid that was sampled next to @at; 0: none. */
uint32_t switch_chains_at(const struct switch_chains *c, uint32_t tid, nsec_t at);
