/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/noise on made-up machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "capture/noise.h"
#include "machine_tree.h"
#include "row_text.h"

static nsec_t ticks(uint64_t n)
{
	return n * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void test_reading(void **state)
{
	struct machine_tree t;
	struct noise n;

	(void)state;
	machine_tree_make(&t);
	machine_tree_put(&t, "proc/stat",
			 "cpu  100 10 50 1000 40 5 5 30 7 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
	machine_tree_put(&t, "proc/loadavg", "2.50 1.00 0.50 3/400 12345\n");
	machine_tree_put(&t, "sys/devices/system/cpu/online", "0-1\n");
	machine_tree_put(&t, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
	noise_read(t.fd, &n);
	assert_true(n.has_times && n.has_load);
	assert_true(n.all == ticks(1240)); /* guest time is in user time */
	assert_true(n.busy == ticks(200));
	assert_true(n.steal == ticks(30));
	assert_true(n.load > 2.49 && n.load < 2.51);
	assert_string_equal(n.governor, "powersave");
	machine_tree_put(&t, "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
			 "performance\n");
	noise_read(t.fd, &n);
	assert_string_equal(n.governor, "mixed");
	machine_tree_remove(&t);
}

static void test_rows(void **state)
{
	const struct noise before = { true, true, ticks(1000), ticks(500), ticks(10), 1.5, "" },
			   after = {
				   true, true, ticks(2000), ticks(910), ticks(20), 3, "ondemand"
			   };
	auto_ptr(row_text) rows = row_text_new();

	(void)state;
	/* 410 ticks busy, 10 of them stolen, 300 our own: 100 of 1000 are of others. */
	assert_int_equal(noise_write(&before, &after, ticks(300), &rows->sink, 7, NULL), 0);
	assert_string_equal(buf_str(&rows->text), "meta -1 7 key=noise.governor value=ondemand\n"
						  "meta -1 7 key=noise.load value=1.50\n"
						  "meta -1 7 key=noise.load.end value=3.00\n"
						  "meta -1 7 key=noise.steal_pct value=1.00\n"
						  "meta -1 7 key=noise.others_pct value=10.00\n");
}

/* Nothing is known of a machine that shows nothing, or nonsense. */
static void test_unknown(void **state)
{
	static const char *const stat[] = { "",
					    "cpu",
					    "cpu ",
					    "cpu  1 2 3\n",
					    "cpu  a b c d e f g h\n",
					    "cpu  -1 2 3 4 5 6 7 8\n",
					    "intr 5\n" };
	struct noise n, none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stat); i++) {
		struct machine_tree t;
		auto_ptr(row_text) rows = row_text_new();

		machine_tree_make(&t);
		if (i)
			machine_tree_put(&t, "proc/stat", stat[i]);
		machine_tree_put(&t, "proc/loadavg", "high\n");
		noise_read(t.fd, &n);
		assert_false(n.has_times || n.has_load || n.governor[0]);
		assert_int_equal(noise_write(&none, &n, 5, &rows->sink, 7, NULL), 0);
		assert_string_equal(buf_str(&rows->text), "");
		machine_tree_remove(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
