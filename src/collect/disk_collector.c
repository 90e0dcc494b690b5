/* SPDX-License-Identifier: MIT */
/* Block devices: /proc/diskstats (Documentation/admin-guide/iostats.rst of the kernel). */
#include <errno.h>

#include "collect/collector.h"
#include "collect/proc_file.h"

/* In the file's order. Times in ms are unsigned int in the kernel and wrap after 49 days. */
static const struct metric_spec metrics[] = {
	{ .name = "reads", .kind = METRIC_COUNTER, .help = "reads completed" },
	{ .name = "reads_merged", .kind = METRIC_COUNTER, .help = "reads merged before" },
	{ .name = "read",
	  .kind = METRIC_COUNTER,
	  .scale = 512,
	  .unit = "bytes",
	  .help = "data read" },
	{ .name = "read_time",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time of all reads together" },
	{ .name = "writes", .kind = METRIC_COUNTER, .help = "writes completed" },
	{ .name = "writes_merged", .kind = METRIC_COUNTER, .help = "writes merged before" },
	{ .name = "written",
	  .kind = METRIC_COUNTER,
	  .scale = 512,
	  .unit = "bytes",
	  .help = "data written" },
	{ .name = "write_time",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time of all writes together" },
	{ .name = "in_flight", .kind = METRIC_GAUGE, .help = "requests begun and not ended" },
	{ .name = "busy",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time with requests in flight" },
	{ .name = "queue_time",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time x requests in flight" },
	{ .name = "discards", .kind = METRIC_COUNTER, .help = "discards completed" },
	{ .name = "discards_merged", .kind = METRIC_COUNTER, .help = "discards merged before" },
	{ .name = "discarded",
	  .kind = METRIC_COUNTER,
	  .scale = 512,
	  .unit = "bytes",
	  .help = "data discarded" },
	{ .name = "discard_time",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time of all discards together" },
	{ .name = "flushes", .kind = METRIC_COUNTER, .help = "flush requests completed" },
	{ .name = "flush_time",
	  .kind = METRIC_COUNTER,
	  .bits = 32,
	  .scale = 0.001,
	  .unit = "s",
	  .help = "time of all flushes together" },
};

static int disk_open(void *state, const struct proc_root *root, struct err *e)
{
	int r = proc_file_open(state, root, "proc/diskstats");

	return r < 0 ? err_set(e, r, "cannot open '/proc/diskstats': %s", strerror(-r)) : 0;
}

static int disk_sample(void *state, struct tick *t, struct err *e)
{
	const char *p = proc_file_read(state);

	(void)e;
	for (; p && *p; p = next_line(p)) {
		const char *name;
		uint64_t major, minor, v;

		if (!scan_u64(&p, &major) || !scan_u64(&p, &minor))
			continue;
		size_t n = scan_word(&p, &name);

		if (!n)
			continue;
		uint32_t disk = readings_instance(t->readings, READINGS_NO_CPU, name, n);

		/* Kernels before 4.18 have no discards, before 5.5 no flushes. */
		for (unsigned int i = 0; i < ARRAY_SIZE(metrics) && scan_u64(&p, &v); i++)
			readings_put(t->readings, disk, i, v);
	}
	return 0;
}

static void disk_close(void *state)
{
	proc_file_done(state);
}

const struct collector collector_disk = {
	.name = "disk",
	.help = "block devices: operations, data, times, queue",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct proc_file),
	.open = disk_open,
	.sample = disk_sample,
	.close = disk_close,
};
