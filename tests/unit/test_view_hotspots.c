/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_hotspots, hotspot_matrix and sample_sums. */
#include "profile_scenario.h"
#include "source_table.h"
#include "view_text.h"

#include <errno.h>

/* As the view has it. */
struct options {
	const char *by, *event;
	bool matrix, children;
};

static void build(struct scenario *s)
{
	scenario_program(s);
	scenario_event(s, 3, "cpu-clock", "ns", 0, "");
	scenario_event(s, 5, "faults", "", 0, "");
	scenario_sample(s, 0, 100, 3, 11, 4, 500); /* main work work memcpy */
	scenario_sample(s, 0, 200, 3, 11, 3, 100); /* main work work */
	scenario_sample(s, 0, 300, 3, 11, 9, 100); /* main work */
	scenario_sample(s, 0, 400, 3, 12, 8, 200); /* 0x9000 */
	scenario_sample(s, 0, 500, 5, 11, 1, 1); /* main */
	scenario_sample(s, 0, 600, 5, 12, 4, 3);
	scenario_sample(s, 0, 700, 3, 0, 7, 100); /* idle */
	scenario_end(s, 0, 1000);
}

static void check(struct analysis_args args, struct options options, const char *columns,
		  const char *expected)
{
	if (!options.by)
		options.by = "function";
	args.options = &options;
	view_check(build, "hotspots", args, columns, expected);
}

static const char by_function[] = "function module self self_pct total total_pct samples";

static void test_functions(void **state)
{
	(void)state;
	check((struct analysis_args){ 0 }, (struct options){ 0 }, by_function,
	      "memcpy libc.so.6 500 50.00 500 50.00 1; "
	      "0x0000000000009000 libx.so 200 20.00 200 20.00 1; "
	      "work prog 200 20.00 700 70.00 2; "
	      "__schedule [kernel] 100 10.00 100 10.00 1; "
	      "idle_loop prog 0 0.00 100 10.00 0; "
	      "main prog 0 0.00 800 80.00 0; "
	      "sys_call [kernel] 0 0.00 100 10.00 0");
}

static void test_children(void **state)
{
	(void)state;
	check((struct analysis_args){ .from = 0, .to = 350 }, (struct options){ .children = true },
	      "function total_pct", "main 100.00; work 100.00; memcpy 71.43");
}

static void test_modules(void **state)
{
	(void)state;
	check((struct analysis_args){ 0 }, (struct options){ .by = "module" },
	      "module self total samples",
	      "libc.so.6 500 500 1; prog 200 800 2; libx.so 200 200 1; [kernel] 100 100 1");
}

static void test_tasks_and_commands(void **state)
{
	(void)state;
	check((struct analysis_args){ 0 }, (struct options){ .by = "task" },
	      "task tid self self_pct samples total",
	      "prog 11 700 70.00 3 -; other 12 200 20.00 1 -; IDLE - 100 10.00 1 -");
	check((struct analysis_args){ 0 }, (struct options){ .by = "command" },
	      "command function module self",
	      "prog memcpy libc.so.6 500; other 0x0000000000009000 libx.so 200; "
	      "prog work prog 200; swapper __schedule [kernel] 100");
}

static void test_events(void **state)
{
	(void)state;
	check((struct analysis_args){ 0 }, (struct options){ .event = "faults" },
	      "function self_pct total_pct event",
	      "memcpy 75.00 75.00 faults; main 25.00 100.00 faults; work 0.00 75.00 faults");
	check((struct analysis_args){ .from = 350, .to = 650 }, (struct options){ .event = "all" },
	      "event function self_pct",
	      "cpu-clock 0x0000000000009000 100.00; faults memcpy 75.00; faults main 25.00; "
	      "faults work 0.00");
	check((struct analysis_args){ 0 }, (struct options){ .matrix = true },
	      "function module cpu-clock faults samples",
	      "memcpy libc.so.6 50.00 75.00 2; 0x0000000000009000 libx.so 20.00 0.00 1; "
	      "work prog 20.00 0.00 2; __schedule [kernel] 10.00 0.00 1; main prog 0.00 25.00 1");
}

/* 100 instructions in 50 cycles of memcpy, 30 in 60 of work; none are known of main. */
static void build_counted(struct scenario *s)
{
	scenario_program(s);
	scenario_event(s, 3, "cycles:u", "", 0, "");
	scenario_event(s, 5, "instructions:u", "", 0, "");
	scenario_sample(s, 0, 100, 3, 11, 4, 50);
	scenario_sample(s, 0, 200, 5, 11, 4, 100);
	scenario_sample(s, 0, 300, 3, 11, 3, 60);
	scenario_sample(s, 0, 400, 5, 11, 3, 30);
	scenario_sample(s, 0, 500, 5, 11, 1, 10);
	scenario_end(s, 0, 1000);
}

static void test_metrics_of_functions(void **state)
{
	struct options options = { .by = "function", .matrix = true };

	(void)state;
	view_check(build_counted, "hotspots", (struct analysis_args){ .options = &options },
		   "function cycles:u instructions:u ipc cpi",
		   "work 54.55 21.43 0.50 2.00; memcpy 45.45 71.43 2.00 0.50; "
		   "main 0.00 7.14 - 0.00");
}

static void test_filters(void **state)
{
	regex_t other;

	(void)state;
	assert_int_equal(regcomp(&other, "other", REG_EXTENDED | REG_NOSUB), 0);
	check((struct analysis_args){ .task = &other }, (struct options){ 0 },
	      "function self self_pct", "0x0000000000009000 200 100.00");
	regfree(&other);
}

static struct answer ask(struct scenario *s, struct options options, int expected, struct err *e)
{
	struct analysis_args args = { .options = &options };
	struct answer a;

	if (!options.by)
		options.by = "function";
	assert_int_equal(view_ask("hotspots", scenario_source(s), &args, &a, e), expected);
	return a;
}

static void test_words(void **state)
{
	struct scenario s;
	struct err e = { 0 };

	(void)state;
	scenario_init(&s, 100);
	build(&s);
	struct answer a = ask(&s, (struct options){ 0 }, 0, &e);

	assert_string_equal(view_fact(&a, "samples"), "5 of cpu-clock");
	assert_string_equal(view_fact(&a, "in all"), "1.00 us");
	assert_string_equal(view_fact(&a, "hottest"), "memcpy, 50.00 %");
	assert_true(view_notes(&a, "there are others, of faults"));
	assert_int_equal(table_column(a.table, view_column(a.table, "self"))->unit, UNIT_NSEC);
	answer_done(&a);
	memory_free(s.memory);
	a = ask(&s, (struct options){ .event = "cycles" }, -EINVAL, &e);
	assert_non_null(strstr(e.text, "'cycles'"));
	assert_non_null(strstr(e.text, "cpu-clock, faults"));
	answer_done(&a);
	memory_free(s.memory);
	e = (struct err){ 0 };
	a = ask(&s, (struct options){ .by = "task", .matrix = true }, -EINVAL, &e);
	answer_done(&a);
	scenario_done(&s);
}

/* Samples that lie: nodes that are not there, events that are not described, switch chains. */
static void test_hostile(void **state)
{
	struct scenario s;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	scenario_init(&s, 100);
	scenario_program(&s);
	scenario_event(&s, 1, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_sample(&s, 0, 100, 1, 11, 7, 0);
	scenario_sample(&s, 0, 200, 9, 11, 1, 3);
	scenario_sample(&s, 0, 300, 9, 11, 4000000000, 1);
	scenario_sample(&s, 0, 400, 9, 11, 0, UINT64_MAX - 10);
	scenario_end(&s, 0, 1000);
	struct answer a = ask(&s, (struct options){ 0 }, 0, &e);

	assert_string_equal(view_rows_text(&a, "function module samples event", &out),
			    "[no chain] [unknown] 2 [unknown]; main prog 1 [unknown]");
	assert_true(view_notes(&a, "of 1 samples the call chain is not in the file"));
	answer_done(&a);
	scenario_done(&s);
}

/* 70, 20 and 10 %, as a program that spins so would be sampled. */
static void test_known_split(void **state)
{
	static const uint32_t node[10] = { 2, 2, 4, 2, 2, 8, 2, 4, 2, 2 };
	struct scenario s;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	scenario_init(&s, 1000);
	scenario_program(&s);
	scenario_event(&s, 0, "cpu-clock", "ns", 0, "");
	for (uint32_t i = 0; i < 10000; i++)
		scenario_sample(&s, 0, 1000 + 1000 * i, 0, 11, node[i % 10], 1001001);
	scenario_end(&s, 0, 100000000);
	struct answer a = ask(&s, (struct options){ 0 }, 0, &e);

	assert_string_equal(view_rows_text(&a, "function self_pct samples", &out),
			    "work 70.00 7000; memcpy 20.00 2000; 0x0000000000009000 10.00 1000; "
			    "main 0.00 0");
	answer_done(&a);
	scenario_done(&s);
}

/* A chain of @nodes frames, all functions different, with a sample at every tenth: linear. */
static void test_deep(void **state)
{
	const uint32_t nodes = 1000000;
	auto_ptr(memory) m = memory_new();
	auto_ptr(batch) frames = batch_new(&track_frame, 50000);
	auto_ptr(batch) samples = batch_new(&track_sample, 50000);
	struct options options = { .by = "function" };
	struct analysis_args args = { .options = &options, .top = 2 };
	struct answer a;
	struct err e = { 0 };
	struct scenario s;

	(void)state;
	scenario_init(&s, 100);
	scenario_start(&s, 0, 0);
	scenario_module(&s, 0, MODULE_FILE, "/deep");
	scenario_end(&s, 0, nodes + 1);
	for (unsigned int i = 0; i < s.n; i++)
		assert_int_equal(sink_write(memory_sink(m), s.stream[i], NULL), 0);
	frames->cpu = BATCH_CPU_NONE;
	for (uint32_t i = 1; i <= nodes; i++) {
		uint32_t row = frames->rows++;

		frames->time[row] = 0;
		batch_u32(frames, FRAME_NODE)[row] = i;
		batch_u32(frames, FRAME_PARENT)[row] = i - 1;
		batch_u32(frames, FRAME_MODULE)[row] = 0;
		batch_u64(frames, FRAME_OFFSET)[row] = i;
		if (batch_full(frames) || i == nodes) {
			assert_int_equal(sink_write(memory_sink(m), frames, NULL), 0);
			batch_clear(frames);
		}
	}
	for (uint32_t i = 10; i <= nodes; i += 10) {
		uint32_t row = samples->rows++;

		samples->time[row] = i;
		batch_u16(samples, SAMPLE_EVENT)[row] = 0;
		batch_u32(samples, SAMPLE_TID)[row] = 5;
		batch_u32(samples, SAMPLE_NODE)[row] = i;
		batch_u64(samples, SAMPLE_WEIGHT)[row] = 1;
		if (batch_full(samples) || i + 10 > nodes) {
			assert_int_equal(sink_write(memory_sink(m), samples, NULL), 0);
			batch_clear(samples);
		}
	}
	auto_buf out;

	buf_init(&out, 0);
	options.children = true;
	assert_int_equal(view_ask("hotspots", memory_source(m), &args, &a, &e), 0);
	assert_string_equal(view_rows_text(&a, "function total", &out),
			    "0x0000000000000001 100000; 0x0000000000000002 100000");
	assert_true(view_notes(&a, "999998 more rows"));
	answer_done(&a);

	struct {
		const char *event, *of;
		double min;
		bool inverted;
	} calls = { .min = 99.999, .inverted = false };

	args = (struct analysis_args){ .options = &calls, .top = 3 };
	assert_int_equal(view_ask("calls", memory_source(m), &args, &a, &e), 0);
	assert_string_equal(view_rows_text(&a, "depth total self", &out),
			    "0 100000 0; 1 100000 0; 2 100000 0");
	answer_done(&a);
	scenario_done(&s);
}

/* main calls work from line 50; step() is inlined in that at 0x1120, and the rest of it is on two
 * lines. */
static const struct source_span prog_spans[] = {
	{ "/opt/bin/prog", 0x1000, 0x1100, 1, { { "main", "/s/main.c", 50, "/s/main.c", 40 } } },
	{ "/opt/bin/prog",
	  0x1110,
	  0x1130,
	  2,
	  { { "step", "step.h", 8, "step.h", 5 }, { "work", "/s/main.c", 20, "/s/main.c", 10 } } },
	{ "/opt/bin/prog", 0x1130, 0x113f, 1, { { "work", "/s/main.c", 21, "/s/main.c", 10 } } },
	{ "/opt/bin/prog", 0x113f, 0x1140, 1, { { "work", "/s/main.c", 22, "/s/main.c", 10 } } },
	{ "/opt/bin/prog", 0x1140, 0x1150, 1, { { "work", NULL, 0, NULL, 0 } } },
};

static void test_lines(void **state)
{
	struct options options = { .by = "line" };
	struct analysis_args args = { .options = &options };
	struct profile *p;
	struct functions *f;
	struct source_table t;
	struct source *src;
	struct scenario s;
	struct answer a;
	auto_buf out;

	(void)state;
	assert_true(analysis_by_name("hotspots")->lines(&options));
	assert_false(analysis_by_name("hotspots")->lines(&(struct options){ .by = "function" }));
	assert_false(analysis_by_name("hotspots")->lines(NULL));
	buf_init(&out, 0);
	source_table_init(&t, prog_spans, ARRAY_SIZE(prog_spans));
	scenario_init(&s, 100);
	build(&s);
	src = scenario_source(&s);
	assert_int_equal(profile_load(src, &p, NULL), 0);
	assert_int_equal(functions_new(p, &t.source, FUNCTIONS_LINES, &f, NULL), 0);
	args.profile = p;
	args.functions = f;
	assert_int_equal(view_ask("hotspots", src, &args, &a, NULL), 0);
	/* 0x1140 was sampled itself, where no line is told, and as the caller of memcpy. */
	assert_string_equal(
		view_rows_text(&a, "source function file line self total samples", &out),
		"[not in the table] memcpy - - 500 500 1; "
		"[not in the table] 0x0000000000009000 - - 200 200 1; "
		"[not in the table] __schedule - - 100 100 1; "
		"[no line] work - - 100 100 1; "
		"main.c:21 work /s/main.c 21 100 100 1; "
		"[not in the table] idle_loop - - 0 100 0; "
		"main.c:50 main /s/main.c 50 0 800 0; "
		"step.h:8 step step.h 8 0 600 0; "
		"[not in the table] sys_call - - 0 100 0; "
		"main.c:20 work /s/main.c 20 0 600 0; "
		"main.c:22 work /s/main.c 22 0 500 0");
	assert_true(view_notes(&a, "80.00 % of self is at no known line: not in the table"));
	assert_true(view_notes(&a, "10.00 % of self is at no known line: no line"));
	answer_done(&a);
	functions_free(f);
	profile_free(p);
	scenario_done(&s);
	/* Only names: nobody was asked. */
	check((struct analysis_args){ .from = 0, .to = 150 }, options, "source function self",
	      "[not looked for] memcpy 500; [not looked for] main 0; [not looked for] work 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions), cmocka_unit_test(test_children),
		cmocka_unit_test(test_modules),	  cmocka_unit_test(test_tasks_and_commands),
		cmocka_unit_test(test_events),	  cmocka_unit_test(test_metrics_of_functions),
		cmocka_unit_test(test_filters),	  cmocka_unit_test(test_words),
		cmocka_unit_test(test_hostile),	  cmocka_unit_test(test_known_split),
		cmocka_unit_test(test_deep),	  cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
