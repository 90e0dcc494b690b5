/* SPDX-License-Identifier: MIT */
/* Packets that each CPU took from the network: /proc/net/softnet_stat, a line for each CPU that is
 * online, numbers in hexadecimal (net/core/net-procfs.c of the kernel). */
#include <stdio.h>

#include "base/cpuset.h"
#include "collect/collector.h"

/* The CPU's number stands in the line since Linux 5.10; before, lines are in the order of CPUs. */
#define CPU_COLUMN 12u
#define N_COLUMNS  13u

static const struct metric_spec metrics[] = {
	COUNTER("processed", "packets processed", .bits = 32),
	COUNTER("dropped", "packets dropped, the CPU's backlog was full", .bits = 32),
	COUNTER("squeezed", "times that work was left as the budget was used up", .bits = 32),
	COUNTER("rps", "wake-ups by other CPUs to process packets", .bits = 32),
	COUNTER("flow_limited", "packets dropped as their flow had too many", .bits = 32),
	GAUGE("backlog", "packets waiting"),
};
static const unsigned int columns[ARRAY_SIZE(metrics)] = { 0, 1, 2, 9, 10, 11 };

struct softnet {
	struct proc_file file, online;
};

static int softnet_open(void *state, const struct proc_root *root, struct err *e)
{
	struct softnet *s = state;

	(void)!proc_file_open(&s->online, root, "sys/devices/system/cpu/online");
	s->online.shared = NULL; /* it is read while lines of the other are */
	int r = proc_file_need(&s->file, root, "proc/net/softnet_stat", e);

	s->file.short_lines = true;
	return r;
}

/* CPUs in the order of lines, for kernels that do not tell. */
struct order {
	struct cpuset online;
	bool known;
	int cpu; /* of the line before */
};

static void read_order(struct softnet *s, struct order *o)
{
	const char *list = proc_file_read(&s->online);
	char line[4096];

	o->known = false;
	o->cpu = -1;
	if (!list)
		return;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(list, "\n"), list);
	o->known = cpuset_parse(line, &o->online, NULL) >= 0;
}

static int next_cpu(struct order *o)
{
	int cpu = o->known ? cpuset_next(&o->online, o->cpu + 1) : o->cpu + 1;

	o->cpu = cpu < 0 ? CPUSET_MAX : cpu;
	return cpu;
}

static int softnet_sample(void *state, struct tick *t, struct err *e)
{
	struct softnet *s = state;
	const char *p = proc_file_read(&s->file);
	bool have_order = false;
	struct order order;

	(void)e;
	for (; p && *p; p = next_line(p)) {
		uint64_t v[N_COLUMNS];
		unsigned int n = 0;

		while (n < N_COLUMNS && scan_hex(&p, &v[n]))
			n++;
		if (!n)
			continue;
		if (n <= CPU_COLUMN && !have_order) {
			read_order(s, &order);
			have_order = true;
		}
		int cpu = n <= CPU_COLUMN	       ? next_cpu(&order)
			  : v[CPU_COLUMN] < CPUSET_MAX ? (int)v[CPU_COLUMN]
						       : -1;

		if (cpu < 0)
			continue;
		uint32_t at = readings_instance(t->readings, (uint32_t)cpu, "", 0);

		for (unsigned int i = 0; i < ARRAY_SIZE(columns); i++)
			if (columns[i] < n)
				readings_put(t->readings, at, i, v[columns[i]]);
	}
	return 0;
}

static void softnet_close(void *state)
{
	struct softnet *s = state;

	proc_file_done(&s->file);
	proc_file_done(&s->online);
}

const struct collector collector_softnet = {
	.name = "softnet",
	.help = "packets that each CPU took from the network, drops",
	.things = "CPUs",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct softnet),
	.open = softnet_open,
	.sample = softnet_sample,
	.close = softnet_close,
};
