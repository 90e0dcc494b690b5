/* SPDX-License-Identifier: MIT */
/* Reads proc/PID/task/TID/stat: one small read per thread, proc(5) has the fields. */
#include "names/proc_tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "collect/task_texts.h"

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(cleanup_dir))) DIR

static bool number(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	if (*s && *s != ' ')
		return false;
	*ret = (uint32_t)v;
	return true;
}

int proc_task_parse(const char *line, struct proc_task *ret)
{
	struct task_stat s;
	int r = task_stat_parse(line, &s);

	if (r < 0)
		return r;
	*ret = (struct proc_task){ .tid = s.tid, .parent = s.parent, .kernel = s.kernel };
	memcpy(ret->comm, s.name, sizeof(ret->comm));
	return 0;
}

/* The whole file: a name may hold a newline. */
static int read_stat(int dir_fd, const char *tid, struct proc_task *ret)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	auto_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return proc_task_parse(text, ret);
}

/* All threads of a process. Errors of single files mean that the task ended. */
static int read_process(int proc_fd, const char *pid,
			int (*take)(void *ctx, const struct proc_task *t), void *ctx)
{
	char path[64];
	uint32_t tgid;

	snprintf(path, sizeof(path), "%.20s/task", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !number(pid, &tgid)) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	auto_dir *dir = fdopendir(fd);

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	for (struct dirent *d; (d = readdir(dir));) {
		struct proc_task t;

		if (!isdigit((unsigned char)d->d_name[0]) ||
		    read_stat(dirfd(dir), d->d_name, &t) < 0)
			continue;
		t.tgid = tgid;
		int r = take(ctx, &t);

		if (r < 0)
			return r;
	}
	return 0;
}

int proc_tasks_read(int root_fd, int (*take)(void *ctx, const struct proc_task *t), void *ctx,
		    struct err *e)
{
	int fd = openat(root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "cannot open /proc: %s", strerror(errno));
	auto_dir *dir = fdopendir(fd);

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	for (struct dirent *d; (d = readdir(dir));) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		int r = read_process(dirfd(dir), d->d_name, take, ctx);

		if (r < 0)
			return r;
	}
	return 0;
}
