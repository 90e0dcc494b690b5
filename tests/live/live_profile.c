/* SPDX-License-Identifier: MIT */
/*
 * `kymo record --profile` on this machine: a program that spends 70, 20 and 10 % of its time in
 * three functions and one that blocks in a known place, sampled as root for the machine, and by an
 * ordinary user for his own command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/event_list.h"
#include "capture/event_try.h"
#include "format/recording.h"
#include "model/profile.h"
#include "model/sched_track.h"
#include "spend.h"

#define TURNS 2000u
#define NAPS  50u

static char self[4096], scratch[64];

static int setup(void **state)
{
	(void)state;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(scratch, sizeof(scratch), "/tmp/kymo-live-XXXXXX");
	return n > 0 && mkdtemp(scratch) && chmod(scratch, 0777) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	unlink(path);
	snprintf(path, sizeof(path), "%s/x.kymo.old", scratch);
	unlink(path);
	snprintf(path, sizeof(path), "%s/out", scratch);
	unlink(path);
	return rmdir(scratch);
}

static void need_root(void)
{
	auto_event_list l = { 0 };
	auto_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char why[EVENT_MISSING_MAX];

	assert_int_equal(event_list_parse(&l, root, "cpu-clock", NULL), 0);
	if (!getenv("KYMO")) {
		print_message("SKIP: KYMO does not name the program\n");
		skip();
	}
	if (event_try(&l.item[0], true, why, sizeof(why)) < 0 || getuid() != 0) {
		print_message("SKIP: needs root and perf events: %s\n", why);
		skip();
	}
}

/* Run kymo with @word (ended by NULL), its output into scratch/out; the exit status. */
static int run(uid_t uid, const char *const *word)
{
	const char *argv[32];
	char out[128];
	unsigned int n = 0;
	int status;

	argv[n++] = getenv("KYMO");
	for (; *word && n < 31; word++)
		argv[n++] = *word;
	argv[n] = NULL;
	snprintf(out, sizeof(out), "%s/out", scratch);
	unlink(out);
	pid_t pid = fork();

	if (!pid) {
		int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		if (uid && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
			_exit(125);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void read_out(char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/out", scratch);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = 0;
}

/* What the samples of one program say. */
struct counts {
	uint64_t all, in[SPEND_FUNCTIONS], called; /* called: main's frame is above the function */
	uint64_t weight, blocked, in_nap;
	unsigned int n_switches;
};

static int function_of(const struct spend_places *p, const struct modules *m, const struct frame *f)
{
	if (strcmp(modules_at(m, f->module)->path, self) != 0)
		return -1;
	for (unsigned int i = 0; i < SPEND_PLACES; i++)
		if (f->offset >= p->begin[i] && f->offset < p->end[i])
			return (int)i;
	return -1;
}

static void count_row(const struct profile *profile, const struct spend_places *places,
		      const struct batch *b, uint32_t i, struct counts *c)
{
	const struct frames *frames = profile_frames(profile);
	const struct modules *modules = profile_modules(profile);
	const struct profile_event *ev = profile_event(profile, batch_u16(b, SAMPLE_EVENT)[i]);
	uint32_t node = batch_u32(b, SAMPLE_NODE)[i];
	int at = -1, first = -1;

	assert_non_null(ev);
	for (bool leaf = true; node; leaf = false) {
		const struct frame *f = frames_at(frames, node);
		int k = function_of(places, modules, f);

		first = leaf ? k : first;
		at = at < 0 ? k : at;
		if (k == SPEND_MAIN && at >= 0 && at < SPEND_FUNCTIONS)
			c->called++;
		node = f->parent;
	}
	if (ev->flags & EVENT_FLAG_OFF_CPU) {
		assert_int_equal(batch_u64(b, SAMPLE_WEIGHT)[i], 0);
		c->blocked++;
		c->in_nap += at == SPEND_NAP;
		return;
	}
	c->all++;
	c->weight += batch_u64(b, SAMPLE_WEIGHT)[i];
	if (first >= 0 && first < SPEND_FUNCTIONS)
		c->in[first]++;
}

static void count(const struct spend_places *places, struct counts *c)
{
	const struct query q = { .tracks = track_bit(&track_sample) | track_bit(&track_switch) };
	char path[128];
	auto_ptr(recording) recording = NULL;
	auto_ptr(profile) profile = NULL;
	auto_ptr(cursor) cursor = NULL;
	const struct batch *b;
	struct err e = { 0 };
	int r;

	*c = (struct counts){ 0 };
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	if (recording_open(path, 0, &recording, &e) < 0 ||
	    profile_load(recording_source(recording), &profile, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(source_cursor(recording_source(recording), &q, &cursor, &e), 0);
	while ((r = cursor_next(cursor, &b, &e)) > 0) {
		for (uint32_t i = 0; i < b->rows; i++) {
			if (b->track == &track_switch)
				c->n_switches++;
			else if (batch_u32(b, SAMPLE_PID)[i] == places->pid)
				count_row(profile, places, b, i, c);
		}
	}
	assert_int_equal(r, 0);
}

static double seconds_of(const struct counts *c)
{
	return (double)c->weight / 1e9;
}

/* Within four standard deviations of a sampled share. */
static void check_shares(const struct counts *c)
{
	static const double meant[SPEND_FUNCTIONS] = { 0.7, 0.2, 0.1 };
	double share[SPEND_FUNCTIONS];
	char text[8192];

	read_out(text, sizeof(text));
	assert_true(spend_shares(text, share));
	uint64_t n = c->in[SPEND_A] + c->in[SPEND_B] + c->in[SPEND_C];

	print_message("%" PRIu64 " samples, %.3f s: %" PRIu64 " %" PRIu64 " %" PRIu64
		      ", under main %" PRIu64 "\n",
		      c->all, seconds_of(c), c->in[SPEND_A], c->in[SPEND_B], c->in[SPEND_C],
		      c->called);
	assert_true(n > 200);
	for (unsigned int i = 0; i < SPEND_FUNCTIONS; i++) {
		double expected = share[i] * (double)n, v = expected * (1 - share[i]);
		assert_true(share[i] > meant[i] * 0.7 && share[i] < meant[i] * 1.5);
		double off = (double)c->in[i] - expected;

		assert_true(off * off <= 16 * v + 4);
	}
	/* The chain goes on to the caller. */
	assert_true(c->called >= n * 95 / 100);
}

static void check_status(int status)
{
	char text[8192];

	read_out(text, sizeof(text));
	if (status != 0)
		fail_msg("exit %d: %s", status, text);
	print_message("%s", text);
}

static void read_places(struct spend_places *ret)
{
	char text[8192];

	read_out(text, sizeof(text));
	assert_true(spend_parse(text, ret));
}

static void the_machine(void **state)
{
	char path[128];
	const char *const word[] = { "record", "--profile", "999", "--off-cpu", "-o",
				     path,     "--",	    self,  "--spend",	NULL };
	struct spend_places places;
	struct counts c;

	(void)state;
	need_root();
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	check_status(run(0, word));
	read_places(&places);
	count(&places, &c);
	check_shares(&c);
	print_message("blocked %" PRIu64 " times, %" PRIu64 " in the nap\n", c.blocked, c.in_nap);
	assert_in_range(c.in_nap, NAPS - 1, NAPS);
	assert_true(c.n_switches >= 2 * NAPS);
}

/* libc has no frame pointers: the function that naps is only found by call frame information. */
static void stacks(void **state)
{
	char path[128];
	/* Copies of stacks fill buffers while something else keeps the CPUs busy. */
	const char *const word[] = { "record",	"--profile", "499", "--call-graph",
				     "dwarf",	"--buffer",  "64M", "--off-cpu",
				     "-o",	path,	     "--",  self,
				     "--spend", NULL };
	struct spend_places places;
	struct counts c;

	(void)state;
	need_root();
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	int status = run(0, word);
	char text[8192];

	read_out(text, sizeof(text));
	if (strstr(text, "--call-graph dwarf: not for")) {
		print_message("SKIP: %s", text);
		skip();
	}
	check_status(status);
	read_places(&places);
	count(&places, &c);
	check_shares(&c);
	print_message("blocked %" PRIu64 " times, %" PRIu64 " in the nap\n", c.blocked, c.in_nap);
	assert_in_range(c.in_nap, NAPS - 1, NAPS);
}

static void an_ordinary_user(void **state)
{
	char path[128];
	const char *const word[] = { "record", "--profile", "999", "-e",      "cpu-clock", "-o",
				     path,     "--",	    self,  "--spend", NULL };
	struct spend_places places;
	struct counts c;

	(void)state;
	need_root();
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	int status = run(65534, word);
	char text[8192];

	read_out(text, sizeof(text));
	if (status == 126) {
		print_message("SKIP: nobody may not run kymo from its build directory\n");
		skip();
	}
	if (strstr(text, "perf_event_paranoid") && status != 0) {
		print_message("SKIP: users may not sample their own programs here: %s", text);
		skip();
	}
	check_status(status);
	assert_non_null(strstr(text, "only the command is sampled"));
	read_places(&places);
	count(&places, &c);
	check_shares(&c);
	/* Nobody else's. */
	assert_int_equal(c.n_switches, 0);
}

static void one_process(void **state)
{
	char path[128], pid[16];
	const char *const word[] = { "record", "--profile", "997", "-e",    "task,cpu-clock:u",
				     "-p",     pid,	    "-d",  "800ms", "-o",
				     path,     NULL };
	struct spend_places places;
	struct counts c;
	int out[2];

	(void)state;
	need_root();
	assert_int_equal(pipe(out), 0);
	pid_t child = fork();

	if (!child) {
		dup2(out[1], 1);
		spend(20 * TURNS, 0);
		_exit(0);
	}
	char text[1024];
	ssize_t n = read(out[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	assert_true(spend_parse(text, &places));
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	int status = run(0, word);

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(out[0]);
	close(out[1]);
	check_status(status);
	count(&places, &c);
	/* Two CPUs may be busy with others: a tenth of the time is enough. */
	print_message("%" PRIu64 " samples of 800\n", c.all);
	assert_in_range(c.all, 60, 860);
	assert_true(c.in[SPEND_A] > c.in[SPEND_B] && c.in[SPEND_B] > c.in[SPEND_C]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine),
		cmocka_unit_test(stacks),
		cmocka_unit_test(an_ordinary_user),
		cmocka_unit_test(one_process),
	};

	if (argc > 1 && !strcmp(argv[1], "--spend")) {
		spend(TURNS, NAPS);
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
