/* SPDX-License-Identifier: MIT */
/* CPU time by state, of each CPU, and what the kernel counts beside it: /proc/stat. */
#include "collect/collector.h"

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
#define TICKS(name_, help_) COUNTER(name_, help_, .scale = 0.01, .unit = "s", .of = "CPUs, and all")

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
	[CPU_INTERRUPTS] = COUNTER("interrupts", "interrupts handled"),
	[CPU_SWITCHES] = COUNTER("switches", "context switches"),
	[CPU_FORKS] = COUNTER("forks", "processes and threads made"),
	[CPU_SOFTIRQS] = COUNTER("softirqs", "soft interrupts handled"),
	[CPU_RUNNING] = GAUGE("running", "threads running or ready to"),
	[CPU_BLOCKED] = GAUGE("blocked", "threads that wait for I/O"),
	[CPU_BOOT] = GAUGE("boot", "time of boot since the epoch", .unit = "s"),
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

static void scan(struct readings *r, const char *p, const char *thing)
{
	uint64_t v;

	(void)thing;
	for (; *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);

		if (n >= 3 && !memcmp(word, "cpu", 3)) {
			take_times(r, word, n, p);
			continue;
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
			if (word_is(word, n, lines[i].word) && scan_u64(&p, &v))
				readings_put(r, readings_instance(r, READINGS_NO_CPU, "", 0),
					     lines[i].metric, v);
	}
}

static const struct collector_file files[] = { { .path = "proc/stat", .scan = scan } };

const struct collector collector_cpu = {
	.name = "cpu",
	.help = "CPU time by state, of each CPU and all; switches, forks, interrupts",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
