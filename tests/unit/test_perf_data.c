/* SPDX-License-Identifier: MIT */
/*
 * perf.data: fixtures that perf recorded, in every form it writes. What is cut or no perf.data must
 * be said. Fields that the fixtures do not have: test_perf_record.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/sched_track.h"
#include "perf_conversion.h"

#define FIXTURES "tests/fixtures/perf/"

static void load(const char *name, struct buf *b)
{
	char path[256];

	buf_init(b, 0);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, b), 0);
}

static void convert_fixture(struct conversion *c, const char *name)
{
	auto_buf b;

	load(name, &b);
	convert_bytes(c, b.data, b.len, false);
	if (c->r < 0)
		fail_msg("%s: %s", name, c->e.text);
	assert_true(c->result.complete);
}

/* ---- fixtures ---- */

/* The counts are perf's: perf script -i sched.data | grep -c. */
static void test_fixture(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "sched.data");
	assert_int_equal(c.result.events, 159);
	assert_int_equal(c.rows->rows[track_switch.id], 108);
	assert_int_equal(c.rows->rows[track_wakeup.id], 45);
	assert_int_equal(c.rows->rows[track_migrate.id], 6);
	assert_int_equal(c.result.other, 26);
	assert_int_equal(c.result.lost, 0);
	assert_int_equal(c.result.late, 0);
	assert_int_equal(c.result.damaged, 0);
	assert_int_equal(c.rows->rows[track_clock.id], 1);
	assert_int_equal(c.rows->rows[track_cpu.id], 2);
	assert_non_null(strstr(buf_str(&c.result.notes), "7 task:task_rename"));
	const char *meta = buf_str(&c.meta);

	assert_non_null(strstr(meta, "host.name=fixture\n"));
	assert_non_null(strstr(meta, "kernel.release=6.18.0\n"));
	assert_non_null(strstr(meta, "host.machine=x86_64\n"));
	assert_non_null(strstr(meta, "cpu.model=A CPU\n"));
	assert_non_null(strstr(meta, "cpu.online=0-1\n"));
	assert_non_null(strstr(meta, "kymo.command=perf record -a\n"));
	assert_non_null(strstr(meta, "import.clock=CLOCK_MONOTONIC\n"));
	const char *text = buf_str(&c.rows->text);

	/* First lines of sched.script.txt. */
	assert_non_null(strstr(text, "switch 0 3296884251319 next=18 prev=16720 state=2 prio=0\n"));
	assert_non_null(
		strstr(text, "wakeup 0 3296884243953 tid=18 waker=16720 target=0 flags=0\n"));
	assert_non_null(strstr(text, "migrate 0 3296884255978 tid=16720 from=0 to=1\n"));
	assert_non_null(strstr(text, " flags=0 comm=sched-pipe\n"));
	done(&c);
}

/* File, pipe, compressed, both byte orders: the same rows. */
static void test_forms(void **state)
{
	static const char *const names[] = { "sched-be.data", "sched.pipe", "sched-be.pipe",
					     "sched-z.data" };
	struct conversion want;

	(void)state;
	convert_fixture(&want, "sched.data");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct conversion c;

		convert_fixture(&c, names[i]);
		assert_string_equal(buf_str(&c.rows->text), buf_str(&want.rows->text));
		assert_string_equal(buf_str(&c.meta), buf_str(&want.meta));
		done(&c);
	}
	done(&want);
}

static void test_lost(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "lost.data");
	/* LOST and LOST_SAMPLES tell of the same 19. */
	assert_int_equal(c.result.lost, 19);
	assert_int_equal(c.rows->rows[track_loss.id], 1);
	assert_non_null(strstr(buf_str(&c.rows->text), "track=0 count=19 cause=2\n"));
	done(&c);
}

static void test_switch_records(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "switch-records.data");
	assert_int_equal(c.result.events, 41);
	/* The first pair of the file: IN at .340083, OUT at .340112. */
	assert_non_null(strstr(buf_str(&c.rows->text), " 3175340083601 next=16053 prev=0 "));
	assert_non_null(
		strstr(buf_str(&c.rows->text), " 3175340112296 next=0 prev=16053 state=1 "));
	done(&c);
}

/* ---- hostile input ---- */

static void test_cut(void **state)
{
	static const char *const names[] = { "sched.data",    "sched-be.data",
					     "sched.pipe",    "sched-z.data",
					     "lost.data",     "switch-records.data",
					     "kvm-6.18.data", "kvm-6.18.pipe" };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_buf b;

		load(names[i], &b);
		for (size_t n = 0; n < b.len; n += 64) {
			struct conversion c;

			convert_bytes(&c, b.data, n, true);
			if (c.r >= 0 && c.result.complete)
				fail_msg("%s cut at byte %zu: not noticed", names[i], n);
			const char *words = c.r < 0 ? c.e.text : c.result.damage;

			if (!strstr(words, "the file"))
				fail_msg("%s cut at byte %zu: '%s' names no file", names[i], n,
					 words);
			if (n >= 16 && !strstr(words, "byte ") && !strstr(words, "no scheduler"))
				fail_msg("%s cut at byte %zu: '%s' names no byte", names[i], n,
					 words);
			if (c.r >= 0)
				assert_int_not_equal(c.rows->rows[track_loss.id], 0);
			done(&c);
		}
	}
}

/* What a cut pipe still holds is converted. */
static void test_cut_keeps(void **state)
{
	auto_buf b;
	struct conversion c;

	(void)state;
	load("sched.pipe", &b);
	convert_bytes(&c, b.data, b.len - 100, false);
	assert_int_equal(c.r, 0);
	assert_false(c.result.complete);
	assert_in_range(c.result.events, 150, 158);
	done(&c);
}

/* A file that lost its end lost the layouts of its tracepoints too: they may be given. */
static void test_given_formats(void **state)
{
	char folder[] = "/tmp/kymo-test-XXXXXX", path[128];
	auto_ptr(row_text) rows = row_text_new();
	auto_ptr(input) in = NULL;
	struct conversion c = { .rows = rows };
	struct import_args args = { .meta = take_meta, .ctx = &c, .formats = folder };
	auto_buf b;
	auto_buf format;

	(void)state;
	load("sched.data", &b);
	buf_init(&format, 0);
	assert_int_equal(
		file_read_at(AT_FDCWD, "tests/fuzz/corpus/tracepoint/sched_switch", &format), 0);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sched", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/sched/sched_switch", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/sched/sched_switch/format", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, format.data, strlen(buf_str(&format))), 0);
	close(fd);
	assert_int_equal(input_open_memory(b.data, 20000, "the file", &in), 0);
	buf_init(&c.meta, 0);
	c.r = importer_by_name("perf-data")->run(in, &rows->sink, &args, &c.result, &c.e);
	unlink(path);
	for (unsigned int up = 0; up < 3; up++) {
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	assert_int_equal(c.r, 0);
	assert_false(c.result.complete);
	assert_in_range(rows->rows[track_switch.id], 20, 108);
	import_result_done(&c.result);
	buf_done(&c.meta);
}

static void write_format(const char *folder, const char *subsystem, const char *name,
			 const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, subsystem);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, subsystem, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/%s/format", folder, subsystem, name);
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	/* As in tracefs, a file beside the folders. */
	snprintf(path, sizeof(path), "%s/%s/enable", folder, subsystem);
	auto_close int other = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(other >= 0);
}

static void remove_formats(const char *folder, const char *subsystem, const char *const *names)
{
	char path[256];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "%s/%s/%s/format", folder, subsystem, *names);
		unlink(path);
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	snprintf(path, sizeof(path), "%s/%s/enable", folder, subsystem);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	assert_int_equal(rmdir(folder), 0);
}

/* Of the kvm subsystem all formats that are there are read, and one that says too little is named.
 */
static void test_given_kvm_formats(void **state)
{
	static const char *const names[] = { "kvm_exit", "kvm_entry", NULL };
	char folder[] = "/tmp/kymo-test-XXXXXX";
	auto_ptr(row_text) rows = row_text_new();
	auto_ptr(input) in = NULL;
	struct conversion c = { .rows = rows };
	struct import_args args = { .meta = take_meta, .ctx = &c, .formats = folder };
	auto_buf b;

	(void)state;
	load("kvm-4.19.data", &b);
	assert_non_null(mkdtemp(folder));
	write_format(folder, "kvm", "kvm_exit",
		     "name: kvm_exit\nID: 1101\nformat:\n"
		     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		     "\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
		     "\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n\nprint fmt: \"\"\n");
	write_format(folder, "kvm", "kvm_entry",
		     "name: kvm_entry\nID: 1100\nformat:\n"
		     "\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n\n"
		     "print fmt: \"\"\n");
	/* Up to the features, which hold the formats of the file. */
	const char *features = memmem(b.data, b.len, "\x17\x08\x44tracing", 10);

	assert_non_null(features);
	assert_int_equal(input_open_memory(b.data, (size_t)(features - (const char *)b.data),
					   "the file", &in),
			 0);
	buf_init(&c.meta, 0);
	c.r = importer_by_name("perf-data")->run(in, &rows->sink, &args, &c.result, &c.e);
	remove_formats(folder, "kvm", names);
	assert_int_equal(c.r, 0);
	assert_false(c.result.complete);
	assert_int_equal(rows->rows[track_kvm_exit.id], 4);
	assert_int_equal(c.result.events, 4);
	assert_non_null(strstr(buf_str(&c.result.notes),
			       "not imported: 4 kvm:kvm_entry (tracepoint 'kvm_entry' has no field "
			       "'common_pid' of 4 bytes)\n"));
	import_result_done(&c.result);
	buf_done(&c.meta);
}

static void test_refused(void **state)
{
	static const struct {
		const char *data;
		size_t n;
		int r;
		const char *words;
	} cases[] = {
		{ "", 0, -EMEDIUMTYPE, "'the file' is no perf.data" },
		{ "PERFILE2", 8, -EMEDIUMTYPE, "no perf.data" },
		{ "PERFFILE\0\0\0\0\0\0\0\0", 16, -EMEDIUMTYPE, "old version 1" },
		{ "PERFILE2\x10\0\0\0\0\0\0\0", 16, -ENODATA, "no samples nor scheduler events" },
		{ "PERFILE2\x68\0\0\0\0\0\0\0", 16, -ENODATA, "ends at byte 16" },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct conversion c;

		convert_bytes(&c, cases[i].data, cases[i].n, false);
		assert_int_equal(c.r, cases[i].r);
		if (!strstr(c.e.text, cases[i].words))
			fail_msg("'%s' has no '%s'", c.e.text, cases[i].words);
		done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixture),	      cmocka_unit_test(test_forms),
		cmocka_unit_test(test_lost),	      cmocka_unit_test(test_switch_records),
		cmocka_unit_test(test_cut),	      cmocka_unit_test(test_cut_keeps),
		cmocka_unit_test(test_given_formats), cmocka_unit_test(test_given_kvm_formats),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("perf_data", tests, NULL, NULL);
}
