/* SPDX-License-Identifier: MIT */
/*
 * What a profile's samples refer to, read from a source: events, modules, the tree of frames, names
 * that the file carries. Loaded by those that need it, once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/frames.h"
#include "model/stream.h"

struct profile_event {
	uint16_t number;
	const char *name, *unit, *note;
	uint32_t type, freq, flags;
	uint64_t config, period;
};

struct profile_symbol {
	uint64_t offset;
	uint32_t bytes; /* 0 = to the next */
	const char *name;
};

struct profile; /* opaque */

/* -EBADMSG with words: nodes or modules out of order. An empty profile is none: 0. */
int profile_load(struct source *src, struct profile **ret, struct err *e) must_check;
struct profile *profile_free(struct profile *p);
DEFINE_CLEANUP(profile, profile_free)

size_t profile_n_events(const struct profile *p);
const struct profile_event *profile_event_at(const struct profile *p, size_t i);
const struct profile_event *profile_event(const struct profile *p, uint16_t number); /* or NULL */

/* Nodes and modules by the numbers of the tracks; every parent is less than its node, every module
 * exists. */
const struct frames *profile_frames(const struct profile *p);
const struct modules *profile_modules(const struct profile *p);

/* The embedded symbol that @offset of @module lies in, or NULL. */
const struct profile_symbol *profile_symbol(const struct profile *p, uint32_t module,
					    uint64_t offset);
