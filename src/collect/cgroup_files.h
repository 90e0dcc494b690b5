/* SPDX-License-Identifier: MIT */
/*
 * The files of a cgroup v2 (Documentation/admin-guide/cgroup-v2.rst of the kernel) and what stands
 * in them.
 */
#pragma once

#include <stddef.h>

#include "collect/readings.h"

#define CGROUP_MAX_PATH 1024u

/* The group that is read: things are "PATH", "PATH anon", "PATH vda", "PATH cpu". */
struct cgroup_target {
	struct readings *r;
	/* Name of the device with these numbers ("254:0"), lent until the next call. */
	const char *(*device)(void *ctx, const char *numbers, size_t len);
	void *ctx;
	size_t len; /* of the path */
	char name[CGROUP_MAX_PATH + 128]; /* the path, and room for a word */
};

struct cgroup_file {
	const char *name;
	void (*scan)(struct cgroup_target *to, const char *text, const char *thing);
	const char *thing;
};

#define CGROUP_N_FILES 11u
extern const struct cgroup_file cgroup_files[CGROUP_N_FILES];

#define CGROUP_N_METRICS 30u
extern const struct metric_spec cgroup_metrics[CGROUP_N_METRICS];
