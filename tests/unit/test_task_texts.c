/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/task_texts.h"

#define REST                                                                                  \
	"S 41 42 42 34816 4242 4194304 1000 2000 3 4 150 75 5 6 20 0 7 0 123456 8192000 321 " \
	"18446744073709551615 1 2 3 4 5 6 7 8 9 1 0 0 17 5 0 0 99 12 34 1 2 3 4 5 6 7 0\n"

static void test_all_fields(void **state)
{
	(void)state;
	struct task_stat s;

	assert_int_equal(task_stat_parse("42 (bash) " REST, &s), 0);
	assert_int_equal(s.tid, 42);
	assert_int_equal(s.parent, 41);
	assert_int_equal(s.state, 'S');
	assert_int_equal(s.kernel_flags, 4194304);
	assert_false(s.kernel);
	assert_int_equal(s.minor, 1000);
	assert_int_equal(s.major, 3);
	assert_int_equal(s.user, 150);
	assert_int_equal(s.sys, 75);
	assert_int_equal(s.priority, 20);
	assert_int_equal(s.threads, 7);
	assert_int_equal(s.start, 123456);
	assert_int_equal(s.vsize, 8192000);
	assert_int_equal(s.rss, 321);
	assert_int_equal(s.cpu, 5);
	assert_int_equal(s.block, 99);
	assert_int_equal(s.guest, 12);
	assert_int_equal(s.fields, TASK_STAT_GUEST);
	assert_string_equal(s.name, "bash");
}

static void test_names_that_look_like_fields(void **state)
{
	(void)state;
	static const char *const name[] = {
		"a) R 1 (b c)",	  "two\nlines",	  "", " ", "(((", ")))", "\\",
		"x) S 1 2 3 4 5", "\xff\xfe\x01",
	};
	struct task_stat s;
	char text[512];

	for (unsigned int i = 0; i < sizeof(name) / sizeof(*name); i++) {
		snprintf(text, sizeof(text), "7 (%s) " REST, name[i]);
		assert_int_equal(task_stat_parse(text, &s), 0);
		assert_string_equal(s.name, name[i]);
		assert_int_equal(s.parent, 41);
		assert_int_equal(s.cpu, 5);
	}
}

static void test_a_long_name_is_cut(void **state)
{
	(void)state;
	char name[200], text[512];
	struct task_stat s;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "7 (%s) " REST, name);
	assert_int_equal(task_stat_parse(text, &s), 0);
	assert_int_equal(strlen(s.name), TASK_NAME_BYTES - 1);
}

static void test_kernel_workers_have_their_own_name(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
	} c[] = {
		{ "5 (kworker/0:1H-kblockd) I 2 0 0 0 -1 69238880 0\n", "kworker/0:1H" },
		{ "5 (kworker/u4:1+flush) I 2 0 0 0 -1 69238880 0\n", "kworker/u4:1" },
		{ "6 (kworker/R-rcu_gp) I 2 0 0 0 -1 69238880 0\n", "kworker/R-rcu_gp" },
		{ "7 (kworker/0:1-x) S 2 0 0 0 -1 4194304 0\n", "kworker/0:1-x" },
	};
	struct task_stat s;

	for (unsigned int i = 0; i < sizeof(c) / sizeof(*c); i++) {
		assert_int_equal(task_stat_parse(c[i].text, &s), 0);
		assert_string_equal(s.name, c[i].name);
	}
}

static void test_every_cut_says_what_is_there(void **state)
{
	(void)state;
	const char *all = "42 (bash) " REST;
	struct task_stat whole, s;

	assert_int_equal(task_stat_parse(all, &whole), 0);
	for (size_t n = 0; n < strlen(all); n++) {
		char text[512];

		snprintf(text, sizeof(text), "%.*s", (int)n, all);
		if (task_stat_parse(text, &s) < 0)
			continue;
		/* A number that is cut is not taken for another one. */
		assert_true(s.fields >= TASK_STAT_FLAGS && s.fields <= whole.fields);
		assert_int_equal(s.parent, whole.parent);
		assert_true(s.rss == whole.rss || s.fields < TASK_STAT_RSS);
		assert_true(s.cpu == whole.cpu || s.fields < TASK_STAT_CPU);
		assert_true(s.guest == whole.guest || s.fields < TASK_STAT_GUEST);
	}
}

static void test_bad_lines_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"\n",
		"42",
		"42 (bash",
		"42 bash S 41 42 42 0 -1 4194304 0 0 0 0",
		"x (bash) S 41 42 42 0 -1 4194304 0",
		"4294967296 (bash) S 41 42 42 0 -1 4194304 0",
		"42 (bash) S 4294967296 42 42 0 -1 4194304 0",
		"42 (bash)S 41 42 42 0 -1 4194304 0",
		"42 (bash) ",
		"42 )bash( S 41 42 42 0 -1 4194304 0",
		"42 (bash) S 41 x 42 0 -1 4194304 0",
		"42 x(bash) S 41 42 42 0 -1 4194304 0",
	};
	struct task_stat s;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (task_stat_parse(bad[i], &s) != -EBADMSG)
			fail_msg("'%s' is taken", bad[i]);
}

static void test_huge_numbers(void **state)
{
	(void)state;
	struct task_stat s;

	/* All 64 bits fit; one more ends the fields that are known. */
	assert_int_equal(task_stat_parse("1 (a) R 0 0 0 0 -1 0 18446744073709551615 "
					 "18446744073709551616 7 7\n",
					 &s),
			 0);
	assert_true(s.minor == UINT64_MAX);
	assert_int_equal(s.fields, 10);
	assert_int_equal(task_stat_parse("1 (a) R 0 0 0 0 -1 0 -9223372036854775808 0 0\n", &s), 0);
	assert_int_equal(s.fields, 12);
}

static void test_status(void **state)
{
	(void)state;
	struct task_status s;

	task_status_parse("Name:\tUid:\\n1\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"
			  "VmSwap:\t      12 kB\nThreads:\t3\nvoluntary_ctxt_switches:\t150\n"
			  "nonvoluntary_ctxt_switches:\t545\n",
			  &s);
	assert_true(s.has_uid && s.has_swap && s.has_switches);
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.swap, 12288);
	assert_int_equal(s.voluntary, 150);
	assert_int_equal(s.involuntary, 545);

	/* A kernel thread, and an older kernel. */
	task_status_parse("Name:\tkthreadd\nUid:\t0\t0\t0\t0\n", &s);
	assert_true(s.has_uid && !s.has_swap && !s.has_switches);
	task_status_parse("voluntary_ctxt_switches:\t1\n", &s);
	assert_false(s.has_switches);
	task_status_parse("Uid:\t4294967296\t0\nVmSwap: 18446744073709551615 kB\nVmSwap:\n", &s);
	assert_false(s.has_uid || s.has_swap);
	task_status_parse("Uid:\t12", &s);
	assert_false(s.has_uid);
	task_status_parse("", &s);
	assert_false(s.has_uid);
}

static void test_io(void **state)
{
	(void)state;
	struct task_io io = { 0 };

	assert_int_equal(task_io_parse("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
				       "write_bytes: 6\ncancelled_write_bytes: 7\n",
				       &io),
			 0);
	assert_int_equal(io.read, 5);
	assert_int_equal(io.written, 6);
	assert_int_equal(io.cancelled, 7);
	assert_int_equal(task_io_parse("rchar: 1\nwchar: 2\n", &io), -EBADMSG);
	assert_int_equal(task_io_parse("read_bytes: 5\nwrite_bytes: 6\n", &io), -EBADMSG);
	assert_int_equal(task_io_parse("", &io), -EBADMSG);
	assert_int_equal(io.read, 5);
}

static void test_schedstat(void **state)
{
	(void)state;
	struct task_schedstat s;

	assert_int_equal(task_schedstat_parse("104829 3321 17\n", &s), 0);
	assert_int_equal(s.ran, 104829);
	assert_int_equal(s.run_delay, 3321);
	assert_int_equal(s.slices, 17);
	assert_int_equal(task_schedstat_parse("104829 3321 1", &s), -EBADMSG);
	assert_int_equal(task_schedstat_parse("104829 3321\n", &s), -EBADMSG);
	assert_int_equal(task_schedstat_parse("", &s), -EBADMSG);
	assert_int_equal(task_schedstat_parse("1 2 18446744073709551616\n", &s), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_names_that_look_like_fields),
		cmocka_unit_test(test_a_long_name_is_cut),
		cmocka_unit_test(test_kernel_workers_have_their_own_name),
		cmocka_unit_test(test_every_cut_says_what_is_there),
		cmocka_unit_test(test_bad_lines_are_refused),
		cmocka_unit_test(test_huge_numbers),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_schedstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
