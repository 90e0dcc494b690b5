/* SPDX-License-Identifier: MIT */
/*
 * Names from any program that prints lines of the CSV map. It is run without a shell, in a process
 * group of its own that is killed when time is up or it says too much; its stderr is ours.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "names/command_line.h"
#include "names/csv_map.h"
#include "names/namer.h"

#define READ_BYTES (64u << 10)

extern char **environ;

struct program {
	pid_t pid;
	int out_fd; /* what it prints */
	int pid_fd;
	nsec_t deadline;
};

static int start(struct program *p, struct command_line *w, struct err *e)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int pipe_fd[2];

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return err_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, pipe_fd[1], STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	int r = posix_spawnp(&p->pid, w->word[0], &files, &attr, w->word, environ);

	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(pipe_fd[1]);
	p->out_fd = pipe_fd[0];
	if (r)
		return err_set(e, -r, "cannot run '%s': %s", w->word[0], strerror(r));
	p->pid_fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	return 0;
}

/* 1: @fd is readable or at its end, 0: time is up. */
static int wait_for(int fd, nsec_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	nsec_t now = nsec_monotonic();
	int r;

	do {
		nsec_t left = deadline > now ? deadline - now : 0;
		const struct timespec t = { .tv_sec = (time_t)(left / NSEC_PER_SEC),
					    .tv_nsec = (long)(left % NSEC_PER_SEC) };

		r = ppoll(&pfd, 1, &t, NULL);
		now = nsec_monotonic();
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

/* All that it prints. */
static int read_all(const struct program *p, const char *name, struct buf *b, struct err *e)
{
	for (;;) {
		if (!wait_for(p->out_fd, p->deadline))
			return err_set(e, -ETIMEDOUT,
				       "'%s' is not done in time (try: --names-timeout 2m)", name);
		void *to = buf_reserve(b, READ_BYTES);
		ssize_t n = to ? read(p->out_fd, to, READ_BYTES) : 0;

		if (!to)
			return err_set(e, buf_error(b), "'%s' prints more than %u MiB", name,
				       CSV_MAP_MAX_BYTES >> 20);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, -errno, "cannot read from '%s': %s", name,
				       strerror(errno));
		if (n == 0)
			return 0;
		buf_commit(b, (size_t)n);
	}
}

static int end(const struct program *p, const char *name, struct err *e)
{
	int status = 0;

	/* Without a pidfd (before Linux 5.3) we have to wait for it. */
	if (p->pid_fd >= 0 && !wait_for(p->pid_fd, p->deadline)) {
		kill(-p->pid, SIGKILL);
		waitpid(p->pid, &status, 0);
		return err_set(e, -ETIMEDOUT, "'%s' is not done in time (try: --names-timeout 2m)",
			       name);
	}
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return err_set(e, -ECHILD, "'%s' was ended by signal %d", name, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(e, -ECHILD, "'%s' failed with status %d", name, WEXITSTATUS(status));
	return 0;
}

static int load(const struct namer_request *q, struct name_map *into, struct err *e)
{
	struct program p = { .out_fd = -1, .pid_fd = -1 };
	auto_ptr(command_line) w = NULL;
	auto_buf b;

	buf_init(&b, CSV_MAP_MAX_BYTES + READ_BYTES);
	int r = command_line_split(q->what, &w, e);

	if (r < 0)
		return r;
	p.deadline = nsec_monotonic() + (q->timeout ? q->timeout : NAMER_TIMEOUT);
	r = start(&p, w, e);
	if (r >= 0) {
		r = read_all(&p, w->word[0], &b, e);
		if (r < 0)
			kill(-p.pid, SIGKILL);
		int ended = end(&p, w->word[0], r < 0 ? NULL : e);

		r = r < 0 ? r : ended;
	}
	if (p.out_fd >= 0)
		close(p.out_fd);
	if (p.pid_fd >= 0)
		close(p.pid_fd);
	return r < 0 ? r : csv_map_parse(w->word[0], buf_str(&b), b.len, into, e);
}

const struct namer namer_command = {
	.name = "command",
	.summary = "a program that prints lines of the CSV map",
	.load = load,
};
