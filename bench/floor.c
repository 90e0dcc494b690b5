/* SPDX-License-Identifier: MIT */
/*
 * bench_floor switch|both CMD ARGS: run CMD while an empty BPF program sits on every context switch
 * (and another on every wake-up). What is left of a recorder's cost when it records nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.skel.h"

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 3) {
		fputs("usage: bench_floor switch|both CMD ARGS\n", stderr);
		return 2;
	}
	libbpf_set_print(quiet);
	struct floor_bpf *skel = floor_bpf__open();

	if (skel && strcmp(argv[1], "both"))
		bpf_program__set_autoload(skel->progs.floor_wakeup, false);
	if (!skel || floor_bpf__load(skel) || floor_bpf__attach(skel)) {
		fputs("bench_floor: cannot attach a BPF program (try: kymo doctor)\n", stderr);
		return 1;
	}
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	floor_bpf__destroy(skel);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
