/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading a recording while the n-th allocation, read, write or sync fails, for n = 1,
 * 2 ... until none does. Every failure must come back as an error with words; nothing may crash or
 * leak (the sanitizer lane looks), and a file that was not finished must say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/file.h"
#include "format/recording.h"
#include "format/recording_copy.h"
#include "model/sched_track.h"
#include "model/tasks.h"

#include "fault_plan.h"

#define ROWS 3000

static int write_rows(struct recording_writer *w, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_switch, ROWS);

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		batch_clear(b);
		b->cpu = cpu;
		for (uint32_t i = 0; i < ROWS; i++) {
			b->time[i] = 1000 + 777 * (nsec_t)i;
			batch_u32(b, SWITCH_NEXT)[i] = i % 9;
			batch_u32(b, SWITCH_PREV)[i] = (i + 8) % 9;
			batch_u16(b, SWITCH_STATE)[i] = 1;
			batch_u8(b, SWITCH_PRIO)[i] = 120;
			b->rows++;
		}
		int r = sink_write(recording_writer_sink(w), b, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int write_file(int fd, struct err *e)
{
	struct packer_options o = { .block_rows = 512 };
	auto_ptr(recording_writer) w = NULL;
	int r = recording_create_fd(fd, "test", &o, &w, e);

	if (r == 0)
		r = recording_writer_meta(w, "host.name", "drum", e);
	if (r == 0)
		r = write_rows(w, e);
	return r < 0 ? r : recording_writer_close(w, e);
}

static int read_file(const char *path, bool *ret_complete, uint64_t *ret_rows, struct err *e)
{
	struct query q = { .tracks = track_bit(&track_switch), .order = CURSOR_BY_TIME };
	auto_ptr(recording) r = NULL;
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	uint64_t rows = 0;
	int rc = recording_open(path, 0, &r, e);

	if (rc == 0)
		rc = source_cursor(recording_source(r), &q, &c, e);
	while (rc >= 0 && (rc = cursor_next(c, &b, e)) > 0)
		rows += b->rows;
	if (rc < 0)
		return rc;
	*ret_complete = recording_source(r)->info->complete;
	*ret_rows = rows;
	return 0;
}

static void run(enum fault kind, bool forever, bool writing)
{
	bool hit = true;
	unsigned long n;

	for (n = 1; hit; n++) {
		char path[] = "/tmp/kymo-faults-XXXXXX";
		struct err e = { 0 };
		bool complete = false;
		uint64_t rows = 0;
		int fd = mkstemp(path);

		assert_true(fd >= 0);
		assert_true(n < 100000);
		plan.countdown = n;
		plan.forever = forever;
		plan.hit = false;
		plan.kind = writing ? kind : FAULT_NONE;
		int r = write_file(fd, &e);

		plan.kind = writing ? FAULT_NONE : kind;
		if (!writing)
			assert_int_equal(r, 0);
		struct err e2 = { 0 };
		int r2 = read_file(path, &complete, &rows, &e2);

		plan.kind = FAULT_NONE;
		hit = plan.hit;
		if (writing && r < 0) {
			assert_true(e.text[0]);
			if (r2 == 0)
				assert_false(complete && rows != 2 * ROWS);
		}
		if (!writing && r2 < 0)
			assert_true(e2.text[0]);
		if (!hit) {
			assert_int_equal(r, 0);
			assert_int_equal(r2, 0);
			assert_true(complete);
		}
		if (r2 == 0 && complete)
			assert_int_equal(rows, 2 * ROWS);
		unlink(path);
	}
	/* The last round met no fault; there must have been rounds that did. */
	assert_in_range(n, 3, 100000);
}

static void test_memory_while_writing(void **state)
{
	(void)state;
	run(FAULT_MEMORY, false, true);
	run(FAULT_MEMORY, true, true);
}

static void test_memory_while_reading(void **state)
{
	(void)state;
	run(FAULT_MEMORY, false, false);
	run(FAULT_MEMORY, true, false);
}

static void test_writes(void **state)
{
	(void)state;
	run(FAULT_WRITE, false, true);
	run(FAULT_WRITE, true, true);
}

static void test_sync(void **state)
{
	(void)state;
	run(FAULT_SYNC, true, true);
}

static void test_reads(void **state)
{
	(void)state;
	run(FAULT_READ, false, false);
	run(FAULT_READ, true, false);
}

/* Open, name a task, and replace the file by a copy. */
static int rewrite(const char *path, struct err *e)
{
	auto_ptr(recording) r = NULL;
	int rc = recording_open(path, 0, &r, e);

	if (rc < 0)
		return rc;
	struct tasks *tasks = recording_source(r)->tasks;

	if (tasks_find(tasks, 3, NSEC_MAX, 0) == TASKS_NONE ||
	    tasks_set_role(tasks, 3, NSEC_MAX, "role") < 0)
		return err_set(e, -ENOMEM, "no memory");
	return recording_rewrite_names(r, path, NULL, NULL, e);
}

static bool is_named(const char *path)
{
	auto_ptr(recording) r = NULL;

	assert_int_equal(recording_open(path, 0, &r, NULL), 0);
	struct tasks *tasks = recording_source(r)->tasks;

	return !strcmp(tasks_label(tasks, tasks_find(tasks, 3, NSEC_MAX, 0)), "role");
}

/* Whatever fails, one of the two files is there whole, and nothing else. */
static void test_copies(void **state)
{
	static const enum fault kind[] = { FAULT_MEMORY, FAULT_READ, FAULT_WRITE, FAULT_SYNC };

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(kind); i++) {
		unsigned long n;
		bool hit = true;

		for (n = 1; hit; n++) {
			char folder[] = "/tmp/kymo-faults-XXXXXX", path[64];
			struct err e = { 0 };
			bool complete = false;
			uint64_t rows = 0;

			assert_non_null(mkdtemp(folder));
			snprintf(path, sizeof(path), "%s/x", folder);
			int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

			assert_int_equal(write_file(fd, &e), 0);
			plan.countdown = n;
			plan.forever = i % 2;
			plan.hit = false;
			plan.kind = kind[i / 2];
			int r = rewrite(path, &e);

			plan.kind = FAULT_NONE;
			hit = plan.hit;
			if (r < 0)
				assert_true(e.text[0]);
			if (!hit)
				assert_int_equal(r, 0);
			assert_int_equal(read_file(path, &complete, &rows, &e), 0);
			assert_true(complete);
			assert_int_equal(rows, 2 * ROWS);
			/* Of a folder that does not sync it is not known. */
			if (r == 0 || kind[i / 2] != FAULT_SYNC)
				assert_int_equal(is_named(path), r == 0);
			unlink(path);
			assert_int_equal(rmdir(folder), 0);
		}
		assert_in_range(n, 3, 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_while_writing),
		cmocka_unit_test(test_memory_while_reading),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
