/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/perf_latency: each rule of the counting, by hand. The whole against perf's
 * own table is in test_cdict_agreement.c. */
#include "scenario.h"

#include "analysis/perf_latency.h"

static struct perf_latency read_of(void (*build)(struct scenario *), uint32_t tid,
				   bool *ret_measured)
{
	struct perf_latencies l;
	struct perf_latency one;
	struct scenario s;
	struct err e = { 0 };

	scenario_init(&s, 2);
	build(&s);
	struct source *src = scenario_source(&s);

	if (perf_latencies_read(src, 0, 0, &l, &e) < 0)
		fail_msg("%s", e.text);
	one = l.task[tasks_find(src->tasks, tid, 0, 0)];
	if (ret_measured)
		*ret_measured = l.runtime_measured;
	perf_latencies_done(&l);
	scenario_done(&s);
	return one;
}

static void check(void (*build)(struct scenario *), uint32_t tid, struct perf_latency want)
{
	struct perf_latency got = read_of(build, tid, NULL);

	assert_int_equal(got.runtime, want.runtime);
	assert_int_equal(got.waits, want.waits);
	assert_int_equal(got.total, want.total);
	assert_int_equal(got.longest, want.longest);
	assert_int_equal(got.longest_begin, want.longest_begin);
	assert_int_equal(got.longest_end, want.longest_end);
}

static void woken(struct scenario *s)
{
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_wakeup(s, 0, 150, 7, 8);
	scenario_wakeup(s, 0, 160, 7, 8); /* waits already */
	scenario_switch(s, 0, 200, 8, 7, 0x100); /* preempted: does not wait */
	scenario_switch(s, 0, 300, 7, 8, 1);
	scenario_wakeup(s, 0, 305, 7, 8);
	scenario_switch(s, 0, 310, 8, 7, 0); /* R: waits from here */
	scenario_switch(s, 0, 400, 7, 8, 1);
	scenario_wakeup(s, 0, 410, 9, 8); /* not met before */
	scenario_switch(s, 0, 440, 8, 9, 1);
}

static void test_waits(void **state)
{
	(void)state;
	check(woken, 7,
	      (struct perf_latency){ .runtime = 190,
				     .waits = 2,
				     .total = 55,
				     .longest = 50,
				     .longest_begin = 150,
				     .longest_end = 200 });
	/* The first switch to it, which counts with nothing, and the wait in state R. */
	check(woken, 8,
	      (struct perf_latency){ .runtime = 150,
				     .waits = 2,
				     .total = 90,
				     .longest = 90,
				     .longest_begin = 310,
				     .longest_end = 400 });
	check(woken, 9,
	      (struct perf_latency){ .waits = 1,
				     .total = 30,
				     .longest = 30,
				     .longest_begin = 410,
				     .longest_end = 440 });
}

static void told(struct scenario *s)
{
	struct batch *b;

	scenario_switch(s, 0, 100, 7, 8, 1);
	for (uint32_t i = 0; i < 3; i++) {
		b = scenario_row(s, &track_stat, 0, 150 + i);
		batch_u8(b, STAT_KIND)[i] = i < 2 ? STAT_RUNTIME : STAT_SLEEP;
		batch_u32(b, STAT_TID)[i] = 8;
		batch_u64(b, STAT_NSEC)[i] = 20 + i;
	}
	scenario_switch(s, 0, 200, 8, 7, 1);
}

static void told_by_switches(struct scenario *s)
{
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 33);
	scenario_switch(s, 0, 200, 8, 7, 1);
}

static void test_runtime(void **state)
{
	bool measured;

	(void)state;
	/* As the kernel told it, not the 100 between the switches. */
	assert_int_equal(read_of(told, 8, &measured).runtime, 41);
	assert_false(measured);
	assert_int_equal(read_of(told_by_switches, 7, &measured).runtime, 33);
	assert_int_equal(read_of(told_by_switches, 8, &measured).runtime, 100);
	assert_true(measured);
}

static void with_loss(struct scenario *s)
{
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_wakeup(s, 0, 150, 7, 8);
	scenario_loss(s, 0, 160, 170, &track_switch, 1);
	scenario_switch(s, 0, 200, 8, 7, 1);
	scenario_switch(s, 0, 250, 7, 8, 1);
}

static void test_loss_forgets(void **state)
{
	(void)state;
	check(with_loss, 7, (struct perf_latency){ .runtime = 50 });
	check(with_loss, 8, (struct perf_latency){ .waits = 1 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_loss_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
