/* SPDX-License-Identifier: MIT */
/* Block devices: /proc/diskstats (Documentation/admin-guide/iostats.rst of the kernel). */
#include <stdio.h>
#include <unistd.h>

#include "collect/collector.h"
#include "collect/things.h"

#define MAX_DISKS 16384u

/* Times in ms are unsigned int in the kernel and wrap after 49 days. */
#define MS(name_, help_)      COUNTER(name_, help_, .bits = 32, .scale = 0.001, .unit = "s")
#define SECTORS(name_, help_) COUNTER(name_, help_, .scale = 512, .unit = "bytes")

enum { DISK_COLUMNS = 17, DISK_WHOLE = DISK_COLUMNS };

/* The columns in the file's order. */
static const struct metric_spec metrics[] = {
	COUNTER("reads", "reads completed"),
	COUNTER("reads_merged", "reads merged before"),
	SECTORS("read", "data read"),
	MS("read_time", "time of all reads together"),
	COUNTER("writes", "writes completed"),
	COUNTER("writes_merged", "writes merged before"),
	SECTORS("written", "data written"),
	MS("write_time", "time of all writes together"),
	GAUGE("in_flight", "requests begun and not ended"),
	MS("busy", "time with requests in flight"),
	MS("queue_time", "time x requests in flight"),
	COUNTER("discards", "discards completed"),
	COUNTER("discards_merged", "discards merged before"),
	SECTORS("discarded", "data discarded"),
	MS("discard_time", "time of all discards together"),
	COUNTER("flushes", "flush requests completed"),
	MS("flush_time", "time of all flushes together"),
	[DISK_WHOLE] = GAUGE("whole", "1 a device, 0 a partition, counted in its device too"),
};

struct disk {
	bool whole;
};

struct disks {
	struct proc_file file;
	const struct proc_root *root;
	struct things known;
	bool devices_listed; /* there is /sys/block */
};

static int disk_open(void *state, const struct proc_root *root, struct err *e)
{
	struct disks *s = state;

	s->root = root;
	s->devices_listed = !root->text && faccessat(root->fd, "sys/block", F_OK, 0) == 0;
	things_init(&s->known, sizeof(struct disk), MAX_DISKS, NULL);
	int r = proc_file_need(&s->file, root, "proc/diskstats", e);

	s->file.short_lines = true;
	return r;
}

/* Loop and RAM devices by the dozen, of which nobody has ever read. */
static bool is_unused(const char *numbers)
{
	while (*numbers == ' ' || *numbers == '0')
		numbers++;
	return *numbers == '\n' || !*numbers;
}

/* A device has a folder in /sys/block, a partition only one in that. NULL: not to be told. */
static const struct disk *look(struct disks *s, const char *name, size_t len)
{
	struct disk *d = things_find(&s->known, name, len);
	char path[96] = "sys/block/";
	size_t at = strlen(path);
	bool is_new;

	if (d || !s->devices_listed || len >= sizeof(path) - at)
		return d;
	memcpy(path + at, name, len);
	path[at + len] = '\0';
	d = things_see(&s->known, path + at, &is_new);
	if (!d)
		return NULL;
	/* "cciss/c0d0" is cciss!c0d0 there. */
	for (char *c = path + at; *c; c++)
		if (*c == '/')
			*c = '!';
	d->whole = faccessat(s->root->fd, path, F_OK, 0) == 0;
	return d;
}

static int disk_sample(void *state, struct tick *t, struct err *e)
{
	struct disks *s = state;
	const char *p = proc_file_read(&s->file);

	(void)e;
	for (; p && *p; p = next_line(p)) {
		const char *name;
		uint64_t major, minor, v;

		if (!scan_u64(&p, &major) || !scan_u64(&p, &minor))
			continue;
		size_t n = scan_word(&p, &name);

		if (!n || is_unused(p))
			continue;
		uint32_t at = readings_instance(t->readings, READINGS_NO_CPU, name, n);
		const struct disk *d = look(s, name, n);

		/* Kernels before 4.18 have no discards, before 5.5 no flushes. */
		for (unsigned int i = 0; i < DISK_COLUMNS && scan_u64(&p, &v); i++)
			readings_put(t->readings, at, i, v);
		if (d)
			readings_put(t->readings, at, DISK_WHOLE, d->whole);
	}
	return 0;
}

static void disk_close(void *state)
{
	struct disks *s = state;

	proc_file_done(&s->file);
	things_done(&s->known);
}

const struct collector collector_disk = {
	.name = "disk",
	.help = "block devices that have been used: operations, data, times, queue",
	.things = "devices and partitions",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct disks),
	.open = disk_open,
	.sample = disk_sample,
	.close = disk_close,
};
