/* SPDX-License-Identifier: MIT */
/* Memory of each NUMA node: sys/devices/system/node/nodeN/{numastat,meminfo}. */
#include <errno.h>
#include <stdio.h>

#include "collect/collector.h"
#include "collect/things.h"

#define NODES	   "sys/devices/system/node"
#define MAX_NODES  1024u /* MAX_NUMNODES */
#define LIST_EVERY (60 * NSEC_PER_SEC)

enum { NUMA_COUNT, NUMA_BYTES, NUMA_PAGES };

static const struct metric_spec metrics[] = {
	[NUMA_COUNT] = COUNTER("count", "pages by where they came from, as in numastat"),
	[NUMA_BYTES] = GAUGE("bytes", "memory by use, as in meminfo of the node", .scale = 1024,
			     .unit = "bytes"),
	[NUMA_PAGES] = GAUGE("pages", "huge pages by use", .of = "node0 HugePages_Free"),
};

struct node {
	struct proc_file numastat, meminfo;
};

struct numa {
	const struct proc_root *root;
	struct things nodes;
	nsec_t listed; /* 0 = never */
};

static void node_done(void *state)
{
	struct node *n = state;

	proc_file_done(&n->numastat);
	proc_file_done(&n->meminfo);
}

static int see_node(void *ctx, const char *name, bool is_folder)
{
	struct numa *s = ctx;
	char path[96];
	bool is_new;
	size_t n = strlen(name);

	(void)is_folder;
	if (n < 5 || n > 20 || strncmp(name, "node", 4) != 0 ||
	    strspn(name + 4, "0123456789") != n - 4)
		return 0;
	struct node *x = things_see(&s->nodes, name, &is_new);

	if (!x || !is_new)
		return 0;
	snprintf(path, sizeof(path), NODES "/%s/numastat", name);
	int a = proc_file_open(&x->numastat, s->root, path);

	snprintf(path, sizeof(path), NODES "/%s/meminfo", name);
	int b = proc_file_open(&x->meminfo, s->root, path);

	return a == -ENOMEM || b == -ENOMEM ? -ENOMEM : 0;
}

static int list_nodes(struct numa *s)
{
	things_done(&s->nodes);
	things_begin(&s->nodes);
	return proc_list(s->root, NODES, see_node, s);
}

static int numa_open(void *state, const struct proc_root *root, struct err *e)
{
	struct numa *s = state;

	s->root = root;
	things_init(&s->nodes, sizeof(struct node), MAX_NODES, node_done);
	int r = list_nodes(s);

	if (r == -ENOMEM)
		return r;
	return s->nodes.n ? 0 : err_set(e, -ENOENT, "no nodes in '/" NODES "'");
}

/* Things are called "node0 MemFree". */
static void put(struct readings *r, const char *node, const struct key_value *k,
		unsigned int metric)
{
	char name[128];
	int n = snprintf(name, sizeof(name), "%s %.*s", node, (int)min_of(k->len, (size_t)64),
			 k->key);

	readings_put(r, readings_instance(r, READINGS_NO_CPU, name, (size_t)n), metric, k->value);
}

static void take_node(struct readings *r, const char *name, struct node *n)
{
	const char *p = proc_file_read(&n->numastat), *word;
	struct key_value k;

	for (; p && *p; p = next_line(p))
		if (scan_key_value(&p, &k))
			put(r, name, &k, NUMA_COUNT);
	/* "Node 0 MemTotal:       12675284 kB" */
	for (p = proc_file_read(&n->meminfo); p && *p; p = next_line(p))
		if (scan_word(&p, &word) && scan_word(&p, &word) && scan_key_value(&p, &k))
			put(r, name, &k, k.kb ? NUMA_BYTES : NUMA_PAGES);
}

static int numa_sample(void *state, struct tick *t, struct err *e)
{
	struct numa *s = state;

	(void)e;
	/* Nodes come and go with their memory. */
	if (!s->listed || t->time - s->listed >= LIST_EVERY) {
		if (s->listed && list_nodes(s) == -ENOMEM)
			return -ENOMEM;
		s->listed = t->time;
	}
	for (uint32_t i = 0; i < s->nodes.n; i++)
		take_node(t->readings, things_name(&s->nodes, i), things_at(&s->nodes, i));
	return 0;
}

static void numa_close(void *state)
{
	things_done(&((struct numa *)state)->nodes);
}

const struct collector collector_numa = {
	.name = "numa",
	.help = "memory of each NUMA node, pages by where they came from",
	.things = "node and the kernel's words: node0 MemFree",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct numa),
	.open = numa_open,
	.sample = numa_sample,
	.close = numa_close,
};
