/* SPDX-License-Identifier: MIT */
/*
 * What reading files of /proc costs at the least, and what a recorder costs.
 *
 *	metrics floor TICKS INTERVAL_MS PATH...	pread() each file to its end at each tick, on
 *						descriptors that stay open: us of CPU a tick
 *	metrics cost SECONDS CMD ARGS...	us of CPU that the command uses in a second, from 3
 *s after its start on; then it gets SIGINT. kB of memory at most
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES 64

static double us_of(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return 0;
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void read_all(const int *fd, int n)
{
	static char text[16384]; /* the kernel clears as much for /proc/sys */

	for (int i = 0; i < n; i++) {
		off_t at = 0;
		ssize_t got;

		while ((got = pread(fd[i], text, sizeof(text), at)) > 0)
			at += got;
	}
}

static int floor_of(unsigned int ticks, unsigned int interval_ms, char **path, int n)
{
	int fd[MAX_FILES], n_open = 0;
	struct timespec next;

	for (int i = 0; i < n && n_open < MAX_FILES; i++) {
		fd[n_open] = open(path[i], O_RDONLY | O_CLOEXEC);
		n_open += fd[n_open] >= 0;
	}
	read_all(fd, n_open);
	clock_gettime(CLOCK_MONOTONIC, &next);
	double before = us_of(CLOCK_PROCESS_CPUTIME_ID);

	for (unsigned int t = 0; t < ticks; t++) {
		next.tv_nsec += (long)interval_ms * 1000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		read_all(fd, n_open);
	}
	printf("%.1f %d\n", (us_of(CLOCK_PROCESS_CPUTIME_ID) - before) / ticks, n_open);
	return 0;
}

static int cost_of(unsigned int seconds, char **argv)
{
	struct rusage u;
	clockid_t clock;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL); /* shells have those behind & ignore it */
		execvp(argv[0], argv);
		_exit(127);
	}
	sleep(3);
	if (pid < 0 || clock_getcpuclockid(pid, &clock)) {
		fprintf(stderr, "metrics: cannot run '%s'\n", argv[0]);
		return 1;
	}
	double cpu = us_of(clock), wall = us_of(CLOCK_MONOTONIC);

	sleep(seconds);
	cpu = us_of(clock) - cpu;
	wall = us_of(CLOCK_MONOTONIC) - wall;
	kill(pid, SIGINT);
	if (wait4(pid, &status, 0, &u) < 0 || cpu < 0) {
		fprintf(stderr, "metrics: '%s' ended too early\n", argv[0]);
		return 1;
	}
	printf("%.1f %ld\n", cpu / (wall / 1e6), u.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[1], "floor"))
		return floor_of((unsigned int)strtoul(argv[2], NULL, 10),
				(unsigned int)strtoul(argv[3], NULL, 10), argv + 4, argc - 4);
	if (argc > 3 && !strcmp(argv[1], "cost"))
		return cost_of((unsigned int)strtoul(argv[2], NULL, 10), argv + 3);
	fprintf(stderr,
		"usage: metrics floor TICKS INTERVAL_MS PATH... | metrics cost SECONDS CMD...\n");
	return 2;
}
