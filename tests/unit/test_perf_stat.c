/* SPDX-License-Identifier: MIT */
/* Tests of src/import/perf_stat: the forms of several versions of perf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/perf_stat.h"

static int take(void *arg, const struct perf_stat_row *r, struct err *e)
{
	char *out = arg;
	size_t n = strlen(out);

	(void)e;
	(void)snprintf(out + n, 512 - n, "%g %d %d %s %g %g %s;", isnan(r->time) ? -1 : r->time,
		       r->cpu, r->socket,
		       r->state == PERF_STAT_COUNTED	   ? "ok"
		       : r->state == PERF_STAT_NOT_COUNTED ? "not counted"
							   : "not supported",
		       isnan(r->value) ? -1 : r->value, isnan(r->running_pct) ? -1 : r->running_pct,
		       r->event);
	return 0;
}

static void test_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text, *rows;
	} all[] = {
		{ "# started on x\n\nCPU0,988420955,raw 0x5300c0\n",
		  "-1 0 -1 ok 9.88421e+08 -1 raw 0x5300c0;" },
		{ "CPU3,<not counted>,raw 0x135\n", "-1 3 -1 not counted -1 -1 raw 0x135;" },
		{ "4,,cs,546762739,100.00,7.316,/sec\n", "-1 -1 -1 ok 4 100 cs;" },
		{ "546.5,msec,task-clock,546762739,100.00,0.995,CPUs utilized\n",
		  "-1 -1 -1 ok 5.465e+08 100 task-clock;" },
		{ "<not supported>,,cycles,0,100.00,,\n", "-1 -1 -1 not supported -1 100 cycles;" },
		{ "     1.000123,CPU2,17,,cycles,1000,40.50,,\n",
		  "1.00012 2 -1 ok 17 40.5 cycles;" },
		{ "     2.5,17,,cycles,1000,40.00,,\n", "2.5 -1 -1 ok 17 40 cycles;" },
		{ "S1,8,99,,cycles,1000,100.00,,\n", "-1 -1 1 ok 99 100 cycles;" },
		{ "12,,cpu/event=0xc0,umask=0x01/,55,25.00,,\n",
		  "-1 -1 -1 ok 12 25 cpu/event=0xc0,umask=0x01/;" },
		{ "5;;cycles;9;100,00;;\n", "-1 -1 -1 ok 5 -1 cycles;" },
		{ "{\"cpu\" : \"3\", \"counter-value\" : \"6.5\", \"unit\" : \"msec\", "
		  "\"event\" : \"cpu-clock\", \"event-runtime\" : 65, \"pcnt-running\" : 50.00}\n",
		  "-1 3 -1 ok 6.5e+06 50 cpu-clock;" },
		{ "{\"metric-value\" : 1.0, \"metric-unit\" : \"x\"}\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		char out[512] = "";
		struct err e = { 0 };
		bool cut;

		if (perf_stat_read(all[i].text, strlen(all[i].text), take, out, &cut, &e) < 0)
			fail_msg("%s: %s", all[i].text, e.text);
		assert_string_equal(out, all[i].rows);
		assert_false(cut);
	}
}

static void test_other_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"hello\n",
		"CPU0,12\n",
		"CPU0,many,cycles\n",
		"{\"counter-value\" : \"6\"}\n",
		"{\"event\" \"x\"}\n",
		"{\"event\" : \"x\n",
		"\n\n1,,\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char out[512] = "";
		struct err e = { 0 };
		bool cut;

		if (perf_stat_read(bad[i], strlen(bad[i]), take, out, &cut, &e) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(strstr(e.text, "line "));
	}
}

static void test_a_cut_is_told(void **state)
{
	(void)state;
	char out[512] = "";
	bool cut;

	assert_int_equal(perf_stat_read("CPU0,9,raw 0x53", 15, take, out, &cut, NULL), 0);
	assert_true(cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_other_text_is_refused),
		cmocka_unit_test(test_a_cut_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
