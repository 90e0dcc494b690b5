/* SPDX-License-Identifier: MIT */
/* Sockets by protocol: /proc/net/sockstat and sockstat6. */
#include "collect/collector.h"

enum {
	SOCKETS_USED,
	SOCKETS_INUSE,
	SOCKETS_ORPHAN,
	SOCKETS_TW,
	SOCKETS_ALLOC,
	SOCKETS_MEM,
	SOCKETS_MEMORY
};

static const struct metric_spec metrics[] = {
	[SOCKETS_USED] = GAUGE("used", "sockets of all kinds", .of = ""),
	[SOCKETS_INUSE] = GAUGE("inuse", "sockets in use; of FRAG datagrams being put together"),
	[SOCKETS_ORPHAN] = GAUGE("orphan", "sockets that no process has any more"),
	[SOCKETS_TW] = GAUGE("time_wait", "sockets in TIME_WAIT"),
	[SOCKETS_ALLOC] = GAUGE("allocated", "sockets in any state"),
	[SOCKETS_MEM] = GAUGE("pages", "memory of buffers", .unit = "pages"),
	[SOCKETS_MEMORY] = GAUGE("memory", "memory of fragments", .unit = "bytes"),
};

static const char *const words[] = {
	[SOCKETS_USED] = "used",     [SOCKETS_INUSE] = "inuse", [SOCKETS_ORPHAN] = "orphan",
	[SOCKETS_TW] = "tw",	     [SOCKETS_ALLOC] = "alloc", [SOCKETS_MEM] = "mem",
	[SOCKETS_MEMORY] = "memory",
};

/* "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 435" */
static void scan(struct readings *r, const char *p, const char *thing)
{
	const char *word;
	size_t n;
	uint64_t v;

	(void)thing;
	for (; *p; p = next_line(p)) {
		n = scan_word(&p, &word);
		if (n < 2 || word[n - 1] != ':')
			continue;
		n = word_is(word, n, "sockets:") ? 0 : n - 1;
		uint32_t at = readings_instance(r, READINGS_NO_CPU, word, n);

		while ((n = scan_word(&p, &word)) > 0 && scan_u64(&p, &v))
			for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
				if (word_is(word, n, words[i]))
					readings_put(r, at, i, v);
	}
}

static const struct collector_file files[] = {
	{ .path = "proc/net/sockstat", .scan = scan },
	{ .path = "proc/net/sockstat6", .scan = scan },
};

const struct collector collector_sockets = {
	.name = "sockets",
	.help = "sockets by protocol and state, their memory",
	.things = "protocols: TCP, UDP, TCP6, FRAG",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
