/* SPDX-License-Identifier: MIT */
/* proc/stat, proc/loadavg and cpufreq, as far as they are there. */
#include "capture/noise.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cpuset.h"
#include "base/file.h"
#include "base/quantity.h"
#include "capture/host_facts.h"

#define FIELDS 8 /* user nice system idle iowait irq softirq steal; guest times are in user */

enum { IDLE = 3, IOWAIT = 4, STEAL = 7 };

/* The @n-th word of @line (from 0) as a number. */
static bool number_at(const char *line, unsigned int n, uint64_t *ret)
{
	char word[32];

	for (line += strspn(line, " "); n--; line += strspn(line, " "))
		line += strcspn(line, " \n");
	(void)snprintf(word, sizeof(word), "%.*s", (int)min_of(strcspn(line, " \n"), (size_t)31),
		       line);
	return quantity_parse_u64(word, ret, NULL) >= 0;
}

static void read_times(int root_fd, struct noise *ret)
{
	const long ticks = sysconf(_SC_CLK_TCK);
	uint64_t v[FIELDS];
	auto_buf b;

	buf_init(&b, 4096); /* the first line is enough */
	int r = file_read_at(root_fd, "proc/stat", &b);

	if ((r < 0 && r != -EFBIG) || ticks <= 0 || strncmp(buf_str(&b), "cpu ", 4) != 0)
		return;
	for (unsigned int i = 0; i < FIELDS; i++) {
		if (!number_at(buf_str(&b), i + 1, &v[i]))
			return;
		v[i] *= NSEC_PER_SEC / (uint64_t)ticks;
		ret->all += v[i];
		if (i != IDLE && i != IOWAIT)
			ret->busy += v[i];
	}
	ret->steal = v[STEAL];
	ret->has_times = true;
}

static void read_governor(int root_fd, struct noise *ret)
{
	struct cpuset cpus;

	if (cpuset_online(root_fd, &cpus, NULL) < 0)
		return;
	for (int cpu = cpuset_next(&cpus, 0); cpu >= 0; cpu = cpuset_next(&cpus, cpu + 1)) {
		char path[96], line[sizeof(ret->governor)];

		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
		if (file_read_line_at(root_fd, path, line, sizeof(line)) < 0)
			continue;
		if (ret->governor[0] && strcmp(ret->governor, line) != 0)
			(void)snprintf(ret->governor, sizeof(ret->governor), "mixed");
		else
			(void)snprintf(ret->governor, sizeof(ret->governor), "%s", line);
		if (!strcmp(ret->governor, "mixed"))
			return;
	}
}

void noise_read(int root_fd, struct noise *ret)
{
	char line[128], word[32];

	*ret = (struct noise){ 0 };
	read_times(root_fd, ret);
	read_governor(root_fd, ret);
	if (file_read_line_at(root_fd, "proc/loadavg", line, sizeof(line)) >= 0) {
		(void)snprintf(word, sizeof(word), "%.*s",
			       (int)min_of(strcspn(line, " "), (size_t)31), line);
		ret->has_load = quantity_parse_double(word, &ret->load, NULL) >= 0;
	}
}

static int write_number(struct sink *sink, nsec_t time, const char *key, double v, struct err *e)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.2f", v);
	return host_facts_meta(sink, time, key, text, e);
}

int noise_write(const struct noise *before, const struct noise *after, nsec_t own,
		struct sink *sink, nsec_t time, struct err *e)
{
	int r = 0;

	if (after->governor[0])
		r = host_facts_meta(sink, time, "noise.governor", after->governor, e);
	if (r >= 0 && before->has_load)
		r = write_number(sink, time, "noise.load", before->load, e);
	if (r >= 0 && after->has_load)
		r = write_number(sink, time, "noise.load.end", after->load, e);
	if (r < 0 || !before->has_times || !after->has_times || after->all <= before->all)
		return r;
	/* The counters of a CPU that goes away may fall. */
	const double all = (double)(after->all - before->all);
	const double steal = max_of((double)after->steal - (double)before->steal, 0.0);
	const double busy = (double)after->busy - (double)before->busy - steal;

	r = write_number(sink, time, "noise.steal_pct", 100 * steal / all, e);
	return r < 0 ? r
		     : write_number(sink, time, "noise.others_pct",
				    100 * max_of(busy - (double)own, 0.0) / all, e);
}
