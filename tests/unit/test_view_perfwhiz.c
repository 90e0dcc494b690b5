/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_perfwhiz: numbers counted by hand. */
#include "view_text.h"

#include "base/nsec.h"
#include "model/kvm_track.h"

#define US NSEC_PER_USEC

/* The options of the view, as its descriptor lays them out. */
struct view_options {
	const char *chart;
	nsec_t cap;
	bool first_names;
};

static void put(struct scenario *s, uint32_t cpu, nsec_t us, uint32_t prev, uint32_t next,
		nsec_t ran_us)
{
	scenario_switch(s, cpu, us * US, prev, next, 1);
	scenario_told(s, &track_switch, cpu, SWITCH_RAN, ran_us * US);
}

/* Rows at 0, 100, 250, 300, 500, 700, 900 and, an exit, 1000 us. Both "vm" are one task here. */
static void build(struct scenario *s)
{
	struct batch *b;

	scenario_task(s, 0, TASK_ALIVE, 11, "vm", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "vm", 0);
	scenario_task(s, 0, TASK_ALIVE, 13, "web", 0);
	put(s, 0, 0, 11, 13, 40);
	put(s, 0, 100, 13, 11, 100);
	put(s, 1, 250, 12, 0, 333);
	put(s, 0, 300, 11, 13, 200);
	put(s, 1, 500, 0, 12, 0);
	put(s, 0, 700, 13, 11, 400);
	put(s, 1, 900, 12, 0, 400);
	b = scenario_row(s, &track_kvm_exit, 0, 300 * US - 1);
	batch_u32(b, KVM_EXIT_TID)[0] = 11;
	batch_u32(b, KVM_EXIT_REASON)[0] = 12;
	scenario_told(s, &track_kvm_exit, 0, KVM_EXIT_TOLD, 50 * US);
	b = scenario_row(s, &track_kvm_exit, 0, 1000 * US);
	batch_u32(b, KVM_EXIT_TID)[1] = 11;
	batch_u32(b, KVM_EXIT_REASON)[1] = 30;
	scenario_told(s, &track_kvm_exit, 0, KVM_EXIT_TOLD, 60 * US);
}

static void test_whole(void **state)
{
	const struct view_options map = { .chart = "coremap" }, use = { .chart = "cpu" };
	const struct view_options exits = { .chart = "exits" }, list = { .chart = "list" };

	(void)state;
	/* Over 1000 us. vm on CPU 0: 40 + 200, on CPU 1: 333 + 400. */
	view_check(build, "perfwhiz", (struct analysis_args){ .options = &map },
		   "task cpu run_pct switches",
		   "all tasks 0 74.00 4; all tasks 1 73.30 3; all tasks all 147.30 7; "
		   "swapper/1 1 0.00 1; swapper/1 all 0.00 1; "
		   "vm 0 24.00 2; vm 1 73.30 2; vm all 97.30 4; "
		   "web 0 50.00 2; web all 50.00 2");
	view_check(build, "perfwhiz", (struct analysis_args){ .options = &use },
		   "task run_pct switches", "swapper/1 0.00 1; vm 97.30 4; web 50.00 2");
	view_check(build, "perfwhiz", (struct analysis_args){ .options = &exits },
		   "task reason exits", "vm 12 1; vm 30 1");
	view_check(build, "perfwhiz", (struct analysis_args){ .options = &list }, "tid task rows",
		   "11 vm 4; 12 vm 2; 13 web 2; 0 swapper/1 1");
}

static void test_window(void **state)
{
	const struct view_options map = { .chart = "coremap" }, use = { .chart = "cpu" };
	struct analysis_args args = { .from = 200 * US, .to = 600 * US };

	(void)state;
	/* Rows at 250, 299, 300 and 500: 250 us from first to last. Runs are not cut at 200. */
	args.options = &map;
	view_check(build, "perfwhiz", args, "task cpu run_pct switches",
		   "all tasks 0 80.00 1; all tasks 1 133.20 2; all tasks all 213.20 3; "
		   "swapper/1 1 0.00 1; swapper/1 all 0.00 1; "
		   "vm 0 80.00 1; vm 1 133.20 1; vm all 213.20 2");
	/* 533 us in a window of 400; perfwhiz divided by 600. */
	args.options = &use;
	view_check(build, "perfwhiz", args, "task run_pct switches",
		   "swapper/1 0.00 1; vm 133.20 2");
}

static void test_extrapolation(void **state)
{
	struct view_options o = { .chart = "coremap", .cap = 1500 * US };
	struct analysis_args args = { .options = &o };

	(void)state;
	/* 1500 us of which 1000 have rows: counts are multiplied by 1.5 and cut, shares are not. */
	view_check(build, "perfwhiz", args, "task cpu run_pct switches",
		   "all tasks 0 74.00 6; all tasks 1 73.30 4; all tasks all 147.30 10; "
		   "swapper/1 1 0.00 1; swapper/1 all 0.00 1; "
		   "vm 0 24.00 3; vm 1 73.30 3; vm all 97.30 6; "
		   "web 0 50.00 3; web all 50.00 3");
	o.chart = "cpu";
	view_check(build, "perfwhiz", args, "task run_pct switches",
		   "swapper/1 0.00 1; vm 97.30 6; web 50.00 3");
	o.chart = "exits";
	view_check(build, "perfwhiz", args, "task reason exits", "vm 12 1; vm 30 1");
	o.cap = 2000 * US;
	view_check(build, "perfwhiz", args, "task reason exits", "vm 12 2; vm 30 2");
}

static void many_exits(struct scenario *s)
{
	put(s, 0, 0, 11, 13, 40);
	put(s, 0, 1000, 13, 11, 100);
	for (uint32_t i = 0; i < 300; i++) {
		struct batch *b = scenario_row(s, &track_kvm_exit, 1, (200 + i) * US);

		batch_u32(b, KVM_EXIT_TID)[i] = 14;
		scenario_told(s, &track_kvm_exit, 1, KVM_EXIT_TOLD, 50 * US);
	}
}

static void test_exits_are_multiplied_from_1_01_on(void **state)
{
	struct view_options o = { .chart = "exits", .cap = 1009 * US };
	struct analysis_args args = { .options = &o };

	(void)state;
	view_check(many_exits, "perfwhiz", args, "task exits", "<14> 300");
	o.cap = 1011 * US;
	view_check(many_exits, "perfwhiz", args, "task exits", "<14> 303");
}

static void test_selection(void **state)
{
	struct view_options o = { .chart = "cpu" };
	struct analysis_args args = { .options = &o };
	struct cpuset one = { 0 };
	regex_t vm;

	(void)state;
	assert_int_equal(regcomp(&vm, "^vm", REG_EXTENDED | REG_NOSUB), 0);
	args.task = &vm;
	view_check(build, "perfwhiz", args, "task run_pct switches", "vm 97.30 4");
	cpuset_add(&one, 1);
	args.cpus = &one;
	view_check(build, "perfwhiz", args, "task run_pct switches", "vm 73.30 2");
	regfree(&vm);
}

static void spinning(struct scenario *s)
{
	struct batch *b;

	put(s, 0, 0, 11, 13, 40);
	put(s, 0, 100, 13, 11, 100);
	for (uint32_t i = 0; i < 2; i++) {
		b = scenario_row(s, &track_kvm_exit, 1, (200 + i) * US);
		batch_u32(b, KVM_EXIT_TID)[i] = 14;
		scenario_told(s, &track_kvm_exit, 1, KVM_EXIT_TOLD, 50 * US);
	}
}

static void test_exits_without_switch(void **state)
{
	const struct view_options o = { .chart = "cpu" };

	(void)state;
	view_check(spinning, "perfwhiz", (struct analysis_args){ .options = &o },
		   "task run_pct switches", "<11> 19.90 1; <13> 49.80 1; <14> - -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_extrapolation),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_exits_without_switch),
		cmocka_unit_test(test_exits_are_multiplied_from_1_01_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
