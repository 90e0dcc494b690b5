/* SPDX-License-Identifier: MIT */
/*
 * A machine's /proc and /sys as a folder made by a test: machine_tree_put(t, "proc/7/stat", "...")
 * makes the folders on the way. machine_tree_remove() takes all of it away.
 */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct machine_tree {
	char dir[64];
	int fd; /* the root fd */
};

static inline void machine_tree_make(struct machine_tree *t)
{
	snprintf(t->dir, sizeof(t->dir), "%s", "/tmp/kymo-tree-XXXXXX");
	if (!mkdtemp(t->dir))
		abort();
	t->fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0)
		abort();
}

static inline void machine_tree_put(const struct machine_tree *t, const char *path,
				    const char *text)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdirat(t->fd, part, 0755);
	}
	int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static inline int machine_tree_unlink(const char *path, const struct stat *st, int type,
				      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void machine_tree_remove(struct machine_tree *t)
{
	close(t->fd);
	nftw(t->dir, machine_tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
}
