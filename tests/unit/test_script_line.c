/* SPDX-License-Identifier: MIT */
/* Lines of event text: what a line is, and what its pattern finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/script_line.h"

static bool parse(const char *s, struct script_line *l)
{
	return script_line_parse(s, s + strlen(s), l);
}

static void assert_slice(const char *p, size_t n, const char *want)
{
	assert_int_equal(n, strlen(want));
	assert_memory_equal(p, want, n);
}

static void test_perf_line(void **state)
{
	struct script_line l;

	(void)state;
	assert_true(parse(
		"     my [0] task  3028 [012]  4716.715266210: sched:sched_switch: prev=1", &l));
	assert_slice(l.comm, l.comm_len, "my [0] task");
	assert_int_equal(l.tid, 3028);
	assert_int_equal(l.cpu, 12);
	assert_int_equal(l.time, 4716715266210);
	assert_slice(l.event, l.event_len, "sched_switch");
	assert_slice(l.text, l.text_len, "prev=1");
	assert_true(script_line_is(&l, "sched_switch"));
	assert_false(script_line_is(&l, "sched_switc"));
	assert_false(script_line_is(&l, "sched_switch2"));
}

static void test_variants(void **state)
{
	struct script_line l;

	(void)state;
	/* microseconds, pid/tid, a period before the event */
	assert_true(parse("perf 3/4 [001] 5.000007:   1 sched:sched_wakeup: x", &l));
	assert_int_equal(l.tid, 4);
	assert_slice(l.comm, l.comm_len, "perf");
	assert_int_equal(l.time, 5000007000);
	assert_true(script_line_is(&l, "sched_wakeup"));
	/* ftrace: flags, COMM-TID, no system */
	assert_true(parse("   <idle>-0   [001] d..2.  12.5: sched_waking: y", &l));
	assert_int_equal(l.tid, 0);
	assert_slice(l.comm, l.comm_len, "<idle>");
	assert_int_equal(l.time, 12500000000);
	/* perf's records have no colon, or text right behind */
	assert_true(parse("a 1 [000] 1.0: PERF_RECORD_SWITCH_CPU_WIDE IN  prev pid/tid: 0/0", &l));
	assert_true(script_line_is(&l, "PERF_RECORD_SWITCH_CPU_WIDE"));
	assert_true(parse("a 1 [000] 1.0: PERF_RECORD_FORK(3:3):(2:2)", &l));
	assert_true(script_line_is(&l, "PERF_RECORD_FORK"));
	assert_slice(l.text, l.text_len, "(3:3):(2:2)");
	/* a dead task */
	assert_true(parse(":-1  -1 [000] 1.0: sched:sched_switch: z", &l));
}

static void test_no_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"[",
		"[]",
		"[000]",
		"a 1 [000] 1.0:",
		"a 1 [000] 1.: e: x",
		"a 1 [000] 1: e: x",
		"a 1 [000] .5: e: x",
		"a 1 [9999999] 1.0: e: x",
		"a 1 [000] 99999999999999999999.0: e: x",
		"a 1 [000] 18446744073.9: e: x",
		"a 1 [000] 1.0: event x",
		"a 1 [000] 1.0: :",
		"\tffffffff81000000 schedule+0x1 ([kernel.kallsyms])",
	};
	struct script_line l;

	(void)state;
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i], &l))
			fail_msg("'%s' was taken for an event", lines[i]);
}

static bool match(const char *s, const char *pattern, struct script_value *v)
{
	return script_scan(s, strlen(s), pattern, v);
}

static void test_scan(void **state)
{
	struct script_value v[4];

	(void)state;
	assert_true(match("comm=a pid=1 b pid=-22 prio=120", "comm=%t pid=%d prio=%d", v));
	assert_slice(v[0].text, v[0].len, "a pid=1 b");
	assert_int_equal(v[1].number, -22);
	assert_int_equal(v[2].number, 120);
	assert_true(match("kworker/0:1:99 [120]  R+ ==>", "%t:%d [%d] %w", v));
	assert_slice(v[0].text, v[0].len, "kworker/0:1");
	assert_slice(v[3].text, v[3].len, "R+");
	assert_true(match("lost 7", "lost %d", v));
	assert_false(match("lost", "lost %d", v));
	assert_false(match("lost x", "lost %d", v));
	assert_false(match("pid=99999999999999999999", "pid=%d", v));
	assert_false(match("comm=a", "comm=%t pid=%d", v));
	assert_true(match("at 0xcf8 = ffffffffffffffff", "at %x = %x", v));
	assert_int_equal(v[0].number, 0xcf8);
	assert_int_equal(v[1].number, -1);
	assert_true(match("0", "%x", v));
	assert_true(match("0x", "%xx", v));
	assert_false(match("x1", "%x", v));
	assert_false(match("0x10000000000000000", "%x", v));
	assert_true(match("unload 7", "%{un|unload|load} %d", v));
	assert_int_equal(v[0].number, 1);
	assert_int_equal(v[1].number, 7);
	assert_true(match("load", "%{un|unload|load}", v));
	assert_int_equal(v[0].number, 2);
	assert_false(match("loa", "%{un|unload|load}", v));
	assert_true(match("7 (x)", "%d%{| (x)}", v));
	assert_int_equal(v[1].number, 1);
	assert_true(match("7", "%d%{| (x)}", v));
	assert_int_equal(v[1].number, 0);
	assert_true(match("", "%t", v));
	assert_int_equal(v[0].len, 0);
}

/* Many places where a text may end must not cost many times the line's length. */
static void test_scan_hostile(void **state)
{
	static char line[65536];
	struct script_value v[8];

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = ":1 [1] R ==> "[i % 13];
	for (unsigned int i = 0; i < 1000; i++)
		assert_false(
			script_scan(line, sizeof(line), "%t:%d [%d] %w ==> %t:%d [%d] %t!", v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perf_line),    cmocka_unit_test(test_variants),
		cmocka_unit_test(test_no_lines),     cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_hostile),
	};

	return cmocka_run_group_tests_name("script_line", tests, NULL, NULL);
}
