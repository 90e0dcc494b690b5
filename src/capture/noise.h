/* SPDX-License-Identifier: MIT */
/*
 * What else the machine did while something was measured: load, CPU time of others and of the
 * hypervisor, and whether the clock of the CPUs was left to a governor. Read before and after.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

struct noise {
	bool has_times, has_load;
	/* Of all CPUs since boot (proc/stat): everything, all but idle and waiting for I/O, taken
	 * by the hypervisor for others. */
	nsec_t all, busy, steal;
	double load; /* of the last minute */
	char governor[32]; /* of all CPUs; "mixed"; "" = there is none (virtual machines) */
};

/* What can be read below @root_fd. */
void noise_read(int root_fd, struct noise *ret);

/*
 * Meta rows for what happened between two readings: noise.governor, noise.load (at the start),
 * noise.load.end, noise.steal_pct and noise.others_pct, both of all CPUs. @own: CPU time of what
 * was measured.
 */
int noise_write(const struct noise *before, const struct noise *after, nsec_t own,
		struct sink *sink, nsec_t time, struct err *e) must_check;
