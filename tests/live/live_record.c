/* SPDX-License-Identifier: MIT */
/*
 * `kymo record` on this machine: a workload's switches, pairing, wake-ups and run time against the
 * kernel's own counts, with both engines; exit status, flight recorder, refusals.
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
#include <unistd.h>

#include "capture/engine.h"
#include "format/recording.h"
#include "model/sched_track.h"
#include "model/tasks.h"
#include "ping_pong.h"

#define ROUNDS	    200000u
#define EXIT_STATUS 7

static char self[4096]; /* this program */
static char scratch[64];

static int setup(void **state)
{
	(void)state;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(scratch, sizeof(scratch), "/tmp/kymo-live-XXXXXX");
	return n > 0 && mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	char path[128];
	static const char *const name[] = { "x.kymo", "x.kymo.old", "f.kymo", "f-2.kymo" };

	for (unsigned int i = 0; i < ARRAY_SIZE(name); i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch, name[i]);
		unlink(path);
	}
	return rmdir(scratch);
}

static const char *kymo(void)
{
	const char *path = getenv("KYMO");

	if (!path) {
		print_message("SKIP: KYMO does not name the program\n");
		skip();
	}
	return path;
}

static void need(const char *engine)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (const struct engine *const *i = engine_list; *i; i++) {
		struct err e = { 0 };

		if (strcmp((*i)->name, engine))
			continue;
		if ((*i)->probe(root, &e) < 0) {
			close(root);
			print_message("SKIP: engine %s: %s\n", engine, e.text);
			skip();
		}
	}
	close(root);
}

/* ---- running kymo ---- */

struct child {
	pid_t pid;
	int out; /* its stdout and stderr */
	char text[16384];
	size_t n;
};

static void start_as(struct child *c, const char *const *argv, uid_t uid)
{
	int p[2];

	*c = (struct child){ 0 };
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	fflush(NULL);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (!c->pid) {
		dup2(p[1], STDOUT_FILENO);
		dup2(p[1], STDERR_FILENO);
		if (uid && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
			_exit(126);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	close(p[1]);
	c->out = p[0];
}

/* Read on until @word has been said, or the end. */
static bool hear(struct child *c, const char *word)
{
	for (;;) {
		if (word && strstr(c->text, word))
			return true;
		ssize_t n = read(c->out, c->text + c->n, sizeof(c->text) - 1 - c->n);

		if (n <= 0)
			return false;
		c->n += (size_t)n;
	}
}

static int finish(struct child *c)
{
	int status = 0;

	hear(c, NULL);
	close(c->out);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- a recording against the kernel's counts ---- */

struct count {
	uint64_t in, out, voluntary, involuntary, run_ns, woken, woken_new, woken_by_peer;
	uint64_t unpaired; /* an in without an out, or the other way round */
	nsec_t since; /* on CPU since, 0 = is not */
};

static void count_switches(struct count *c, const struct batch *b, const struct ping_pong_result *w)
{
	for (uint32_t row = 0; row < b->rows && b->time[row] <= w->until; row++) {
		for (int i = 0; i < 2; i++) {
			uint32_t tid = w->thread[i].tid;
			unsigned int state = batch_u16(b, SWITCH_STATE)[row];

			if (batch_u32(b, SWITCH_PREV)[row] == tid) {
				c[i].out++;
				c[i].voluntary += !switch_state_runnable(state);
				c[i].involuntary += switch_state_runnable(state);
				c[i].unpaired += !c[i].since;
				c[i].run_ns += c[i].since ? b->time[row] - c[i].since : 0;
				c[i].since = 0;
			}
			if (batch_u32(b, SWITCH_NEXT)[row] == tid) {
				c[i].in++;
				c[i].unpaired += c[i].since != 0;
				c[i].since = b->time[row];
			}
		}
	}
}

static void count_wakeups(struct count *c, const struct batch *b, const struct ping_pong_result *w)
{
	for (uint32_t row = 0; row < b->rows && b->time[row] <= w->until; row++) {
		for (int i = 0; i < 2; i++) {
			if (batch_u32(b, WAKEUP_TID)[row] != w->thread[i].tid)
				continue;
			if (batch_u8(b, WAKEUP_FLAGS)[row] & WAKEUP_FLAG_NEW)
				c[i].woken_new++;
			else
				c[i].woken++;
			if (batch_u32(b, WAKEUP_WAKER)[row] == w->thread[!i].tid)
				c[i].woken_by_peer++;
		}
	}
}

static void count_all(struct source *s, struct count *c, const struct ping_pong_result *w)
{
	const struct query q = {
		.tracks = track_bit(&track_switch) | track_bit(&track_wakeup),
		.order = CURSOR_BY_TIME,
	};
	auto_ptr(cursor) cursor = NULL;
	const struct batch *b;
	struct err e = { 0 };
	int r;

	assert_int_equal(source_cursor(s, &q, &cursor, &e), 0);
	while ((r = cursor_next(cursor, &b, &e)) > 0) {
		if (b->track == &track_switch)
			count_switches(c, b, w);
		else
			count_wakeups(c, b, w);
	}
	assert_int_equal(r, 0);
}

/*
 * @slack: events in thousand that may be missing without a word. The kernel's perf has to be given
 * some: where its recursion guard of a task is taken, it drops that task's samples and counts them
 * nowhere (perf record shows the same gaps). Sandboxes keep switches away from tasks of their own
 * out of all tracepoints: a switch-in may be missing with BPF too, never a switch-out.
 */
static void check_thread(const struct count *c, const struct ping_pong_thread *t, uint64_t slack)
{
	uint64_t switches = t->voluntary + t->involuntary, may_lack = switches * slack / 1000;

	print_message("tid %u: %" PRIu64 " in, %" PRIu64 " out (kernel: %" PRIu64 " + %" PRIu64
		      "), woken %" PRIu64 ", ran %" PRIu64 " ns (kernel: %" PRIu64 ")\n",
		      t->tid, c->in, c->out, t->voluntary, t->involuntary, c->woken, c->run_ns,
		      t->run_ns);
	assert_in_range(c->out, switches - may_lack, switches);
	assert_in_range(c->in, switches - may_lack - switches / 1000, switches);
	assert_in_range(c->voluntary, t->voluntary - may_lack, t->voluntary);
	assert_in_range(c->unpaired, 0, may_lack + switches / 1000);
	assert_true(c->out >= ROUNDS - may_lack);
	uint64_t off = c->run_ns > t->run_ns ? c->run_ns - t->run_ns : t->run_ns - c->run_ns;

	assert_true(off * 100 <= t->run_ns);
	/* Each sleep but the last ends by a wake-up; some wake-ups come just before the sleep. */
	assert_int_equal(c->woken_new, 1);
	assert_true(c->woken + 1 + may_lack >= t->voluntary);
	assert_true(c->woken <= t->voluntary + t->involuntary + 2);
	assert_true(c->woken_by_peer * 10 >= c->woken * 9);
}

static void check_names(struct source *s, const struct ping_pong_result *w)
{
	bool found_self = false;

	for (int i = 0; i < 2; i++) {
		uint32_t n = tasks_find(s->tasks, w->thread[i].tid, w->until, 0);
		const struct task *t = tasks_at(s->tasks, n);

		assert_string_equal(tasks_comm_at(s->tasks, n, w->until), PING_PONG_COMM);
		assert_int_equal(t->tgid, w->tgid);
		assert_false(t->flags & TASK_FLAG_SELF);
	}
	for (uint32_t i = 0; i < tasks_count(s->tasks); i++)
		found_self |= tasks_at(s->tasks, i)->flags & TASK_FLAG_SELF;
	assert_true(found_self);
}

static void record_workload(const char *engine, uint64_t slack)
{
	char path[128], rounds[16];
	struct child c;
	struct ping_pong_result w = { 0 };
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	struct count count[2] = { 0 };

	need(engine);
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	snprintf(rounds, sizeof(rounds), "%u", ROUNDS);
	const char *const argv[] = { kymo(), "record", "-o", path,   "--engine", engine,
				     "--",   self,     "-w", rounds, NULL };

	start_as(&c, argv, 0);
	int status = finish(&c);

	if (status != EXIT_STATUS)
		print_message("%s\n", c.text);
	assert_int_equal(status, EXIT_STATUS);
	assert_true(ping_pong_parse(c.text, &w));
	assert_non_null(strstr(c.text, "next: kymo report"));

	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	struct source *s = recording_source(r);

	assert_true(s->info->complete);
	assert_int_equal(s->info->n_loss, 0);
	assert_string_equal(run_info_meta(s->info, "kymo.engine"), engine);
	assert_string_equal(run_info_meta(s->info, "workload.exit"), "7");
	for (size_t i = 0; i < s->info->n_cpu; i++) {
		assert_true(s->info->cpu[i].start_marked && s->info->cpu[i].end_marked);
		assert_true(s->info->cpu[i].start < w.until && s->info->cpu[i].end > w.until);
	}
	count_all(s, count, &w);
	for (int i = 0; i < 2; i++)
		check_thread(&count[i], &w.thread[i], slack);
	check_names(s, &w);
}

static void test_bpf_counts_what_the_kernel_counts(void **state)
{
	(void)state;
	record_workload("bpf", 0);
}

static void test_perf_counts_what_the_kernel_counts(void **state)
{
	(void)state;
	record_workload("perf", 10);
}

/* ---- the rest of the command ---- */

static void test_flight_recorder_writes_and_goes_on(void **state)
{
	(void)state;
	char path[128], second[128];
	struct child c;
	struct err e = { 0 };

	need("perf");
	snprintf(path, sizeof(path), "%s/f.kymo", scratch);
	snprintf(second, sizeof(second), "%s/f-2.kymo", scratch);
	const char *const argv[] = { kymo(), "record", "--flight", "10s", "-o", path, NULL };

	start_as(&c, argv, 0);
	assert_true(hear(&c, "flight recorder on"));
	assert_int_equal(kill(c.pid, SIGUSR1), 0);
	assert_true(hear(&c, "f.kymo"));
	assert_int_equal(kill(c.pid, SIGINT), 0);
	assert_int_equal(finish(&c), 0);
	assert_non_null(strstr(c.text, "f-2.kymo"));

	const char *const paths[] = { path, second };
	nsec_t start[2], end[2];

	for (int i = 0; i < 2; i++) {
		auto_ptr(recording) r = NULL;

		assert_int_equal(recording_open(paths[i], 0, &r, &e), 0);
		const struct run_info *info = recording_source(r)->info;

		assert_true(info->complete);
		start[i] = info->cpu[0].start;
		end[i] = info->cpu[0].end;
		assert_true(tasks_count(recording_source(r)->tasks) > 5);
	}
	/* Less than 10 s old, so both begin at the beginning. */
	assert_int_equal(start[0], start[1]);
	assert_true(end[0] < end[1]);
}

static void test_an_older_file_is_kept(void **state)
{
	(void)state;
	char path[128], old[160];
	struct child c;
	struct stat st;

	need("perf");
	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	snprintf(old, sizeof(old), "%s.old", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "older", 5), 5);
	close(fd);
	const char *const argv[] = { kymo(), "record", "-o", path, "/bin/true", NULL };

	start_as(&c, argv, 0);
	assert_int_equal(finish(&c), 0);
	assert_int_equal(stat(old, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 500);
}

static void test_a_command_that_cannot_run(void **state)
{
	(void)state;
	static const char *const kept[] = { "x.kymo", "x.kymo.old" };
	char path[128];
	struct child c;
	struct stat st;

	need("perf");
	for (int i = 1; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s/%s", scratch, kept[i]);
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_int_equal(write(fd, "earlier", 6 + i), 6 + i);
		close(fd);
	}
	const char *const argv[] = { kymo(), "record", "-o", path, "--", "/nonexistent", NULL };

	start_as(&c, argv, 0);
	assert_int_equal(finish(&c), 127);
	assert_non_null(strstr(c.text, "cannot run '/nonexistent'"));
	/* Nothing was recorded, and what earlier runs recorded is there. */
	for (int i = 0; i <= 1; i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch, kept[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, 6 + i);
	}
}

static void test_without_privileges_it_says_what_is_missing(void **state)
{
	(void)state;
	char path[128];
	struct child c;

	snprintf(path, sizeof(path), "%s/x.kymo", scratch);
	const char *const argv[] = { kymo(), "record", "-d", "1s", "-o", path, NULL };

	start_as(&c, argv, geteuid() ? 0 : 65534);
	int status = finish(&c);

	if (status == 126) {
		print_message("SKIP: another user cannot run %s\n", argv[0]);
		skip();
	}
	if (status == 0) {
		print_message("SKIP: users without privileges may record here\n");
		skip();
	}
	assert_int_equal(status, 1);
	assert_non_null(strstr(c.text, "needs "));
	assert_non_null(strstr(c.text, "CAP_BPF"));
	assert_non_null(strstr(c.text, "kymo doctor"));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "-w")) {
		struct ping_pong_result w;
		char *end;

		ping_pong((unsigned int)strtoul(argv[2], &end, 10), 0, &w);
		ping_pong_print(&w);
		return EXIT_STATUS;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bpf_counts_what_the_kernel_counts),
		cmocka_unit_test(test_perf_counts_what_the_kernel_counts),
		cmocka_unit_test(test_flight_recorder_writes_and_goes_on),
		cmocka_unit_test(test_an_older_file_is_kept),
		cmocka_unit_test(test_a_command_that_cannot_run),
		cmocka_unit_test(test_without_privileges_it_says_what_is_missing),
	};

	return cmocka_run_group_tests_name("live_record", tests, setup, teardown);
}
