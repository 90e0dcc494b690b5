/* SPDX-License-Identifier: MIT */
/* Directories of numbers, read by large calls into lists that are kept. */
#include "collect/id_listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 32768u
#define LIST_EVERY 10 /* calls of id_listing_since() */
#define FEW	   4 /* new ids beside so many known ones */
#define IDS_MAX	   (1u << 23) /* twice PID_MAX_LIMIT */

struct ids {
	uint32_t *id;
	size_t n, cap;
};

struct id_listing {
	int dir; /* for lists of processes: the caller's has a position of its own */
	int proc_fd;
	int load_fd; /* of loadavg, -1: not there, or of another pid namespace */
	uint32_t last_given; /* process id, as of the last call; 0 = not known */
	unsigned int calls;
	struct ids processes, threads;
	_Alignas(struct dirent64) char text[READ_BYTES];
};

/* The last id given, which loadavg tells, is one of the namespace of who reads it. */
static bool own_namespace(int proc_fd)
{
	char link[32], own[32];
	ssize_t n = readlinkat(proc_fd, "self", link, sizeof(link) - 1);

	link[n < 0 ? 0 : n] = '\0';
	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	return !strcmp(link, own);
}

int id_listing_new(int proc_fd, struct id_listing **ret)
{
	struct id_listing *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->proc_fd = proc_fd;
	l->load_fd = own_namespace(proc_fd) ? openat(proc_fd, "loadavg", O_RDONLY | O_CLOEXEC) : -1;
	l->dir = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0) {
		int r = -errno;

		if (l->load_fd >= 0)
			close(l->load_fd);
		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct id_listing *id_listing_free(struct id_listing *l)
{
	if (l) {
		close(l->dir);
		if (l->load_fd >= 0)
			close(l->load_fd);
		free(l->processes.id);
		free(l->threads.id);
		free(l);
	}
	return NULL;
}

static bool number(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	if (*s < '1' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9' && v <= UINT32_MAX; s++)
		v = 10 * v + (uint64_t)(*s - '0');
	*ret = (uint32_t)v;
	return !*s && v <= UINT32_MAX;
}

static int add(struct ids *l, uint32_t id)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 1024;
		uint32_t *grown = cap > IDS_MAX ? NULL : reallocarray(l->id, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->id = grown;
		l->cap = cap;
	}
	l->id[l->n++] = id;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int read_ids(struct id_listing *l, int dir, struct ids *ids)
{
	bool sorted = true;
	uint32_t id;

	ids->n = 0;
	for (;;) {
		ssize_t n = getdents64(dir, l->text, sizeof(l->text));

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const void *)(l->text + at);

			at += d->d_reclen;
			if (!number(d->d_name, &id))
				continue;
			sorted &= !ids->n || ids->id[ids->n - 1] < id;
			if (add(ids, id) < 0)
				return -ENOMEM;
		}
	}
	/* /proc is in order; a tree that stands for one may not be. */
	if (!sorted)
		qsort(ids->id, ids->n, sizeof(*ids->id), compare);
	return 0;
}

/* The last word of "0.20 0.18 0.12 1/80 11206". */
static uint32_t read_last_given(const struct id_listing *l)
{
	char text[128];
	uint32_t id;
	ssize_t n = pread(l->load_fd, text, sizeof(text) - 1, 0);

	if (n < 1)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	const char *word = strrchr(text, ' ');

	return word && number(word + 1, &id) ? id : 0;
}

bool id_listing_since(struct id_listing *l, size_t known, uint32_t *ret_first, uint32_t *ret_last)
{
	uint32_t before = l->last_given;

	if (l->load_fd < 0)
		return false;
	/* Before anything is read, so that what comes meanwhile is new the next time. */
	l->last_given = read_last_given(l);
	if (!before || l->last_given < before || ++l->calls % LIST_EVERY == 0 ||
	    l->last_given - before > known / FEW)
		return false;
	*ret_first = before + 1;
	*ret_last = l->last_given;
	return true;
}

int id_listing_processes(struct id_listing *l, const uint32_t **ret, size_t *ret_n)
{
	if (lseek(l->dir, 0, SEEK_SET) < 0)
		return -errno;
	int r = read_ids(l, l->dir, &l->processes);

	*ret = l->processes.id;
	*ret_n = l->processes.n;
	return r;
}

int id_listing_threads(struct id_listing *l, uint32_t pid, const uint32_t **ret, size_t *ret_n)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%u/task", pid);
	auto_close int dir = openat(l->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	int r = read_ids(l, dir, &l->threads);

	*ret = l->threads.id;
	*ret_n = l->threads.n;
	return r;
}
