/* SPDX-License-Identifier: MIT */
/* Processor and constants of a machine, from /proc and /sys below a root. */
#include "metric/cpu_model.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/file.h"
#include "base/quantity.h"

#define CPUINFO_MAX ((size_t)16 << 20)

static const char *const vendor_names[] = {
	[CPU_ANY] = "any",
	[CPU_INTEL] = "intel",
	[CPU_AMD] = "amd",
	[CPU_ARM] = "arm",
};

int cpu_vendor_parse(const char *s, size_t n, enum cpu_vendor *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendor_names); i++) {
		if (strlen(vendor_names[i]) == n && !memcmp(s, vendor_names[i], n)) {
			*ret = (enum cpu_vendor)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* The value behind the first "NAME : " of cpuinfo, into @ret; false: there is none. */
static bool field(const char *text, const char *name, char *ret, size_t size)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n))
			continue;
		const char *p = line + n + strspn(line + n, " \t");

		if (*p != ':')
			continue;
		p += 1 + strspn(p + 1, " \t");
		(void)snprintf(ret, size, "%.*s", (int)min_of(strcspn(p, "\n"), size - 1), p);
		return true;
	}
	return false;
}

static bool number_field(const char *text, const char *name, uint32_t *ret)
{
	char word[64];
	double v;

	if (!field(text, name, word, sizeof(word)) || quantity_scan(word, strlen(word), &v) < 0 ||
	    v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

int cpu_model_read(int root_fd, struct cpu_model *ret, struct err *e)
{
	struct cpu_model m = { 0 };
	char word[64];
	double midr;
	auto_buf text;

	buf_init(&text, CPUINFO_MAX);
	int r = file_read_at(root_fd, "proc/cpuinfo", &text);

	if (r < 0)
		return err_set(e, r, "cannot read 'proc/cpuinfo': %s", strerror(-r));
	const char *info = buf_str(&text);

	(void)field(info, "model name", m.name, sizeof(m.name));
	if (field(info, "vendor_id", word, sizeof(word))) {
		m.vendor = !strcmp(word, "GenuineIntel") ? CPU_INTEL
			   : !strcmp(word, "AuthenticAMD") || !strcmp(word, "HygonGenuine")
				   ? CPU_AMD
				   : CPU_ANY;
		if (!number_field(info, "cpu family", &m.family) ||
		    !number_field(info, "model", &m.model))
			m.vendor = CPU_ANY;
	} else if (file_read_line_at(root_fd,
				     "sys/devices/system/cpu/cpu0/regs/identification/midr_el1",
				     word, sizeof(word)) >= 0 &&
		   quantity_scan(word, strlen(word), &midr) > 0 && midr <= UINT32_MAX) {
		m.vendor = CPU_ARM;
		m.family = (uint32_t)midr >> 24;
		m.model = (uint32_t)midr >> 4 & 0xfff;
	} else if (number_field(info, "CPU implementer", &m.family) &&
		   number_field(info, "CPU part", &m.model)) {
		m.vendor = CPU_ARM;
	}
	*ret = m;
	return 0;
}

int cpu_model_parse(const char *s, struct cpu_model *ret, struct err *e)
{
	const char *dash = strchr(s, '-');
	struct cpu_model m = { 0 };
	double v[2];

	if (!dash || cpu_vendor_parse(s, (size_t)(dash - s), &m.vendor) < 0 || m.vendor == CPU_ANY)
		goto bad;
	for (int i = 0; i < 2; i++) {
		const char *p = dash + 1;
		int used = quantity_scan(p, strlen(p), &v[i]);

		if (used < 0 || v[i] > UINT32_MAX || v[i] != floor(v[i]) ||
		    p[used] != (i ? '\0' : '-'))
			goto bad;
		dash = p + used;
	}
	m.family = (uint32_t)v[0];
	m.model = (uint32_t)v[1];
	*ret = m;
	return 0;
bad:
	return err_set(e, -EINVAL,
		       "'%.100s' is no processor (try: intel-6-85, amd-25-17, arm-0x41-0xd0c)", s);
}

const char *cpu_model_text(const struct cpu_model *m, char *buf)
{
	if (m->vendor == CPU_ANY)
		(void)snprintf(buf, CPU_MODEL_TEXT, "unknown");
	else if (m->vendor == CPU_ARM)
		(void)snprintf(buf, CPU_MODEL_TEXT, "arm-0x%x-0x%x", m->family, m->model);
	else
		(void)snprintf(buf, CPU_MODEL_TEXT, "%s-%u-%u", vendor_names[m->vendor], m->family,
			       m->model);
	return buf;
}

static bool topology(int root_fd, uint32_t cpu, const char *what, int *ret)
{
	char path[96], word[32];
	double v;

	(void)snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/topology/%s", cpu, what);
	if (file_read_line_at(root_fd, path, word, sizeof(word)) < 0 ||
	    quantity_scan(word, strlen(word), &v) < 0 || v > INT32_MAX)
		return false;
	*ret = (int)v;
	return true;
}

int cpu_package(int root_fd, uint32_t cpu)
{
	int id;

	return topology(root_fd, cpu, "physical_package_id", &id) ? id : -1;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void count_cores(int root_fd, struct cpu_facts *f)
{
	struct cpuset online;
	unsigned int n = 0, packages = 0, cores = 0, first = 0;

	if (cpuset_online(root_fd, &online, NULL) < 0)
		return;
	unsigned int total = cpuset_count(&online);
	auto_free uint64_t *id = calloc(total + 1, sizeof(*id));

	if (!id)
		return;
	f->threads = total;
	for (int cpu = cpuset_next(&online, 0); cpu >= 0; cpu = cpuset_next(&online, cpu + 1)) {
		int package, core;

		if (!topology(root_fd, (uint32_t)cpu, "physical_package_id", &package) ||
		    !topology(root_fd, (uint32_t)cpu, "core_id", &core))
			return;
		id[n++] = (uint64_t)package << 32 | (uint32_t)core;
	}
	if (n)
		qsort(id, n, sizeof(*id), by_number);
	for (unsigned int i = 0; i < n; i++) {
		if (i && id[i] == id[i - 1])
			continue;
		cores++;
		packages += !i || id[i] >> 32 != id[i - 1] >> 32;
		first += id[i] >> 32 == id[0] >> 32;
	}
	f->sockets = packages;
	f->cores = cores;
	f->cores_per_socket = packages && cores == first * packages ? first : NAN;
}

void cpu_facts_read(int root_fd, struct cpu_facts *ret)
{
	struct cpu_facts f = { NAN, NAN, NAN, NAN, NAN };
	struct cpu_model m;
	char word[32];
	double v;

	if (file_read_line_at(root_fd, "sys/devices/system/cpu/cpu0/tsc_freq_khz", word,
			      sizeof(word)) >= 0 &&
	    quantity_scan(word, strlen(word), &v) > 0) {
		f.tsc_freq = v * 1e3;
	} else if (cpu_model_read(root_fd, &m, NULL) >= 0) {
		const char *at = strstr(m.name, "@ ");
		int used = at ? quantity_scan(at + 2, strlen(at + 2), &v) : -1;

		if (used > 0 && !strncmp(at + 2 + used, "GHz", 3))
			f.tsc_freq = v * 1e9;
	}
	count_cores(root_fd, &f);
	*ret = f;
}
