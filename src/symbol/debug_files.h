/* SPDX-License-Identifier: MIT */
/*
 * Where the symbols of a stripped file are: build-id directories, the file's .gnu_debuglink,
 * debuginfod. All paths are looked up below a root, which symbolic links do not leave, and only
 * regular files are opened: a recording may name anything.
 * Sources: gdb manual, "Separate Debug Files"; perf-buildid-cache(1) for the layout of ~/.debug;
 * debuginfod_find_debuginfo(3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "symbol/elf_image.h"

struct debug_files {
	int root_fd;
	const char *const *dir; /* below the root: "/usr/lib/debug" */
	size_t n_dirs;
	bool debuginfod; /* ask servers in DEBUGINFOD_URLS: the user agreed */
};

/* What of a build is looked for. */
enum debug_part {
	DEBUG_PART_PROGRAM, /* the file that was mapped */
	DEBUG_PART_SYMBOLS, /* with .symtab */
	DEBUG_PART_LINES, /* with .debug_info */
};

/* A regular file below the root; the descriptor or -errno (-EINVAL: is something else). */
int debug_files_open(const struct debug_files *d, const char *path) must_check;

/* Whether @image has @part. */
bool debug_part_is_in(const struct elf_image *image, enum debug_part part);

/*
 * The file of a build. @image (may be NULL) is the mapped file and @path its path, for the
 * debuglink. A file counts only when its build id is @id, or, of a debuglink without build ids,
 * when its CRC is right. -ENOENT: nowhere.
 */
int debug_files_find(const struct debug_files *d, enum debug_part part, const uint8_t *id,
		     size_t id_bytes, const struct elf_image *image, const char *path,
		     struct elf_image **ret) must_check;

/* A file that perf's build-id cache has beside the program: "kallsyms". Descriptor or -errno. */
int debug_files_open_part(const struct debug_files *d, const uint8_t *id, size_t id_bytes,
			  const char *name) must_check;
