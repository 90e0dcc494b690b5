/* SPDX-License-Identifier: MIT */
/* What is known of a run: marks, losses, anchors, and coverage against a count nanosecond by
 * nanosecond. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpuset.h"
#include "model/file_track.h"
#include "model/run.h"
#include "model/sched_track.h"

static void add(struct run_info *r, const struct batch *b)
{
	assert_int_equal(run_info_add(r, b), 0);
}

static void add_mark(struct run_info *r, uint32_t cpu, enum mark_kind kind, nsec_t time)
{
	auto_ptr(batch) b = batch_new(&track_mark, 1);

	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, MARK_KIND)[0] = (uint8_t)kind;
	add(r, b);
}

static void add_events(struct run_info *r, uint32_t cpu, nsec_t first, nsec_t last)
{
	auto_ptr(batch) b = batch_new(&track_switch, 2);

	b->cpu = cpu;
	b->rows = 2;
	b->time[0] = first;
	b->time[1] = last;
	add(r, b);
}

static void add_loss(struct run_info *r, uint32_t cpu, uint16_t track, nsec_t from, nsec_t to,
		     uint64_t count)
{
	auto_ptr(batch) b = batch_new(&track_loss, 1);

	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = from;
	batch_u64(b, LOSS_END)[0] = to;
	batch_u16(b, LOSS_TRACK)[0] = track;
	batch_u64(b, LOSS_COUNT)[0] = count;
	batch_u8(b, LOSS_CAUSE)[0] = LOSS_RING_FULL;
	add(r, b);
}

static void add_cpu(struct run_info *r, uint32_t cpu, uint32_t package)
{
	auto_ptr(batch) b = batch_new(&track_cpu, 1);

	b->rows = 1;
	batch_u32(b, CPU_CPU)[0] = cpu;
	batch_u32(b, CPU_PACKAGE)[0] = package;
	batch_u32(b, CPU_CORE)[0] = cpu / 2;
	batch_u32(b, CPU_NODE)[0] = UINT32_MAX;
	add(r, b);
}

static void test_empty(void **state)
{
	struct run_info r = { 0 };
	uint64_t lost = 99;

	(void)state;
	run_info_settle(&r);
	assert_int_equal(r.start, 0);
	assert_int_equal(r.end, 0);
	assert_int_equal(run_info_span(&r), 0);
	assert_null(run_info_meta(&r, "host.name"));
	assert_null(run_info_cpu(&r, 0));
	assert_int_equal(run_info_realtime(&r, 5), 0);
	assert_true(run_info_coverage(&r, 0, 0, 100, &lost) == 0);
	assert_int_equal(lost, 0);
	run_info_done(&r);
	run_info_done(&r);
}

static void test_meta(void **state)
{
	auto_ptr(batch) b = batch_new(&track_meta, 3);
	static const char *const pair[][2] = { { "a.b", "1" }, { "c", "" }, { "a.b", "2" } };
	struct run_info r = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++, b->rows++)
		for (unsigned int c = 0; c < 2; c++)
			((uint32_t *)b->col[META_KEY + c])[i] =
				(uint32_t)batch_add_text(b, pair[i][c]);
	add(&r, b);
	b = batch_free(b); /* texts were copied */
	run_info_settle(&r);
	assert_int_equal(r.n_meta, 3);
	assert_string_equal(r.meta[0].value, "1");
	assert_string_equal(run_info_meta(&r, "a.b"), "2"); /* the latest says it */
	assert_string_equal(run_info_meta(&r, "c"), "");
	assert_null(run_info_meta(&r, "a"));
	run_info_done(&r);
}

static void test_coverage_of_cpus(void **state)
{
	struct run_info r = { 0 };

	(void)state;
	add_events(&r, 7, 150, 900); /* no marks: from the first event to the last */
	add_events(&r, 7, 120, 300);
	add_events(&r, 2, 50, 2000); /* marks limit it, whatever came when */
	add_mark(&r, 2, MARK_START, 100);
	add_mark(&r, 2, MARK_END, 1000);
	add_events(&r, 2, 90, 3000);
	add_mark(&r, 3, MARK_START, 110); /* killed before an event of the CPU was stored */
	add_mark(&r, 3, MARK_USER, 5000);
	add_mark(&r, BATCH_CPU_NONE, MARK_START, 1);
	add_cpu(&r, 9, 1); /* in the machine, not recorded */
	add_cpu(&r, 2, 0);
	run_info_settle(&r);
	assert_int_equal(r.n_cpu, 4);
	for (size_t i = 1; i < r.n_cpu; i++)
		assert_true(r.cpu[i - 1].cpu < r.cpu[i].cpu);

	const struct run_cpu *c = run_info_cpu(&r, 7);

	assert_int_equal(c->start, 120);
	assert_int_equal(c->end, 900);
	assert_false(c->start_marked);
	assert_int_equal(c->package, UINT32_MAX);
	c = run_info_cpu(&r, 2);
	assert_int_equal(c->start, 100);
	assert_int_equal(c->end, 1000);
	assert_true(c->start_marked && c->end_marked);
	assert_int_equal(c->package, 0);
	assert_int_equal(c->core, 1);
	c = run_info_cpu(&r, 3);
	assert_int_equal(c->start, 110);
	assert_int_equal(c->end, 1000);
	c = run_info_cpu(&r, 9);
	assert_true(c->start > c->end);
	assert_null(run_info_cpu(&r, 8));
	assert_int_equal(r.start, 100);
	assert_int_equal(r.end, 1000);
	assert_int_equal(run_info_span(&r), 900);
	/* CPU 9 takes nothing away. */
	assert_float_equal(run_info_coverage(&r, 0, 200, 800, NULL), 1, 1e-12);
	assert_float_equal(run_info_coverage(&r, 0, 100, 1000, NULL), (900 + 890 + 780) / 2700.0,
			   1e-12);
	assert_float_equal(run_info_coverage(&r, 0, 800, 200, NULL), 0, 0);
	run_info_done(&r);
}

/* Tracks that describe the run are no events of it. */
static void test_other_tracks(void **state)
{
	auto_ptr(batch) b = batch_new(&track_task, 1);
	struct run_info r = { 0 };

	(void)state;
	b->cpu = 4;
	b->rows = 1;
	add(&r, b);
	run_info_settle(&r);
	assert_int_equal(r.n_cpu, 0);
	run_info_done(&r);
}

/* Samples that do not tell their CPU: a span, where nothing else has one. */
static void test_events_of_no_cpu(void **state)
{
	struct run_info r = { 0 };

	(void)state;
	add_events(&r, BATCH_CPU_NONE, 700, 900);
	add_events(&r, BATCH_CPU_NONE, 500, 800);
	run_info_settle(&r);
	assert_int_equal(r.start, 500);
	assert_int_equal(r.end, 900);
	assert_int_equal(r.n_cpu, 0);
	add_events(&r, 1, 600, 650);
	run_info_settle(&r);
	assert_int_equal(r.start, 600);
	assert_int_equal(r.end, 650);
	run_info_done(&r);
}

static void test_losses(void **state)
{
	struct run_info r = { 0 };
	uint64_t lost;

	(void)state;
	add_mark(&r, 0, MARK_START, 0);
	add_mark(&r, 0, MARK_END, 1000);
	add_mark(&r, 1, MARK_START, 0);
	add_mark(&r, 1, MARK_END, 1000);
	add_loss(&r, 0, track_switch.id, 300, 400, 5);
	add_loss(&r, 0, track_switch.id, 100, 350, 7); /* overlaps: counted once as time */
	add_loss(&r, 0, track_wakeup.id, 600, 700, 11);
	add_loss(&r, BATCH_CPU_NONE, 0, 390, 410, 0); /* any CPU, any track, unknown count */
	add_loss(&r, 1, track_switch.id, 500, 400, 2); /* ends before it begins: a moment */
	run_info_settle(&r);
	assert_int_equal(r.n_loss, 5);
	assert_int_equal(r.loss[0].from, 100); /* sorted */
	assert_int_equal(r.loss[0].cause, LOSS_RING_FULL);

	double got = run_info_coverage(&r, track_switch.id, 0, 1000, &lost);

	assert_float_equal(got, (1000 - 310 + 1000 - 20) / 2000.0, 1e-12);
	assert_int_equal(lost, 14);
	got = run_info_coverage(&r, track_wakeup.id, 0, 1000, &lost);
	assert_float_equal(got, (1000 - 120 + 1000 - 20) / 2000.0, 1e-12);
	assert_int_equal(lost, 11);
	got = run_info_coverage(&r, 0, 0, 1000, &lost);
	assert_float_equal(got, (1000 - 410 + 1000 - 20) / 2000.0, 1e-12);
	assert_int_equal(lost, 25);
	got = run_info_coverage(&r, 0, 360, 400, &lost);
	assert_float_equal(got, (0 + 30) / 80.0, 1e-12);
	assert_int_equal(lost, 5);
	run_info_coverage(&r, 0, 500, 501, &lost);
	assert_int_equal(lost, 2);
	add_loss(&r, 1, 0, 500, 501, UINT64_MAX);
	run_info_settle(&r);
	run_info_coverage(&r, 0, 500, 501, &lost);
	assert_int_equal(lost, UINT64_MAX); /* does not wrap */
	run_info_done(&r);
}

static void test_realtime(void **state)
{
	auto_ptr(batch) b = batch_new(&track_clock, 3);
	static const nsec_t anchor[][2] = { { 1000, 50000 }, { 2000, 51010 }, { 3000, 40000 } };
	struct run_info r = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++, b->rows++) {
		b->time[i] = anchor[i][0];
		batch_u64(b, CLOCK_REAL)[i] = anchor[i][1];
	}
	add(&r, b);
	run_info_settle(&r);
	assert_int_equal(run_info_realtime(&r, 1000), 50000);
	assert_int_equal(run_info_realtime(&r, 900), 49900);
	assert_int_equal(run_info_realtime(&r, 1400), 50400);
	assert_int_equal(run_info_realtime(&r, 1600), 50610);
	assert_int_equal(run_info_realtime(&r, 4000), 41000);
	run_info_done(&r);
}

static void test_too_many_cpus(void **state)
{
	auto_ptr(batch) b = batch_new(&track_cpu, 65536);
	struct run_info r = { 0 };

	(void)state;
	/* Backwards and again: must not take a time that grows with the square. */
	for (uint32_t i = 0; i < 65536; i++, b->rows++)
		batch_u32(b, CPU_CPU)[i] = 0xfffffff0u - i % CPUSET_MAX;
	for (unsigned int i = 0; i < 20; i++)
		add(&r, b);
	assert_int_equal(r.n_cpu, CPUSET_MAX);
	for (size_t i = 1; i < r.n_cpu; i++)
		assert_true(r.cpu[i - 1].cpu < r.cpu[i].cpu);
	b->rows = 1;
	batch_u32(b, CPU_CPU)[0] = 5;
	assert_int_equal(run_info_add(&r, b), -E2BIG);
	run_info_done(&r);
}

/* ---- coverage against a count ---- */

#define SPAN 200
#define CPUS 4

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static double count_coverage(const struct run_info *r, uint16_t track, nsec_t from, nsec_t to)
{
	uint64_t asked = 0, had = 0;

	for (size_t c = 0; c < r->n_cpu; c++) {
		for (nsec_t t = from; t < to; t++) {
			bool there = t >= r->cpu[c].start && t < r->cpu[c].end;

			for (size_t i = 0; i < r->n_loss; i++) {
				const struct run_loss *l = &r->loss[i];
				bool concerns = !track || !l->track || l->track == track;

				if (l->cpu != BATCH_CPU_NONE && l->cpu != r->cpu[c].cpu)
					concerns = false;
				if (concerns && t >= l->from && t < l->to)
					there = false;
			}
			asked++;
			had += there;
		}
	}
	return asked ? (double)had / (double)asked : 0;
}

static void test_against_count(void **state)
{
	double sum = 0;

	(void)state;
	for (uint64_t round = 1; round <= 400; round++) {
		struct run_info r = { 0 };

		seed = round;
		for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
			add_mark(&r, cpu, MARK_START, pick(SPAN));
			add_mark(&r, cpu, MARK_END, pick(SPAN));
		}
		for (uint32_t n = pick(30); n; n--) {
			nsec_t from = pick(SPAN);

			add_loss(&r, pick(3) ? pick(CPUS + 1) : BATCH_CPU_NONE,
				 (uint16_t)(pick(2) ? 0 : 16 + pick(2)), from, from + pick(40), 1);
		}
		run_info_settle(&r);
		for (unsigned int i = 0; i < 10; i++) {
			nsec_t from = pick(SPAN), to = from + 1 + pick(SPAN);
			uint16_t track = (uint16_t)(pick(2) ? 0 : 16 + pick(2));
			double got = run_info_coverage(&r, track, from, to, NULL);

			assert_float_equal(got, count_coverage(&r, track, from, to), 1e-9);
			sum += got;
		}
		run_info_done(&r);
	}
	assert_true(sum > 100); /* not all empty */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_coverage_of_cpus),
		cmocka_unit_test(test_other_tracks),
		cmocka_unit_test(test_events_of_no_cpu),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_realtime),
		cmocka_unit_test(test_too_many_cpus),
		cmocka_unit_test(test_against_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
