/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation, read, write or sync of a test fails: the linker's --wrap puts these in place
 * of the calls (fault_wraps of tests/unit/meson.build).
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum fault { FAULT_NONE, FAULT_MEMORY, FAULT_READ, FAULT_WRITE, FAULT_SYNC };

static struct {
	enum fault kind;
	unsigned long countdown; /* the call that brings it to 0 fails */
	bool forever; /* and all that follow */
	bool hit;
} plan;

static bool fails(enum fault kind)
{
	if (plan.kind != kind)
		return false;
	if (plan.countdown > 0 && --plan.countdown > 0)
		return false;
	if (plan.hit && !plan.forever)
		return false;
	plan.hit = true;
	return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
int __real_fsync(int fd);
ssize_t __real_pread64(int fd, void *data, size_t n, off_t at);
ssize_t __real_pwrite64(int fd, const void *data, size_t n, off_t at);
int __real_fdatasync(int fd);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
int __wrap_fsync(int fd);
ssize_t __wrap_pread64(int fd, void *data, size_t n, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at);
int __wrap_fdatasync(int fd);

void *__wrap_malloc(size_t n)
{
	return fails(FAULT_MEMORY) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails(FAULT_MEMORY) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails(FAULT_MEMORY) ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails(FAULT_MEMORY) ? NULL : __real_reallocarray(p, n, size);
}

ssize_t __wrap_pread64(int fd, void *data, size_t n, off_t at)
{
	if (fails(FAULT_READ)) {
		errno = EIO;
		return -1;
	}
	/* Short reads are no failure. */
	return __real_pread64(fd, data, n > 7 ? n - n / 3 : n, at);
}

ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at)
{
	if (fails(FAULT_WRITE)) {
		errno = ENOSPC;
		return -1;
	}
	return __real_pwrite64(fd, data, n > 7 ? n - n / 3 : n, at);
}

int __wrap_fdatasync(int fd)
{
	if (fails(FAULT_SYNC)) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
	if (fails(FAULT_SYNC)) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}
