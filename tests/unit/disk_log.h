/* SPDX-License-Identifier: MIT */
/*
 * What a program does to the files of one folder, call by call, and what a crash leaves of it. The
 * linker's --wrap brings the calls here (tests/unit/meson.build); they are done for real too.
 *
 * What was not synced when the power fails may be there, in part, or not at all: CRASH_*.
 */
#pragma once

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/file.h"

enum disk_call { DISK_CREATE, DISK_WRITE, DISK_RESIZE, DISK_SYNC, DISK_RENAME, DISK_SYNC_FOLDER };

struct disk_op {
	enum disk_call call;
	ino_t file;
	uint64_t offset, bytes; /* resize: .bytes */
	uint8_t *data; /* write */
	char name[64], to[64]; /* create, rename */
	uint64_t acked; /* what the test had been promised before it */
};

enum crash {
	CRASH_PROCESS, /* all that was done is there, the last write in part */
	CRASH_LOST, /* nothing that was not synced */
	CRASH_PREFIX, /* of each file the writes up to some byte; renames perhaps */
	CRASH_SECTORS, /* any of the 512-byte pieces, in no order; renames perhaps */
	N_CRASHES
};

static struct {
	bool on;
	struct disk_op *op;
	size_t n, cap;
	uint64_t acked;
	/* Failing calls: the @fail-th from here on (0: none), and all that follow. */
	uint64_t fail;
	bool forever, failed;
	size_t partial; /* bytes that a failing write still writes */
} disk;

static inline void disk_clear(void)
{
	for (size_t i = 0; i < disk.n; i++)
		free(disk.op[i].data);
	disk.n = 0;
}

static inline struct disk_op *disk_add(enum disk_call call, int fd)
{
	struct stat st = { 0 };

	if (disk.n == disk.cap) {
		disk.cap = disk.cap ? 2 * disk.cap : 1024;
		disk.op = realloc(disk.op, disk.cap * sizeof(*disk.op));
		assert(disk.op);
	}
	if (fd >= 0)
		(void)fstat(fd, &st);
	struct disk_op *o = &disk.op[disk.n++];

	*o = (struct disk_op){ .call = call, .file = st.st_ino, .acked = disk.acked };
	return o;
}

/* Is this call one that fails? */
static inline bool disk_fails(void)
{
	if (!disk.fail)
		return false;
	if (disk.fail > 1) {
		disk.fail--;
		return false;
	}
	if (!disk.forever)
		disk.fail = 0;
	disk.failed = true;
	return true;
}

/* ---- the calls ---- */

ssize_t __real_pwrite64(int fd, const void *data, size_t n, off_t at);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_openat64(int dir_fd, const char *name, int flags, ...);
int __real_ftruncate64(int fd, off_t n);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_openat64(int dir_fd, const char *name, int flags, ...);
int __wrap_ftruncate64(int fd, off_t n);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at)
{
	if (!disk.on)
		return __real_pwrite64(fd, data, n, at);
	if (disk_fails()) {
		size_t part = min_of(disk.partial, n);

		if (part)
			(void)!__real_pwrite64(fd, data, part, at);
		errno = ENOSPC;
		return -1;
	}
	ssize_t done = __real_pwrite64(fd, data, n, at);

	if (done > 0) {
		struct disk_op *o = disk_add(DISK_WRITE, fd);

		o->offset = (uint64_t)at;
		o->bytes = (uint64_t)done;
		o->data = malloc((size_t)done);
		assert(o->data);
		memcpy(o->data, data, (size_t)done);
	}
	return done;
}

int __wrap_fdatasync(int fd)
{
	if (disk.on && disk_fails()) {
		errno = EIO;
		return -1;
	}
	if (disk.on)
		disk_add(DISK_SYNC, fd);
	return 0;
}

int __wrap_fsync(int fd)
{
	struct stat st = { 0 };

	if (disk.on && disk_fails()) {
		errno = EIO;
		return -1;
	}
	(void)fstat(fd, &st);
	if (disk.on)
		disk_add(S_ISDIR(st.st_mode) ? DISK_SYNC_FOLDER : DISK_SYNC, fd);
	return 0;
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (disk.on && disk_fails()) {
		errno = EIO;
		return -1;
	}
	int r = __real_renameat(from_fd, from, to_fd, to);

	if (r == 0 && disk.on) {
		struct disk_op *o = disk_add(DISK_RENAME, -1);

		(void)snprintf(o->name, sizeof(o->name), "%s", from);
		(void)snprintf(o->to, sizeof(o->to), "%s", to);
	}
	return r;
}

int __wrap_openat64(int dir_fd, const char *name, int flags, ...)
{
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_list ap;

		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (disk.on && flags & O_CREAT && disk_fails()) {
		errno = ENOSPC;
		return -1;
	}
	int fd = __real_openat64(dir_fd, name, flags, mode);

	if (fd >= 0 && disk.on && flags & O_CREAT) {
		struct disk_op *o = disk_add(DISK_CREATE, fd);

		(void)snprintf(o->name, sizeof(o->name), "%s", name);
	}
	return fd;
}

int __wrap_ftruncate64(int fd, off_t n)
{
	int r = __real_ftruncate64(fd, n);

	if (r == 0 && disk.on)
		disk_add(DISK_RESIZE, fd)->bytes = (uint64_t)n;
	return r;
}

/* ---- what is left ---- */

static uint64_t disk_random_state = UINT64_C(0x9e3779b97f4a7c15);

static inline uint64_t disk_random(uint64_t below)
{
	disk_random_state ^= disk_random_state << 13;
	disk_random_state ^= disk_random_state >> 7;
	disk_random_state ^= disk_random_state << 17;
	return below ? disk_random_state % below : 0;
}

struct disk_file {
	ino_t file;
	char name[64]; /* as the folder has it now; empty: under no name that is left */
	struct buf bytes;
	bool stopped; /* CRASH_PREFIX: later writes are lost */
};

struct disk_image {
	struct disk_file file[128];
	unsigned int n;
};

static inline struct disk_file *disk_file_of(struct disk_image *im, ino_t file)
{
	for (unsigned int i = 0; i < im->n; i++)
		if (im->file[i].file == file)
			return &im->file[i];
	assert(im->n < ARRAY_SIZE(im->file));
	struct disk_file *f = &im->file[im->n++];

	*f = (struct disk_file){ .file = file };
	buf_init(&f->bytes, 0);
	return f;
}

static inline void disk_resize(struct disk_file *f, size_t n)
{
	while (f->bytes.len < n) {
		static const uint8_t zeros[512];

		if (buf_add(&f->bytes, zeros, min_of(n - f->bytes.len, sizeof(zeros))) < 0)
			abort();
	}
}

static inline void disk_write(struct disk_file *f, const struct disk_op *o, uint64_t from,
			      uint64_t to)
{
	disk_resize(f, (size_t)(o->offset + to));
	memcpy(f->bytes.data + o->offset + from, o->data + from, (size_t)(to - from));
}

/* Is operation @i made durable by one before @end? */
static inline bool disk_is_synced(size_t i, size_t end)
{
	const struct disk_op *o = &disk.op[i];
	const bool folder = o->call == DISK_RENAME || o->call == DISK_CREATE;

	for (size_t k = i + 1; k < end; k++)
		if (folder ? disk.op[k].call == DISK_SYNC_FOLDER
			   : disk.op[k].call == DISK_SYNC && disk.op[k].file == o->file)
			return true;
	return false;
}

static inline void disk_name(struct disk_image *im, const struct disk_op *o)
{
	for (unsigned int i = 0; i < im->n; i++)
		if (!strcmp(im->file[i].name, o->call == DISK_RENAME ? o->to : o->name))
			im->file[i].name[0] = 0;
	if (o->call == DISK_CREATE) {
		struct disk_file *f = disk_file_of(im, o->file);

		memcpy(f->name, o->name, sizeof(f->name));
		buf_clear(&f->bytes); /* created with O_TRUNC or O_EXCL */
		return;
	}
	for (unsigned int i = 0; i < im->n; i++)
		if (!strcmp(im->file[i].name, o->name))
			memcpy(im->file[i].name, o->to, sizeof(o->to));
}

static inline void disk_unsynced(struct disk_image *im, const struct disk_op *o, enum crash how,
				 bool last)
{
	struct disk_file *f = disk_file_of(im, o->file);

	if (how == CRASH_PROCESS) {
		disk_write(f, o, 0, last ? disk_random(o->bytes + 1) : o->bytes);
	} else if (how == CRASH_PREFIX && !f->stopped) {
		f->stopped = disk_random(4) == 0;
		disk_write(f, o, 0, f->stopped ? disk_random(o->bytes + 1) : o->bytes);
	} else if (how == CRASH_SECTORS) {
		for (uint64_t at = 0; at < o->bytes;) {
			uint64_t end =
				min_of((o->offset + at) / 512 * 512 + 512 - o->offset, o->bytes);

			if (disk_random(2))
				disk_write(f, o, at, end);
			at = end;
		}
	}
}

/* What the disk holds when the power fails behind the first @n operations. */
static inline void disk_crash(struct disk_image *im, size_t n, enum crash how)
{
	im->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct disk_op *o = &disk.op[i];
		const bool synced = disk_is_synced(i, n);

		switch (o->call) {
		case DISK_CREATE:
		case DISK_RENAME:
			if (synced || how == CRASH_PROCESS || o->call == DISK_CREATE ||
			    (how != CRASH_LOST && disk_random(2)))
				disk_name(im, o);
			break;
		case DISK_RESIZE:
			disk_resize(disk_file_of(im, o->file), (size_t)o->bytes);
			break;
		case DISK_WRITE:
			if (synced)
				disk_write(disk_file_of(im, o->file), o, 0, o->bytes);
			else
				disk_unsynced(im, o, how, i + 1 == n);
			break;
		case DISK_SYNC:
		case DISK_SYNC_FOLDER:
			break;
		}
	}
}

static inline void disk_image_done(struct disk_image *im)
{
	for (unsigned int i = 0; i < im->n; i++)
		buf_done(&im->file[i].bytes);
	im->n = 0;
}

/* Into the folder @path, which is empty. */
static inline void disk_image_put(const struct disk_image *im, const char *path)
{
	for (unsigned int i = 0; i < im->n; i++) {
		char name[300];

		if (!im->file[i].name[0])
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, im->file[i].name);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 || file_write_all(fd, im->file[i].bytes.data, im->file[i].bytes.len) < 0)
			abort();
		close(fd);
	}
}
