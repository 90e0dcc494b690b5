/* SPDX-License-Identifier: MIT */
/* Finds a cgroup v2 by path. Its id is the inode of its directory (kernfs on 64-bit machines). */
#include "capture/cgroup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

#define CGROUP2_MAGIC 0x63677270 /* CGROUP2_SUPER_MAGIC, linux/magic.h */

/* The mount point of cgroup v2 without leading slash into @ret. */
static int find_mount(int root_fd, char *ret, size_t size, struct err *e)
{
	auto_buf b;

	buf_init(&b, 4u << 20);
	int r = file_read_at(root_fd, "proc/self/mounts", &b);

	if (r < 0)
		return err_set(e, r, "cannot read /proc/self/mounts: %s", strerror(-r));
	/* device mountpoint type options 0 0 */
	const char *next;

	for (const char *line = buf_str(&b); *line; line = next) {
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		const char *point = memchr(line, ' ', n);

		if (!point || *++point != '/')
			continue;
		size_t length = strcspn(point, " \n");

		if (strncmp(point + length, " cgroup2 ", 9))
			continue;
		if ((size_t)snprintf(ret, size, "%.*s", (int)length - 1, point + 1) >= size)
			return -ENAMETOOLONG;
		return 0;
	}
	return err_set(e, -ENOENT, "no cgroup v2 file system is mounted (try: --pid)");
}

static uint32_t level_of(const char *path)
{
	uint32_t level = 0;

	for (bool inside = false; *path; path++) {
		if (*path != '/' && !inside)
			level++;
		inside = *path != '/';
	}
	return level;
}

int cgroup_find(int root_fd, const char *name, struct cgroup_place *ret, struct err *e)
{
	char mount[256];
	int r = find_mount(root_fd, mount, sizeof(mount), e);

	if (r < 0)
		return r;
	size_t n = strlen(mount);
	const char *below = name + strspn(name, "/");

	if (!strncmp(below, mount, n) && (below[n] == '/' || !below[n]))
		below += n;
	below += strspn(below, "/");

	struct cgroup_place place = { .level = level_of(below) };
	struct statfs fs;
	struct stat st;

	if ((size_t)snprintf(place.path, sizeof(place.path), "%s%s%s", mount, *below ? "/" : "",
			     below) >= sizeof(place.path))
		return err_set(e, -ENAMETOOLONG, "cgroup '%s': path too long", name);
	auto_close int fd = openat(root_fd, place.path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return err_set(e, -errno, "no cgroup '%s' below '/%s': %s", below, mount,
			       strerror(errno));
	if (fs.f_type != CGROUP2_MAGIC)
		return err_set(e, -EINVAL, "'/%s' is no cgroup v2", place.path);
	place.id = st.st_ino;
	*ret = place;
	return 0;
}
