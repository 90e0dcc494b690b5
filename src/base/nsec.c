/* SPDX-License-Identifier: MIT */
/* Clocks as nanoseconds. */
#include "base/nsec.h"

#include <time.h>

static nsec_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

nsec_t nsec_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

nsec_t nsec_realtime(void)
{
	return read_clock(CLOCK_REALTIME);
}
