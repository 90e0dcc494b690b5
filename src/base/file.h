/* SPDX-License-Identifier: MIT */
/* Whole files and whole writes. A machine's own files (/proc, /sys) are always opened below a root
 * fd that the caller gives. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

/* Append the file @path below @dir_fd (AT_FDCWD: as usual) to @b; stops with -EFBIG at the buffer's
 * limit. 0 or -errno. */
int file_read_at(int dir_fd, const char *path, struct buf *b) must_check;
/* The same, as one line without the newline at its end, into @ret of @size bytes. */
int file_read_line_at(int dir_fd, const char *path, char *ret, size_t size) must_check;
int file_write_all(int fd, const void *data, size_t n) must_check;
int file_pwrite_all(int fd, const void *data, size_t n, uint64_t offset) must_check;
/* Exactly @n bytes; -ENODATA when the file ends earlier. */
int file_pread_all(int fd, void *data, size_t n, uint64_t offset) must_check;

/* The folder that @path is in, to the disk: with it the name of what was made there. 0 or -errno.
 */
int file_sync_folder_of(const char *path) must_check;
