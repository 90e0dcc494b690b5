/* SPDX-License-Identifier: MIT */
/*
 * Every file that any collector reads holds the same bytes: once as texts of exactly that length,
 * which reaches all that reads files of fixed names, then as one file with many names in folders.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/collection.h"
#include "counting_sink.h"
#include "fuzz.h"

static const char *const paths[] = {
	"proc/self/mountinfo",
	"proc/net/dev",
	"proc/diskstats",
	"proc/net/softnet_stat",
	"proc/cpuinfo",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
	"sys/devices/system/cpu/cpu0/cpufreq/stats/time_in_state",
	"sys/devices/system/node/node0/numastat",
	"sys/devices/system/node/node0/meminfo",
	"sys/class/net/eth0/speed",
	"sys/class/net/eth0/duplex",
	"sys/class/hwmon/hwmon0/name",
	"sys/class/hwmon/hwmon0/temp1_input",
	"sys/class/hwmon/hwmon0/temp1_label",
	"sys/class/powercap/zone/name",
	"sys/class/powercap/zone/energy_uj",
	"sys/bus/usb/devices/1-1/bMaxPower",
	"sys/bus/usb/devices/1-1/product",
	"sys/fs/cgroup/cgroup.controllers",
	"sys/fs/cgroup/cgroup.stat",
	"sys/fs/cgroup/a/cpu.stat",
	"sys/fs/cgroup/a/memory.current",
	"sys/fs/cgroup/a/memory.stat",
	"sys/fs/cgroup/a/memory.events",
	"sys/fs/cgroup/a/io.stat",
	"sys/fs/cgroup/a/cpu.pressure",
};

/* ---- one file with all these names ---- */

static char folder[] = "/tmp/kymo-fuzz-XXXXXX";
static int folder_fd = -1, file_fd = -1;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
	char part[256];

	if (!mkdtemp(folder))
		abort();
	atexit(remove_folder);
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file_fd = openat(folder_fd, "bytes", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (folder_fd < 0 || file_fd < 0)
		abort();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (const char *s = strchr(paths[i], '/'); s; s = strchr(s + 1, '/')) {
			snprintf(part, sizeof(part), "%.*s", (int)(s - paths[i]), paths[i]);
			mkdirat(folder_fd, part, 0755);
		}
		if (linkat(folder_fd, "bytes", folder_fd, paths[i], 0) < 0)
			abort();
	}
}

/* ---- running ---- */

struct text {
	char *bytes;
};

static const char *text_of(void *ctx, const char *path)
{
	(void)path;
	return ((const struct text *)ctx)->bytes;
}

static void set_text(struct text *t, const uint8_t *data, size_t n)
{
	free(t->bytes);
	t->bytes = malloc(n + 1);
	if (!t->bytes)
		abort();
	if (n)
		memcpy(t->bytes, data, n);
	t->bytes[n] = '\0';
}

static struct counting_sink counted;

static void sample(struct collection *c, nsec_t time)
{
	struct err e = { 0 };

	if (collection_sample_at(c, time, &counted.sink, &e) < 0)
		abort();
	(void)collection_note(c);
}

static struct collection *open_all(struct proc_root root)
{
	const struct collection_options o = { .set = "all", .root = root };
	struct collection *c = NULL;
	struct err e = { 0 };

	counting_sink_done(&counted);
	counting_sink_init(&counted);
	if (collection_open(&o, &c, &e) < 0)
		abort();
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text text = { 0 };
	auto_ptr(collection) of_texts =
		open_all((struct proc_root){ .fd = -1, .text = text_of, .ctx = &text });

	/* Then half of it: things go, and come in another order. */
	set_text(&text, data, n);
	sample(of_texts, NSEC_PER_SEC);
	set_text(&text, data + n / 2, n - n / 2);
	sample(of_texts, 2 * NSEC_PER_SEC);
	free(text.bytes);

	if (folder_fd < 0)
		make_folder();
	if (pwrite(file_fd, data, n, 0) != (ssize_t)n || ftruncate(file_fd, (off_t)n) < 0)
		abort();
	auto_ptr(collection) of_files = open_all((struct proc_root){ .fd = folder_fd });

	sample(of_files, NSEC_PER_SEC);
	if (ftruncate(file_fd, (off_t)(n / 2)) < 0)
		abort();
	sample(of_files, 62 * NSEC_PER_SEC);
	return 0;
}
