/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_results: rows, counters, warm-ups, sides, and rows that lie. */
#include "view_text.h"

#include <errno.h>

#include "analysis/result_rows.h"
#include "model/profile_track.h"
#include "model/result_track.h"

static void result(struct scenario *s, nsec_t at, uint32_t round, uint8_t side, bool warmup,
		   uint64_t wall, uint64_t user, uint16_t status)
{
	struct batch *b = scenario_row(s, &track_result, BATCH_CPU_NONE, at);
	const uint32_t i = b->rows - 1;

	batch_u32(b, RESULT_ROUND)[i] = round;
	batch_u8(b, RESULT_SIDE)[i] = side;
	batch_u8(b, RESULT_FLAGS)[i] = warmup ? RESULT_FLAG_WARMUP : 0;
	batch_u32(b, RESULT_TID)[i] = (uint32_t)(1000 + at);
	batch_u64(b, RESULT_WALL)[i] = wall;
	batch_u64(b, RESULT_USER)[i] = user;
	batch_u64(b, RESULT_SYS)[i] = 10;
	batch_u64(b, RESULT_RSS)[i] = 1 << 20;
	batch_u64(b, RESULT_MINOR)[i] = 80;
	batch_u64(b, RESULT_MAJOR)[i] = 0;
	batch_u64(b, RESULT_VOLUNTARY)[i] = 0;
	batch_u64(b, RESULT_INVOLUNTARY)[i] = 3;
	batch_u16(b, RESULT_STATUS)[i] = status;
}

static void counter(struct scenario *s, nsec_t at, uint16_t event, uint64_t value, uint64_t enabled,
		    uint64_t running)
{
	struct batch *b = scenario_row(s, &track_counter, BATCH_CPU_NONE, at);
	const uint32_t i = b->rows - 1;

	batch_u16(b, COUNTER_EVENT)[i] = event;
	batch_u8(b, COUNTER_KIND)[i] = COUNTER_TASK;
	batch_u32(b, COUNTER_TID)[i] = (uint32_t)(1000 + at);
	batch_u64(b, COUNTER_VALUE)[i] = value;
	batch_u64(b, COUNTER_ENABLED)[i] = enabled;
	batch_u64(b, COUNTER_RUNNING)[i] = running;
}

static void event(struct scenario *s, uint16_t number, const char *name, uint32_t flags,
		  const char *note)
{
	struct batch *b = scenario_row(s, &track_event, BATCH_CPU_NONE, 0);
	const uint32_t i = b->rows - 1;

	batch_u16(b, EVENT_NUMBER)[i] = number;
	((uint32_t *)b->col[EVENT_NAME])[i] = (uint32_t)batch_add_text(b, name);
	((uint32_t *)b->col[EVENT_UNIT])[i] = (uint32_t)batch_add_text(b, "");
	((uint32_t *)b->col[EVENT_NOTE])[i] = (uint32_t)batch_add_text(b, note);
	batch_u32(b, EVENT_TYPE)[i] = batch_u32(b, EVENT_FREQ)[i] = 0;
	batch_u64(b, EVENT_CONFIG)[i] = batch_u64(b, EVENT_PERIOD)[i] = 0;
	batch_u32(b, EVENT_FLAGS)[i] = flags | EVENT_FLAG_COUNTED;
}

static void meta(struct scenario *s, const char *key, const char *value)
{
	struct batch *b = scenario_row(s, &track_meta, BATCH_CPU_NONE, 0);

	((uint32_t *)b->col[META_KEY])[b->rows - 1] = (uint32_t)batch_add_text(b, key);
	((uint32_t *)b->col[META_VALUE])[b->rows - 1] = (uint32_t)batch_add_text(b, value);
}

/* One command, five runs of 100 .. 500 and a warm-up of 9000. */
static void build_one(struct scenario *s)
{
	scenario_start(s, 0, 0);
	meta(s, "workload.command.a", "sort words");
	event(s, 0, "faults", 0, "");
	event(s, 1, "cycles", EVENT_FLAG_MISSING, "no such counter");
	result(s, 10, 1, 0, true, 9000, 9000, 0);
	for (unsigned int i = 1; i <= 5; i++) {
		result(s, 10 + 10 * i, i, 0, false, 100 * i, 90 * i, i == 5);
		counter(s, 10 + 10 * i, 0, 40, 100, i == 2 ? 50 : 100);
	}
	counter(s, 65, 0, 12345, 100, 100); /* of no run */
	scenario_end(s, 0, 100);
}

static void test_one_side(void **state)
{
	(void)state;
	view_check(
		build_one, "results", (struct analysis_args){ 0 },
		"measure side unit runs mean median min max",
		"wall A ns 5 300.00 300.00 100.00 500.00; cpu A ns 5 280.00 280.00 100.00 460.00; "
		"user A ns 5 270.00 270.00 90.00 450.00; sys A ns 5 10.00 10.00 10.00 10.00; "
		"rss A bytes 5 1048576.00 1048576.00 1048576.00 1048576.00; "
		"minor A count 5 80.00 80.00 80.00 80.00; major A count 5 0.00 0.00 0.00 0.00; "
		"voluntary A count 5 0.00 0.00 0.00 0.00; "
		"involuntary A count 5 3.00 3.00 3.00 3.00; "
		"faults A count 5 48.00 40.00 40.00 80.00");
}

static void test_single_runs(void **state)
{
	const struct results_options runs = { true };

	(void)state;
	view_check(build_one, "results", (struct analysis_args){ .options = &runs },
		   "round side warmup wall cpu status faults",
		   "1 A 1 9000 9010 0 -; 1 A 0 100 100 0 40.00; 2 A 0 200 190 0 80.00; "
		   "3 A 0 300 280 0 40.00; 4 A 0 400 370 0 40.00; 5 A 0 500 460 1 40.00");
}

/* B takes a tenth more time than A in each of 12 rounds, whatever the round takes. */
static void build_two(struct scenario *s)
{
	scenario_start(s, 0, 0);
	meta(s, "workload.command.a", "old");
	meta(s, "workload.command.b", "new");
	meta(s, "noise.steal_pct", "2.50");
	meta(s, "noise.others_pct", "40.00");
	meta(s, "noise.load", "3.10");
	meta(s, "noise.governor", "powersave");
	for (unsigned int i = 0; i < 12; i++) {
		const uint64_t wall = i / 3 % 2 ? 3000 : 1000;

		result(s, 10 + 20 * i, i + 1, 0, false, wall + i % 3, 500, 0);
		result(s, 20 + 20 * i, i + 1, 1, false, wall + wall / 10 + i % 3, 500, 0);
	}
	result(s, 990, 13, 9, false, 1, 1, 0); /* of a side that there is not */
	scenario_end(s, 0, 1000);
}

static void ask(void (*build)(struct scenario *), struct scenario *s, struct answer *a)
{
	struct analysis_args args = { 0 };
	struct err e = { 0 };

	scenario_init(s, 7);
	build(s);
	if (view_ask("results", scenario_source(s), &args, a, &e) < 0)
		fail_msg("%s", e.text);
}

static void test_two_sides(void **state)
{
	struct scenario s;
	struct answer a;

	(void)state;
	view_check(
		build_two, "results", (struct analysis_args){ 0 },
		"measure side runs ratio ratio_low ratio_high verdict",
		"wall A 12 - - - -; wall B 12 1.10 1.10 1.10 B is slower by 10.0 % [10.0, 10.0]; "
		"cpu A 12 - - - -; "
		"cpu B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]; "
		"user A 12 - - - -; "
		"user B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]; "
		"sys A 12 - - - -; "
		"sys B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]; "
		"rss A 12 - - - -; "
		"rss B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]; "
		"minor A 12 - - - -; "
		"minor B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]; "
		"major A 12 - - - -; major B 12 - - - no difference: 0 in all runs; "
		"voluntary A 12 - - - -; voluntary B 12 - - - no difference: 0 in all runs; "
		"involuntary A 12 - - - -; "
		"involuntary B 12 1.00 1.00 1.00 no difference found: ratio 1.000 [1.000, 1.000]");
	ask(build_two, &s, &a);
	assert_string_equal(view_fact(&a, "A"), "old");
	assert_string_equal(view_fact(&a, "B"), "new");
	assert_string_equal(view_fact(&a, "time"), "B is slower by 10.0 % [10.0, 10.0]");
	assert_true(view_notes(&a, "1 rows are of no known side"));
	assert_true(view_notes(&a, "hypervisor took 2.5 %"));
	assert_true(view_notes(&a, "others used 40 %"));
	assert_true(view_notes(&a, "governor 'powersave'"));
	answer_done(&a);
	scenario_done(&s);
}

static void test_notes(void **state)
{
	struct scenario s;
	struct answer a;

	(void)state;
	ask(build_one, &s, &a);
	assert_true(view_notes(&a, "1 warm-up runs are not counted"));
	assert_true(view_notes(&a, "1 of 5 runs ended with a status that is not 0"));
	assert_true(view_notes(&a, "1 counts were taken part of the time only"));
	assert_true(view_notes(&a, "cycles is not counted: no such counter"));
	assert_false(view_notes(&a, "governor"));
	assert_true(a.coverage == 1);
	answer_done(&a);
	scenario_done(&s);
}

/* Only warm-ups: columns of one side, no rows. */
static void build_warm(struct scenario *s)
{
	scenario_start(s, 0, 0);
	result(s, 10, 1, 0, true, 9000, 9000, 0);
	scenario_end(s, 0, 100);
}

static void test_nothing(void **state)
{
	(void)state;
	view_check(build_warm, "results", (struct analysis_args){ 0 }, "measure side", "");
}

/* The second recording: A and B take a quarter more time than in build_two(), and are unequal in
 * length to it. */
static void build_slower(struct scenario *s)
{
	scenario_start(s, 0, 0);
	meta(s, "workload.command.a", "newer");
	for (unsigned int i = 0; i < 30; i++) {
		result(s, 10 + 20 * i, i + 1, 0, false, 1250 + i, 500, 0);
		result(s, 20 + 20 * i, i + 1, 1, false, 1375 + i, 0, 0);
	}
	event(s, 4, "faults", 0, "");
	counter(s, 10, 4, 7, 1, 1);
	scenario_end(s, 0, 100000);
}

static void build_first(struct scenario *s)
{
	scenario_start(s, 0, 0);
	for (unsigned int i = 0; i < 20; i++)
		result(s, 10 + 20 * i, i + 1, 0, false, 1000 + i, 500, 0);
	event(s, 0, "faults", 0, "");
	counter(s, 30, 0, 5, 1, 1);
	scenario_end(s, 0, 1000);
}

static void test_several_recordings(void **state)
{
	static const char *const name[] = { "old", "new" };
	const struct results_options runs = { true };
	struct analysis_args args = { 0 };
	const struct analysis *view = analysis_by_name("results");
	struct scenario s[2];
	struct source *src[2];
	struct answer a = { 0 };
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	for (int i = 0; i < 2; i++) {
		scenario_init(&s[i], 1000);
		(i ? build_slower : build_first)(&s[i]);
		src[i] = scenario_source(&s[i]);
	}
	assert_int_equal(view->across(src, name, 2, &args, &a, &e), 0);
	const char *text = view_rows_text(&a, "measure side runs ratio verdict", &out);

	/* All 30 runs, though the first recording is shorter. B has nothing there to stand against.
	 */
	assert_ptr_equal(strstr(text, "wall old 20 - -; wall new A 30 1.25 new A is slower by "),
			 text);
	assert_non_null(strstr(text, "; wall new B 30 - -; cpu old"));
	assert_non_null(
		strstr(text, "; faults old 1 - -; faults new A 1 1.40 too few runs to tell"));
	assert_string_equal(view_fact(&a, "new"), "newer");
	answer_done(&a);
	memset(&a, 0, sizeof(a));
	args.options = &runs;
	assert_int_equal(view->across(src, name, 2, &args, &a, &e), -EINVAL);
	answer_done(&a);
	scenario_done(&s[0]);
	scenario_done(&s[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_side),  cmocka_unit_test(test_single_runs),
		cmocka_unit_test(test_two_sides), cmocka_unit_test(test_notes),
		cmocka_unit_test(test_nothing),	  cmocka_unit_test(test_several_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
