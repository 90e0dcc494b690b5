/* SPDX-License-Identifier: MIT */
/* Numbers of JSON objects as metrics, by tables of their keys. */
#include "import/successor_metrics.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "collect/readings.h"

#define MAX_KEYS 24

struct group {
	const char *name;
	const char *instance; /* key of the text that names the thing */
	unsigned int n;
	struct metric_spec metric[MAX_KEYS];
	const char *key[MAX_KEYS];
};

static const struct group groups[] = {
	{
		.name = "mount",
		.instance = "mount_point",
		.n = 4,
		.key = { "block_size", "blocks_total", "blocks_free", "blocks_available" },
		.metric = {
			{ .name = "block_size", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "size of a block" },
			{ .name = "blocks", .kind = METRIC_GAUGE, .help = "blocks in all" },
			{ .name = "free", .kind = METRIC_GAUGE, .help = "blocks not used" },
			{ .name = "available", .kind = METRIC_GAUGE,
			  .help = "blocks that users may have" },
		},
	},
	{
		.name = "container",
		.instance = "container_id",
		.n = 18,
		.key = { "cpu_usage_usec", "cpu_user_usec", "cpu_system_usec", "cpu_periods",
			 "cpu_throttled", "cpu_throttled_usec", "memory_current", "memory_max",
			 "memory_anon", "memory_file", "memory_kernel", "memory_slab",
			 "io_read_bytes", "io_write_bytes", "io_read_ops", "io_write_ops",
			 "pids_current", "pids_max" },
		.metric = {
			{ .name = "cpu", .kind = METRIC_COUNTER, .scale = 1e-6, .unit = "s",
			  .help = "CPU time" },
			{ .name = "user", .kind = METRIC_COUNTER, .scale = 1e-6, .unit = "s",
			  .help = "CPU time in user mode" },
			{ .name = "system", .kind = METRIC_COUNTER, .scale = 1e-6, .unit = "s",
			  .help = "CPU time in the kernel" },
			{ .name = "periods", .kind = METRIC_COUNTER,
			  .help = "periods of its CPU limit" },
			{ .name = "throttled_periods", .kind = METRIC_COUNTER,
			  .help = "periods in which the limit stopped it" },
			{ .name = "throttled", .kind = METRIC_COUNTER, .scale = 1e-6, .unit = "s",
			  .help = "time that it was stopped by the limit" },
			{ .name = "memory", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "memory in use" },
			{ .name = "memory_max", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "memory limit" },
			{ .name = "anon", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "memory without a file" },
			{ .name = "file", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "page cache" },
			{ .name = "kernel", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "memory of the kernel for it" },
			{ .name = "slab", .kind = METRIC_GAUGE, .unit = "bytes",
			  .help = "of that, slabs" },
			{ .name = "read", .kind = METRIC_COUNTER, .unit = "bytes",
			  .help = "data read" },
			{ .name = "written", .kind = METRIC_COUNTER, .unit = "bytes",
			  .help = "data written" },
			{ .name = "reads", .kind = METRIC_COUNTER, .help = "reads" },
			{ .name = "writes", .kind = METRIC_COUNTER, .help = "writes" },
			{ .name = "pids", .kind = METRIC_GAUGE, .help = "threads" },
			{ .name = "pids_max", .kind = METRIC_GAUGE, .help = "limit of threads" },
		},
	},
};

enum { GROUP_MOUNT, GROUP_CONTAINER, N_GROUPS };

struct successor_metrics {
	struct readings_shared shared;
	struct readings *readings[N_GROUPS];
};

/* Numbers above those of any collector, whose own are given from 1 on. */
#define FIRST_NUMBER (1u << 24)

struct successor_metrics *successor_metrics_new(void)
{
	struct successor_metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->shared = (struct readings_shared){ .metrics = FIRST_NUMBER, .series = FIRST_NUMBER };
	for (unsigned int i = 0; i < N_GROUPS; i++) {
		m->readings[i] =
			readings_new(groups[i].name, groups[i].metric, groups[i].n, &m->shared);
		if (!m->readings[i])
			return successor_metrics_free(m);
	}
	return m;
}

struct successor_metrics *successor_metrics_free(struct successor_metrics *m)
{
	if (m) {
		for (unsigned int i = 0; i < N_GROUPS; i++)
			readings_free(m->readings[i]);
		readings_shared_done(&m->shared);
		free(m);
	}
	return NULL;
}

void successor_metrics_begin(struct successor_metrics *m, nsec_t time, struct sink *sink)
{
	for (unsigned int i = 0; i < N_GROUPS; i++)
		readings_begin(m->readings[i], time, sink);
}

static void take_object(const struct group *g, struct readings *r, const char *text, size_t n)
{
	json_t *object = json_loadb(text, n, JSON_DISABLE_EOF_CHECK, NULL);
	const char *name = json_string_value(json_object_get(object, g->instance));

	if (name) {
		uint32_t at = readings_instance(r, READINGS_NO_CPU, name, strlen(name));

		for (unsigned int k = 0; k < g->n; k++) {
			const json_t *v = json_object_get(object, g->key[k]);

			if (json_is_integer(v))
				readings_put(r, at, k, (uint64_t)json_integer_value(v));
		}
	}
	json_decref(object);
}

void successor_metrics_take(struct successor_metrics *m, const char *path, const char *text)
{
	if (!strncmp(path, "container/", 10))
		take_object(&groups[GROUP_CONTAINER], m->readings[GROUP_CONTAINER], text,
			    strlen(text));
	if (strcmp(path, "statfs[*]") != 0)
		return;
	while (*text) {
		size_t n = strcspn(text, "\n");

		take_object(&groups[GROUP_MOUNT], m->readings[GROUP_MOUNT], text, n);
		text += n + (text[n] == '\n');
	}
}

int successor_metrics_end(struct successor_metrics *m, struct err *e)
{
	for (unsigned int i = 0; i < N_GROUPS; i++) {
		int r = readings_flush(m->readings[i], e);

		if (r < 0)
			return r;
	}
	return 0;
}
