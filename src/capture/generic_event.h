/* SPDX-License-Identifier: MIT */
/*
 * The events with names of their own in perf_event_open(2): PERF_TYPE_HARDWARE, PERF_TYPE_SOFTWARE
 * and the matrix of PERF_TYPE_HW_CACHE, as perf's users write them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generic_event {
	const char *name, *alias; /* alias: "cpu-cycles" for cycles; NULL = none */
	const char *help;
	uint32_t type;
	uint64_t config;
	bool ns; /* counts nanoseconds */
};

extern const struct generic_event generic_event_list[];
extern const size_t generic_event_count;

/* By name or alias; NULL: none. */
const struct generic_event *generic_event_find(const char *name);

/* "L1-dcache-load-misses", "LLC-loads", "dTLB-stores", "node-prefetches" and the shorter forms that
 * perf takes. False: no name of the matrix. */
bool generic_cache_parse(const char *name, uint64_t *ret_config);

/* The names of the matrix that hardware can have, one after the other: false at the end. */
#define GENERIC_CACHE_NAME 40
bool generic_cache_at(size_t i, char *ret_name, uint64_t *ret_config);
