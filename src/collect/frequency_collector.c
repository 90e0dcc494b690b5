/* SPDX-License-Identifier: MIT */
/*
 * How fast CPUs run: sys/devices/system/cpu/cpuN/cpufreq (Documentation/admin-guide/pm/cpufreq.rst
 * of the kernel); where there is none, "cpu MHz" of /proc/cpuinfo, which x86 has in any case.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/cpuset.h"
#include "collect/collector.h"
#include "collect/things.h"

#define CPUFREQ "sys/devices/system/cpu/cpu%d/cpufreq"

enum { FREQUENCY_NOW, FREQUENCY_TIME };

static const struct metric_spec metrics[] = {
	[FREQUENCY_NOW] = GAUGE("now", "frequency now", .scale = 1000, .unit = "Hz", .of = "CPUs"),
	/* clock_t, as in /proc/stat. */
	[FREQUENCY_TIME] =
		COUNTER("time", "time at a frequency", .of = "CPUs by frequency: 2400000 kHz",
			.scale = 0.01, .unit = "s"),
};

struct cpu {
	uint32_t number;
	struct proc_file now, times;
};

struct frequency {
	struct proc_file online, cpuinfo;
	const struct proc_root *root;
	struct buf listed; /* text of the list that @cpus is of */
	struct things cpus; /* empty: cpuinfo */
};

static void cpu_done(void *state)
{
	struct cpu *c = state;

	proc_file_done(&c->now);
	proc_file_done(&c->times);
}

static int frequency_open(void *state, const struct proc_root *root, struct err *e)
{
	struct frequency *s = state;

	s->root = root;
	buf_init(&s->listed, 65536);
	things_init(&s->cpus, sizeof(struct cpu), CPUSET_MAX, cpu_done);
	(void)!proc_file_open(&s->online, root, "sys/devices/system/cpu/online");
	return proc_file_need(&s->cpuinfo, root, "proc/cpuinfo", e);
}

static void list_cpus(struct frequency *s, const char *text)
{
	char path[96], name[16];
	struct cpuset online;
	bool is_new;

	things_done(&s->cpus);
	buf_clear(&s->listed);
	if (buf_add_str(&s->listed, text) < 0 || cpuset_parse(text, &online, NULL) < 0)
		return;
	for (int cpu = cpuset_next(&online, 0); cpu >= 0; cpu = cpuset_next(&online, cpu + 1)) {
		snprintf(name, sizeof(name), "%d", cpu);
		snprintf(path, sizeof(path), CPUFREQ "/scaling_cur_freq", cpu);
		struct cpu *c = faccessat(s->root->fd, path, R_OK, 0) == 0
					? things_see(&s->cpus, name, &is_new)
					: NULL;

		if (!c)
			continue;
		c->number = (uint32_t)cpu;
		(void)!proc_file_open(&c->now, s->root, path);
		snprintf(path, sizeof(path), CPUFREQ "/stats/time_in_state", cpu);
		(void)!proc_file_open(&c->times, s->root, path);
	}
}

/* "FREQUENCY TIME", in kHz and clock ticks */
static void take_cpu(struct readings *r, struct cpu *c)
{
	const char *p = proc_file_read(&c->now);
	struct key_value k;
	char name[32];
	uint64_t v;

	if (p && scan_u64(&p, &v))
		readings_put(r, readings_instance(r, c->number, "", 0), FREQUENCY_NOW, v);
	for (p = proc_file_read(&c->times); p && *p; p = next_line(p)) {
		if (!scan_key_value(&p, &k) || k.len > 20)
			continue;
		size_t n = (size_t)snprintf(name, sizeof(name), "%.*s kHz", (int)k.len, k.key);

		readings_put(r, readings_instance(r, c->number, name, n), FREQUENCY_TIME, k.value);
	}
}

/* "processor : 0" ... "cpu MHz : 2595.124" */
static void take_cpuinfo(struct readings *r, const char *p)
{
	uint64_t cpu = READINGS_NO_CPU, khz;

	for (; *p; p = next_line(p)) {
		bool number = !strncmp(p, "processor", 9);

		if (!number && strncmp(p, "cpu MHz", 7) != 0)
			continue;
		p += strcspn(p, ":\n");
		if (*p != ':')
			continue;
		p++;
		if (number && (!scan_u64(&p, &cpu) || cpu > READINGS_NO_CPU))
			cpu = READINGS_NO_CPU;
		if (!number && cpu != READINGS_NO_CPU && scan_decimal(&p, 1000, &khz))
			readings_put(r, readings_instance(r, (uint32_t)cpu, "", 0), FREQUENCY_NOW,
				     khz);
	}
}

static int frequency_sample(void *state, struct tick *t, struct err *e)
{
	struct frequency *s = state;
	const char *list = proc_file_read(&s->online);
	char line[4096];

	(void)e;
	if (list) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(list, "\n"), list);
		if (strcmp(line, buf_str(&s->listed)) != 0)
			list_cpus(s, line);
	}
	for (uint32_t i = 0; i < s->cpus.n; i++)
		take_cpu(t->readings, things_at(&s->cpus, i));
	const char *p = s->cpus.n ? NULL : proc_file_read(&s->cpuinfo);

	if (p)
		take_cpuinfo(t->readings, p);
	return 0;
}

static void frequency_close(void *state)
{
	struct frequency *s = state;

	proc_file_done(&s->online);
	proc_file_done(&s->cpuinfo);
	buf_done(&s->listed);
	things_done(&s->cpus);
}

const struct collector collector_frequency = {
	.name = "frequency",
	.help = "frequency of each CPU, time at each",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct frequency),
	.open = frequency_open,
	.sample = frequency_sample,
	.close = frequency_close,
};
