/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_metrics: blocks of the program's own files over made-up counters. */
#include "metric_scenario.h"
#include "view_text.h"

#include <errno.h>

#define S NSEC_PER_SEC

/* As the view has it. */
struct options {
	const char *set, *interval, *only;
	bool raw;
};

enum { USER, NICE, SYSTEM, IDLE, N_TIMES };

/* Two CPUs over 4 s, a sample a second (the second one 10 ms late); a disk that comes at 2 s. */
static void build(struct metric_scenario *s)
{
	static const char *const name[] = { "cpu.user", "cpu.nice", "cpu.system", "cpu.idle" };
	/* ticks of 10 ms by CPU, time, state */
	static const unsigned int times[2][5][N_TIMES] = {
		{ { 0, 0, 0, 0 },
		  { 10, 0, 10, 80 },
		  { 30, 0, 20, 150 },
		  { 80, 0, 20, 200 },
		  { 80, 0, 20, 300 } },
		{ { 0, 0, 0, 0 },
		  { 0, 0, 0, 100 },
		  { 0, 0, 0, 200 },
		  { 50, 0, 50, 200 },
		  { 50, 0, 50, 300 } },
	};
	uint32_t cpu[2][N_TIMES];

	metric_scenario_init(s);
	metric_scenario_meta(s, "collect.interval", "1000000000");
	for (unsigned int c = 0; c < 2; c++)
		for (unsigned int i = 0; i < N_TIMES; i++)
			cpu[c][i] =
				metric_scenario_series(s, COUNTER(name[i], 64, 0.01, "s"), "", c);
	uint32_t forks =
		metric_scenario_series(s, COUNTER("cpu.forks", 64, 1, ""), "", SERIES_NO_CPU);
	uint32_t other =
		metric_scenario_series(s, COUNTER("odd.things", 32, 1, ""), "sdb", SERIES_NO_CPU);
	uint32_t level =
		metric_scenario_series(s, GAUGE("odd.level", 2, "bytes"), "", SERIES_NO_CPU);

	for (unsigned int t = 0; t < 5; t++) {
		nsec_t at = (10 + t) * S + (t == 1 ? 10 * NSEC_PER_MSEC : 0);

		for (unsigned int c = 0; c < 2; c++)
			for (unsigned int i = 0; i < N_TIMES; i++)
				metric_scenario_value(s, at, cpu[c][i], times[c][t][i]);
		metric_scenario_value(s, at, forks, 7 + t * t);
		if (t >= 2)
			metric_scenario_value(s, at, other, UINT32_MAX - 1 + 2 * t);
		metric_scenario_value(s, at, level, t == 3 ? (uint64_t)-5 : t);
	}
}

static void ask(struct metric_scenario *s, struct options options, nsec_t from, nsec_t to,
		struct answer *a)
{
	struct analysis_args args = { .options = &options, .from = from, .to = to };
	struct err e = { 0 };

	if (view_ask("metrics", metric_scenario_source(s), &args, a, &e) < 0)
		fail_msg("%s", e.text);
}

static void check(struct options options, const char *names, const char *expected)
{
	struct metric_scenario s;
	struct answer a;
	auto_buf text;

	buf_init(&text, 65536);
	build(&s);
	ask(&s, options, 0, 0, &a);
	assert_string_equal(view_rows_text(&a, names, &text), expected);
	answer_done(&a);
	metric_scenario_done(&s);
}

static void test_summary(void **state)
{
	(void)state;
	/* 130 of 800 ticks in all; the second sample's rate is over 1.01 s. */
	check((struct options){ .set = "tasks" }, "block thing metric unit value min max",
	      "tasks - proc/s /s 4.00 0.99 7.00");
	check((struct options){ .set = "cpu", .only = "all" }, "thing metric value min max",
	      "all %usr 16.25 0.00 50.00; all %nice 0.00 0.00 0.00; all %sys 8.75 0.00 25.00; "
	      "all %iowait 0.00 0.00 0.00; all %steal 0.00 0.00 0.00; all %irq 0.00 0.00 0.00; "
	      "all %soft 0.00 0.00 0.00; all %guest 0.00 0.00 0.00; all %gnice 0.00 0.00 0.00; "
	      "all %idle 75.00 25.00 100.00");
}

static void test_over_time(void **state)
{
	(void)state;
	check((struct options){ .set = "tasks", .interval = "1s" }, "time metric value",
	      "1010000000 proc/s 0.99; 2000000000 proc/s 3.03; 3000000000 proc/s 5.00; "
	      "4000000000 proc/s 7.00");
	check((struct options){ .set = "tasks", .interval = "recorded" }, "time value",
	      "1010000000 0.99; 2000000000 3.03; 3000000000 5.00; 4000000000 7.00");
	/* Shorter than the samples are apart: the samples. */
	check((struct options){ .set = "tasks", .interval = "100ms" }, "time value",
	      "1010000000 0.99; 2000000000 3.03; 3000000000 5.00; 4000000000 7.00");
	check((struct options){ .set = "tasks", .interval = "2s" }, "time value",
	      "2000000000 2.00; 4000000000 6.00");
}

static void test_raw(void **state)
{
	(void)state;
	/* Without a block: the second value of a thing is the first with a change; it wraps. */
	check((struct options){ .set = "odd" }, "block thing metric unit value min max last",
	      "odd sdb odd.things /s 2.00 2.00 2.00 6.00; "
	      "odd - odd.level bytes 1.00 -10.00 8.00 8.00");
	check((struct options){ .set = "odd.l*", .interval = "1s" }, "time value last",
	      "1010000000 2.00 2.00; 2000000000 4.00 4.00; 3000000000 -10.00 -10.00; "
	      "4000000000 8.00 8.00");
	check((struct options){ .set = "cpu.user", .only = "none" }, "thing metric value last",
	      "CPU 0 cpu.user 0.20 0.80; CPU 1 cpu.user 0.12 0.50");
}

static void test_sections(void **state)
{
	struct metric_scenario s;
	struct answer a;

	(void)state;
	build(&s);
	ask(&s, (struct options){ .set = "cpu,tasks,odd.level" }, 0, 0, &a);
	assert_int_equal(a.n_sections, 3);
	assert_string_equal(table_name(a.section[0]), "cpu");
	assert_int_equal(table_n_rows(a.section[0]), 9);
	assert_int_equal(table_n_columns(a.section[0]), 12);
	assert_string_equal(table_column(a.section[0], 0)->title, "CPU");
	assert_string_equal(table_name(a.section[2]), "raw");
	assert_string_equal(answer_fact_value(&a, "samples"), "5 in 4.00 s, every 1.00 s");
	answer_drop_sections(&a);
	assert_int_equal(a.n_sections, 0);
	answer_done(&a);
	metric_scenario_done(&s);
}

static void test_windows(void **state)
{
	struct metric_scenario s;
	struct answer a;
	auto_buf text;

	(void)state;
	buf_init(&text, 4096);
	build(&s);
	/* The first sample of the window is what the second is compared with. */
	ask(&s, (struct options){ .set = "tasks" }, 12 * S, 14 * S + 1, &a);
	assert_string_equal(view_rows_text(&a, "value min max", &text), "6.00 5.00 7.00");
	answer_done(&a);
	/* One sample has levels only. */
	ask(&s, (struct options){ .set = "odd,tasks" }, 12 * S, 12 * S + 1, &a);
	assert_string_equal(view_rows_text(&a, "metric value last", &text),
			    "odd.things - 2.00; odd.level 4.00 4.00");
	assert_string_equal(table_note_at(a.table, 0),
			    "a single sample: changes and rates need two");
	answer_done(&a);
	metric_scenario_done(&s);
}

/* The sample at the end of a recording is no interval of its own, but counts in the mean. */
static void test_last_sample(void **state)
{
	struct metric_scenario s;
	struct answer a;
	auto_buf text;

	(void)state;
	buf_init(&text, 4096);
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const intervals[] = { NULL, "recorded", "1s" };

		build(&s);
		metric_scenario_value(&s, 14 * S + S / 10, N_TIMES * 2 + 1, 7 + 18);
		ask(&s, (struct options){ .set = "tasks", .interval = intervals[i] }, 0, 0, &a);
		assert_string_equal(view_rows_text(&a, "value min max", &text),
				    i ? "0.99 - -; 3.03 - -; 5.00 - -; 8.18 - -"
				      : "4.39 0.99 8.18");
		answer_done(&a);
		metric_scenario_done(&s);
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct options options;
		const char *words;
	} all[] = {
		{ { .set = "cpu,nosuch" }, "no metrics called 'nosuch' (try: all, cpu" },
		{ { .interval = "0" }, "0 is none" },
		{ { .interval = "soon" }, "--interval" },
	};
	struct metric_scenario s;
	struct answer a;

	(void)state;
	build(&s);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct analysis_args args = { .options = &all[i].options };
		struct err e = { 0 };

		assert_int_equal(view_ask("metrics", metric_scenario_source(&s), &args, &a, &e),
				 -EINVAL);
		if (!strstr(e.text, all[i].words))
			fail_msg("%s", e.text);
		answer_done(&a);
	}
	metric_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary), cmocka_unit_test(test_over_time),
		cmocka_unit_test(test_raw),	cmocka_unit_test(test_sections),
		cmocka_unit_test(test_windows), cmocka_unit_test(test_last_sample),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
