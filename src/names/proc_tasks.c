/* SPDX-License-Identifier: MIT */
/* Reads proc/PID/task/TID/stat: one small read per thread, proc(5) has the fields. */
#include "names/proc_tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>

#include "base/cleanup.h"

#define PF_KTHREAD 0x00200000u /* include/linux/sched.h */

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
	struct proc_task t = { 0 };
	/* The name may hold blanks and parentheses, so it ends at the last one of the line. */
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	uint32_t flags = 0;

	if (!number(line, &t.tid) || !open || !close || close < open || close[1] != ' ')
		return -EBADMSG;
	size_t n = (size_t)(close - open - 1);

	if (n >= sizeof(t.comm))
		n = sizeof(t.comm) - 1;
	memcpy(t.comm, open + 1, n);

	/* Behind the name: state, parent, group, session, terminal, terminal's group, flags. */
	const char *p = close + 1;

	for (unsigned int field = 0; field < 7; field++) {
		p = strchr(p, ' ');
		if (!p)
			return -EBADMSG;
		p++;
		if (field == 1 && !number(p, &t.parent))
			return -EBADMSG;
		if (field == 6 && !number(p, &flags))
			return -EBADMSG;
	}
	t.kernel = flags & PF_KTHREAD;
	/* The kernel adds what a worker does ("kworker/0:1-events"); that is not its name. Rescuers
	 * ("kworker/R-rcu_gp") are really called so. */
	if (t.kernel && !strncmp(t.comm, "kworker/", 8) && t.comm[8] != 'R')
		t.comm[strcspn(t.comm, "+-")] = '\0';
	*ret = t;
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
