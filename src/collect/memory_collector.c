/* SPDX-License-Identifier: MIT */
/* What memory is used for: /proc/meminfo. Things are the kernel's own words, so that those of later
 * kernels are there without a change here. */
#include <errno.h>

#include "collect/collector.h"
#include "collect/proc_file.h"

enum { MEMORY_BYTES, MEMORY_PAGES };

static const struct metric_spec metrics[] = {
	[MEMORY_BYTES] = { .name = "bytes",
			   .kind = METRIC_GAUGE,
			   .scale = 1024,
			   .unit = "bytes",
			   .help = "memory by use, as in /proc/meminfo" },
	[MEMORY_PAGES] = { .name = "pages", .kind = METRIC_GAUGE, .help = "huge pages by use" },
};

static int memory_open(void *state, const struct proc_root *root, struct err *e)
{
	int r = proc_file_open(state, root, "proc/meminfo");

	return r < 0 ? err_set(e, r, "cannot open '/proc/meminfo': %s", strerror(-r)) : 0;
}

static int memory_sample(void *state, struct tick *t, struct err *e)
{
	const char *p = proc_file_read(state);

	(void)e;
	for (; p && *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);
		uint64_t v;

		if (n < 2 || word[n - 1] != ':' || !scan_u64(&p, &v))
			continue;
		p = skip_blanks(p);
		readings_put(t->readings,
			     readings_instance(t->readings, READINGS_NO_CPU, word, n - 1),
			     p[0] == 'k' && p[1] == 'B' ? MEMORY_BYTES : MEMORY_PAGES, v);
	}
	return 0;
}

static void memory_close(void *state)
{
	proc_file_done(state);
}

const struct collector collector_memory = {
	.name = "memory",
	.help = "memory by use, swap space, huge pages",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct proc_file),
	.open = memory_open,
	.sample = memory_sample,
	.close = memory_close,
};
