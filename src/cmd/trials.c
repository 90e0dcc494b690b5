/* SPDX-License-Identifier: MIT */
/*
 * The clock of a run starts when the child, which waits behind fork(), is let go, and stops when
 * its process file becomes readable: fork() and reaping are outside.
 */
#include "cmd/trials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/quantity.h"
#include "capture/host_facts.h"
#include "capture/noise.h"
#include "capture/task_counters.h"
#include "cmd/workload.h"
#include "stats/sample.h"

#define RSS_INEXACT (256u << 10)
#define PATIENCE_MS 2000 /* for a command that was told to end */

struct one_run {
	uint32_t round, tid;
	unsigned int side;
	bool warmup, stopped;
	nsec_t overhead, wall, end;
	uint64_t before_exec; /* peak memory of the child by then */
	struct rusage usage;
	int status;
};

struct trials {
	const struct trials_options *o;
	struct sink *sink;
	struct task_counters *counters;
	int root_fd, null_fd, signal_fd;
	sigset_t mask; /* that commands get */
	nsec_t start, own; /* CPU time of all runs */
	double *overhead;
	size_t n_overhead, room;
	struct trials_outcome out;
};

/* ---- one run ---- */

/* Until the command has ended; a signal is passed on to it, and after some time SIGKILL. */
static void wait_for_end(struct trials *t, struct workload *w, struct one_run *run)
{
	struct pollfd fd[] = { { .fd = w->pid_fd, .events = POLLIN },
			       { .fd = t->signal_fd, .events = POLLIN } };
	bool told = false;

	for (;;) {
		const int n = poll(fd, told ? 1 : 2, told ? PATIENCE_MS : -1);

		if (n > 0 && fd[0].revents)
			break;
		if (told && n == 0)
			kill(w->pid, SIGKILL);
		if (n > 0 && fd[1].revents && !told) {
			run->stopped = told = true;
			kill(w->pid, SIGTERM);
		}
	}
	run->end = nsec_monotonic();
}

static int open_input(const struct trials *t, struct err *e)
{
	const char *path = t->o->input;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(t->null_fd, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? err_set(e, -errno, "cannot open '%s': %s", path ? path : "/dev/null",
				strerror(errno))
		      : fd;
}

static int run_once(struct trials *t, unsigned int side, struct one_run *run, struct err *e)
{
	const char *const *argv = t->o->argv[side];
	const int out = t->o->out_fd >= 0 ? t->o->out_fd : t->null_fd;
	auto_close int in = open_input(t, e);
	const struct workload_files files = { in, out, out };
	struct workload w = { .pid_fd = -1, .go_fd = -1, .report_fd = -1 };

	if (in < 0)
		return in;
	const nsec_t before = nsec_monotonic();
	int r = workload_start(&w, argv, &t->mask, &files, e);

	if (r < 0)
		return r;
	run->side = side;
	run->tid = (uint32_t)w.pid;
	if (t->counters)
		(void)task_counters_open(t->counters, w.pid);
	const nsec_t go = nsec_monotonic();

	r = workload_release(&w, argv[0], e);
	if (r >= 0) {
		run->overhead = nsec_monotonic() - before;
		wait_for_end(t, &w, run);
		run->wall = run->end - go;
		run->before_exec = w.before_exec;
		run->status = workload_wait(&w, &run->usage);
	}
	workload_done(&w);
	return r;
}

/* ---- rows ---- */

static nsec_t from_timeval(struct timeval v)
{
	return (nsec_t)v.tv_sec * NSEC_PER_SEC + (nsec_t)v.tv_usec * NSEC_PER_USEC;
}

/*
 * Peak memory of the command, or 0. The kernel's peak goes on over exec (exec_mmap() in fs/exec.c),
 * so that what the child had before, a copy of ours, hides all that is smaller. Its counters are
 * inexact by some pages a CPU.
 */
static uint64_t peak_memory(const struct one_run *run)
{
	const uint64_t peak = (uint64_t)run->usage.ru_maxrss * 1024;

	return peak > run->before_exec + RSS_INEXACT ? peak : 0;
}

static int write_row(struct trials *t, const struct one_run *run, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_result, 1);
	const struct rusage *u = &run->usage;

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = run->end;
	batch_u32(b, RESULT_ROUND)[0] = run->round;
	batch_u8(b, RESULT_SIDE)[0] = (uint8_t)run->side;
	batch_u8(b, RESULT_FLAGS)[0] = run->warmup ? RESULT_FLAG_WARMUP : 0;
	batch_u32(b, RESULT_TID)[0] = run->tid;
	batch_u64(b, RESULT_WALL)[0] = run->wall;
	batch_u64(b, RESULT_USER)[0] = from_timeval(u->ru_utime);
	batch_u64(b, RESULT_SYS)[0] = from_timeval(u->ru_stime);
	batch_u64(b, RESULT_RSS)[0] = peak_memory(run);
	batch_u64(b, RESULT_MINOR)[0] = (uint64_t)u->ru_minflt;
	batch_u64(b, RESULT_MAJOR)[0] = (uint64_t)u->ru_majflt;
	batch_u64(b, RESULT_VOLUNTARY)[0] = (uint64_t)u->ru_nvcsw;
	batch_u64(b, RESULT_INVOLUNTARY)[0] = (uint64_t)u->ru_nivcsw;
	batch_u16(b, RESULT_STATUS)[0] = (uint16_t)run->status;
	t->own += from_timeval(u->ru_utime) + from_timeval(u->ru_stime);
	int r = sink_write(t->sink, b, e);

	if (r >= 0 && t->counters)
		r = task_counters_write(t->counters, (pid_t)run->tid, run->end, t->sink, e);
	return r;
}

static int note_overhead(struct trials *t, nsec_t v)
{
	if (t->n_overhead == t->room) {
		const size_t room = t->room ? 2 * t->room : 256;
		double *more = realloc(t->overhead, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->overhead = more;
		t->room = room;
	}
	t->overhead[t->n_overhead++] = (double)v;
	return 0;
}

/* ---- rounds ---- */

static void order_of(const struct trials *t, unsigned int *order)
{
	const unsigned int n = t->o->n_sides;

	for (unsigned int i = 0; i < n; i++)
		order[i] = i;
	for (unsigned int i = n; t->o->shuffle && i > 1; i--) {
		uint32_t random = 0;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return;
		const unsigned int k = random % i, last = order[i - 1];

		order[i - 1] = order[k];
		order[k] = last;
	}
}

/* 1: go on, 0: ended early. */
static int run_round(struct trials *t, uint32_t round, bool warmup, struct err *e)
{
	unsigned int order[RESULT_MAX_SIDES];

	order_of(t, order);
	for (unsigned int i = 0; i < t->o->n_sides; i++) {
		struct one_run run = { .round = round, .warmup = warmup };
		int r = run_once(t, order[i], &run, e);

		if (r < 0)
			return r;
		/* Ctrl-C reaches the command first, which may have ended of it before we look. */
		struct pollfd fd = { .fd = t->signal_fd, .events = POLLIN };

		if (run.stopped || poll(&fd, 1, 0) > 0) {
			t->out.interrupted = true;
			return 0;
		}
		r = write_row(t, &run, e);
		if (r >= 0)
			r = note_overhead(t, run.overhead);
		if (r < 0)
			return err_set(e, r, "cannot store rows: %s", err_text(e, r));
		t->out.failures += run.status != 0;
		if (run.status && !t->o->ignore_failure) {
			t->out.failed_status = run.status;
			t->out.failed_side = run.side;
			return 0;
		}
	}
	return 1;
}

static void show_progress(const struct trials *t, uint32_t done, bool warmup, nsec_t elapsed)
{
	const uint32_t all = warmup ? t->o->warmup : t->o->rounds;
	char text[QUANTITY_MAX];

	log_progress("%s %u of %u, %s", warmup ? "warm-up" : "round", done, max_of(all, done),
		     quantity_duration(text, elapsed));
}

static int run_rounds(struct trials *t, struct err *e)
{
	int r = 1;

	for (uint32_t i = 0; r > 0 && i < t->o->warmup; i++) {
		show_progress(t, i + 1, true, nsec_monotonic() - t->start);
		r = run_round(t, i + 1, true, e);
	}
	const nsec_t begin = nsec_monotonic();

	while (r > 0 && t->out.rounds < TRIALS_MAX_ROUNDS) {
		const nsec_t elapsed = nsec_monotonic() - begin;

		if (t->out.rounds >= t->o->rounds && elapsed >= t->o->min_time)
			break;
		show_progress(t, t->out.rounds + 1, false, elapsed);
		r = run_round(t, t->out.rounds + 1, false, e);
		t->out.rounds += r > 0;
	}
	log_progress_done();
	return r < 0 ? r : 0;
}

/* ---- what describes it ---- */

static int write_commands(struct trials *t, nsec_t now, struct err *e)
{
	int r = 0;

	for (unsigned int side = 0; side < t->o->n_sides && r >= 0; side++) {
		char key[32];
		auto_buf text;

		buf_init(&text, 1u << 20);
		for (unsigned int i = 0; t->o->argv[side][i]; i++)
			buf_addf(&text, "%s%s", i ? " " : "", t->o->argv[side][i]);
		(void)snprintf(key, sizeof(key), "workload.command.%c", (char)('a' + side));
		r = buf_error(&text);
		r = r < 0 ? r : host_facts_meta(t->sink, now, key, buf_str(&text), e);
	}
	for (unsigned int i = 0; t->o->labels && i < t->o->labels->n && r >= 0; i++)
		r = host_facts_meta(t->sink, now, "label", t->o->labels->item[i], e);
	return r;
}

/* The rows are those of the whole machine: nothing runs that they do not know of. */
static int write_cover(struct trials *t, nsec_t end, struct err *e)
{
	struct cpuset cpus;
	int r = cpuset_online(t->root_fd, &cpus, e);

	r = r < 0 ? r : host_facts_cpus(t->sink, t->root_fd, t->start, &cpus, e);
	for (int cpu = r < 0 ? -1 : cpuset_next(&cpus, 0); cpu >= 0 && r >= 0;
	     cpu = cpuset_next(&cpus, cpu + 1)) {
		r = host_facts_mark(t->sink, (uint32_t)cpu, t->start, MARK_START, e);
		r = r < 0 ? r : host_facts_mark(t->sink, (uint32_t)cpu, end, MARK_END, e);
	}
	return r;
}

static int describe(struct trials *t, const struct noise *before, struct err *e)
{
	const nsec_t end = nsec_monotonic();
	struct noise after;
	nsec_t anchor;
	int r = host_facts_meta(t->sink, end, "kymo.version", KYMO_VERSION, e);

	noise_read(t->root_fd, &after);
	r = r < 0 ? r : host_facts_meta(t->sink, end, "kymo.engine", "run", e);
	r = r < 0 ? r
		  : host_facts_meta(t->sink, end, "kymo.events",
				    t->counters ? "result,counter" : "result", e);
	r = r < 0 ? r : host_facts_meta(t->sink, end, "kymo.command", t->o->command, e);
	r = r < 0 ? r : write_commands(t, end, e);
	r = r < 0 ? r : noise_write(before, &after, t->own, t->sink, end, e);
	r = r < 0 ? r : host_facts_write(t->sink, t->root_fd, end, e);
	r = r < 0 ? r : host_facts_anchor(t->sink, &anchor, e);
	if (r >= 0 && t->counters)
		r = task_counters_describe(t->counters, t->sink, end, e);
	return r < 0 ? r : write_cover(t, end, e);
}

/* ---- all ---- */

static int prepare(struct trials *t, struct err *e)
{
	sigset_t signals;

	t->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	t->root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->null_fd < 0 || t->root_fd < 0)
		return err_set(e, -errno, "cannot open %s: %s", t->null_fd < 0 ? "/dev/null" : "/",
			       strerror(errno));
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &t->mask);
	t->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signal_fd < 0)
		return err_set(e, -errno, "cannot watch signals: %s", strerror(errno));
	return t->o->events ? task_counters_new(t->root_fd, t->o->events, &t->counters, e) : 0;
}

static void finish(struct trials *t)
{
	struct signalfd_siginfo taken;

	/* A signal that was answered is not left for later. */
	while (t->signal_fd >= 0 && read(t->signal_fd, &taken, sizeof(taken)) > 0)
		;
	if (t->signal_fd >= 0)
		sigprocmask(SIG_SETMASK, &t->mask, NULL);
	if (t->n_overhead) {
		sample_sort(t->overhead, t->n_overhead);
		t->out.overhead = (nsec_t)sample_quantile(t->overhead, t->n_overhead, 0.5);
	}
	free(t->overhead);
	task_counters_free(t->counters);
	for (int *fd = (int[]){ t->null_fd, t->root_fd, t->signal_fd, -1 }; *fd >= 0; fd++)
		close(*fd);
}

int trials_run(const struct trials_options *o, struct sink *sink, struct trials_outcome *ret,
	       struct err *e)
{
	struct trials t = { .o = o,
			    .sink = sink,
			    .root_fd = -1,
			    .null_fd = -1,
			    .signal_fd = -1,
			    .start = nsec_monotonic() };
	struct noise before;
	nsec_t anchor;
	int r = prepare(&t, e);

	if (r >= 0)
		noise_read(t.root_fd, &before);
	if (r >= 0)
		r = host_facts_anchor(sink, &anchor, e);
	if (r >= 0) {
		struct err later = { 0 };

		r = run_rounds(&t, e);
		/* Also after a failure: what was measured until then is good. */
		int described = describe(&t, &before, &later);

		if (r >= 0 && described < 0)
			r = err_set(e, described, "cannot store rows: %s",
				    err_text(&later, described));
	}
	finish(&t);
	*ret = t.out;
	return r;
}
