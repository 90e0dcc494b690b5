/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/flight. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/flight.h"
#include "capture/gather.h"
#include "format/recording.h"
#include "model/sched_track.h"
#include "model/tasks.h"
#include "model/vm_track.h"

#define SECOND NSEC_PER_SEC

struct bench {
	struct flight *f;
	struct gather g;
	char path[64];
};

static void bench_open(struct bench *b, uint64_t max_bytes)
{
	b->f = flight_new(10 * SECOND, max_bytes, 2);
	assert_non_null(b->f);
	assert_int_equal(gather_init(&b->g, 2), 0);
	b->g.sink = flight_sink(b->f);
	gather_cover(&b->g, 0, 0, NSEC_MAX);
	gather_cover(&b->g, 1, 0, NSEC_MAX);
	snprintf(b->path, sizeof(b->path), "/tmp/kymo-flight-%d.kymo", (int)getpid());
}

static void bench_close(struct bench *b)
{
	gather_done(&b->g);
	flight_free(b->f);
	unlink(b->path);
}

/* One second of events on both CPUs, 100 each, and the turn that follows. */
static void second(struct bench *b, nsec_t from, unsigned int rows)
{
	struct err e = { 0 };

	for (uint32_t i = 0; i < rows; i++) {
		nsec_t t = from + i * (SECOND / rows);

		assert_int_equal(gather_switch(&b->g, 0, t, i % 7 + 1, (i + 6) % 7 + 1, 1, 120), 0);
		assert_int_equal(gather_wakeup(&b->g, 1, t, i % 7 + 1, 9, 0, 0), 0);
	}
	assert_int_equal(gather_flush(&b->g, &e), 0);
	assert_int_equal(flight_turn(b->f, from + SECOND, NSEC_MAX, &e), 0);
}

static void name_task(struct bench *b, nsec_t time, enum task_kind kind, uint32_t tid,
		      const char *comm)
{
	const struct gather_task t = {
		.time = time, .kind = kind, .tid = tid, .tgid = tid, .comm = comm
	};

	assert_int_equal(gather_task(&b->g, BATCH_CPU_NONE, &t), 0);
	assert_int_equal(gather_flush(&b->g, NULL), 0);
}

static struct recording *written(struct bench *b, const nsec_t **from)
{
	auto_ptr(recording_writer) w = NULL;
	struct recording *r = NULL;
	struct err e = { 0 };

	assert_int_equal(recording_create(b->path, 0, NULL, &w, &e), 0);
	assert_int_equal(flight_write(b->f, w, from, &e), 0);
	assert_int_equal(recording_writer_meta(w, "kymo.engine", "none", &e), 0);
	assert_int_equal(recording_writer_close(w, &e), 0);
	assert_int_equal(recording_open(b->path, 0, &r, &e), 0);
	return r;
}

static uint64_t rows_of(struct recording *r, uint16_t track, nsec_t *ret_first)
{
	uint64_t rows = 0;

	*ret_first = NSEC_MAX;
	for (size_t i = 0; i < recording_n_blocks(r); i++) {
		const struct recording_block *b = recording_block_at(r, i);

		if (b->track != track)
			continue;
		rows += b->rows;
		*ret_first = b->first < *ret_first ? b->first : *ret_first;
	}
	return rows;
}

static void test_only_the_last_seconds_stay(void **state)
{
	(void)state;
	struct bench b;
	const nsec_t *from;
	nsec_t first;

	bench_open(&b, 1u << 30);
	for (unsigned int s = 1; s <= 30; s++)
		second(&b, s * SECOND, 100);
	struct recording *r = written(&b, &from);
	uint64_t rows = rows_of(r, track_switch.id, &first);

	/* 30 s are over at 31 s: what ended before 21 s is gone. */
	assert_int_equal(rows, 1000);
	assert_int_equal(first, 21 * SECOND);
	assert_true(from[0] > 20 * SECOND && from[0] <= 21 * SECOND);
	assert_true(from[1] > 20 * SECOND && from[1] <= 21 * SECOND);
	assert_int_equal(flight_oldest(b.f), 21 * SECOND);
	recording_free(r);

	/* And it goes on: a second file holds the later events too. */
	second(&b, 31 * SECOND, 100);
	r = written(&b, &from);
	assert_int_equal(rows_of(r, track_switch.id, &first), 1000);
	assert_int_equal(first, 22 * SECOND);
	recording_free(r);
	bench_close(&b);
}

static void test_size_is_bounded(void **state)
{
	(void)state;
	struct bench b;
	const nsec_t *from;
	nsec_t first;

	bench_open(&b, 4000);
	for (unsigned int s = 1; s <= 9; s++) {
		second(&b, s * SECOND, 4000);
		assert_true(flight_bytes(b.f) <= 4000);
	}
	assert_true(flight_bytes(b.f) > 0);
	struct recording *r = written(&b, &from);

	assert_true(rows_of(r, track_switch.id, &first) > 0);
	assert_true(from[0] > SECOND); /* coverage begins where nothing was dropped */
	assert_true(from[0] <= first);
	recording_free(r);
	bench_close(&b);
}

static void test_names_outlive_events(void **state)
{
	(void)state;
	struct bench b;
	const nsec_t *from;
	nsec_t first;
	struct err e = { 0 };

	bench_open(&b, 1u << 30);
	name_task(&b, 1, TASK_ALIVE, 3, "early");
	flight_snapshot_taken(b.f, 1);
	for (unsigned int s = 1; s <= 8; s++)
		second(&b, s * SECOND, 10);
	assert_false(flight_wants_snapshot(b.f, 10 * SECOND));
	assert_true(flight_wants_snapshot(b.f, 11 * SECOND));
	struct recording *r = written(&b, &from);
	struct tasks *tasks = recording_source(r)->tasks;

	assert_string_equal(tasks_label(tasks, tasks_find(tasks, 3, 5 * SECOND, 0)), "early");
	recording_free(r);

	/* A snapshot at 12 s; until 22 s the old names still stand, then they go. */
	assert_int_equal(flight_turn(b.f, 12 * SECOND, NSEC_MAX, &e), 0);
	name_task(&b, 12 * SECOND, TASK_ALIVE, 3, "late");
	flight_snapshot_taken(b.f, 12 * SECOND);
	assert_int_equal(flight_turn(b.f, 20 * SECOND, NSEC_MAX, &e), 0);
	r = written(&b, &from);
	assert_int_equal(rows_of(r, track_task.id, &first), 2);
	recording_free(r);
	assert_int_equal(flight_turn(b.f, 23 * SECOND, NSEC_MAX, &e), 0);
	r = written(&b, &from);
	assert_int_equal(rows_of(r, track_task.id, &first), 1);
	assert_int_equal(first, 12 * SECOND);
	recording_free(r);
	bench_close(&b);
}

static void see_machine(struct bench *b, nsec_t time)
{
	auto_ptr(batch) v = batch_new(&track_vm, 1);
	int64_t empty = batch_add_text(v, "");

	v->cpu = BATCH_CPU_NONE;
	v->rows = 1;
	v->time[0] = time;
	batch_u32(v, VM_TID)[0] = 3;
	batch_u32(v, VM_PID)[0] = 3;
	for (unsigned int i = VM_NAME; i <= VM_TYPE; i++)
		((uint32_t *)v->col[i])[0] = (uint32_t)empty;
	assert_int_equal(sink_write(flight_sink(b->f), v, NULL), 0);
}

/* As names do: until a newer snapshot stands in their place. */
static void test_machines_outlive_events(void **state)
{
	(void)state;
	struct bench b;
	const nsec_t *from;
	nsec_t first;
	struct err e = { 0 };

	bench_open(&b, 1u << 30);
	see_machine(&b, 1);
	flight_snapshot_taken(b.f, 1);
	assert_int_equal(flight_turn(b.f, 12 * SECOND, NSEC_MAX, &e), 0);
	struct recording *r = written(&b, &from);

	assert_int_equal(rows_of(r, track_vm.id, &first), 1);
	recording_free(r);
	see_machine(&b, 12 * SECOND);
	flight_snapshot_taken(b.f, 12 * SECOND);
	assert_int_equal(flight_turn(b.f, 23 * SECOND, NSEC_MAX, &e), 0);
	r = written(&b, &from);
	assert_int_equal(rows_of(r, track_vm.id, &first), 1);
	assert_int_equal(first, 12 * SECOND);
	recording_free(r);
	bench_close(&b);
}

static void test_nothing_yet_is_a_file_too(void **state)
{
	(void)state;
	struct bench b;
	const nsec_t *from;

	bench_open(&b, 1000);
	assert_int_equal(flight_oldest(b.f), 0);
	struct recording *r = written(&b, &from);

	assert_string_equal(recording_source(r)->info->damage, "");
	recording_free(r);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_the_last_seconds_stay),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_names_outlive_events),
		cmocka_unit_test(test_machines_outlive_events),
		cmocka_unit_test(test_nothing_yet_is_a_file_too),
	};

	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
