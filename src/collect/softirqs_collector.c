/* SPDX-License-Identifier: MIT */
/* Soft interrupts by kind and CPU: /proc/softirqs. */
#include "collect/collector.h"
#include "collect/cpu_table.h"

static const struct metric_spec metrics[] = {
	COUNTER("count", "soft interrupts handled; CPUs on which there was none have no series",
		.bits = 32),
};

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	cpu_table_scan(r, 0, text, NULL);
}

static const struct collector_file files[] = { { .path = "proc/softirqs", .scan = scan } };

const struct collector collector_softirqs = {
	.name = "softirqs",
	.help = "soft interrupts by kind and CPU",
	.things = "CPUs by kind: TIMER, NET_RX",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
