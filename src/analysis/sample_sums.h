/* SPDX-License-Identifier: MIT */
/*
 * Samples summed by event, group and leaf of the call chain: what the views of profiles begin with.
 * Samples of events that only give chains (switch_chains.h) are counted as events, not summed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/tallies.h"
#include "base/attr.h"
#include "base/idmap.h"

#define SAMPLE_EVENTS_MAX 255
#define SAMPLE_GROUPS_MAX (1u << 24)

enum sample_group {
	SAMPLE_GROUP_NONE, /* all in group 0 */
	SAMPLE_GROUP_TASK, /* by task number */
	SAMPLE_GROUP_COMMAND, /* by the name that the thread had then: number of a .command */
};

struct sample_event {
	uint16_t number;
	const struct profile_event *event; /* NULL: samples of an event without a row */
	uint64_t samples, weight;
	bool chains; /* only those */
};

struct sample_sums {
	enum sample_group by;
	struct tallies sums; /* .count samples, .sum weight; keys below */
	struct sample_event event[SAMPLE_EVENTS_MAX];
	unsigned int n_events;
	struct idmap command_number;
	const char **command; /* lent from the tasks */
	size_t n_commands, room_commands;
	uint64_t no_such_node; /* samples whose chain is not in the file: counted as without one */
	uint64_t idle; /* samples of idle tasks */
};

static inline uint64_t sample_key(unsigned int event, uint32_t group, uint32_t node)
{
	return (uint64_t)event << 56 | (uint64_t)group << 32 | node;
}

static inline unsigned int sample_key_event(uint64_t key)
{
	return (unsigned int)(key >> 56);
}

static inline uint32_t sample_key_group(uint64_t key)
{
	return (uint32_t)(key >> 32) % SAMPLE_GROUPS_MAX;
}

/* Columns of the sample track that are read. */
#define SAMPLE_SUMS_COLUMNS \
	(1u << SAMPLE_EVENT | 1u << SAMPLE_TID | 1u << SAMPLE_NODE | 1u << SAMPLE_WEIGHT)

/* A zeroed struct is empty. */
void sample_sums_done(struct sample_sums *s);
/* Take the rows of @b that pass the filters of @p. Idle tasks do, unless tasks are asked for by
 * name. */
int sample_sums_take(struct sample_sums *s, struct analysis_pass *p, const struct batch *b,
		     struct err *e) must_check;
/* The name of an event; its unit, as a column's. */
const char *sample_event_name(const struct sample_event *v);
enum unit sample_event_unit(const struct sample_event *v);
/*
 * The event called @name, NULL: the first that measures where time goes. -EINVAL with words when
 * there is none of the name; *ret = SAMPLE_EVENTS_MAX when there are no samples at all.
 */
int sample_sums_choose(const struct sample_sums *s, const char *name, unsigned int *ret,
		       struct err *e) must_check;
/* Under @t: what was not there; which other events there are, when one was chosen. */
void sample_sums_notes(const struct sample_sums *s, unsigned int chosen, struct table *t);
/* Does @p's filter take samples of @task? */
bool sample_wanted(const struct analysis_pass *p, uint32_t task);
