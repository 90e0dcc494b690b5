/* SPDX-License-Identifier: MIT */
/*
 * bench_splice DIR KILOBYTES EVENT[,EVENT] CMD ARGS: trace-cmd's way of recording, for comparison
 * on machines that refuse trace-cmd itself: an ftrace instance, one reader per CPU that splices
 * trace_pipe_raw into DIR/cpuN. Prints the kernel's own loss counters.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSTANCE "/sys/kernel/tracing/instances/kymo_bench"
#define PAGE	 4096
#define MAX_CPUS 64

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static int put(const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		fprintf(stderr, "bench_splice: cannot write %s: %s\n", path, strerror(errno));
		return -1;
	}
	return close(fd);
}

static int enable(char *events)
{
	char *save = NULL;

	for (char *event = strtok_r(events, ",", &save); event;
	     event = strtok_r(NULL, ",", &save)) {
		char file[256];

		snprintf(file, sizeof(file), "events/%s/enable", event);
		if (put(file, "1") < 0)
			return -1;
	}
	return 0;
}

/* Until SIGTERM, and then until the ring is empty: pages that are not full stay in the ring of a
 * splice reader. */
static int read_cpu(int cpu, const char *dir)
{
	char path[512];
	int pipe_fd[2];

	signal(SIGTERM, on_stop);
	signal(SIGINT, SIG_IGN);
	snprintf(path, sizeof(path), INSTANCE "/per_cpu/cpu%d/trace_pipe_raw", cpu);
	int in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	snprintf(path, sizeof(path), "%s/cpu%d", dir, cpu);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (in < 0 || out < 0 || pipe(pipe_fd) < 0)
		return 1;
	for (bool last = false;;) {
		ssize_t n = splice(in, NULL, pipe_fd[1], NULL, 16 * PAGE,
				   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

		if (n > 0) {
			while (n > 0) {
				ssize_t m = splice(pipe_fd[0], NULL, out, NULL, (size_t)n,
						   SPLICE_F_MOVE);

				if (m <= 0)
					return 1;
				n -= m;
			}
			continue;
		}
		if (last)
			return 0;
		last = stop;
		poll(&(struct pollfd){ .fd = in, .events = POLLIN }, 1, last ? 0 : 100);
	}
}

static void print_stats(int cpus)
{
	for (int cpu = 0; cpu < cpus; cpu++) {
		char path[512], line[256];

		snprintf(path, sizeof(path), INSTANCE "/per_cpu/cpu%d/stats", cpu);
		FILE *f = fopen(path, "re");

		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, "overrun", 7) || !strncmp(line, "entries", 7) ||
			    !strncmp(line, "dropped", 7) || !strncmp(line, "read events", 11))
				fprintf(stderr, "cpu%d %s", cpu, line);
		if (f)
			fclose(f);
	}
}

int main(int argc, char **argv)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), status = 1;
	pid_t reader[MAX_CPUS];

	if (argc < 5 || cpus > MAX_CPUS) {
		fputs("usage: bench_splice DIR KILOBYTES EVENT[,EVENT] CMD ARGS\n", stderr);
		return 2;
	}
	if (mkdir(INSTANCE, 0700) < 0 && errno != EEXIST) {
		perror(INSTANCE);
		return 1;
	}
	if (put("trace_clock", "mono") < 0 || put("buffer_size_kb", argv[2]) < 0 ||
	    enable(argv[3]) < 0)
		return 1;
	for (int cpu = 0; cpu < cpus; cpu++) {
		reader[cpu] = fork();
		if (reader[cpu] == 0)
			_exit(read_cpu(cpu, argv[1]));
	}
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	put("tracing_on", "0");
	for (int cpu = 0; cpu < cpus; cpu++)
		kill(reader[cpu], SIGTERM);
	for (int cpu = 0; cpu < cpus; cpu++)
		waitpid(reader[cpu], NULL, 0);
	print_stats(cpus);
	rmdir(INSTANCE);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
