/* SPDX-License-Identifier: MIT */
/*
 * What `perf sched latency` tells of each task, counted as it counts, so that its table can be
 * compared line by line (observed of perf 6.1). A wait begins when a task that sleeps is woken,
 * when it is switched out in state R, or, at the latest, with the switch to a task that was not met
 * before; it ends with the next switch to the task. A preempted task (R+) does not wait by these
 * rules; the view `latency` counts such delays too.
 *
 * Run time: what sched_stat_runtime told, as perf takes it; where a recording has none of those,
 * perf shows 0, here it is what lies between switches (or was told with them).
 *
 * A loss forgets what tasks wait for, and who runs on its CPU.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

struct perf_latency {
	nsec_t runtime;
	uint64_t waits; /* perf's "switches" */
	nsec_t total, longest; /* of the waits */
	nsec_t longest_begin, longest_end; /* 0: no wait had a length */
};

struct perf_latencies {
	struct perf_latency *task; /* by task number; idle tasks stay zero */
	size_t n;
	bool runtime_measured; /* no sched_stat_runtime in the recording */
};

/* Events in [@from, @to), @to 0 = no end. 0 or -errno with words; perf_latencies_done() also after
 * failure. */
int perf_latencies_read(struct source *src, nsec_t from, nsec_t to, struct perf_latencies *ret,
			struct err *e) must_check;
void perf_latencies_done(struct perf_latencies *l);
