/* SPDX-License-Identifier: MIT */
/* What memory is used for: /proc/meminfo. Things are the kernel's own words, so that those of later
 * kernels are there without a change here. */
#include "collect/collector.h"

enum { MEMORY_BYTES, MEMORY_PAGES };

static const struct metric_spec metrics[] = {
	[MEMORY_BYTES] = GAUGE("bytes", "memory by use, as in /proc/meminfo", .scale = 1024,
			       .unit = "bytes"),
	[MEMORY_PAGES] = GAUGE("pages", "huge pages by use"),
};

static void scan(struct readings *r, const char *p, const char *thing)
{
	struct key_value k;

	(void)thing;
	for (; *p; p = next_line(p))
		if (scan_key_value(&p, &k))
			readings_put(r, readings_instance(r, READINGS_NO_CPU, k.key, k.len),
				     k.kb ? MEMORY_BYTES : MEMORY_PAGES, k.value);
}

static const struct collector_file files[] = { { .path = "proc/meminfo", .scan = scan } };

const struct collector collector_memory = {
	.name = "memory",
	.help = "memory by use, swap space, huge pages",
	.things = "the kernel's words: MemFree, Cached ...",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
