/* SPDX-License-Identifier: MIT */
/* What the scheduler counts on each CPU: the cpu lines of /proc/schedstat
 * (Documentation/scheduler/sched-stats.rst of the kernel; versions 15 and later). */
#include "collect/collector.h"

enum {
	SCHED_YIELDS,
	SCHED_CALLS,
	SCHED_IDLES,
	SCHED_WAKEUPS,
	SCHED_LOCAL_WAKEUPS,
	SCHED_RUNNING,
	SCHED_WAITING,
	SCHED_SLICES,
	SCHED_METRICS
};

static const struct metric_spec metrics[] = {
	[SCHED_YIELDS] = COUNTER("yields", "calls of sched_yield()"),
	[SCHED_CALLS] = COUNTER("schedules", "calls of schedule()"),
	[SCHED_IDLES] = COUNTER("idles", "of these left the CPU idle"),
	[SCHED_WAKEUPS] = COUNTER("wakeups", "threads woken"),
	[SCHED_LOCAL_WAKEUPS] = COUNTER("local_wakeups", "of these on the CPU that woke them"),
	[SCHED_RUNNING] = COUNTER("running", "time that threads ran", .scale = 1e-9, .unit = "s"),
	[SCHED_WAITING] =
		COUNTER("waiting", "time that threads waited to run", .scale = 1e-9, .unit = "s"),
	[SCHED_SLICES] = COUNTER("slices", "times that a thread ran"),
};

static void scan(struct readings *r, const char *p, const char *thing)
{
	uint64_t version = 0, cpu, v;

	(void)thing;
	for (; *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);

		if (word_is(word, n, "version") && (!scan_u64(&p, &version) || version < 15))
			return;
		if (!version || n < 4 || memcmp(word, "cpu", 3) != 0)
			continue;
		word += 3;
		if (!scan_u64(&word, &cpu) || cpu >= READINGS_NO_CPU)
			continue;
		uint32_t at = readings_instance(r, (uint32_t)cpu, "", 0);

		for (unsigned int i = 0; i < SCHED_METRICS && scan_u64(&p, &v); i++) {
			readings_put(r, at, i, v);
			/* The second field has been 0 since version 15. */
			if (i == SCHED_YIELDS && !scan_u64(&p, &v))
				break;
		}
	}
}

static const struct collector_file files[] = {
	{ .path = "proc/schedstat", .scan = scan, .long_lines = true }
};

const struct collector collector_schedstat = {
	.name = "schedstat",
	.help = "run and wait times, wake-ups of each CPU (not the lines of domains)",
	.things = "CPUs",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
