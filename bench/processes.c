/* SPDX-License-Identifier: MIT */
/*
 * Many processes, and what reading them costs at least.
 *
 *	bench_processes fork N BUSY	N children that sleep, BUSY of them work for some 20 us
 *every 10 ms; until standard input ends bench_processes floor ROUNDS	files of /proc that are kept
 *open, read once a second into the same buffer: stat and schedstat of all, status and io of those
 *that have run. CPU time in ms a round, without the first; nothing is parsed, but for whether one
 *has run bench_processes floor4 ROUNDS	all four of all
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { STAT, SCHEDSTAT, STATUS, IO, FILES };

struct process {
	char pid[16];
	int fd[FILES];
	size_t bytes;
	char before[128]; /* schedstat */
};

static void work(void)
{
	for (;;) {
		const struct timespec t = { .tv_nsec = 10000000 };

		for (volatile int i = 0; i < 20000; i++)
			;
		nanosleep(&t, NULL);
	}
}

static int fork_many(int n, int busy)
{
	char c;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i < busy)
			work();
		pause();
		_exit(0);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void open_one(struct process *p, const char *pid)
{
	static const char *const name[FILES] = { "stat", "schedstat", "status", "io" };
	char path[64];

	memset(p, 0, sizeof(*p));
	snprintf(p->pid, sizeof(p->pid), "%.15s", pid);
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "/proc/%.10s/%s", pid, name[i]);
		p->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
}

/* The processes that there are now, in *@p; files of those in *@before stay open. */
static int open_all(struct process *p, int max, struct process *before, int n_before)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)) && n < max) {
		int k = 0;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		while (k < n_before && strcmp(before[k].pid, e->d_name) != 0)
			k++;
		if (k == n_before) {
			open_one(&p[n++], e->d_name);
			continue;
		}
		p[n++] = before[k];
		memset(before[k].pid, 0, sizeof(before[k].pid));
	}
	if (d)
		closedir(d);
	for (int k = 0; k < n_before; k++)
		for (int i = 0; before[k].pid[0] && i < FILES; i++)
			close(before[k].fd[i]);
	return n;
}

static void read_all(struct process *p, int n, bool all)
{
	static char text[65536];

	for (int i = 0; i < n; i++) {
		ssize_t got = pread(p[i].fd[SCHEDSTAT], text, sizeof(p->before), 0);
		bool same = got >= 0 && (size_t)got == p[i].bytes &&
			    !memcmp(text, p[i].before, p[i].bytes);

		p[i].bytes = got < 0 ? 0 : (size_t)got;
		memcpy(p[i].before, text, p[i].bytes);
		(void)!pread(p[i].fd[STAT], text, sizeof(text), 0);
		if (same && !all)
			continue;
		(void)!pread(p[i].fd[STATUS], text, sizeof(text), 0);
		(void)!pread(p[i].fd[IO], text, sizeof(text), 0);
	}
}

static int measure_floor(int rounds, bool all)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	int max = (int)(l.rlim_cur / FILES) - 16, n = 0;
	struct process *p = calloc((size_t)max, sizeof(*p));
	struct process *before = calloc((size_t)max, sizeof(*p));

	if (!p || !before)
		return 1;
	for (int i = 0; i <= rounds; i++) {
		struct process *swap = before;

		before = p;
		p = swap;
		n = open_all(p, max, before, n);
		double begin = cpu_ms();

		read_all(p, n, all);
		if (i)
			printf("%.3f\n", cpu_ms() - begin);
		sleep(1);
	}
	fprintf(stderr, "%d processes\n", n);
	free(before);
	free(p);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "fork"))
		return fork_many((int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
	if (argc == 3 && !strncmp(argv[1], "floor", 5))
		return measure_floor((int)strtol(argv[2], NULL, 10), argv[1][5] == '4');
	fputs("usage: bench_processes fork N BUSY | floor ROUNDS | floor4 ROUNDS\n", stderr);
	return 2;
}
