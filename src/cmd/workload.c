/* SPDX-License-Identifier: MIT */
/*
 * The child waits on a pipe between fork and exec, so that its first instruction is recorded. A
 * second pipe tells what memory the child had by then, and, unless exec closes it, why a command
 * could not be run.
 */
#include "cmd/workload.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"

static void redirect(const struct workload_files *f)
{
	const int fd[] = { f->in, f->out, f->err };

	for (int i = 0; i < 3; i++)
		if (fd[i] >= 0 && dup2(fd[i], i) < 0)
			_exit(126);
}

static void __attribute__((noreturn))
child(const char *const *argv, const sigset_t *mask, const struct workload_files *files, int go_fd,
      int report_fd)
{
	char go;

	if (files)
		redirect(files);
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* The end of the pipe without a byte: the recorder gave up. */
	if (read(go_fd, &go, 1) == 1) {
		struct rusage own = { 0 };

		getrusage(RUSAGE_SELF, &own);
		const uint64_t peak = (uint64_t)own.ru_maxrss * 1024;

		if (write(report_fd, &peak, sizeof(peak)) != sizeof(peak))
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		int code = errno;

		if (write(report_fd, &code, sizeof(code)) != sizeof(code))
			_exit(126);
	}
	_exit(127);
}

int workload_start(struct workload *w, const char *const *argv, const sigset_t *mask,
		   const struct workload_files *files, struct err *e)
{
	int go[2], report[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(report, O_CLOEXEC) < 0) {
		int code = -errno;

		close(go[0]);
		close(go[1]);
		return err_set(e, code, "cannot make a pipe: %s", strerror(-code));
	}
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		close(go[1]);
		close(report[0]);
		child(argv, mask, files, go[0], report[1]);
	}
	int code = -errno;

	close(go[0]);
	close(report[1]);
	*w = (struct workload){ .pid_fd = -1, .go_fd = go[1], .report_fd = report[0] };
	if (pid < 0) {
		workload_done(w);
		return err_set(e, code, "cannot fork: %s", strerror(-code));
	}
	w->pid = pid;
	w->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (w->pid_fd < 0) {
		code = -errno;
		workload_done(w);
		return err_set(e, code, "cannot watch the command: %s (needs kernel 5.3)",
			       strerror(-code));
	}
	return 0;
}

int workload_release(struct workload *w, const char *name, struct err *e)
{
	int code = 0;

	if (write(w->go_fd, "", 1) != 1)
		return err_set(e, -errno, "cannot start '%s': %s", name, strerror(errno));
	close(steal_fd(&w->go_fd));
	ssize_t n = read(w->report_fd, &w->before_exec, sizeof(w->before_exec));

	if (n == sizeof(w->before_exec))
		n = read(w->report_fd, &code, sizeof(code));

	close(steal_fd(&w->report_fd));
	if (n == sizeof(code))
		return err_set(e, -code, "cannot run '%s': %s", name, strerror(code));
	return 0;
}

int workload_wait(struct workload *w, struct rusage *ret_usage)
{
	int status = 0;

	if (!w->pid)
		return 0;
	while (wait4(w->pid, &status, 0, ret_usage) < 0 && errno == EINTR)
		;
	w->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void workload_done(struct workload *w)
{
	if (w->go_fd >= 0)
		close(steal_fd(&w->go_fd)); /* a child that still waits ends by that */
	if (w->report_fd >= 0)
		close(steal_fd(&w->report_fd));
	workload_wait(w, NULL);
	if (w->pid_fd >= 0)
		close(steal_fd(&w->pid_fd));
}
