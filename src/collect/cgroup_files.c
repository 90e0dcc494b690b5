/* SPDX-License-Identifier: MIT */
/* From the texts of a cgroup to values. */
#include "collect/cgroup_files.h"

#include <stdio.h>

#include "collect/pressure_lines.h"
#include "collect/proc_file.h"

enum {
	GROUP_CPU,
	GROUP_USER,
	GROUP_SYSTEM,
	GROUP_NICE,
	GROUP_FORCED_IDLE,
	GROUP_PERIODS,
	GROUP_THROTTLED_PERIODS,
	GROUP_THROTTLED,
	GROUP_BURSTS,
	GROUP_BURST,
	GROUP_MEMORY,
	GROUP_SWAP,
	GROUP_MEMORY_BYTES,
	GROUP_MEMORY_COUNT,
	GROUP_MEMORY_EVENTS,
	GROUP_READ,
	GROUP_WRITTEN,
	GROUP_READS,
	GROUP_WRITES,
	GROUP_DISCARDED,
	GROUP_DISCARDS,
	GROUP_PIDS,
	GROUP_PRESSURE,
};

/* Behind the path a blank and: */
#define BY_WORD	  .of = "paths, with the kernel's word: /x anon"
#define BY_DEVICE .of = "paths, with the device: /x vda"

#define USEC(name_, help_)  COUNTER(name_, help_, .scale = 1e-6, .unit = "s")
#define BYTES(name_, help_) COUNTER(name_, help_, .unit = "bytes", BY_DEVICE)

const struct metric_spec cgroup_metrics[CGROUP_N_METRICS] = {
	[GROUP_CPU] = USEC("cpu", "CPU time"),
	[GROUP_USER] = USEC("cpu_user", "CPU time in user mode"),
	[GROUP_SYSTEM] = USEC("cpu_system", "CPU time in the kernel"),
	[GROUP_NICE] = USEC("cpu_nice", "CPU time at low priority"),
	[GROUP_FORCED_IDLE] = USEC("cpu_forced_idle", "time that core scheduling kept CPUs idle"),
	[GROUP_PERIODS] = COUNTER("cpu_periods", "periods of a limit of CPU time"),
	[GROUP_THROTTLED_PERIODS] = COUNTER("cpu_throttled_periods", "of these used up"),
	[GROUP_THROTTLED] = USEC("cpu_throttled", "time that threads waited for the next period"),
	[GROUP_BURSTS] = COUNTER("cpu_bursts", "periods in which more was used"),
	[GROUP_BURST] = USEC("cpu_burst", "CPU time used beyond the limit"),
	[GROUP_MEMORY] = GAUGE("memory", "memory in use", .unit = "bytes"),
	[GROUP_SWAP] = GAUGE("swap", "swap space in use", .unit = "bytes"),
	[GROUP_MEMORY_BYTES] =
		GAUGE("memory_bytes", "memory by use, as in memory.stat", .unit = "bytes", BY_WORD),
	[GROUP_MEMORY_COUNT] =
		COUNTER("memory_count", "events and pages, as in memory.stat", BY_WORD),
	[GROUP_MEMORY_EVENTS] =
		COUNTER("memory_events", "limits reached, as in memory.events", BY_WORD),
	[GROUP_READ] = BYTES("read", "data read from a device"),
	[GROUP_WRITTEN] = BYTES("written", "data written to a device"),
	[GROUP_READS] = COUNTER("reads", "reads of a device", BY_DEVICE),
	[GROUP_WRITES] = COUNTER("writes", "writes to a device", BY_DEVICE),
	[GROUP_DISCARDED] = BYTES("discarded", "data discarded on a device"),
	[GROUP_DISCARDS] = COUNTER("discards", "discards on a device", BY_DEVICE),
	[GROUP_PIDS] = GAUGE("pids", "threads"),
	PRESSURE_METRICS("pressure_", "paths, with cpu, io, memory or irq: /x cpu"),
};

/* Of memory.stat; all others are bytes now. */
static const char *const counted[] = {
	"pg*",	  "workingset_*", "thp_*",	 "zswpin", "zswpout",
	"zswpwb", "swpin_zero",	  "swpout_zero", "numa_*", NULL,
};

struct key {
	const char *word;
	unsigned int metric;
};

static const struct key cpu_keys[] = {
	{ "usage_usec", GROUP_CPU },
	{ "user_usec", GROUP_USER },
	{ "system_usec", GROUP_SYSTEM },
	{ "nice_usec", GROUP_NICE },
	{ "core_sched.force_idle_usec", GROUP_FORCED_IDLE },
	{ "nr_periods", GROUP_PERIODS },
	{ "nr_throttled", GROUP_THROTTLED_PERIODS },
	{ "throttled_usec", GROUP_THROTTLED },
	{ "nr_bursts", GROUP_BURSTS },
	{ "burst_usec", GROUP_BURST },
};

static const struct key io_keys[] = {
	{ "rbytes", GROUP_READ }, { "wbytes", GROUP_WRITTEN },	 { "rios", GROUP_READS },
	{ "wios", GROUP_WRITES }, { "dbytes", GROUP_DISCARDED }, { "dios", GROUP_DISCARDS },
};

static int metric_of(const struct key *keys, size_t n_keys, const char *word, size_t len)
{
	for (size_t i = 0; i < n_keys; i++)
		if (word_is(word, len, keys[i].word))
			return (int)keys[i].metric;
	return -1;
}

/* The group itself, or a part of it. */
static uint32_t thing_of(struct cgroup_target *to, const char *word, size_t n)
{
	n = min_of(n, sizeof(to->name) - 1 - to->len);
	to->name[to->len] = ' ';
	memcpy(to->name + to->len + 1, word, n);
	return readings_instance(to->r, READINGS_NO_CPU, to->name, to->len + (n ? 1 + n : 0));
}

static void scan_cpu(struct cgroup_target *to, const char *p, const char *thing)
{
	uint32_t at = thing_of(to, "", 0);
	struct key_value k;

	(void)thing;
	for (; *p; p = next_line(p)) {
		if (!scan_key_value(&p, &k))
			continue;
		int metric = metric_of(cpu_keys, ARRAY_SIZE(cpu_keys), k.key, k.len);

		if (metric >= 0)
			readings_put(to->r, at, (unsigned int)metric, k.value);
	}
}

static void scan_number(struct cgroup_target *to, const char *p, unsigned int metric)
{
	uint64_t v;

	if (scan_u64(&p, &v))
		readings_put(to->r, thing_of(to, "", 0), metric, v);
}

static void scan_memory(struct cgroup_target *to, const char *p, const char *thing)
{
	(void)thing;
	scan_number(to, p, GROUP_MEMORY);
}

static void scan_swap(struct cgroup_target *to, const char *p, const char *thing)
{
	(void)thing;
	scan_number(to, p, GROUP_SWAP);
}

static void scan_pids(struct cgroup_target *to, const char *p, const char *thing)
{
	(void)thing;
	scan_number(to, p, GROUP_PIDS);
}

static void scan_memory_stat(struct cgroup_target *to, const char *p, const char *thing)
{
	struct key_value k;

	(void)thing;
	for (; *p; p = next_line(p))
		if (scan_key_value(&p, &k))
			readings_put(to->r, thing_of(to, k.key, k.len),
				     word_in(k.key, k.len, counted) ? GROUP_MEMORY_COUNT
								    : GROUP_MEMORY_BYTES,
				     k.value);
}

static void scan_memory_events(struct cgroup_target *to, const char *p, const char *thing)
{
	struct key_value k;

	(void)thing;
	for (; *p; p = next_line(p))
		if (scan_key_value(&p, &k))
			readings_put(to->r, thing_of(to, k.key, k.len), GROUP_MEMORY_EVENTS,
				     k.value);
}

/* "254:0 rbytes=1459200 wbytes=314773504 rios=192 ..."; kernels before 5.19 may leave out the end
 * of a line without numbers, so that the next device follows. */
static void scan_io(struct cgroup_target *to, const char *p, const char *thing)
{
	uint32_t at = 0;
	bool known = false;

	(void)thing;
	for (; *p; p = next_line(p)) {
		const char *word;
		size_t n;

		known = false;
		while ((n = scan_word(&p, &word)) > 0) {
			const char *equal = memchr(word, '=', n);
			uint64_t v;

			if (!equal) {
				const char *name = to->device(to->ctx, word, n);

				known = memchr(word, ':', n) != NULL;
				if (known)
					at = thing_of(to, name, strlen(name));
				continue;
			}
			int metric = metric_of(io_keys, ARRAY_SIZE(io_keys), word,
					       (size_t)(equal - word));

			equal++;
			if (known && metric >= 0 && scan_u64(&equal, &v))
				readings_put(to->r, at, (unsigned int)metric, v);
		}
	}
}

static void scan_pressure(struct cgroup_target *to, const char *p, const char *thing)
{
	pressure_scan(to->r, thing_of(to, thing, strlen(thing)), GROUP_PRESSURE, p);
}

const struct cgroup_file cgroup_files[CGROUP_N_FILES] = {
	{ "cpu.stat", scan_cpu, NULL },
	{ "memory.current", scan_memory, NULL },
	{ "memory.swap.current", scan_swap, NULL },
	{ "memory.stat", scan_memory_stat, NULL },
	{ "memory.events", scan_memory_events, NULL },
	{ "io.stat", scan_io, NULL },
	{ "pids.current", scan_pids, NULL },
	{ "cpu.pressure", scan_pressure, "cpu" },
	{ "memory.pressure", scan_pressure, "memory" },
	{ "io.pressure", scan_pressure, "io" },
	{ "irq.pressure", scan_pressure, "irq" },
};
