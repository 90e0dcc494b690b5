/* SPDX-License-Identifier: MIT */
/* Load averages and threads: /proc/loadavg. */
#include "collect/collector.h"

enum { LOAD_1, LOAD_5, LOAD_15, LOAD_RUNNING, LOAD_THREADS };

static const struct metric_spec metrics[] = {
	[LOAD_1] = GAUGE("avg1", "threads running, ready or waiting for a disk, over a minute",
			 .scale = 0.01),
	[LOAD_5] = GAUGE("avg5", "the same over 5 minutes", .scale = 0.01),
	[LOAD_15] = GAUGE("avg15", "the same over 15 minutes", .scale = 0.01),
	[LOAD_RUNNING] = GAUGE("running", "threads running or ready to, the reading one included"),
	[LOAD_THREADS] = GAUGE("threads", "threads that there are"),
};

static void scan(struct readings *r, const char *p, const char *thing)
{
	uint32_t at = readings_instance(r, READINGS_NO_CPU, "", 0);
	unsigned int i = LOAD_1;
	uint64_t v;

	(void)thing;
	/* "0.17 0.20 0.18 2/431 12345" */
	for (; i <= LOAD_15 && scan_decimal(&p, 100, &v); i++)
		readings_put(r, at, i, v);
	if (i <= LOAD_15 || !scan_u64(&p, &v))
		return;
	readings_put(r, at, LOAD_RUNNING, v);
	if (*p++ == '/' && scan_u64(&p, &v))
		readings_put(r, at, LOAD_THREADS, v);
}

static const struct collector_file files[] = { { .path = "proc/loadavg", .scan = scan } };

const struct collector collector_load = {
	.name = "load",
	.help = "load averages, threads",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
