/* SPDX-License-Identifier: MIT */
/* Finds tracefs or mounts it for ourselves: fsmount(2) (kernel 5.2) gives a file system that stands
 * in no directory. */
#include "capture/tracefs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

#define TRACEFS_MAGIC 0x74726163 /* linux/magic.h */

static int open_mounted(int root_fd, const char *path)
{
	struct statfs fs;
	int fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != TRACEFS_MAGIC) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

static int mount_own(void)
{
	auto_close int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int tracefs_open(int root_fd, bool *ret_own, struct err *e)
{
	static const char *const place[] = { "sys/kernel/tracing", "sys/kernel/debug/tracing" };
	int refused = 0;

	*ret_own = false;
	for (unsigned int i = 0; i < ARRAY_SIZE(place); i++) {
		int fd = open_mounted(root_fd, place[i]);

		if (fd >= 0)
			return fd;
		if (fd == -EACCES)
			refused = fd;
	}
	int fd = mount_own();

	if (fd >= 0) {
		*ret_own = true;
		return fd;
	}
	if (refused)
		return err_set(e, refused, "/sys/kernel/tracing is not readable for this user");
	return err_set(e, fd, "tracefs is not mounted and cannot be mounted: %s", strerror(-fd));
}

int tracefs_read_event(int tracefs_fd, const char *event, struct tracepoint **ret, struct err *e)
{
	char path[256];
	auto_buf b;

	buf_init(&b, TRACEPOINT_MAX_BYTES);
	if ((size_t)snprintf(path, sizeof(path), "events/%s/format", event) >= sizeof(path))
		return -ENAMETOOLONG;
	int r = file_read_at(tracefs_fd, path, &b);

	if (r == -ENOENT)
		return err_set(e, r, "this kernel has no tracepoint %s", event);
	if (r < 0)
		return err_set(e, r, "cannot read tracefs file '%s': %s", path, strerror(-r));
	return tracepoint_parse(buf_str(&b), b.len, ret, e);
}
