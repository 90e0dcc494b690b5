/* SPDX-License-Identifier: MIT */
/*
 * A file that takes its name when it is complete: until then what stood there before stays, and of
 * a writer that fails or is killed nothing is left.
 *
 *	auto_ptr(new_file) f = NULL;
 *	r = new_file_open("run.csv", 0666, 0, &f, &e);
 *	... write to new_file_fd(f) or the stream of new_file_stream() ...
 *	r = new_file_commit(f, &e);		not reached: as if nothing had been
 *
 * It is written in the target's folder without a name (O_TMPFILE), and renamed over the target.
 * Where the file system has no such files (NFS, some of FUSE) it is called TARGET.XXXXXX meanwhile,
 * and a writer that is killed leaves that behind.
 *
 * Symbolic links are followed to the file that they name. A file that was there keeps its owner, as
 * far as we may, and its permissions; its other hard links keep the older content. Written in
 * place, as open() does it, is what cannot be replaced: pipes, devices, what a link of /proc leads
 * to (/dev/stdout, /dev/fd/3), a file that is a mount of its own, and a file that may be written in
 * a folder that may not.
 */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct new_file;

/* A regular file that is there becomes TARGET.old, and the new one gets permissions of its own. */
#define NEW_FILE_KEEP_OLD (1u << 0)
/* A file in a place of our own (a cache): whatever has the name is replaced, links, pipes and files
 * that may not be written too, and nothing of it is kept. */
#define NEW_FILE_OWN (1u << 2)
/* On disk, with its name, when new_file_commit() returns. */
#define NEW_FILE_SYNC (1u << 1)

/* Begin to write what will be @path, with permissions @mode less the umask. 0 or -errno with words:
 * -EACCES also for a file that may not be written and would not be kept, though its folder would
 * let it be replaced. */
int new_file_open(const char *path, mode_t mode, unsigned int flags, struct new_file **ret,
		  struct err *e) must_check;
/* The same below @dir_fd, which has to stay open until the file is committed or given up. */
int new_file_open_at(int dir_fd, const char *path, mode_t mode, unsigned int flags,
		     struct new_file **ret, struct err *e) must_check;
/* Lent. Seekable where the target is. */
int new_file_fd(const struct new_file *f);
/* The same for stdio, made at the first call, lent until new_file_commit(), which closes it and
 * tells its errors. */
int new_file_stream(struct new_file *f, FILE **ret, struct err *e) must_check;
/* Into its place. What is written to the fd from here on is seen by who opens the target. 0 or
 * -errno with words, and what was there before still is (with NEW_FILE_KEEP_OLD perhaps as
 * TARGET.old). */
int new_file_commit(struct new_file *f, struct err *e) must_check;
/* Closes it; what was not committed is gone. */
struct new_file *new_file_free(struct new_file *f);
DEFINE_CLEANUP(new_file, new_file_free)
