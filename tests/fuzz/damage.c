/* SPDX-License-Identifier: MIT */
/*
 * Runs a command on damaged copies of a file and watches how it ends. Prints TAP.
 *
 *	damage cut:64 FILE -- COMMAND ARGS	copies cut after every 64 bytes
 *	damage mutate:2000 FILE -- ...		2,000 copies with random changes
 *
 * {} among the ARGS stands for the copy. No copy may crash the command or keep it busy for more
 *than half a minute; a failure needs words on stderr. Of a cut copy it must say so: a failure that
 *names the copy, or "complete": false in the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/file.h"
#include "mutate.h"

#define MOST_MS	       30000
#define MAX_ARGS       32
#define SANITIZER_EXIT 99 /* ASAN_OPTIONS of the tests */

extern char **environ;

struct ending {
	int status; /* of waitpid() */
	bool hung;
	char out[65536], err[4096]; /* begin of what was printed */
};

static void read_back(int fd, char *ret, size_t size)
{
	ssize_t n = pread(fd, ret, size - 1, 0);

	ret[n > 0 ? n : 0] = '\0';
}

static void run(char *const *argv, struct ending *ret)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, err, 2);
	int r = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	if (r) {
		printf("Bail out! cannot run %s: %s\n", argv[0], strerror(r));
		exit(1);
	}
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	ret->hung = poll(&ended, 1, MOST_MS) == 0;
	if (ret->hung)
		kill(pid, SIGKILL);
	waitpid(pid, &ret->status, 0);
	close(ended.fd);
	read_back(out, ret->out, sizeof(ret->out));
	read_back(err, ret->err, sizeof(ret->err));
	close(out);
	close(err);
}

/* NULL: as it should be. */
static const char *judge(const struct ending *end, const char *path, bool cut)
{
	if (end->hung)
		return "did not end";
	if (!WIFEXITED(end->status))
		return "was killed by a signal";
	int status = WEXITSTATUS(end->status);

	if (status == SANITIZER_EXIT || status > 2)
		return "ended with a strange status";
	if (status && !end->err[0])
		return "failed without words";
	if (!cut)
		return NULL;
	if (status)
		return strstr(end->err, path) ? NULL : "failed without naming the file";
	return strstr(end->out, "\"complete\": false") || strstr(end->out, "\"complete\":false")
		       ? NULL
		       : "did not notice";
}

struct tally {
	unsigned int copies, failed, refused, done;
};

static void try_copy(struct tally *t, char *const *argv, const char *path, const uint8_t *data,
		     size_t n, bool cut)
{
	static struct ending end;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || file_write_all(fd, data, n) < 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
	close(fd);
	run(argv, &end);
	t->copies++;
	const char *wrong = judge(&end, path, cut);

	if (!wrong) {
		if (WEXITSTATUS(end.status))
			t->refused++;
		else
			t->done++;
		return;
	}
	if (t->failed++ < 10)
		printf("# copy %u, %zu bytes: %s: %.200s\n", t->copies, n, wrong, end.err);
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/kymo-damage-XXXXXX", *command[MAX_ARGS + 1] = { 0 };
	unsigned int number = 0;
	struct tally t = { 0 };
	char kind[8] = "";
	auto_buf file;

	buf_init(&file, 0);
	if (argc < 5 || argc - 4 > MAX_ARGS || strcmp(argv[3], "--") ||
	    sscanf(argv[1], "%7[a-z]:%u", kind, &number) != 2 || !number ||
	    (strcmp(kind, "cut") && strcmp(kind, "mutate"))) {
		fprintf(stderr, "usage: damage cut:STEP|mutate:COUNT FILE -- COMMAND ARGS\n");
		return 2;
	}
	bool cut = !strcmp(kind, "cut");
	int fd = mkstemp(path);

	if (fd < 0 || file_read_at(AT_FDCWD, argv[2], &file) < 0) {
		printf("Bail out! cannot read %s\n", argv[2]);
		return 1;
	}
	close(fd);
	for (int i = 4; i < argc; i++)
		command[i - 4] = strcmp(argv[i], "{}") ? argv[i] : path;
	for (size_t n = 0; cut && n < file.len; n += number)
		try_copy(&t, command, path, file.data, n, true);
	auto_free uint8_t *copy = malloc(file.len + 1);
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned int i = 0; !cut && copy && i < number; i++) {
		memcpy(copy, file.data, file.len);
		try_copy(&t, command, path, copy, mutate(&state, copy, file.len), false);
	}
	unlink(path);
	printf("1..1\n%s 1 - %u copies of %s (%s): %u refused, %u answered, %u wrong\n",
	       t.failed || !t.copies ? "not ok" : "ok", t.copies, argv[2], argv[1], t.refused,
	       t.done, t.failed);
	return t.failed || !t.copies;
}
