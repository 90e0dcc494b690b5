/* SPDX-License-Identifier: MIT */
/*
 * The command waits until its counters are open; the kernel starts them when it runs its program.
 * Where groups take turns on the PMU, counts are read on the way, so that the estimate has
 * neighbours to compare with; else nothing happens until the end.
 */
#include "cmd/stat_run.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>

#include "capture/counters.h"
#include "cmd/workload.h"

#define TURNS_INTERVAL (100 * NSEC_PER_MSEC)

struct stat_state {
	const struct stat_plan *plan;
	struct counters *counters;
	struct count *before; /* as of the last reading */
	struct multiplex *total, *part; /* part: since the last result */
	struct multiplexed *sum; /* for a result */
	struct workload workload;
	int signal_fd, pid_fd;
	nsec_t start, last;
	size_t n; /* places * events */
};

static void state_done(struct stat_state *s)
{
	counters_free(s->counters);
	free(s->before);
	free(s->total);
	free(s->part);
	free(s->sum);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	if (s->pid_fd >= 0)
		close(s->pid_fd);
	workload_done(&s->workload);
}

/* ---- readings ---- */

static int take(struct stat_state *s, struct err *e)
{
	unsigned int events = counters_n_events(s->counters);
	int r = counters_read(s->counters, e);

	for (size_t i = 0; i < s->n && r >= 0; i++) {
		const struct count *now = counters_get(s->counters, (unsigned int)(i % events),
						       (unsigned int)(i / events));
		const struct count *was = &s->before[i];
		uint64_t value = now->value - was->value, enabled = now->enabled - was->enabled;
		uint64_t running = now->running - was->running;

		multiplex_add(&s->total[i], value, enabled, running, 0, NULL, NULL);
		multiplex_add(&s->part[i], value, enabled, running, 0, NULL, NULL);
		s->before[i] = *now;
	}
	return r;
}

static int give(struct stat_state *s, struct multiplex *of, double at, nsec_t from, nsec_t to,
		const struct rusage *usage, struct err *e)
{
	struct stat_result r = {
		.counters = s->counters,
		.asked = s->plan->events,
		.count = s->sum,
		.title = s->plan->title,
		.at = at,
		.elapsed = (double)(to - from) / NSEC_PER_SEC,
		.user = NAN,
		.sys = NAN,
		.per_place = s->plan->per_place,
		.root_fd = s->plan->root_fd,
	};

	for (size_t i = 0; i < s->n; i++) {
		multiplex_end(&of[i], NULL, NULL);
		s->sum[i] = of[i].sum;
		of[i] = (struct multiplex){ 0 };
	}
	if (usage) {
		r.user = (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec / 1e6;
		r.sys = (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec / 1e6;
	}
	return s->plan->result(s->plan->arg, &r, e);
}

static int interval_ends(struct stat_state *s, nsec_t now, struct err *e)
{
	int r = give(s, s->part, (double)(now - s->start) / NSEC_PER_SEC, s->last, now, NULL, e);

	s->last = now;
	return r;
}

/* ---- waiting ---- */

/* A signal: of the terminal, which the command has got too, or for us alone. */
static bool take_signal(struct stat_state *s)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (s->workload.pid && info.ssi_signo != SIGINT)
		kill(s->workload.pid, (int)info.ssi_signo);
	return !s->workload.pid;
}

static int wait_for_end(struct stat_state *s, struct err *e)
{
	const struct stat_plan *p = s->plan;
	struct pollfd fd[] = {
		{ .fd = s->workload.pid ? s->workload.pid_fd : s->pid_fd, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	nsec_t every = p->interval			  ? p->interval
		       : counters_take_turns(s->counters) ? TURNS_INTERVAL
							  : 0;
	nsec_t deadline = p->duration ? s->start + p->duration : NSEC_MAX;
	nsec_t due = every ? s->start + every : NSEC_MAX;

	for (;;) {
		nsec_t now = nsec_monotonic(), until = min_of(due, deadline);
		nsec_t sleep = until > now ? until - now : 0;
		const struct timespec t = { .tv_sec = (time_t)(sleep / NSEC_PER_SEC),
					    .tv_nsec = (long)(sleep % NSEC_PER_SEC) };
		int n = ppoll(fd, ARRAY_SIZE(fd), until == NSEC_MAX ? NULL : &t, NULL);

		if (n < 0 && errno != EINTR)
			return err_set(e, -errno, "cannot wait: %s", strerror(errno));
		if (n > 0 && fd[0].revents)
			return 0;
		if (n > 0 && fd[1].revents && take_signal(s))
			return 0;
		now = nsec_monotonic();
		if (now >= deadline)
			return 0;
		if (now < due)
			continue;
		due += (now - due) / every * every + every;
		int r = take(s, e);

		if (r >= 0 && p->interval)
			r = interval_ends(s, now, e);
		if (r < 0)
			return r;
	}
}

/* ---- the whole ---- */

static int open_counters(struct stat_state *s, struct err *e)
{
	const struct stat_plan *p = s->plan;
	struct event_targets t;
	bool own = !p->filter && !p->cpus;
	int r = own ? event_targets_one(&t, (uint32_t)s->workload.pid)
		    : event_targets_settle(&t, p->root_fd, p->filter, "counters", e);
	const struct counters_options o = {
		.events = p->events, .targets = &t, .cpus = p->cpus, .on_exec = own
	};

	r = r < 0 ? r : counters_open(&o, &s->counters, e);
	event_targets_done(&t);
	if (r < 0)
		return r;
	s->n = (size_t)counters_n_places(s->counters) * counters_n_events(s->counters);
	s->before = calloc(s->n + 1, sizeof(*s->before));
	s->total = calloc(s->n + 1, sizeof(*s->total));
	s->part = calloc(s->n + 1, sizeof(*s->part));
	s->sum = calloc(s->n + 1, sizeof(*s->sum));
	return s->before && s->total && s->part && s->sum ? 0
							  : err_set(e, -ENOMEM, "out of memory");
}

static int count(struct stat_state *s, int *ret_status, struct err *e)
{
	const struct stat_plan *p = s->plan;
	bool command = p->command != NULL;
	struct rusage usage = { 0 };
	int r = counters_enable(s->counters, e);

	s->start = s->last = nsec_monotonic();
	if (r >= 0 && command)
		r = workload_release(&s->workload, p->command[0], e);
	if (r >= 0)
		r = wait_for_end(s, e);
	if (r < 0)
		return r;
	if (command && p->duration && s->workload.pid)
		kill(s->workload.pid, SIGTERM); /* time is up; ended already: nobody to be told */
	if (command)
		*ret_status = workload_wait(&s->workload, &usage);
	nsec_t end = nsec_monotonic();

	counters_disable(s->counters);
	r = take(s, e);
	if (r >= 0 && p->interval)
		r = interval_ends(s, end, e);
	else if (r >= 0)
		r = give(s, s->total, NAN, s->start, end, command ? &usage : NULL, e);
	return r;
}

int stat_run(const struct stat_plan *p, int *ret_status, struct err *e)
{
	struct stat_state s = { .plan = p, .signal_fd = -1, .pid_fd = -1 };
	sigset_t signals, old;
	int r = 0;

	s.workload = (struct workload){ .pid_fd = -1, .go_fd = -1, .report_fd = -1 };
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &old);
	s.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signal_fd < 0)
		r = err_set(e, -errno, "cannot take signals: %s", strerror(errno));
	if (r >= 0 && p->command)
		r = workload_start(&s.workload, p->command, &old, NULL, e);
	if (r >= 0 && !p->command && p->filter && p->filter->n_pids == 1)
		s.pid_fd = (int)syscall(SYS_pidfd_open, p->filter->pid[0], 0);
	*ret_status = 0;
	r = r < 0 ? r : open_counters(&s, e);
	r = r < 0 ? r : count(&s, ret_status, e);
	state_done(&s);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
