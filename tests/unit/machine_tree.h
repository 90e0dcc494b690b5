/* SPDX-License-Identifier: MIT */
/*
 * A machine's /proc and /sys as a folder made by a test: machine_tree_put(t, "proc/7/stat", "...")
 * makes the folders on the way. machine_tree_remove() takes all of it away.
 *
 * machine_tree_load() makes it from one text (tests/fixtures/proc/NAME.tree): "=== PATH" before the
 * lines of each file, "=== PATH -> TARGET" for a link.
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

static inline void machine_tree_put_bytes(const struct machine_tree *t, const char *path,
					  const void *data, size_t n)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdirat(t->fd, part, 0755);
	}
	int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	close(fd);
}

static inline void machine_tree_put(const struct machine_tree *t, const char *path,
				    const char *text)
{
	machine_tree_put_bytes(t, path, text, strlen(text));
}

static inline void machine_tree_link(const struct machine_tree *t, const char *path,
				     const char *target)
{
	machine_tree_put(t, path, "");
	if (unlinkat(t->fd, path, 0) < 0 || symlinkat(target, t->fd, path) < 0)
		abort();
}

/* The next file of the text @p: its path and target into @head, the lines from *ret_text on, as
 * many as *ret_len. NULL at the end; else from where to go on. */
static inline const char *machine_tree_next(const char *p, char head[512], const char **ret_text,
					    size_t *ret_len)
{
	if (strncmp(p, "=== ", 4) != 0)
		return NULL;
	size_t n = strcspn(p, "\n");

	snprintf(head, 512, "%.*s", (int)(n - 4), p + 4);
	p += n + (p[n] == '\n');
	*ret_text = p;
	while (*p && strncmp(p, "=== ", 4) != 0) {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	*ret_len = (size_t)(p - *ret_text);
	return p;
}

static inline void machine_tree_load(const struct machine_tree *t, const char *text)
{
	const char *body;
	char head[512];
	size_t n;

	while ((text = machine_tree_next(text, head, &body, &n))) {
		char *arrow = strstr(head, " -> "), *copy = strndup(body, n);

		if (!copy)
			abort();
		if (arrow) {
			*arrow = '\0';
			machine_tree_link(t, head, arrow + 4);
		} else {
			machine_tree_put(t, head, copy);
		}
		free(copy);
	}
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
