/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/cube: samples and time off the CPU. */
#include "profile_scenario.h"
#include "view_text.h"

#include "analysis/cube.h"

#define US *1000

/* Cells as text, by track. */
struct cells {
	struct sink sink;
	const struct tasks *tasks;
	struct buf sample, offcpu;
};

static int take_cells(struct sink *sink, const struct batch *b, struct err *e)
{
	struct cells *c = (struct cells *)sink;

	(void)e;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track == &track_cube_sample)
			buf_addf(&c->sample, "%s%" PRIu64 " %u %u:%u %u %" PRIu64,
				 c->sample.len ? "; " : "", b->time[i],
				 batch_u16(b, CUBE_SAMPLE_EVENT)[i],
				 tasks_at(c->tasks, batch_u32(b, CUBE_SAMPLE_TASK)[i])->tid,
				 batch_u32(b, CUBE_SAMPLE_NODE)[i],
				 batch_u32(b, CUBE_SAMPLE_COUNT)[i],
				 batch_u64(b, CUBE_SAMPLE_WEIGHT)[i]);
		if (b->track == &track_cube_offcpu)
			buf_addf(&c->offcpu, "%s%" PRIu64 " %u:%u %u %" PRIu64 " %" PRIu64,
				 c->offcpu.len ? "; " : "", b->time[i],
				 tasks_at(c->tasks, batch_u32(b, CUBE_OFFCPU_TASK)[i])->tid,
				 batch_u32(b, CUBE_OFFCPU_NODE)[i],
				 batch_u32(b, CUBE_OFFCPU_COUNT)[i],
				 batch_u64(b, CUBE_OFFCPU_SUM)[i],
				 batch_u64(b, CUBE_OFFCPU_MAX)[i]);
	}
	return 0;
}

static void build(struct scenario *s, bool profile)
{
	scenario_program(s);
	scenario_switch(s, 0, 100 US, 11, 12, 1);
	scenario_wakeup(s, 0, 300 US, 11, 12);
	scenario_switch(s, 0, 350 US, 12, 11, 1);
	scenario_switch(s, 0, 500 US, 11, 12, 1);
	scenario_switch(s, 0, 1024 US, 12, 11, 1);
	scenario_end(s, 0, 2048 US);
	if (!profile)
		return;
	scenario_event(s, 7, "cpu-clock", "ns", 0, "");
	scenario_event(s, 1, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_sample(s, 0, 10 US, 7, 11, 2, 5); /* main work */
	scenario_sample(s, 0, 20 US, 7, 11, 9, 6); /* the same, elsewhere in it */
	scenario_sample(s, 0, 101 US, 1, 11, 7, 0);
	scenario_sample(s, 0, 120 US, 7, 12, 4000000000, 7);
	scenario_sample(s, 0, 1500 US, 7, 12, 1, 8);
}

static void check(bool profile, bool samples, nsec_t bin, const char *sample, const char *offcpu)
{
	struct scenario s;
	struct cells cells = { .sink = { take_cells } };
	struct cubes cubes;
	struct err e = { 0 };
	auto_ptr(profile) p = NULL;
	auto_ptr(functions) f = NULL;

	scenario_init(&s, 2);
	build(&s, profile);
	struct source *src = scenario_source(&s);
	struct analysis_args args = { .from = src->info->start, .to = src->info->end };

	if (profile) {
		assert_int_equal(profile_load(src, &p, &e), 0);
		assert_int_equal(functions_new(p, NULL, FUNCTIONS_SYMBOLS, &f, &e), 0);
		args.profile = p;
		args.functions = f;
	}
	cells.tasks = src->tasks;
	buf_init(&cells.sample, 0);
	buf_init(&cells.offcpu, 0);
	cubes_init(&cubes, src->info, 0);
	cubes.sample.bin_ns = cubes.offcpu.bin_ns = bin;
	cubes.samples = samples;
	const struct scan_taker taker = cubes_taker(&cubes);

	assert_int_equal(analysis_run_all(NULL, 0, src, &args, &taker, NULL, &e), 0);
	assert_int_equal(cubes_write(&cubes, &cells.sink, &e), 0);
	assert_string_equal(buf_str(&cells.sample), sample);
	assert_string_equal(buf_str(&cells.offcpu), offcpu);
	buf_done(&cells.sample);
	buf_done(&cells.offcpu);
	cubes_done(&cubes);
	scenario_done(&s);
}

/* The tree: 1 main, 2 work, 3 work, 4 memcpy, 5 idle_loop, 6 sys_call, 7 __schedule, 8 unknown. */
static void test_cells(void **state)
{
	(void)state;
	check(true, true, 1024 US, "0 7 11:2 2 11; 0 7 12:0 1 7; 1024000 7 12:1 1 8",
	      "0 11:7 1 250000 200000; 0 12:0 1 150000 150000; 1024000 11:0 1 524000 524000");
}

static void test_rows_instead(void **state)
{
	(void)state;
	check(true, false, 2048 US, "",
	      "0 11:7 1 250000 200000; 0 12:0 1 150000 150000; 0 11:0 1 524000 524000");
}

static void test_no_profile(void **state)
{
	(void)state;
	check(false, true, 1024 US, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rows_instead),
		cmocka_unit_test(test_no_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
