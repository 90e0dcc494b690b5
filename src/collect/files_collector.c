/* SPDX-License-Identifier: MIT */
/* Tables of the kernel: open files, inodes, directory entries, pseudo terminals, asynchronous I/O
 * (Documentation/admin-guide/sysctl/fs.rst of the kernel). */
#include "collect/collector.h"

enum {
	FILES_HANDLES,
	FILES_HANDLES_UNUSED,
	FILES_HANDLES_MAX,
	FILES_INODES,
	FILES_INODES_UNUSED,
	FILES_DENTRIES,
	FILES_DENTRIES_UNUSED,
	FILES_DENTRIES_NEGATIVE,
	FILES_PTYS,
	FILES_AIO,
};

static const struct metric_spec metrics[] = {
	[FILES_HANDLES] = GAUGE("handles", "open files of all processes"),
	[FILES_HANDLES_UNUSED] = GAUGE("handles_unused", "of these not in use; 0 since 2.6"),
	[FILES_HANDLES_MAX] = GAUGE("handles_max", "how many there may be"),
	[FILES_INODES] = GAUGE("inodes", "inodes in memory"),
	[FILES_INODES_UNUSED] = GAUGE("inodes_unused", "of these not in use"),
	[FILES_DENTRIES] = GAUGE("dentries", "directory entries in memory"),
	[FILES_DENTRIES_UNUSED] = GAUGE("dentries_unused", "of these not in use"),
	[FILES_DENTRIES_NEGATIVE] = GAUGE("dentries_negative", "of these names of no file"),
	[FILES_PTYS] = GAUGE("ptys", "pseudo terminals"),
	[FILES_AIO] = GAUGE("aio", "requests that contexts of asynchronous I/O were made for"),
};

/* What the numbers of a file are, from the first on; -1: nothing for us. */
static const struct layout {
	const char *thing;
	int metric[5];
} layouts[] = {
	{ "file-nr", { FILES_HANDLES, FILES_HANDLES_UNUSED, FILES_HANDLES_MAX, -1, -1 } },
	{ "inode-nr", { FILES_INODES, FILES_INODES_UNUSED, -1, -1, -1 } },
	{ "dentry-state",
	  { FILES_DENTRIES, FILES_DENTRIES_UNUSED, -1, -1, FILES_DENTRIES_NEGATIVE } },
	{ "pty", { FILES_PTYS, -1, -1, -1, -1 } },
	{ "aio-nr", { FILES_AIO, -1, -1, -1, -1 } },
};

static void scan(struct readings *r, const char *p, const char *thing)
{
	uint32_t at = readings_instance(r, READINGS_NO_CPU, "", 0);
	const struct layout *l = layouts;
	uint64_t v;

	while (strcmp(l->thing, thing) != 0)
		l++;
	for (unsigned int i = 0; i < ARRAY_SIZE(l->metric) && scan_u64(&p, &v); i++)
		/* Before Linux 5.0 negative ones were not counted, and a 0 stood there. */
		if (l->metric[i] >= 0 && (v || l->metric[i] != FILES_DENTRIES_NEGATIVE))
			readings_put(r, at, (unsigned int)l->metric[i], v);
}

static const struct collector_file files[] = {
	{ .path = "proc/sys/fs/file-nr", .scan = scan, .thing = "file-nr" },
	{ .path = "proc/sys/fs/inode-nr", .scan = scan, .thing = "inode-nr" },
	{ .path = "proc/sys/fs/dentry-state", .scan = scan, .thing = "dentry-state" },
	{ .path = "proc/sys/kernel/pty/nr", .scan = scan, .thing = "pty" },
	{ .path = "proc/sys/fs/aio-nr", .scan = scan, .thing = "aio-nr" },
};

const struct collector collector_files = {
	.name = "files",
	.help = "tables of the kernel: open files, inodes, directory entries, terminals",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
