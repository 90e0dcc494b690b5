/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_sampler with a source that says what it is told to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/task_sampler.h"
#include "model/file_track.h"
#include "model/memory.h"
#include "model/sched_track.h"

struct fake {
	struct task_source base;
	struct task_numbers alive[8], end[8];
	unsigned int n_alive, n_ends;
	unsigned int repeat; /* each alive task so often, with other ids */
	bool slow; /* takes a millisecond of CPU time */
};

static int give(const struct task_numbers *n, unsigned int count, const struct task_taker *to)
{
	int r = 0;

	for (unsigned int i = 0; i < count && r >= 0; i++)
		r = to->take(to->ctx, &n[i]);
	return r;
}

static int fake_scan(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct fake *f = container_of(s, struct fake, base);

	(void)e;
	if (f->slow) {
		struct timespec t = { 0 }, begin;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
		do
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		while ((t.tv_sec - begin.tv_sec) * 1000000000 + t.tv_nsec - begin.tv_nsec <
		       1000000);
	}
	for (unsigned int i = 0; i < f->repeat; i++) {
		struct task_numbers n = f->alive[0];

		n.tid = n.pid = 100 + i;
		int r = to->take(to->ctx, &n);

		if (r < 0)
			return r;
	}
	return give(f->alive, f->n_alive, to);
}

static int fake_ends(struct task_source *s, const struct task_taker *to, struct err *e)
{
	struct fake *f = container_of(s, struct fake, base);
	unsigned int n = f->n_ends;

	(void)e;
	f->n_ends = 0;
	return give(f->end, n, to);
}

static void fake_free(struct task_source *s)
{
	free(container_of(s, struct fake, base));
}

static struct fake *fake_new(bool ends)
{
	struct fake *f = calloc(1, sizeof(*f));

	f->base = (struct task_source){ .name = "fake", .scan = fake_scan, .free = fake_free };
	f->base.ends = ends ? fake_ends : NULL;
	return f;
}

static struct task_numbers task(uint32_t tid, nsec_t start, const char *name, uint64_t user)
{
	struct task_numbers n = { .tid = tid, .pid = tid, .parent = 1, .start = start };

	n.have = TASK_HAVE_ALWAYS;
	task_numbers_set(&n, PROCESS_USER, user);
	snprintf(n.name, sizeof(n.name), "%s", name);
	return n;
}

static struct task_numbers ended(struct task_numbers n, nsec_t end)
{
	n.ended = true;
	n.end = end;
	return n;
}

struct world {
	struct fake *fake;
	struct task_sampler *sampler;
	struct memory *memory;
	struct tick tick;
};

static void world_make(struct world *w, bool ends)
{
	memset(w, 0, sizeof(*w));
	w->fake = fake_new(ends);
	assert_int_equal(task_sampler_of(&w->fake->base, false, &w->sampler), 0);
	w->memory = memory_new();
	w->tick = (struct tick){ .sink = memory_sink(w->memory), .name_tasks = true };
}

static void world_done(struct world *w)
{
	task_sampler_free(w->sampler);
	memory_free(w->memory);
}

static void sample(struct world *w, nsec_t seconds)
{
	struct err e = { 0 };

	w->tick.time = seconds * NSEC_PER_SEC;
	assert_int_equal(task_sampler_sample(w->sampler, &w->tick, &e), 0);
}

static void drain(struct world *w, nsec_t time)
{
	struct err e = { 0 };

	w->tick.time = time;
	assert_int_equal(task_sampler_drain(w->sampler, &w->tick, &e), 0);
}

/* "time tid user flags;" of all rows of @track, times in ms. */
static const char *rows(struct world *w, const struct track *track)
{
	static char text[4096];
	const struct query q = { .tracks = track_bit(track) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };
	size_t at = 0;

	text[0] = '\0';
	assert_int_equal(source_cursor(memory_source(w->memory), &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t i = 0; i < b->rows; i++) {
			unsigned long long ms = b->time[i] / NSEC_PER_MSEC;

			if (track == &track_process)
				at += (size_t)snprintf(
					text + at, sizeof(text) - at, "%llu %u %llu%s;", ms,
					batch_u32(b, PROCESS_TID)[i],
					(unsigned long long)batch_u64(b, PROCESS_USER)[i],
					batch_u8(b, PROCESS_FLAGS)[i] ? " ended" : "");
			else if (track == &track_task)
				at += (size_t)snprintf(
					text + at, sizeof(text) - at, "%llu %u %u %s;", ms,
					batch_u8(b, TASK_KIND)[i], batch_u32(b, TASK_TID)[i],
					batch_text(b, TASK_COMM, i));
			else
				at += (size_t)snprintf(
					text + at, sizeof(text) - at, "%llu-%llu %u %llu %u;", ms,
					(unsigned long long)(batch_u64(b, LOSS_END)[i] /
							     NSEC_PER_MSEC),
					batch_u16(b, LOSS_TRACK)[i],
					(unsigned long long)batch_u64(b, LOSS_COUNT)[i],
					batch_u8(b, LOSS_CAUSE)[i]);
		}
	return text;
}

static void test_rows_and_names(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 0, "init", 10);
	w.fake->alive[1] = task(7, 500, "shell", 5);
	w.fake->n_alive = 2;
	sample(&w, 10);
	/* 9 began and ended, 7 ends, 8 is new, and 1 has another name. */
	w.fake->alive[0] = task(1, 0, "systemd", 11);
	w.fake->alive[1] = task(8, 10500 * NSEC_PER_MSEC, "new", 1);
	w.fake->end[0] = ended(task(9, 10100 * NSEC_PER_MSEC, "short", 3), 10200 * NSEC_PER_MSEC);
	w.fake->end[1] = ended(task(7, 500, "shell", 6), 10300 * NSEC_PER_MSEC);
	w.fake->n_ends = 2;
	sample(&w, 11);
	sample(&w, 12);
	assert_string_equal(rows(&w, &track_process),
			    "10000 1 10;10000 7 5;10200 9 3 ended;10300 7 6 ended;11000 1 11;"
			    "11000 8 1;12000 1 11;12000 8 1;");
	/* Those of the first scan were named by others. */
	assert_string_equal(rows(&w, &track_task),
			    "10100 2 9 short;10200 5 9 short;10300 5 7 shell;10500 2 8 new;"
			    "11000 4 1 systemd;");
	world_done(&w);
}

static void test_who_tells_names(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.tick.name_tasks = false;
	w.fake->alive[0] = task(1, 0, "init", 10);
	w.fake->n_alive = 1;
	sample(&w, 10);
	w.fake->alive[0] = task(2, 0, "x", 10);
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_task), "");
	world_done(&w);

	/* One that began just before the first scan may have been missed by others. */
	world_make(&w, true);
	w.fake->alive[0] = task(1, 9900 * NSEC_PER_MSEC, "quick", 10);
	w.fake->n_alive = 1;
	sample(&w, 10);
	assert_string_equal(rows(&w, &track_task), "10000 6 1 quick;");
	world_done(&w);
}

static void test_counters_do_not_fall(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 0, "x", 10);
	w.fake->n_alive = 1;
	sample(&w, 10);
	w.fake->alive[0] = task(1, 0, "x", 8); /* a thread was missed */
	sample(&w, 11);
	w.fake->end[0] = ended(task(1, 0, "x", 9), 11500 * NSEC_PER_MSEC);
	w.fake->n_ends = 1;
	w.fake->n_alive = 0;
	sample(&w, 12);
	assert_string_equal(rows(&w, &track_process), "10000 1 10;11000 1 10;11500 1 10 ended;");
	world_done(&w);
}

static void test_an_end_is_told_once(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 1, "x", 10);
	w.fake->n_alive = 1;
	sample(&w, 10);
	/* By two threads at once, and it stays as a zombie. */
	w.fake->end[0] = ended(task(1, 1, "x", 11), 10100 * NSEC_PER_MSEC);
	w.fake->end[1] = ended(task(1, 1, "x", 11), 10101 * NSEC_PER_MSEC);
	w.fake->n_ends = 2;
	w.fake->alive[0] = ended(task(1, 1, "x", 11), 0);
	sample(&w, 11);
	sample(&w, 12);
	assert_string_equal(rows(&w, &track_process), "10000 1 10;10100 1 11 ended;");
	world_done(&w);

	/* A zombie from the start. */
	world_make(&w, true);
	w.fake->alive[0] = ended(task(1, 1, "x", 11), 0);
	w.fake->n_alive = 1;
	sample(&w, 10);
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process), "10000 1 11 ended;");
	world_done(&w);
}

static void test_an_id_is_used_again(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 1, "old", 100);
	w.fake->n_alive = 1;
	sample(&w, 10);
	/* Between ticks, twice. */
	w.fake->end[0] = ended(task(1, 1, "old", 101), 10100 * NSEC_PER_MSEC);
	w.fake->end[1] = ended(task(1, 10200 * NSEC_PER_MSEC, "mid", 3), 10300 * NSEC_PER_MSEC);
	w.fake->n_ends = 2;
	w.fake->alive[0] = task(1, 10400 * NSEC_PER_MSEC, "new", 1);
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process),
			    "10000 1 100;10100 1 101 ended;10300 1 3 ended;11000 1 1;");
	assert_string_equal(rows(&w, &track_task),
			    "10100 5 1 old;10200 2 1 mid;10300 5 1 mid;10400 2 1 new;");
	world_done(&w);

	/* The end was not seen. */
	world_make(&w, false);
	w.fake->alive[0] = task(1, 1, "old", 100);
	w.fake->n_alive = 1;
	sample(&w, 10);
	w.fake->alive[0] = task(1, 10400 * NSEC_PER_MSEC, "new", 1);
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process), "10000 1 100;11000 1 1;");
	assert_string_equal(rows(&w, &track_task), "10400 5 1 ;10400 2 1 new;");
	world_done(&w);
}

static void test_ends_that_nobody_tells(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, false);
	w.fake->alive[0] = task(1, 1, "x", 100);
	w.fake->n_alive = 1;
	sample(&w, 10);
	w.fake->n_alive = 0;
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process), "10000 1 100;");
	assert_string_equal(rows(&w, &track_task), "11000 5 1 ;");
	world_done(&w);
}

/* Taskstats know how long one lived, not since when. */
static void test_ends_without_a_start(void **state)
{
	(void)state;
	struct task_numbers n = task(1, 0, "x", 12);
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 9000 * NSEC_PER_MSEC, "x", 10);
	w.fake->n_alive = 1;
	sample(&w, 12);
	n.age = 3500 * NSEC_PER_MSEC;
	w.fake->end[0] = ended(n, 0);
	n.age = 100 * NSEC_PER_MSEC;
	w.fake->end[1] = ended(n, 0);
	w.fake->n_ends = 2;
	w.fake->n_alive = 0;
	drain(&w, 12500 * NSEC_PER_MSEC);
	assert_string_equal(rows(&w, &track_process),
			    "12000 1 10;12500 1 12 ended;12500 1 12 ended;");
	world_done(&w);
}

/* It ran another program, and ended, before the next tick. */
static void test_names_at_the_end(void **state)
{
	(void)state;
	struct task_numbers n = task(2, 0, "kworker/R-rcu_g", 1);
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 1, "sh", 10);
	w.fake->alive[1] = task(2, 1, "kworker/R-rcu_gp", 1);
	w.fake->n_alive = 2;
	sample(&w, 10);
	w.fake->end[0] = ended(task(1, 1, "cc", 12), 10500 * NSEC_PER_MSEC);
	/* Cut by taskstats. */
	n.age = 10 * NSEC_PER_SEC;
	w.fake->end[1] = ended(n, 10600 * NSEC_PER_MSEC);
	w.fake->n_ends = 2;
	w.fake->n_alive = 0;
	drain(&w, 10700 * NSEC_PER_MSEC);
	assert_string_equal(rows(&w, &track_task),
			    "10500 4 1 cc;10500 5 1 cc;10600 5 2 kworker/R-rcu_g;");
	world_done(&w);
}

static void test_between_ticks(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	sample(&w, 10);
	w.fake->end[0] = ended(task(9, 10100 * NSEC_PER_MSEC, "a", 3), 10200 * NSEC_PER_MSEC);
	w.fake->n_ends = 1;
	drain(&w, 10250 * NSEC_PER_MSEC);
	/* Later than the tick's time, and one that is told late: times do not fall. */
	w.fake->end[0] = ended(task(8, 10100 * NSEC_PER_MSEC, "b", 4), 10150 * NSEC_PER_MSEC);
	w.fake->end[1] = ended(task(7, 10100 * NSEC_PER_MSEC, "c", 5), 99 * NSEC_PER_SEC);
	w.fake->n_ends = 2;
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process),
			    "10200 9 3 ended;10200 8 4 ended;11000 7 5 ended;");
	world_done(&w);
}

static void test_losses(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	sample(&w, 10);
	w.fake->base.lost.ends = 5;
	sample(&w, 11);
	w.fake->alive[0] = task(1, 1, "x", 1);
	w.fake->repeat = TASK_ROWS_MAX + 7;
	sample(&w, 12);
	w.fake->repeat = 0;
	sample(&w, 13);
	assert_string_equal(rows(&w, &track_loss), "10000-11000 27 5 1;12000-12000 27 7 4;");
	assert_int_equal(w.tick.lost, 12);
	world_done(&w);
}

static void test_sparing(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };

	world_make(&w, true);
	w.tick.sparing = true;
	w.fake->slow = true;
	w.fake->alive[0] = task(1, 0, "x", 1);
	w.fake->n_alive = 1;
	/* 1 ms or more of CPU time: nothing for 10 ms. */
	for (nsec_t t = 0; t <= 9; t++) {
		w.tick.time = NSEC_PER_SEC + t * NSEC_PER_MSEC;
		assert_int_equal(task_sampler_sample(w.sampler, &w.tick, &e), 0);
	}
	sample(&w, 60);
	assert_string_equal(rows(&w, &track_process), "1000 1 1;60000 1 1;");
	world_done(&w);
}

static void test_unknown_columns(void **state)
{
	(void)state;
	struct world w;

	world_make(&w, true);
	w.fake->alive[0] = task(1, 0, "x", 10);
	w.fake->n_alive = 1;
	sample(&w, 10);
	/* No longer known: 0, and the bit is clear. */
	w.fake->alive[0].have &= ~(1u << PROCESS_USER);
	sample(&w, 11);
	assert_string_equal(rows(&w, &track_process), "10000 1 10;11000 1 0;");
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_and_names),
		cmocka_unit_test(test_who_tells_names),
		cmocka_unit_test(test_counters_do_not_fall),
		cmocka_unit_test(test_an_end_is_told_once),
		cmocka_unit_test(test_an_id_is_used_again),
		cmocka_unit_test(test_ends_that_nobody_tells),
		cmocka_unit_test(test_ends_without_a_start),
		cmocka_unit_test(test_names_at_the_end),
		cmocka_unit_test(test_between_ticks),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_sparing),
		cmocka_unit_test(test_unknown_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
