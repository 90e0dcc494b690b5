/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_processes and process_sums: a few processes worked out by hand. */
#include "view_text.h"

#include <errno.h>

#include "model/metric_track.h"

#define S  NSEC_PER_SEC
#define MS NSEC_PER_MSEC

/* As the view has it. */
struct options {
	const char *by;
	nsec_t interval;
};

#define HAVE                                                                                   \
	(1u << PROCESS_USER | 1u << PROCESS_SYSTEM | 1u << PROCESS_MINOR | 1u << PROCESS_RSS | \
	 1u << PROCESS_UID | 1u << PROCESS_PARENT | 1u << PROCESS_STATE)

struct row {
	uint32_t tid, uid;
	uint64_t user, sys, minor, rss, read;
	uint32_t without; /* columns that are not known */
	bool ended;
};

#define ROW(tid_, uid_, user_, sys_, minor_, rss_, ...) \
	((struct row){ .tid = tid_,                     \
		       .uid = uid_,                     \
		       .user = user_,                   \
		       .sys = sys_,                     \
		       .minor = minor_,                 \
		       .rss = rss_,                     \
		       ##__VA_ARGS__ })

static void put(struct scenario *s, const struct track *track, nsec_t time, const struct row *r)
{
	struct batch *b = scenario_row(s, track, BATCH_CPU_NONE, time);
	uint32_t i = b->rows - 1;

	for (unsigned int c = 1; c < PROCESS_COLUMNS; c++)
		memset((uint8_t *)b->col[c] + i * column_type_bytes(track->column[c].type), 0,
		       column_type_bytes(track->column[c].type));
	batch_u32(b, PROCESS_TID)[i] = batch_u32(b, PROCESS_PID)[i] = r->tid;
	batch_u32(b, PROCESS_PARENT)[i] = 1;
	batch_u32(b, PROCESS_HAVE)[i] = (HAVE | (r->read ? 1u << PROCESS_READ : 0)) & ~r->without;
	batch_u8(b, PROCESS_FLAGS)[i] = r->ended ? PROCESS_FLAG_EXITED : 0;
	batch_u8(b, PROCESS_STATE)[i] = r->ended ? 'X' : 'S';
	batch_u32(b, PROCESS_UID)[i] = r->uid;
	batch_u64(b, PROCESS_USER)[i] = r->user * MS;
	batch_u64(b, PROCESS_SYSTEM)[i] = r->sys * MS;
	batch_u64(b, PROCESS_MINOR)[i] = r->minor;
	batch_u64(b, PROCESS_RSS)[i] = r->rss;
	batch_u64(b, PROCESS_READ)[i] = r->read;
}

static void process(struct scenario *s, nsec_t time, struct row r)
{
	put(s, &track_process, time, &r);
}

/* Ticks at 10, 11, 12, 13 s, a little late. */
static void build(struct scenario *s)
{
	scenario_task(s, 9 * S, TASK_ALIVE, 1, "init", 0);
	scenario_task(s, 9 * S, TASK_ALIVE, 2, "shell", 0);
	scenario_task(s, 11200 * MS, TASK_FORK, 3, "cc", 0);
	scenario_task(s, 11500 * MS, TASK_EXIT, 3, "cc", 0);
	scenario_task(s, 11600 * MS, TASK_FORK, 4, "cc", 0);
	scenario_start(s, 0, 10 * S);
	process(s, 10 * S + 1, ROW(1, 0, 5000, 1000, 70, 4096, .read = 100));
	process(s, 10 * S + 1, ROW(2, 7, 100, 100, 10, 8192));
	process(s, 11 * S + 1, ROW(1, 0, 5300, 1000, 71, 4096, .read = 400));
	process(s, 11 * S + 1, ROW(2, 7, 100, 100, 10, 4096));
	/* Lives and dies between ticks. */
	process(s, 11500 * MS,
		ROW(3, 7, 200, 50, 300, 0, .ended = true, .without = 1u << PROCESS_RSS));
	process(s, 12 * S + 1, ROW(1, 0, 5300, 1100, 71, 4096, .read = 400));
	process(s, 12 * S + 1, ROW(2, 7, 100, 100, 10, 4096));
	process(s, 12 * S + 1, ROW(4, 7, 150, 0, 5, 12288));
	process(s, 12700 * MS,
		ROW(2, 7, 130, 100, 10, 0, .ended = true, .without = 1u << PROCESS_RSS));
	process(s, 13 * S + 1, ROW(1, 0, 5300, 1100, 71, 8192, .read = 400));
	process(s, 13 * S + 1, ROW(4, 7, 950, 0, 5, 4096));
	scenario_end(s, 0, 13 * S + 500 * MS);
}

static void check(void (*make)(struct scenario *), struct analysis_args args,
		  struct options options, const char *columns, const char *expected)
{
	args.options = &options;
	view_check(make, "processes", args, columns, expected);
}

static void test_processes(void **state)
{
	(void)state;
	/* Three seconds between the first and the last tick. The two called cc began within. */
	check(build, (struct analysis_args){ 0 }, (struct options){ 0 },
	      "task tid uid cpu user_pct sys_pct cpu_pct minor_per_s rss rss_max read_per_s state "
	      "began ended",
	      "cc 4 7 950000000 31.67 0.00 31.67 1.67 8192 12288 - S 1 0; "
	      "init 1 0 400000000 10.00 3.33 13.33 0.33 5120 8192 100.00 S 0 0; "
	      "cc 3 7 250000000 6.67 1.67 8.33 100.00 - - - X 1 1; "
	      "shell 2 7 30000000 1.00 0.00 1.00 0.00 5461 8192 - X 0 1");
}

static void test_groups(void **state)
{
	(void)state;
	check(build, (struct analysis_args){ 0 }, (struct options){ .by = "comm" },
	      "task tid members cpu minor_per_s rss_max",
	      "cc - 2 1200000000 101.67 12288; init 1 1 400000000 0.33 8192; "
	      "shell 2 1 30000000 0.00 8192");
	/* Of user 7 two processes at 12 s: 4096 + 12288. */
	check(build, (struct analysis_args){ 0 }, (struct options){ .by = "user" },
	      "task uid members cpu rss rss_max",
	      "- 7 3 1230000000 8192 16384; - 0 1 400000000 5120 8192");
	check(build, (struct analysis_args){ .merge = true }, (struct options){ 0 }, "task members",
	      "cc 2; init 1; shell 1");
}

static void test_intervals(void **state)
{
	(void)state;
	/* What did nothing has no row; a tick tells of the second before it. */
	check(build, (struct analysis_args){ 0 }, (struct options){ .interval = S },
	      "time task tid cpu cpu_pct rss",
	      "0 init 1 300000000 30.00 4096; "
	      "1000000000 cc 4 150000000 15.00 12288; 1000000000 init 1 100000000 10.00 4096; "
	      "1000000000 cc 3 250000000 25.00 -; "
	      "2000000000 cc 4 800000000 80.00 4096; 2000000000 shell 2 30000000 3.00 -");
}

static void test_windows(void **state)
{
	(void)state;
	/* The first tick in it is where those that were there start from. */
	check(build, (struct analysis_args){ .from = 11800 * MS, .to = 13500 * MS },
	      (struct options){ 0 }, "task tid cpu cpu_pct began",
	      "cc 4 800000000 80.00 0; shell 2 30000000 3.00 0; init 1 0 0.00 0");
	/* One tick, and one that ended before it, of which nothing is known but its end. */
	check(build, (struct analysis_args){ .from = 11400 * MS, .to = 12500 * MS },
	      (struct options){ 0 }, "task tid cpu cpu_pct ended",
	      "cc 4 150000000 - 0; cc 3 - - 1; init 1 - - 0; shell 2 - - 0");
}

static void build_anew(struct scenario *s)
{
	scenario_task(s, 9 * S, TASK_ALIVE, 1, "x", 0);
	scenario_start(s, 0, 10 * S);
	process(s, 10 * S, ROW(1, 0, 5000, 0, 70, 4096));
	/* The id was used again, and nobody told. */
	process(s, 11 * S, ROW(1, 0, 10, 0, 3, 4096));
	process(s, 12 * S, ROW(1, 0, 30, 0, 3, 4096));
	/* Never named, and not there at the first tick. */
	process(s, 12 * S, ROW(9, 0, 40, 0, 3, 4096));
	scenario_end(s, 0, 12 * S + 1);
}

static void test_counters_that_fall(void **state)
{
	(void)state;
	check(build_anew, (struct analysis_args){ 0 }, (struct options){ 0 },
	      "task tid cpu minor_per_s", "<9> 9 40000000 1.50; x 1 30000000 1.50");
}

static void build_unknown(struct scenario *s)
{
	scenario_task(s, 9 * S, TASK_ALIVE, 1, "x", 0);
	scenario_start(s, 0, 10 * S);
	process(s, 10 * S, ROW(1, 0, 10, 0, 5, 0));
	/* Not known for a tick: what came meanwhile is not lost. */
	process(s, 11 * S, ROW(1, 0, 20, 0, 0, 0, .without = 1u << PROCESS_MINOR));
	process(s, 12 * S, ROW(1, 0, 30, 0, 9, 0));
	scenario_end(s, 0, 12 * S + 1);
}

static void test_what_is_not_known(void **state)
{
	(void)state;
	check(build_unknown, (struct analysis_args){ 0 }, (struct options){ 0 },
	      "cpu minor_per_s major_per_s read_per_s", "20000000 2.00 - -");
}

static void build_threads(struct scenario *s)
{
	scenario_task(s, 9 * S, TASK_ALIVE, 1, "x", 0);
	scenario_start(s, 0, 10 * S);
	for (unsigned int i = 0; i < 2; i++)
		put(s, &track_thread, (10 + i) * S,
		    &ROW(1, 0, 10 + 5 * i, 0, 5, 0, .without = 1u << PROCESS_RSS));
	scenario_end(s, 0, 12 * S);
}

static void test_threads(void **state)
{
	struct options by = { .by = "process" };
	struct analysis_args args = { .options = &by };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	check(build_threads, (struct analysis_args){ 0 }, (struct options){ 0 }, "task cpu rss",
	      "x 5000000 -");
	scenario_init(&s, 10);
	build_threads(&s);
	assert_int_equal(view_ask("processes", scenario_source(&s), &args, &a, &e), -ENODATA);
	assert_non_null(strstr(e.text, "--metrics process"));
	answer_done(&a);
	scenario_done(&s);

	by.by = "thread";
	args.to = 0;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("processes", scenario_source(&s), &args, &a, &e), -ENODATA);
	assert_non_null(strstr(e.text, "--metrics thread"));
	answer_done(&a);
	scenario_done(&s);
}

static void test_refused(void **state)
{
	const struct options many = { NULL, 1 };
	struct analysis_args args = { .options = &many };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(view_ask("processes", scenario_source(&s), &args, &a, &e), -EINVAL);
	assert_non_null(strstr(e.text, "more than 1000000 intervals"));
	answer_done(&a);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_counters_that_fall),
		cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
