/* SPDX-License-Identifier: MIT */
/*
 * How often an event happened that was counted only part of the time (multiplexing: more events
 * than the PMU has counters take turns), as an estimate with an interval, from the series of its
 * readings.
 *
 * In each reading the event should have been counted for `enabled` and was for `running` ns, and
 * `value` were seen. The estimate takes the rate that was seen for the time that was not:
 * value * enabled / running. The interval takes for that time the lowest and the highest of the
 * rates seen in the reading itself and in those before and after it: code that changes from reading
 * to reading has a wide one, even code a narrow one. Readings in which the event did not run at all
 * go with the next that has something.
 *
 * One reading alone has no neighbours. Then 1.96 standard errors of events that come independently
 * of each other: sqrt(value * (enabled - running) * enabled) / running. That is the least that the
 * error can be, not the most, which `alone` says.
 *
 * What was counted all the time is exact: low = value = high.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct multiplexed {
	double value, low, high; /* sums of estimates */
	uint64_t enabled, running; /* ns */
	bool known; /* false: never counted, there is no estimate */
	bool alone; /* of a single reading that was not counted all the time */
};

/* Zeroed: nothing read yet. */
struct multiplex {
	struct multiplexed sum; /* of all readings that have their neighbours */
	uint64_t value, enabled, running; /* the last reading that ran, not yet in the sum */
	double rate_before;
	bool pending, has_before;
	uint64_t gap; /* enabled time since without any running */
	uint64_t tag; /* of the last reading, for who wants to tell them apart */
};

/*
 * The next reading of a series: what happened since the reading before. True: *@ret (may be NULL)
 * is the estimate of an earlier one, now that what follows is known, and *@ret_tag its @tag.
 */
bool multiplex_add(struct multiplex *m, uint64_t value, uint64_t enabled, uint64_t running,
		   uint64_t tag, struct multiplexed *ret, uint64_t *ret_tag);
/* No more readings: the estimate of the last; false: there was none that ran. */
bool multiplex_end(struct multiplex *m, struct multiplexed *ret, uint64_t *ret_tag);

/* What @from says too: other CPUs, other times. */
void multiplexed_add(struct multiplexed *into, const struct multiplexed *from);
