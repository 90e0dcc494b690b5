/* SPDX-License-Identifier: MIT */
/* CPU time by state, of each CPU, and what the kernel counts beside it: /proc/stat. */
#include <errno.h>
#include <unistd.h>

#include "collect/collector.h"
#include "collect/proc_file.h"

enum {
	CPU_USER,
	CPU_NICE,
	CPU_SYSTEM,
	CPU_IDLE,
	CPU_IOWAIT,
	CPU_IRQ,
	CPU_SOFTIRQ,
	CPU_STEAL,
	CPU_GUEST,
	CPU_GUEST_NICE,
	CPU_TIMES,
	CPU_INTERRUPTS = CPU_TIMES,
	CPU_SWITCHES,
	CPU_FORKS,
	CPU_SOFTIRQS,
	CPU_RUNNING,
	CPU_BLOCKED,
	CPU_BOOT,
};

/* Ticks of USER_HZ, 100 a second on every architecture that Linux has today (man 5 proc). */
#define TICKS(name_, help_)                                                                      \
	{                                                                                        \
		.name = name_, .kind = METRIC_COUNTER, .scale = 0.01, .unit = "s", .help = help_ \
	}

static const struct metric_spec metrics[] = {
	[CPU_USER] = TICKS("user", "time in user mode, guests included"),
	[CPU_NICE] = TICKS("nice", "time in user mode at low priority, guests included"),
	[CPU_SYSTEM] = TICKS("system", "time in the kernel"),
	[CPU_IDLE] = TICKS("idle", "time without work"),
	[CPU_IOWAIT] = TICKS("iowait", "time without work while I/O was waited for"),
	[CPU_IRQ] = TICKS("irq", "time in interrupts"),
	[CPU_SOFTIRQ] = TICKS("softirq", "time in soft interrupts"),
	[CPU_STEAL] = TICKS("steal", "time that the hypervisor gave to others"),
	[CPU_GUEST] = TICKS("guest", "time in guests, also in user"),
	[CPU_GUEST_NICE] = TICKS("guest_nice", "time in guests at low priority, also in nice"),
	[CPU_INTERRUPTS] = { .name = "interrupts",
			     .kind = METRIC_COUNTER,
			     .help = "interrupts handled" },
	[CPU_SWITCHES] = { .name = "switches", .kind = METRIC_COUNTER, .help = "context switches" },
	[CPU_FORKS] = { .name = "forks",
			.kind = METRIC_COUNTER,
			.help = "processes and threads made" },
	[CPU_SOFTIRQS] = { .name = "softirqs",
			   .kind = METRIC_COUNTER,
			   .help = "soft interrupts handled" },
	[CPU_RUNNING] = { .name = "running",
			  .kind = METRIC_GAUGE,
			  .help = "threads running or ready to" },
	[CPU_BLOCKED] = { .name = "blocked",
			  .kind = METRIC_GAUGE,
			  .help = "threads that wait for I/O" },
	[CPU_BOOT] = { .name = "boot",
		       .kind = METRIC_GAUGE,
		       .unit = "s",
		       .help = "time of boot since the epoch" },
};

static const struct {
	const char *word;
	unsigned int metric;
} lines[] = {
	{ "intr", CPU_INTERRUPTS },
	{ "ctxt", CPU_SWITCHES },
	{ "btime", CPU_BOOT },
	{ "processes", CPU_FORKS },
	{ "procs_running", CPU_RUNNING },
	{ "procs_blocked", CPU_BLOCKED },
	{ "softirq", CPU_SOFTIRQS },
};

static int cpu_open(void *state, const struct proc_root *root, struct err *e)
{
	int r = proc_file_open(state, root, "proc/stat");

	return r < 0 ? err_set(e, r, "cannot open '/proc/stat': %s", strerror(-r)) : 0;
}

static void take_times(struct readings *r, const char *word, size_t n, const char *p)
{
	uint32_t cpu = READINGS_NO_CPU;
	uint64_t v;

	if (n > 3) {
		const char *digits = word + 3;

		if (!scan_u64(&digits, &v) || digits != word + n || v >= READINGS_NO_CPU)
			return;
		cpu = (uint32_t)v;
	}
	uint32_t at = readings_instance(r, cpu, "", 0);

	/* Older kernels have fewer columns. */
	for (unsigned int i = 0; i < CPU_TIMES && scan_u64(&p, &v); i++)
		readings_put(r, at, i, v);
}

static int cpu_sample(void *state, struct tick *t, struct err *e)
{
	const char *p = proc_file_read(state);
	uint64_t v;

	(void)e;
	for (; p && *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);

		if (n >= 3 && !memcmp(word, "cpu", 3)) {
			take_times(t->readings, word, n, p);
			continue;
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
			if (strlen(lines[i].word) == n && !memcmp(lines[i].word, word, n) &&
			    scan_u64(&p, &v))
				readings_put(t->readings,
					     readings_instance(t->readings, READINGS_NO_CPU, "", 0),
					     lines[i].metric, v);
	}
	return 0;
}

static void cpu_close(void *state)
{
	proc_file_done(state);
}

const struct collector collector_cpu = {
	.name = "cpu",
	.help = "CPU time by state, of each CPU; switches, forks, interrupts",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct proc_file),
	.open = cpu_open,
	.sample = cpu_sample,
	.close = cpu_close,
};
