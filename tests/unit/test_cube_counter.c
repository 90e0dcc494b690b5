/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/cube_counter and counter_readings: what a report page holds of counts. */
#include "profile_scenario.h"
#include "view_text.h"

#include "analysis/cube.h"

#define CYCLES 2048
#define NEVER  2050

/* Cells as text: begin+length event who value-below+above off/enabled, rates where there are. */
struct cells {
	struct sink sink;
	const struct tasks *tasks;
	struct buf text;
};

static int take_cells(struct sink *sink, const struct batch *b, struct err *e)
{
	struct cells *c = (struct cells *)sink;

	(void)e;
	for (uint32_t i = 0; b->track == &track_cube_counter && i < b->rows; i++) {
		uint32_t cpu = batch_u32(b, CUBE_COUNTER_CPU)[i];
		uint32_t task = batch_u32(b, CUBE_COUNTER_TASK)[i];
		double most = ((double *)b->col[CUBE_COUNTER_MOST])[i];

		buf_addf(&c->text, "%s%" PRIu64 "+%" PRIu64 " %u ", c->text.len ? "; " : "",
			 b->time[i], batch_u64(b, CUBE_COUNTER_LENGTH)[i],
			 batch_u16(b, CUBE_COUNTER_EVENT)[i] - CYCLES);
		if (cpu != BATCH_CPU_NONE)
			buf_addf(&c->text, "cpu%u ", cpu);
		if (task != TASKS_NONE)
			buf_addf(&c->text, "tid%u ", tasks_at(c->tasks, task)->tid);
		if (batch_u8(b, CUBE_COUNTER_KNOWN)[i])
			buf_addf(&c->text, "%" PRIu64 "-%" PRIu64 "+%" PRIu64 " ",
				 batch_u64(b, CUBE_COUNTER_VALUE)[i],
				 batch_u64(b, CUBE_COUNTER_BELOW)[i],
				 batch_u64(b, CUBE_COUNTER_ABOVE)[i]);
		buf_addf(&c->text, "%" PRIu64 "/%" PRIu64, batch_u64(b, CUBE_COUNTER_OFF)[i],
			 batch_u64(b, CUBE_COUNTER_ENABLED)[i]);
		if (most > 0)
			buf_addf(&c->text, " %.2f..%.2f",
				 ((double *)b->col[CUBE_COUNTER_LEAST])[i] / 1e9, most / 1e9);
	}
	return 0;
}

static void check(void (*make)(struct scenario *), size_t max_cells, nsec_t bin, nsec_t interval,
		  const char *expected)
{
	struct scenario s;
	struct cells cells = { .sink = { take_cells } };
	struct cubes cubes;
	struct err e = { 0 };

	scenario_init(&s, 2);
	make(&s);
	struct source *src = scenario_source(&s);
	struct analysis_args args = { .from = src->info->start, .to = src->info->end };

	cells.tasks = src->tasks;
	buf_init(&cells.text, 0);
	cubes_init(&cubes, src->info, 0);
	if (max_cells)
		counter_cube_init(&cubes.counter, src->info, max_cells, bin);
	cubes.counter.readings.interval = interval;
	const struct scan_taker taker = cubes_taker(&cubes);

	assert_int_equal(analysis_run_all(NULL, 0, src, &args, &taker, NULL, &e), 0);
	assert_int_equal(cubes_write(&cubes, &cells.sink, &e), 0);
	assert_string_equal(buf_str(&cells.text), expected);
	buf_done(&cells.text);
	cubes_done(&cubes);
	scenario_done(&s);
}

static void build_cpus(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	/* 2, 4 and 3 a ns while counted: 200 (200 .. 300), 400 (250 .. 400), 300 (300 .. 350). */
	scenario_counter(s, 0, 100, CYCLES, COUNTER_CPU, 0, 100, 50);
	scenario_counter(s, 0, 200, CYCLES, COUNTER_CPU, 0, 100, 25);
	scenario_counter(s, 0, 200, NEVER, COUNTER_CPU, 0, 0, 0);
	scenario_counter(s, 0, 300, CYCLES, COUNTER_CPU, 0, 150, 50);
	/* Off the counter from 100 to 201, which the reading of 301 holds; clocks differ by 1. */
	scenario_counter(s, 1, 100, CYCLES, COUNTER_CPU, 0, 10, 100);
	scenario_counter(s, 1, 201, CYCLES, COUNTER_CPU, 0, 0, 0);
	scenario_counter(s, 1, 301, CYCLES, COUNTER_CPU, 0, 30, 100);
	scenario_end(s, 0, 400);
	scenario_end(s, 1, 400);
}

static void test_each_reading(void **state)
{
	(void)state;
	check(build_cpus, 0, 0, 0,
	      "0+100 0 cpu0 200-0+100 50/100; 0+100 0 cpu1 10-0+0 0/100; "
	      "100+100 0 cpu0 400-150+0 75/100; 100+201 0 cpu1 60-20+0 100/200; "
	      "100+101 0 cpu1 0/0; 100+100 2 cpu0 100/100; 200+100 0 cpu0 300-0+50 50/100");
}

static void test_bins(void **state)
{
	(void)state;
	/* A reading belongs to the bin in which it ends; rates are those of the readings. */
	check(build_cpus, 5, 200, 0,
	      "0+200 0 cpu0 600-150+100 125/200 2.00..4.00; "
	      "0+200 0 cpu1 10-0+0 0/100 0.10..0.10; 0+200 2 cpu0 100/100; "
	      "200+200 0 cpu0 300-0+50 50/100 3.00..3.00; "
	      "200+200 0 cpu1 60-20+0 100/200 0.30..0.30");
	check(build_cpus, 1, 10, 0,
	      "0+400 0 cpu0 900-150+150 175/300 2.00..4.00; "
	      "0+400 0 cpu1 70-20+0 100/300 0.10..0.30; 0+400 2 cpu0 100/100");
}

static void build_tasks(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "prog", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "other", 0);
	scenario_start(s, 0, 0);
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	/* Between 200 and 700 it did not run. */
	scenario_counter(s, BATCH_CPU_NONE, 100, CYCLES, COUNTER_TASK, 11, 5, 100);
	scenario_counter(s, BATCH_CPU_NONE, 200, CYCLES, COUNTER_TASK, 11, 6, 100);
	scenario_counter(s, BATCH_CPU_NONE, 800, CYCLES, COUNTER_TASK, 11, 7, 100);
	scenario_counter(s, 0, 300, CYCLES, COUNTER_SLICE, 12, 3, 100);
	scenario_counter(s, 0, 600, CYCLES, COUNTER_SLICE, 12, 4, 100);
	scenario_end(s, 0, 1000);
}

static void test_tasks(void **state)
{
	(void)state;
	check(build_tasks, 0, 0, 150,
	      "0+100 0 tid11 5-0+0 0/100; 100+100 0 tid11 6-0+0 0/100; "
	      "200+100 0 cpu0 tid12 3-0+0 0/100; 500+100 0 cpu0 tid12 4-0+0 0/100; "
	      "650+150 0 tid11 7-0+0 0/100");
}

static void build_none(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_end(s, 0, 1000);
}

static void test_none(void **state)
{
	(void)state;
	check(build_none, 0, 0, 0, "");
	check(build_none, 1, 1, 0, "");
}

/* More rows than fit in memory at once: the same as summed in the end. */
static void build_many(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	for (uint32_t i = 1; i <= 1000; i++)
		scenario_counter(s, 0, i * 100, CYCLES, COUNTER_CPU, 0, i, 100);
	scenario_end(s, 0, 100000);
}

static void test_many(void **state)
{
	(void)state;
	/* 1000 cells of 100 ns: bins of 50, joined until 4 or fewer are left. */
	check(build_many, 4, 50, 0,
	      "0+25600 0 cpu0 32896-0+0 0/25600 0.01..2.56; "
	      "25600+25600 0 cpu0 98432-0+0 0/25600 2.57..5.12; "
	      "51200+25600 0 cpu0 163968-0+0 0/25600 5.13..7.68; "
	      "76800+23200 0 cpu0 205204-0+0 0/23200 7.69..10.00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_reading), cmocka_unit_test(test_bins),
		cmocka_unit_test(test_tasks),	     cmocka_unit_test(test_none),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
