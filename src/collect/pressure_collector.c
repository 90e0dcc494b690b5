/* SPDX-License-Identifier: MIT */
/* Time lost to waiting for CPUs, memory, I/O and interrupts: /proc/pressure. */
#include "collect/collector.h"
#include "collect/pressure_lines.h"

static const struct metric_spec metrics[] = { PRESSURE_METRICS("", NULL) };

static void scan(struct readings *r, const char *p, const char *thing)
{
	pressure_scan(r, readings_instance(r, READINGS_NO_CPU, thing, strlen(thing)), 0, p);
}

static const struct collector_file files[] = {
	{ .path = "proc/pressure/cpu", .scan = scan, .thing = "cpu" },
	{ .path = "proc/pressure/io", .scan = scan, .thing = "io" },
	{ .path = "proc/pressure/memory", .scan = scan, .thing = "memory" },
	{ .path = "proc/pressure/irq", .scan = scan, .thing = "irq" }, /* since 6.1 */
};

const struct collector collector_pressure = {
	.name = "pressure",
	.help = "time lost to waiting for CPUs, memory, I/O (PSI)",
	.things = "cpu, io, memory, irq",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
