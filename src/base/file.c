/* SPDX-License-Identifier: MIT */
/* Whole files and whole reads and writes, over short counts and EINTR. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define READ_STEP 16384

int file_read_at(int dir_fd, const char *path, struct buf *b)
{
	auto_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		size_t room = b->max - b->len < READ_STEP ? b->max - b->len : READ_STEP;
		void *p = buf_reserve(b, room);

		if (!p)
			return buf_error(b);
		char probe;
		ssize_t n = room ? read(fd, p, room) : read(fd, &probe, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (!room)
			return b->error = -EFBIG;
		buf_commit(b, (size_t)n);
	}
}

int file_read_line_at(int dir_fd, const char *path, char *ret, size_t size)
{
	auto_buf b;

	buf_init(&b, 65536);
	int r = file_read_at(dir_fd, path, &b);

	if (r < 0)
		return r;
	size_t n = strcspn(buf_str(&b), "\n");

	if (n >= size)
		return -E2BIG;
	memcpy(ret, buf_str(&b), n);
	ret[n] = 0;
	return 0;
}

int file_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int file_pwrite_all(int fd, const void *data, size_t n, uint64_t offset)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

int file_pread_all(int fd, void *data, size_t n, uint64_t offset)
{
	char *p = data;

	while (n > 0) {
		ssize_t done = pread(fd, p, n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (done == 0)
			return -ENODATA;
		p += done;
		n -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

int file_sync_folder_of(const char *path)
{
	auto_free char *folder = strdup(path);

	if (!folder)
		return -ENOMEM;
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		folder[--n] = 0;
	char *slash = strrchr(folder, '/');

	if (slash)
		slash[slash == folder] = 0;
	auto_close int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some file systems have nothing to sync there. */
	return fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? -errno : 0;
}
