/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc and /sys as they are, at each tick: rows of track raw. For programs that read
 *these files themselves, and for questions that come up later.
 *
 *	raw_files_open("/proc/stat,/proc/meminfo", root_fd, &f, &e);
 *	... raw_files_sample(f, sink, &e) ...
 *
 * They stay open and are read again from the start. What cannot be read at a tick, or is larger
 *than RAW_FILE_MAX, has no row then.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/stream.h"

#define RAW_FILES_MAX 256u
#define RAW_FILE_MAX  ((size_t)1 << 20)

struct raw_files; /* opaque */

/*
 * @list: paths by commas, which begin with /proc/ or /sys/; opened below @root_fd, and not through
 * links that lead out of it. -EINVAL with words: another path, a folder; -ENOENT ...: what the file
 * says.
 */
int raw_files_open(const char *list, int root_fd, struct raw_files **ret, struct err *e) must_check;
struct raw_files *raw_files_free(struct raw_files *f);
DEFINE_CLEANUP(raw_files, raw_files_free)

/* One row for each file. 0, or -errno of the sink or -ENOMEM. */
int raw_files_sample(struct raw_files *f, struct sink *sink, struct err *e) must_check;

unsigned int raw_files_n(const struct raw_files *f);
const char *raw_files_path(const struct raw_files *f, unsigned int i);
/* Times that file @i could not be read, or was too large. */
uint64_t raw_files_missed(const struct raw_files *f, unsigned int i);
