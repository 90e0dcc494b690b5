/* SPDX-License-Identifier: MIT */
/* What a process has mapped, from /proc/PID/maps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct proc_map {
	uint64_t start, end, pgoff, inode;
	uint32_t major, minor;
	bool exec;
	const char *path; /* as perf's mmap records have it: "//anon" for none */
};

/* One line without its newline; path is lent from it. -EBADMSG when it is none. */
int proc_map_parse(const char *line, struct proc_map *ret) must_check;

/* Call @take for each executable mapping of @pid below @root_fd/proc, by address. A negative return
 * ends it and is returned; a process that has gone or may not be read has none. */
int proc_maps_read(int root_fd, uint32_t pid, int (*take)(void *ctx, const struct proc_map *m),
		   void *ctx) must_check;
