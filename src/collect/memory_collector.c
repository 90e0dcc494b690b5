/* SPDX-License-Identifier: MIT */
/* What memory is used for: /proc/meminfo. Things are the kernel's own words, so that those of later
 * kernels are there without a change here. */
#include "collect/collector.h"
#include "collect/key_lines.h"

enum { MEMORY_BYTES, MEMORY_PAGES };

static const struct metric_spec metrics[] = {
	[MEMORY_BYTES] = GAUGE("bytes", "memory by use, as in /proc/meminfo", .scale = 1024,
			       .unit = "bytes"),
	[MEMORY_PAGES] =
		GAUGE("pages", "huge pages by use", .of = "HugePages_Total, HugePages_Free"),
};

static unsigned int metric_of(const struct key_value *k)
{
	return k->kb ? MEMORY_BYTES : MEMORY_PAGES;
}

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	key_lines_scan(r, text, metric_of);
}

static const struct collector_file files[] = { { .path = "proc/meminfo", .scan = scan } };

const struct collector collector_memory = {
	.name = "memory",
	.help = "memory by use, swap space, huge pages",
	.things = "the kernel's words: MemFree, Cached",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
