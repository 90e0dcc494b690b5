/* SPDX-License-Identifier: MIT */
/* Where a cgroup v2 lies: what a filter in the kernel compares with. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct cgroup_place {
	uint64_t id; /* as bpf_get_current_cgroup_id() gives it */
	uint32_t level; /* 0 = the root of the hierarchy */
	char path[512]; /* of its directory, below the root fd */
};

/*
 * @name is a path below the cgroup v2 mount ("/system.slice/x.service", leading slash or not) or a
 * directory on it ("/sys/fs/cgroup/system.slice"). The mount is found in proc/self/mounts below
 * @root_fd. -ENOENT with words: no such cgroup, or no cgroup v2 here.
 */
int cgroup_find(int root_fd, const char *name, struct cgroup_place *ret, struct err *e) must_check;
