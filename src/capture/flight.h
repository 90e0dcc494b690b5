/* SPDX-License-Identifier: MIT */
/*
 * The flight recorder's memory: a sink that keeps the last seconds as encoded blocks, bounded by
 * age and size, until they are written into a recording. Names outlive events: rows of the task and
 * vm tracks are kept until a newer snapshot of all tasks stands in their place.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/recording.h"
#include "model/stream.h"

struct flight;

/* Keep @keep, but at most @max_bytes of blocks of events. @n_cpus: highest CPU number + 1. NULL:
 * out of memory. */
struct flight *flight_new(nsec_t keep, uint64_t max_bytes, unsigned int n_cpus);
struct flight *flight_free(struct flight *f);
DEFINE_CLEANUP(flight, flight_free)

struct sink *flight_sink(struct flight *f);
/* Encode what was taken in before @older (NSEC_MAX: all), and drop what is too old at @now. Call it
 * about once a second. */
int flight_turn(struct flight *f, nsec_t now, nsec_t older, struct err *e) must_check;
/* Is it time to read all tasks of the machine again? */
bool flight_wants_snapshot(const struct flight *f, nsec_t now);
/* Rows of all tasks alive were taken in from @at on. */
void flight_snapshot_taken(struct flight *f, nsec_t at);

/*
 * Write all that is kept, and go on keeping it. *ret_from: per CPU number the time from which on
 * all its events are there; lent until the next call.
 */
int flight_write(struct flight *f, struct recording_writer *w, const nsec_t **ret_from,
		 struct err *e) must_check;

uint64_t flight_bytes(const struct flight *f);
/* Time of the oldest event kept, 0 = none. */
nsec_t flight_oldest(const struct flight *f);
