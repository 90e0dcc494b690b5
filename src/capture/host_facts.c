/* SPDX-License-Identifier: MIT */
/* Reads the machine's facts from uname, proc/ and sys/. What cannot be read is left out. */
#include "capture/host_facts.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/quantity.h"

#define META_VALUE_MAX 65536

int host_facts_meta(struct sink *sink, nsec_t time, const char *key, const char *value,
		    struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_meta, 1);
	auto_free char *cut = strndup(value, META_VALUE_MAX);

	if (!b || !cut)
		return -ENOMEM;
	int64_t k = batch_add_text(b, key), v = batch_add_text(b, cut);

	if (k < 0 || v < 0)
		return (int)(k < 0 ? k : v);
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = time;
	((uint32_t *)b->col[META_KEY])[0] = (uint32_t)k;
	((uint32_t *)b->col[META_VALUE])[0] = (uint32_t)v;
	return sink_write(sink, b, e);
}

/* The value of the first "name<blanks>: value" line of proc/cpuinfo whose name is one of
 * the architectures' words for it. */
static int cpu_model(int root_fd, char *ret, size_t size)
{
	static const char *const name[] = { "model name", "cpu model", "Model",
					    "cpu",	  "Processor", "machine" };
	auto_buf b;

	/* Large machines have MiBs of it; the first CPU is enough. */
	buf_init(&b, 1u << 16);
	int r = file_read_at(root_fd, "proc/cpuinfo", &b);

	if (r < 0 && r != -EFBIG)
		return r;
	for (unsigned int i = 0; i < ARRAY_SIZE(name); i++) {
		const char *next;

		for (const char *line = buf_str(&b); *line; line = next) {
			size_t n = strcspn(line, "\n"), length = strlen(name[i]);
			const char *colon = memchr(line, ':', n);

			next = line + n + (line[n] == '\n');
			if (!colon || strncmp(line, name[i], length) ||
			    (line[length] != ':' && !isspace((unsigned char)line[length])))
				continue;
			colon += 1 + strspn(colon + 1, " \t");
			n = strcspn(colon, "\n");
			snprintf(ret, size, "%.*s", (int)n, colon);
			return 0;
		}
	}
	return -ENOENT;
}

int host_facts_write(struct sink *sink, int root_fd, nsec_t time, struct err *e)
{
	struct utsname u;
	char line[4096];
	int r = 0;

	if (uname(&u) == 0) {
		r = host_facts_meta(sink, time, "host.name", u.nodename, e);
		r = r < 0 ? r : host_facts_meta(sink, time, "host.machine", u.machine, e);
		r = r < 0 ? r : host_facts_meta(sink, time, "kernel.release", u.release, e);
		r = r < 0 ? r : host_facts_meta(sink, time, "kernel.version", u.version, e);
	}
	if (r >= 0 && cpu_model(root_fd, line, sizeof(line)) >= 0)
		r = host_facts_meta(sink, time, "cpu.model", line, e);
	if (r >= 0 &&
	    file_read_line_at(root_fd, "sys/devices/system/cpu/online", line, sizeof(line)) >= 0)
		r = host_facts_meta(sink, time, "cpu.online", line, e);
	if (r >= 0 &&
	    file_read_line_at(root_fd, "proc/sys/kernel/random/boot_id", line, sizeof(line)) >= 0)
		r = host_facts_meta(sink, time, "boot.id", line, e);
	return r;
}

static uint32_t read_topology(int root_fd, int cpu, const char *what)
{
	char path[128], line[64];
	uint64_t v;

	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/topology/%s", cpu, what);
	/* A machine that does not know says -1. */
	if (file_read_line_at(root_fd, path, line, sizeof(line)) < 0 ||
	    quantity_parse_u64(line, &v, NULL) < 0 || v > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)v;
}

/* The memory node: a link "node3" in the CPU's directory. */
static uint32_t read_node(int root_fd, int cpu)
{
	char path[128];
	uint64_t v = UINT32_MAX;

	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d", cpu);
	int fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return UINT32_MAX;
	}
	for (struct dirent *d; (d = readdir(dir));)
		if (!strncmp(d->d_name, "node", 4) && isdigit((unsigned char)d->d_name[4]) &&
		    quantity_parse_u64(d->d_name + 4, &v, NULL) >= 0)
			break;
	closedir(dir);
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

int host_facts_cpus(struct sink *sink, int root_fd, nsec_t time, const struct cpuset *cpus,
		    struct err *e)
{
	unsigned int n = cpuset_count(cpus);
	auto_ptr(batch) b = batch_new(&track_cpu, n ? n : 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	for (int cpu = cpuset_next(cpus, 0); cpu >= 0; cpu = cpuset_next(cpus, cpu + 1)) {
		uint32_t row = b->rows++;

		b->time[row] = time;
		batch_u32(b, CPU_CPU)[row] = (uint32_t)cpu;
		batch_u32(b, CPU_PACKAGE)[row] = read_topology(root_fd, cpu, "physical_package_id");
		batch_u32(b, CPU_CORE)[row] = read_topology(root_fd, cpu, "core_id");
		batch_u32(b, CPU_NODE)[row] = read_node(root_fd, cpu);
	}
	return sink_write(sink, b, e);
}

int host_facts_anchor(struct sink *sink, nsec_t *ret_time, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_clock, 1);

	if (!b)
		return -ENOMEM;
	/* The two clocks cannot be read at once: take the middle of two readings around. */
	nsec_t before = nsec_monotonic(), real = nsec_realtime(), after = nsec_monotonic();

	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = before + (after - before) / 2;
	batch_u64(b, CLOCK_REAL)[0] = real;
	*ret_time = b->time[0];
	return sink_write(sink, b, e);
}

int host_facts_mark(struct sink *sink, uint32_t cpu, nsec_t time, enum mark_kind kind,
		    struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_mark, 1);

	if (!b)
		return -ENOMEM;
	int64_t text = batch_add_text(b, "");

	if (text < 0)
		return (int)text;
	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, MARK_KIND)[0] = (uint8_t)kind;
	((uint32_t *)b->col[MARK_TEXT])[0] = (uint32_t)text;
	return sink_write(sink, b, e);
}
