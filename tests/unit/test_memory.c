/* SPDX-License-Identifier: MIT */
/* A run in memory: what is written comes out of a cursor, with the tasks and the description that
 * the rows tell of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/file_track.h"
#include "model/memory.h"
#include "model/run.h"
#include "model/sched_track.h"
#include "model/tasks.h"

static int write_switches(struct memory *m, uint32_t cpu, nsec_t first, uint32_t n)
{
	auto_ptr(batch) b = batch_new(&track_switch, n);

	b->cpu = cpu;
	for (; b->rows < n; b->rows++) {
		b->time[b->rows] = first + 10 * b->rows;
		batch_u32(b, SWITCH_NEXT)[b->rows] = (uint32_t)(b->time[b->rows] % 1000);
	}
	return sink_write(memory_sink(m), b, NULL);
}

static void write_task(struct memory *m, nsec_t time, enum task_kind kind, uint32_t tid,
		       const char *comm)
{
	auto_ptr(batch) b = batch_new(&track_task, 1);

	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, TASK_KIND)[0] = (uint8_t)kind;
	batch_u32(b, TASK_TID)[0] = tid;
	((uint32_t *)b->col[TASK_COMM])[0] = (uint32_t)batch_add_text(b, comm);
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static uint32_t rows_of(struct source *src, const struct query *q, nsec_t *ret_first)
{
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	uint32_t n = 0;
	nsec_t last = 0;
	int r;

	*ret_first = NSEC_MAX;
	assert_int_equal(source_cursor(src, q, &c, NULL), 0);
	while ((r = cursor_next(c, &b, NULL)) > 0) {
		*ret_first = *ret_first < b->time[0] ? *ret_first : b->time[0];
		for (uint32_t i = 0; i < b->rows; i++) {
			if (b->track == &track_switch)
				assert_int_equal(batch_u32(b, SWITCH_NEXT)[i], b->time[i] % 1000);
			assert_true(q->order != CURSOR_BY_TIME || b->time[i] >= last);
			last = b->time[i];
		}
		n += b->rows;
	}
	assert_int_equal(r, 0);
	return n;
}

static void test_cursor(void **state)
{
	auto_ptr(memory) m = memory_new();
	struct cpuset one = { 0 };
	nsec_t first;

	(void)state;
	for (unsigned int i = 0; i < 50; i++)
		for (uint32_t cpu = 0; cpu < 4; cpu++)
			assert_int_equal(write_switches(m, 3 - cpu, 1000 + 200 * i + cpu, 20), 0);
	write_task(m, 1, TASK_ALIVE, 7, "seven");
	struct source *src = memory_source(m);

	assert_non_null(src);
	cpuset_add(&one, 2);
	struct query q = { .order = CURSOR_BY_TIME };

	assert_int_equal(rows_of(src, &q, &first), 4001);
	assert_int_equal(first, 1);
	q.tracks = track_bit(&track_switch);
	assert_int_equal(rows_of(src, &q, &first), 4000);
	q.cpus = &one;
	assert_int_equal(rows_of(src, &q, &first), 1000);
	q.from = 2001;
	q.to = 3001;
	assert_int_equal(rows_of(src, &q, &first), 100);
	assert_int_equal(first, 2001);
	q.lead = true;
	assert_int_equal(rows_of(src, &q, &first), 101);
	assert_int_equal(first, 1991);
	q.order = CURSOR_BY_STREAM;
	q.cpus = NULL;
	assert_int_equal(rows_of(src, &q, &first), 404);
	q.from = 100000;
	q.to = 0;
	assert_int_equal(rows_of(src, &q, &first), 4); /* lead rows alone */
	assert_int_equal(first, 10990);
	q.tracks = track_bit(&track_wakeup);
	assert_int_equal(rows_of(src, &q, &first), 0);
}

static void test_description(void **state)
{
	auto_ptr(memory) m = memory_new();

	(void)state;
	assert_int_equal(write_switches(m, 1, 500, 10), 0);
	assert_int_equal(write_switches(m, 0, 400, 10), 0);
	write_task(m, 100, TASK_ALIVE, 7, "seven");
	struct source *src = memory_source(m);

	assert_true(src->info->complete);
	assert_int_equal(src->info->start, 400);
	assert_int_equal(src->info->end, 590);
	assert_int_equal(src->info->n_cpu, 2);
	assert_int_equal(src->info->n_stream, 3);
	for (size_t i = 1; i < 3; i++) {
		const struct run_stream *a = &src->info->stream[i - 1], *b = a + 1;

		assert_true(a->track < b->track || (a->track == b->track && a->cpu < b->cpu));
	}
	assert_int_equal(src->info->stream[2].cpu, 1);
	assert_int_equal(src->info->stream[2].rows, 10);
	assert_int_equal(src->info->stream[2].first, 500);
	assert_int_equal(src->info->stream[2].last, 590);
	assert_string_equal(tasks_label(src->tasks, tasks_find(src->tasks, 7, 500, 0)), "seven");

	/* More is written, and the source is lent anew. */
	write_task(m, 600, TASK_RENAME, 7, "eight");
	assert_int_equal(write_switches(m, 1, 600, 10), 0);
	src = memory_source(m);
	assert_int_equal(src->info->end, 690);
	assert_int_equal(src->info->n_stream, 3);
	assert_int_equal(src->info->stream[2].rows, 20);
	assert_string_equal(tasks_label(src->tasks, tasks_find(src->tasks, 7, 500, 0)), "eight");
}

/* Numbers of tasks are those of a recording: by CPU, whoever wrote first. */
static void test_streams_in_order(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(batch) b = batch_new(&track_task, 1);

	(void)state;
	b->rows = 1;
	for (uint32_t cpu = 3; cpu-- > 0;) {
		batch_clear(b);
		b->rows = 1;
		b->cpu = cpu;
		b->time[0] = 100;
		batch_u8(b, TASK_KIND)[0] = TASK_ALIVE;
		batch_u32(b, TASK_TID)[0] = 10 + cpu;
		assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
	}
	for (int again = 0; again < 2; again++) {
		struct source *src = memory_source(m);

		assert_int_equal(tasks_count(src->tasks), 3);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(tasks_at(src->tasks, i)->tid, 10 + i);
		assert_int_equal(src->info->stream[2].rows, 1 + again);
		/* The streams moved, and go on where they are. */
		b->time[0] = 200;
		b->cpu = 2;
		batch_u32(b, TASK_TID)[0] = 12;
		assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
	}
}

/* Rows of any batches in batches of one size, as in the blocks of a recording. */
static void test_gather(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(batch) full = batch_new_full(&track_switch, 1);
	auto_ptr(cursor) c = NULL;
	struct query q = { .order = CURSOR_BY_STREAM };
	const struct batch *b;
	uint32_t n = 0;

	(void)state;
	memory_gather(m);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(write_switches(m, 1, 1 + 100000 * i, 7000), 0);
	full->cpu = 1;
	full->rows = 1;
	full->time[0] = 1000000;
	batch_u64(full, SWITCH_RAN)[0] = 7; /* the rows before it have no such column */
	assert_int_equal(sink_write(memory_sink(m), full, NULL), 0);
	assert_int_equal(source_cursor(memory_source(m), &q, &c, NULL), 0);
	while (cursor_next(c, &b, NULL) > 0) {
		assert_int_equal(b->rows, n < 2 ? BATCH_ROWS : 35001 - 2 * BATCH_ROWS);
		for (uint32_t i = 0; i < b->rows; i++)
			assert_int_equal(batch_u64_or_0(b, SWITCH_RAN, i),
					 b->time[i] == 1000000 ? 7 : 0);
		n++;
	}
	assert_int_equal(n, 3);
}

static void test_move(void **state)
{
	auto_ptr(memory) from = memory_new();
	auto_ptr(memory) to = memory_new();
	nsec_t first;

	(void)state;
	assert_int_equal(memory_bytes(from), 0);
	assert_int_equal(write_switches(from, 1, 500, 10), 0);
	size_t bytes = memory_bytes(from);

	assert_true(bytes > 10 * sizeof(nsec_t));
	assert_int_equal(write_switches(from, 0, 400, 10), 0);
	assert_int_equal(write_switches(from, 1, 700, 10), 0);
	assert_true(memory_bytes(from) > 2 * bytes);
	memory_set_name(from, "/tmp/before.kymo");
	memory_set_name(to, "/tmp/x.perf.data");
	assert_int_equal(memory_move(from, memory_sink(to), NULL), 0);
	assert_int_equal(memory_bytes(from), 0);
	assert_int_equal(rows_of(memory_source(from), &(struct query){ 0 }, &first), 0);
	assert_int_equal(rows_of(memory_source(to), &(struct query){ 0 }, &first), 30);
	assert_string_equal(memory_source(from)->info->name, "before");
	assert_string_equal(memory_source(to)->info->name, "x.perf.data");
	/* It begins anew. */
	assert_int_equal(write_switches(from, 1, 100, 10), 0);
	assert_int_equal(rows_of(memory_source(from), &(struct query){ 0 }, &first), 10);
	/* A sink that refuses. */
	assert_int_equal(memory_move(from, memory_sink(to), NULL), -EINVAL);
}

static void test_order_of_writes(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(batch) b = batch_new(&track_wakeup, 2);
	struct err e = { 0 };
	nsec_t first;

	(void)state;
	assert_int_equal(write_switches(m, 0, 1000, 10), 0);
	assert_int_equal(write_switches(m, 0, 1089, 1), -EINVAL);
	assert_int_equal(write_switches(m, 0, 1090, 1), 0); /* equal times are fine */
	assert_int_equal(write_switches(m, 1, 5, 1), 0); /* another stream */
	b->rows = 2;
	b->time[0] = 2;
	b->time[1] = 1;
	assert_int_equal(sink_write(memory_sink(m), b, &e), -EINVAL);
	assert_non_null(strstr(e.text, "wakeup"));
	b->rows = 0;
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
	/* What was refused left nothing behind. */
	assert_int_equal(rows_of(memory_source(m), &(struct query){ 0 }, &first), 12);
	assert_null(memory_free(NULL));
}

/* What a cursor lends may be written again, columns that were not asked for among it. */
static void test_views_written(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(memory) copy = memory_new();
	auto_ptr(cursor) c = NULL;
	struct query q = { .tracks = track_bit(&track_switch), .from = 1030, .to = 1070 };
	const struct batch *b;
	nsec_t first;

	(void)state;
	assert_int_equal(write_switches(m, 0, 1000, 10), 0);
	assert_int_equal(source_cursor(memory_source(m), &q, &c, NULL), 0);
	assert_int_equal(cursor_next(c, &b, NULL), 1);
	struct batch view = *b;

	view.col[SWITCH_PREV] = NULL;
	assert_int_equal(sink_write(memory_sink(copy), &view, NULL), 0);
	assert_int_equal(rows_of(memory_source(copy), &(struct query){ 0 }, &first), 4);
	assert_int_equal(first, 1030);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_description),
		cmocka_unit_test(test_streams_in_order),
		cmocka_unit_test(test_gather),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_order_of_writes),
		cmocka_unit_test(test_views_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
