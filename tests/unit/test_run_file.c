/* SPDX-License-Identifier: MIT */
/*
 * A foreign file has the same rows, tasks and facts in memory, in an unnamed recording, and half
 * way in one and then in the other.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "cmd/run_file.h"
#include "model/file_track.h"
#include "model/run.h"
#include "model/tasks.h"

#define FIXTURES "tests/fixtures/"

static struct run_file *open_run(const char *path, size_t memory_bytes, bool blocks)
{
	const struct run_file_options o = { .memory_bytes = memory_bytes, .blocks = blocks };
	struct run_file *f = NULL;
	struct err e = { 0 };

	if (run_file_open(path, &o, &f, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	return f;
}

static void add(uint64_t *sum, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		*sum = (*sum ^ p[i]) * UINT64_C(0x100000001b3);
}

static void add_row(uint64_t *sum, const struct batch *b, uint32_t row)
{
	add(sum, &b->track->id, sizeof(b->track->id));
	add(sum, &b->cpu, sizeof(b->cpu));
	/* Facts have the time of the import. */
	for (unsigned int c = b->track == &track_meta; c < b->track->n_columns; c++) {
		size_t size = column_type_bytes(b->track->column[c].type);

		if (b->track->column[c].type == COLUMN_TEXT)
			add(sum, batch_text(b, c, row), strlen(batch_text(b, c, row)) + 1);
		else if (b->col[c])
			add(sum, (uint8_t *)b->col[c] + row * size, size);
	}
}

static uint64_t rows_of(const struct run_file *f, uint64_t *ret_n)
{
	const struct query q = { .order = CURSOR_BY_TIME };
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r;

	*ret_n = 0;
	assert_int_equal(source_cursor(run_file_source(f), &q, &c, NULL), 0);
	while ((r = cursor_next(c, &b, NULL)) > 0)
		for (uint32_t i = 0; i < b->rows; i++, (*ret_n)++)
			add_row(&sum, b, i);
	assert_int_equal(r, 0);
	return sum;
}

static void assert_same(const struct run_file *a, const struct run_file *b)
{
	const struct run_info *x = run_file_source(a)->info, *y = run_file_source(b)->info;
	const struct tasks *s = run_file_source(a)->tasks, *t = run_file_source(b)->tasks;
	uint64_t n, m;

	assert_int_equal(rows_of(a, &n), rows_of(b, &m));
	assert_int_equal(n, m);
	assert_true(n > 20);
	assert_string_equal(x->name, y->name);
	assert_int_equal(x->start, y->start);
	assert_int_equal(x->end, y->end);
	assert_int_equal(x->n_meta, y->n_meta);
	assert_int_equal(x->n_cpu, y->n_cpu);
	assert_int_equal(x->n_loss, y->n_loss);
	assert_int_equal(x->has_no_cpu, y->has_no_cpu);
	assert_int_equal(x->complete, y->complete);
	assert_int_equal(tasks_count(s), tasks_count(t));
	for (uint32_t i = 0; i < tasks_count(s); i++) {
		assert_int_equal(tasks_at(s, i)->tid, tasks_at(t, i)->tid);
		assert_int_equal(tasks_at(s, i)->born, tasks_at(t, i)->born);
		assert_string_equal(tasks_label(s, i), tasks_label(t, i));
	}
}

static void test_same_everywhere(void **state)
{
	static const char *const name[] = {
		FIXTURES "perf/sched.data",    FIXTURES "perf/sched.script.txt",
		FIXTURES "perf/profile.data",  FIXTURES "perf/lost.data",
		FIXTURES "perf/kvm-6.18.data",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		const char *path = name[i];
		auto_ptr(run_file) memory = open_run(path, 0, false);
		auto_ptr(run_file) both = open_run(path, 300, false);
		auto_ptr(run_file) blocks = open_run(path, 0, true);

		assert_null(run_file_recording(memory));
		assert_non_null(run_file_recording(both));
		assert_non_null(run_file_recording(blocks));
		assert_same(memory, both);
		assert_same(memory, blocks);
	}
}

static void test_recording(void **state)
{
	auto_ptr(run_file) f = open_run(FIXTURES "demo.kymo", 0, false);

	(void)state;
	assert_ptr_equal(run_file_source(f), recording_source(run_file_recording(f)));
}

static void test_refused(void **state)
{
	struct run_file *f = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(run_file_open(FIXTURES "README.md", NULL, &f, &e), -EMEDIUMTYPE);
	assert_non_null(strstr(e.text, "not a kymo recording"));
	assert_int_equal(run_file_open(FIXTURES "nothing", NULL, &f, &e), -ENOENT);
	assert_int_equal(run_file_open(FIXTURES "nothing", NULL, &f, NULL), -ENOENT);
	assert_null(f);
	assert_null(run_file_close(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_everywhere),
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_refused),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
