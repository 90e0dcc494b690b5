/* SPDX-License-Identifier: MIT */
/* ptap's report, list and metrics by function of a recording in which every number is known. */
#include "machine_tree.h"
#include "profile_scenario.h"

#include "cmd/dropin/ptap_hotspots.h"
#include "format/recording.h"
#include "metric/metric_data.h"

#define START NSEC_PER_SEC

enum { CYCLES, INSTRUCTIONS, PAGE_FAULTS, MISSES };

/* In 'app', half a second: 'hot' has 600 cycles and 1200 instructions, the kernel's 'vfs_read' 200
 * and 100. In 'other' hot has 200 cycles, and no instructions. */
static void fill(struct scenario *s)
{
	scenario_event(s, CYCLES, "cycles", "", 0, "");
	scenario_event(s, INSTRUCTIONS, "instructions", "", 0, "");
	scenario_event(s, PAGE_FAULTS, "page-faults", "", 0, "");
	scenario_event(s, MISSES, "cache-misses", "", EVENT_FLAG_MISSING, "no such counter");
	scenario_task(s, 0, TASK_ALIVE, 7, "app", 0);
	scenario_task(s, 0, TASK_ALIVE, 8, "other", 0);
	scenario_start(s, 0, START);
	scenario_module(s, 0, MODULE_FILE, "/opt/bin/prog");
	scenario_module(s, 1, MODULE_KERNEL, "[kernel]");
	scenario_symbol(s, 0, 0x1000, 0x100, "main");
	scenario_symbol(s, 0, 0x1100, 0x100, "hot(int, char)");
	scenario_symbol(s, 1, 0xffffffff81000000, 0x100, "vfs_read");
	scenario_frame(s, 1, 0, 0, 0x1010);
	scenario_frame(s, 2, 1, 0, 0x1110);
	scenario_frame(s, 3, 2, 1, 0xffffffff81000020);
	scenario_sample(s, 0, START + 1, CYCLES, 7, 2, 300);
	scenario_sample(s, 0, START + 2, CYCLES, 7, 2, 300);
	scenario_sample(s, 0, START + 3, CYCLES, 7, 3, 200);
	scenario_sample(s, 0, START + 4, CYCLES, 8, 2, 200);
	scenario_sample(s, 0, START + 5, INSTRUCTIONS, 7, 2, 1200);
	scenario_sample(s, 0, START + 6, INSTRUCTIONS, 7, 3, 100);
	scenario_end(s, 0, START + NSEC_PER_SEC / 2);
}

static void write_recording(const char *path)
{
	struct recording_writer *w = NULL;
	struct scenario s;

	scenario_init(&s, 100);
	fill(&s);
	assert_int_equal(recording_create(path, 0, NULL, &w, NULL), 0);
	for (unsigned int i = 0; i < s.n; i++)
		assert_int_equal(sink_write(recording_writer_sink(w), s.stream[i], NULL), 0);
	assert_int_equal(recording_writer_close(w, NULL), 0);
	recording_writer_free(w);
	scenario_done(&s);
}

static struct ptap_hotspots *hotspots;

static int setup(void **state)
{
	struct machine_tree tree;
	char path[128];
	struct err e = { 0 };

	(void)state;
	machine_tree_make(&tree);
	(void)snprintf(path, sizeof(path), "%s/x.kymo", tree.dir);
	write_recording(path);
	assert_int_equal(ptap_hotspots_open(path, &hotspots, &e), 0);
	machine_tree_remove(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hotspots = ptap_hotspots_free(hotspots);
	return 0;
}

static void as_perf_report(void **state)
{
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	assert_int_equal(ptap_hotspots_report(hotspots, false, &out), 0);
	assert_non_null(strstr(buf_str(&out),
			       "# Samples: 4 of event 'cycles'\n"
			       "# Event count (approx.): 1000\n"
			       "#\n"
			       "# Overhead  Command  Shared Object      Symbol\n"
			       "# ........  .......  .................  ......\n"
			       "#\n"
			       "    60.00%  app      prog               [.] hot(int, char)\n"));
	assert_non_null(
		strstr(buf_str(&out), "    20.00%  app      [kernel.kallsyms]  [k] vfs_read\n"));
	assert_non_null(strstr(buf_str(&out), "# Samples: 0 of event 'page-faults'\n"));
	assert_non_null(
		strstr(buf_str(&out), "# event 'cache-misses' was not sampled: no such counter\n"));
	buf_clear(&out);
	assert_int_equal(ptap_hotspots_report(hotspots, true, &out), 0);
	assert_non_null(strstr(buf_str(&out),
			       "# Overhead       Samples  Command  Shared Object      Symbol\n"
			       "# ........  ............  .......  .................  ......\n"
			       "#\n"
			       "    92.31%             1  app      prog               "
			       "[.] hot(int, char)\n"
			       "     7.69%             1  app      [kernel.kallsyms]  "
			       "[k] vfs_read\n"));
}

static void as_list(void **state)
{
	struct ptap_list list;

	(void)state;
	ptap_list_init(&list);
	assert_int_equal(ptap_hotspots_list(hotspots, &list), 0);
	assert_int_equal(list.n, 5);
	assert_non_null(strstr(buf_str(&list.names), "\"app prog [.] hot(int, char)%\", "));
	assert_non_null(strstr(buf_str(&list.names), "\"app [kernel.kallsyms] [k] vfs_read%\""));
	assert_non_null(strstr(buf_str(&list.values), "60, "));
	ptap_list_done(&list);
}

/* Sums of periods, not numbers of samples; what has no event has no line; no division by 0. */
static void metrics(void **state)
{
	const struct metric_choice choice = { .only = "generic" };
	auto_ptr(metric_set) set = NULL;
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	assert_int_equal(metric_data_load(&choice, &set, NULL), 0);
	assert_int_equal(ptap_hotspots_metrics(hotspots, set, &out), 0);
	assert_non_null(strstr(buf_str(&out), "# Instructions per cycle\n"
					      "app prog [.] hot(int, char), 2\n"
					      "app [kernel.kallsyms] [k] vfs_read, 0.5\n"
					      "other prog [.] hot(int, char), 0\n"
					      "# Cycles per instruction\n"
					      "app [kernel.kallsyms] [k] vfs_read, 2\n"
					      "app prog [.] hot(int, char), 0.5\n"
					      "# CPU frequency\n"
					      "# CPUs utilised\n"));
	assert_non_null(strstr(buf_str(&out), "# Cache misses\n# "));
	assert_non_null(strstr(buf_str(&out), "# Page faults\n"
					      "app [kernel.kallsyms] [k] vfs_read, 0\n"));
}

static void no_recording(void **state)
{
	struct ptap_hotspots *h = NULL;
	struct err e = { 0 };

	(void)state;
	assert_true(ptap_hotspots_open("/nonexistent", &h, &e) < 0);
	assert_null(h);
	assert_non_null(strstr(e.text, "/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_perf_report),
		cmocka_unit_test(as_list),
		cmocka_unit_test(metrics),
		cmocka_unit_test(no_recording),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
