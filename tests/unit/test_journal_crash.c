/* SPDX-License-Identifier: MIT */
/*
 * Crashes at every call that changes the disk, with what was not synced there in whole, in part or
 * not at all; and calls that fail. No acknowledged record may be lost, nothing may be given that
 * was not written, and appending goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "disk_log.h"
#include "journal_scenario.h"

/* With sanitizers each recovery takes several times as long. */
#if defined(__SANITIZE_ADDRESS__)
#define SEEDS	2u
#define RECORDS 60u
#else
#define SEEDS	4u
#define RECORDS 96u
#endif

static struct journal_scenario s;
static struct journal_writer_options options;

static int setup(void **state)
{
	(void)state;
	journal_scenario_init(&s);
	options = scenario_options(&s);
	options.segment_bytes = 9000;
	options.checkpoint_bytes = 3000;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	disk_clear();
	journal_scenario_done(&s);
	return 0;
}

static void fresh_folder(void)
{
	scenario_remove(s.path);
	assert_int_equal(mkdir(s.path, 0700), 0);
}

/* Records from @from on, acknowledged by twos and threes, to the log. */
static void work(uint64_t from, uint64_t to, bool close_it)
{
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	assert_int_equal(journal_writer_open(s.path, &options, &w, &e), 0);
	for (uint64_t n = from; n < to; n++) {
		assert_int_equal(scenario_append(w, n, &e), 0);
		if (n % 5 == 1 || n % 5 == 4 || n + 1 == to) {
			assert_int_equal(journal_sync(w, &e), 0);
			disk.acked = n + 1;
		}
	}
	if (close_it)
		assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
}

/* Records from the begin on of which none is missing. */
static int64_t prefix(void)
{
	int64_t n, all = scenario_count(s.path, s.keys, NULL, RECORDS + 100, &n);

	return all < 0 ? all : n;
}

/* What a crash left, read; then gone on with, closed, verified, read again. */
static void recover(uint64_t acked)
{
	struct journal_writer *w = NULL;
	struct journal_verdict v;
	struct err e = { 0 };
	int64_t n = prefix();

	/* Before the first segment there is nothing to read. */
	if (n == -ENOENT)
		n = 0;
	if (n < (int64_t)acked)
		fail_msg("%lld records of %llu that were acknowledged", (long long)n,
			 (unsigned long long)acked);
	if (journal_writer_open(s.path, &options, &w, &e) < 0)
		fail_msg("%s", e.text);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(scenario_append(w, (uint64_t)n + i, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
	assert_int_equal(scenario_read(&s, RECORDS + 100), n + 3);
	const struct journal_verify_options o = { .keys = s.keys };

	assert_int_equal(scenario_problems_as(s.path, &o, &v), 0);
	assert_true(v.closed);
	journal_verdict_done(&v);
}

static uint64_t points;

static void crash_at(size_t n, enum crash how)
{
	struct disk_image im;
	const uint64_t acked = n < disk.n ? disk.op[n].acked : disk.acked;

	disk_crash(&im, n, how);
	fresh_folder();
	disk_image_put(&im, s.path);
	disk_image_done(&im);
	recover(acked);
	points++;
}

/* A new journal, opened three times: left open, closed, closed. */
static void log_work(void)
{
	disk_clear();
	fresh_folder();
	disk.acked = 0;
	disk.on = true;
	work(0, RECORDS / 3, false);
	work(RECORDS / 3, 2 * RECORDS / 3, true);
	work(2 * RECORDS / 3, RECORDS, true);
	disk.on = false;
}

static void test_crash_at_every_call(void **state)
{
	(void)state;
	log_work();
	assert_in_range(disk.n, 100, 4000);
	points = 0;
	for (size_t n = 0; n <= disk.n; n++)
		for (unsigned int how = 0; how < N_CRASHES; how++)
			for (unsigned int seed = 0; seed < (how == CRASH_LOST ? 1 : SEEDS); seed++)
				crash_at(n, (enum crash)how);
	print_message("%zu calls, %llu crashes recovered from\n", disk.n,
		      (unsigned long long)points);
}

/* A crash again at every call of the recovery from a crash. */
static void test_crash_while_recovering(void **state)
{
	(void)state;
	log_work();
	points = 0;
	const size_t calls = disk.n;

	for (size_t n = 3; n <= calls; n += calls / 24) {
		struct disk_image im;
		uint64_t acked;

		log_work();
		acked = n < disk.n ? disk.op[n].acked : disk.acked;
		disk_crash(&im, n, CRASH_PREFIX);
		fresh_folder();
		/* What is there after the first crash is on disk for the second. */
		disk_clear();
		for (unsigned int i = 0; i < im.n; i++) {
			char path[300];

			if (!im.file[i].name[0])
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", s.path, im.file[i].name);
			int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

			disk.on = true;
			memcpy(disk_add(DISK_CREATE, fd)->name, im.file[i].name,
			       sizeof(im.file[i].name));
			assert_int_equal(
				file_pwrite_all(fd, im.file[i].bytes.data, im.file[i].bytes.len, 0),
				0);
			disk_add(DISK_SYNC, fd);
			disk.on = false;
			close(fd);
		}
		disk_image_done(&im);
		const size_t before = disk.n;
		struct journal_writer *w = NULL;

		disk.on = true;
		assert_int_equal(journal_writer_open(s.path, &options, &w, NULL), 0);
		disk.on = false;
		journal_writer_free(w);
		disk.acked = acked;
		for (size_t k = before; k <= disk.n; k++)
			for (unsigned int how = 0; how < N_CRASHES; how++) {
				if (k < disk.n)
					disk.op[k].acked = acked;
				crash_at(k, (enum crash)how);
			}
	}
	print_message("%llu crashes while recovering\n", (unsigned long long)points);
	assert_true(points > 500);
}

/* ---- calls that fail ---- */

/* Append until all records are acknowledged, again what was not; false: it cannot go on. */
static bool insist(struct journal_writer **w, uint64_t *acked)
{
	struct journal_writer_state st;
	const uint64_t from = *acked;
	struct err e = { 0 };
	int r = 0;

	if (!*w)
		r = journal_writer_open(s.path, &options, w, &e);
	if (r < 0)
		return false;
	journal_writer_get(*w, &st);
	const uint64_t base = st.acknowledged;

	for (uint64_t n = from; r >= 0 && n < RECORDS / 3; n++) {
		r = scenario_append(*w, n, &e);
		if (r >= 0 && (n % 3 == 1 || n + 1 == RECORDS / 3))
			r = journal_sync(*w, &e);
	}
	if (r < 0)
		assert_true(e.text[0]);
	journal_writer_get(*w, &st);
	*acked = from + (st.acknowledged - base);
	return r >= 0;
}

static void fail_at(uint64_t n, bool forever, size_t partial)
{
	struct journal_writer *w = NULL;
	struct journal_verdict v;
	uint64_t acked = 0;
	bool done = false;

	fresh_folder();
	disk_clear();
	disk.on = true;
	disk.fail = n;
	disk.forever = forever;
	disk.partial = partial;
	disk.failed = false;
	for (unsigned int i = 0; i < 4 && !done; i++)
		done = insist(&w, &acked);
	disk.on = false;
	disk.fail = 0;
	points += disk.failed;
	/* What was promised is there, whatever became of the rest. */
	int64_t got = prefix();

	assert_true(got >= (int64_t)acked || (got == -ENOENT && !acked));
	if (!forever) {
		assert_true(done);
		assert_int_equal(acked, RECORDS / 3);
		assert_int_equal(got, RECORDS / 3);
		assert_int_equal(journal_writer_close(w, NULL), 0);
		assert_int_equal(
			scenario_problems_as(
				s.path, &(struct journal_verify_options){ .keys = s.keys }, &v),
			0);
		assert_true(v.closed);
		journal_verdict_done(&v);
	}
	w = journal_writer_free(w);
	if (forever)
		recover(acked);
}

static void test_failing_calls(void **state)
{
	(void)state;
	points = 0;
	for (unsigned int way = 0; way < 4; way++) {
		disk.failed = true;
		for (uint64_t n = 1; disk.failed; n++) {
			assert_true(n < 5000);
			fail_at(n, way % 2, way / 2 ? 50 : 0);
		}
	}
	print_message("%llu failing calls\n", (unsigned long long)points);
	assert_true(points > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crash_at_every_call),
		cmocka_unit_test(test_crash_while_recovering),
		cmocka_unit_test(test_failing_calls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
