/* SPDX-License-Identifier: MIT */
#include "ping_pong.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define must(x)                                      \
	do {                                         \
		if (!(x)) {                          \
			fprintf(stderr, "%s\n", #x); \
			abort();                     \
		}                                    \
	} while (0)

struct player {
	int from, to, done, hold;
	unsigned int rounds;
	bool first;
	uint32_t tid;
};

static void *play(void *arg)
{
	struct player *p = arg;
	char byte = 1;

	pthread_setname_np(pthread_self(), PING_PONG_COMM);
	p->tid = (uint32_t)syscall(SYS_gettid);
	for (unsigned int i = 0; i < p->rounds; i++) {
		if (p->first)
			must(write(p->to, &byte, 1) == 1);
		must(read(p->from, &byte, 1) == 1);
		if (!p->first)
			must(write(p->to, &byte, 1) == 1);
	}
	must(write(p->done, &byte, 1) == 1);
	must(read(p->hold, &byte, 1) == 1);
	return NULL;
}

static void read_file(uint32_t tid, const char *name, char *ret, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%u/%s", tid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0);
	ssize_t n = read(fd, ret, size - 1);

	must(n > 0);
	ret[n] = '\0';
	close(fd);
}

/* All threads share one CPU: while this one runs, a sleeper has been switched out. */
static void wait_until_asleep(uint32_t tid)
{
	char text[1024];

	for (;;) {
		read_file(tid, "stat", text, sizeof(text));
		const char *p = strrchr(text, ')');

		must(p);
		if (p[2] == 'S')
			return;
		sched_yield();
	}
}

static void read_counts(struct ping_pong_thread *t)
{
	char text[8192];

	read_file(t->tid, "status", text, sizeof(text));
	const char *v = strstr(text, "\nvoluntary_ctxt_switches:");
	const char *n = strstr(text, "\nnonvoluntary_ctxt_switches:");

	must(v && n);
	must(sscanf(v, " voluntary_ctxt_switches: %" SCNu64, &t->voluntary) == 1);
	must(sscanf(n, " nonvoluntary_ctxt_switches: %" SCNu64, &t->involuntary) == 1);
	read_file(t->tid, "schedstat", text, sizeof(text));
	must(sscanf(text, "%" SCNu64, &t->run_ns) == 1);
}

void ping_pong(unsigned int rounds, int cpu, struct ping_pong_result *ret)
{
	int ping[2], pong[2], done[2], hold[2];
	pthread_t thread[2];
	cpu_set_t set;
	char byte = 1;
	struct timespec now;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof(set), &set) == 0);
	must(pipe(ping) == 0 && pipe(pong) == 0 && pipe(done) == 0 && pipe(hold) == 0);
	struct player player[2] = {
		{ pong[0], ping[1], done[1], hold[0], rounds, true, 0 },
		{ ping[0], pong[1], done[1], hold[0], rounds, false, 0 },
	};

	for (int i = 0; i < 2; i++)
		must(pthread_create(&thread[i], NULL, play, &player[i]) == 0);
	for (int i = 0; i < 2; i++)
		must(read(done[0], &byte, 1) == 1);
	ret->tgid = (uint32_t)getpid();
	for (int i = 0; i < 2; i++) {
		ret->thread[i].tid = player[i].tid;
		wait_until_asleep(player[i].tid);
		read_counts(&ret->thread[i]);
	}
	must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	ret->until = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	for (int i = 0; i < 2; i++)
		must(write(hold[1], &byte, 1) == 1);
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		close(ping[i]);
		close(pong[i]);
		close(done[i]);
		close(hold[i]);
	}
}

void ping_pong_fork(struct ping_pong_child *c, unsigned int rounds, int cpu)
{
	int go[2], result[2];

	must(pipe2(go, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0);
	fflush(NULL);
	c->pid = fork();
	must(c->pid >= 0);
	if (!c->pid) {
		struct ping_pong_result r;
		char byte;

		close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		ping_pong(rounds, cpu, &r);
		must(write(result[1], &r, sizeof(r)) == sizeof(r));
		_exit(0);
	}
	close(go[0]);
	close(result[1]);
	c->go_fd = go[1];
	c->result_fd = result[0];
}

void ping_pong_go(struct ping_pong_child *c)
{
	must(write(c->go_fd, "", 1) == 1);
}

void ping_pong_wait(struct ping_pong_child *c, struct ping_pong_result *ret)
{
	must(read(c->result_fd, ret, sizeof(*ret)) == sizeof(*ret));
	close(c->go_fd);
	close(c->result_fd);
	must(waitpid(c->pid, NULL, 0) == c->pid);
}

void ping_pong_print(const struct ping_pong_result *r)
{
	printf("ping-pong %" PRIu64 " %u", r->until, r->tgid);
	for (int i = 0; i < 2; i++)
		printf(" %u %" PRIu64 " %" PRIu64 " %" PRIu64, r->thread[i].tid,
		       r->thread[i].voluntary, r->thread[i].involuntary, r->thread[i].run_ns);
	printf("\n");
	fflush(stdout);
}

bool ping_pong_parse(const char *text, struct ping_pong_result *ret)
{
	struct ping_pong_thread *a = &ret->thread[0], *b = &ret->thread[1];
	const char *line = strstr(text, "ping-pong ");

	return line &&
	       sscanf(line,
		      "ping-pong %" SCNu64 " %u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %u %" SCNu64
		      " %" SCNu64 " %" SCNu64,
		      &ret->until, &ret->tgid, &a->tid, &a->voluntary, &a->involuntary, &a->run_ns,
		      &b->tid, &b->voluntary, &b->involuntary, &b->run_ns) == 10;
}
