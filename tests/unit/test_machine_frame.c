/* SPDX-License-Identifier: MIT */
/* Frames of a run whose every number is known. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/machine_frame.h"
#include "model/memory.h"
#include "model/metric_track.h"

#define SEC NSEC_PER_SEC

static void write_rows(struct memory *m, struct batch *b)
{
	struct err e = { 0 };

	b->cpu = BATCH_CPU_NONE;
	assert_int_equal(sink_write(memory_sink(m), b, &e), 0);
	batch_free(b);
}

static uint32_t text(struct batch *b, const char *s)
{
	int64_t at = batch_add_text(b, s);

	assert_true(at >= 0);
	return (uint32_t)at;
}

struct known {
	const char *metric, *instance;
	uint32_t cpu;
	enum metric_kind kind;
	double scale;
	uint64_t value[3]; /* by tick */
};

#define NO UINT32_MAX
static const struct known machine[] = {
	{ "cpu.user", "", NO, METRIC_COUNTER, 0.01, { 1000, 1100, 1300 } },
	{ "cpu.idle", "", NO, METRIC_COUNTER, 0.01, { 5000, 5100, 5100 } },
	{ "cpu.idle", "", 0, METRIC_COUNTER, 0.01, { 2500, 2550, 2550 } },
	{ "cpu.idle", "", 1, METRIC_COUNTER, 0.01, { 2500, 2550, 2550 } },
	{ "cpu.switches", "", NO, METRIC_COUNTER, 1, { 7, 107, 507 } },
	{ "cpu.running", "", NO, METRIC_GAUGE, 1, { 1, 2, 3 } },
	{ "memory.bytes", "MemTotal", NO, METRIC_GAUGE, 1024, { 4096, 4096, 4096 } },
	{ "memory.bytes", "MemAvailable", NO, METRIC_GAUGE, 1024, { 2048, 1024, 512 } },
	{ "disk.read", "vda", NO, METRIC_COUNTER, 512, { 0, 10, 30 } },
	{ "disk.reads", "vda", NO, METRIC_COUNTER, 1, { 0, 5, 6 } },
	{ "network.tx_bytes", "eth0", NO, METRIC_COUNTER, 1, { 100, 50, 250 } },
};

static void write_machine(struct memory *m)
{
	struct batch *metric = batch_new(&track_metric, ARRAY_SIZE(machine));
	struct batch *series = batch_new(&track_series, ARRAY_SIZE(machine));
	struct batch *value = batch_new(&track_value, 3 * ARRAY_SIZE(machine));

	for (uint32_t i = 0; i < ARRAY_SIZE(machine); i++) {
		metric->time[i] = series->time[i] = 10 * SEC;
		batch_u32(metric, METRIC_NUMBER)[i] = batch_u32(series, SERIES_METRIC)[i] = i + 1;
		batch_u8(metric, METRIC_KIND)[i] = (uint8_t)machine[i].kind;
		batch_u8(metric, METRIC_BITS)[i] = 64;
		batch_f64(metric, METRIC_SCALE)[i] = machine[i].scale;
		((uint32_t *)metric->col[METRIC_NAME])[i] = text(metric, machine[i].metric);
		((uint32_t *)metric->col[METRIC_UNIT])[i] = text(metric, "");
		((uint32_t *)metric->col[METRIC_HELP])[i] = text(metric, "");
		batch_u32(series, SERIES_NUMBER)[i] = i + 1;
		batch_u32(series, SERIES_CPU)[i] = machine[i].cpu;
		((uint32_t *)series->col[SERIES_INSTANCE])[i] = text(series, machine[i].instance);
		metric->rows = series->rows = i + 1;
	}
	for (uint32_t tick = 0; tick < 3; tick++)
		for (uint32_t i = 0; i < ARRAY_SIZE(machine); i++) {
			value->time[value->rows] = (10 + 2 * tick) * SEC;
			batch_u32(value, VALUE_SERIES)[value->rows] = i + 1;
			batch_u64(value, VALUE_VALUE)[value->rows++] = machine[i].value[tick];
		}
	write_rows(m, metric);
	write_rows(m, series);
	write_rows(m, value);
}

#define HAVE_CPU (1u << PROCESS_USER | 1u << PROCESS_SYSTEM | 1u << PROCESS_RSS)

static void put_process(struct batch *b, nsec_t time, uint32_t tid, uint64_t user, uint64_t sys,
			uint32_t have, uint8_t flags)
{
	uint32_t i = b->rows++;

	b->time[i] = time;
	for (unsigned int c = 1; c < PROCESS_COLUMNS; c++)
		memset((uint8_t *)b->col[c] + i * column_type_bytes(b->track->column[c].type), 0,
		       column_type_bytes(b->track->column[c].type));
	batch_u32(b, PROCESS_TID)[i] = batch_u32(b, PROCESS_PID)[i] = tid;
	batch_u32(b, PROCESS_HAVE)[i] = have;
	batch_u8(b, PROCESS_FLAGS)[i] = flags;
	batch_u8(b, PROCESS_STATE)[i] = 'S';
	batch_u64(b, PROCESS_USER)[i] = user;
	batch_u64(b, PROCESS_SYSTEM)[i] = sys;
	batch_u64(b, PROCESS_RSS)[i] = 4096 * tid;
}

static void write_processes(struct memory *m)
{
	struct batch *b = batch_new(&track_process, 32);

	/* 1 goes on; 2 ends in the first frame; 3 begins and ends in it; 4 begins in the second;
	 * 5 is another process in the second; 6 hides its CPU time. */
	put_process(b, 10 * SEC, 1, 5 * SEC, 1 * SEC, HAVE_CPU, 0);
	put_process(b, 10 * SEC, 2, 1 * SEC, 0, HAVE_CPU, 0);
	put_process(b, 10 * SEC, 5, 9 * SEC, 0, HAVE_CPU, 0);
	put_process(b, 10 * SEC, 6, 0, 0, 0, 0);
	put_process(b, 11 * SEC, 2, 2 * SEC, 0, HAVE_CPU, PROCESS_FLAG_EXITED);
	put_process(b, 11 * SEC, 3, SEC / 2, SEC / 2, HAVE_CPU, PROCESS_FLAG_EXITED);
	put_process(b, 12 * SEC, 1, 6 * SEC, 2 * SEC, HAVE_CPU, 0);
	put_process(b, 12 * SEC, 5, 9 * SEC, 0, HAVE_CPU, 0);
	put_process(b, 12 * SEC, 6, 0, 0, 0, 0);
	put_process(b, 14 * SEC, 1, 6 * SEC, 2 * SEC, HAVE_CPU, 0);
	put_process(b, 14 * SEC, 4, 2 * SEC, 0, HAVE_CPU, 0);
	put_process(b, 14 * SEC, 5, 1 * SEC, 0, HAVE_CPU, 0);
	put_process(b, 14 * SEC, 6, 0, 0, 0, 0);
	write_rows(m, b);
}

static struct machine_frame *frame_of(struct memory *m, nsec_t from, nsec_t to)
{
	struct machine_frame *f = NULL;
	struct source *src = memory_source(m);
	struct err e = { 0 };

	assert_int_equal(machine_frame_read(src, src->tasks, from, to, &f, &e), 0);
	return f;
}

static const struct frame_process *find(const struct machine_frame *f, uint32_t pid)
{
	for (uint32_t i = 0; i < f->n_processes; i++)
		if (f->process[i].pid == pid)
			return &f->process[i];
	return NULL;
}

static void test_ticks(void **state)
{
	auto_ptr(memory) m = memory_new();
	struct frame_ticks t;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(frame_ticks_load(memory_source(m), &t, &e), -ENODATA);
	write_machine(m);
	assert_int_equal(frame_ticks_load(memory_source(m), &t, &e), 0);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.time[2], 14 * SEC);
	free(t.time);
	/* What ended between ticks is no tick. */
	write_processes(m);
	assert_int_equal(frame_ticks_load(memory_source(m), &t, &e), 0);
	assert_int_equal(t.n, 3);
	assert_int_equal(frame_ticks_at(&t, 0), 0);
	assert_int_equal(frame_ticks_at(&t, 12 * SEC - 1), 0);
	assert_int_equal(frame_ticks_at(&t, 12 * SEC), 1);
	assert_int_equal(frame_ticks_at(&t, 99 * SEC), 2);
	free(t.time);
}

static void test_machine(void **state)
{
	auto_ptr(memory) m = memory_new();

	(void)state;
	write_machine(m);
	auto_ptr(machine_frame) f = frame_of(m, 10 * SEC, 12 * SEC);
	auto_ptr(machine_frame) g = frame_of(m, 12 * SEC, 14 * SEC);

	assert_int_equal(f->elapsed, 2 * SEC);
	assert_float_equal(f->cpu.user, 0.5, 1e-9);
	assert_float_equal(f->cpu.idle, 0.5, 1e-9);
	assert_true(isnan(f->cpu.sys));
	assert_int_equal(f->cpu.n, 2);
	assert_float_equal(g->cpu.user, 1, 1e-9);
	assert_float_equal(f->switches, 50, 1e-9);
	assert_float_equal(g->switches, 200, 1e-9);
	assert_float_equal(g->running, 3, 1e-9);
	assert_true(isnan(g->load[0]));
	assert_float_equal(g->memory.available, 512 * 1024, 1e-9);
	assert_true(isnan(g->memory.cached));
	assert_int_equal(g->n_disks, 1);
	assert_string_equal(g->disk[0].name, "vda");
	assert_float_equal(g->disk[0].in, 20 * 512 / 2, 1e-9);
	assert_float_equal(g->disk[0].in_ops, 0.5, 1e-9);
	assert_true(isnan(g->disk[0].out));
	/* A counter that fell began anew: nothing is known of that frame. */
	assert_int_equal(f->n_nets, 1);
	assert_true(isnan(f->net[0].out));
	assert_float_equal(g->net[0].out, 100, 1e-9);
	assert_false(f->has_processes);
}

static void test_processes(void **state)
{
	auto_ptr(memory) m = memory_new();
	const struct frame_process *p;

	(void)state;
	write_machine(m);
	write_processes(m);
	auto_ptr(machine_frame) f = frame_of(m, 10 * SEC, 12 * SEC);
	auto_ptr(machine_frame) g = frame_of(m, 12 * SEC, 14 * SEC);

	assert_true(f->has_processes);
	assert_int_equal(f->n_processes, 5);
	p = find(f, 1);
	assert_float_equal(p->user, 0.5, 1e-9);
	assert_float_equal(p->sys, 0.5, 1e-9);
	assert_false(p->begun || p->ended);
	assert_true(isnan(p->read));
	assert_float_equal(p->rss, 4096, 1e-9);
	p = find(f, 2);
	assert_true(p->ended && !p->begun);
	assert_float_equal(p->user, 0.5, 1e-9);
	p = find(f, 3);
	assert_true(p->ended && p->begun);
	assert_float_equal(p->user + p->sys, 0.5, 1e-9);
	p = find(f, 6);
	assert_true(isnan(p->user));

	assert_int_equal(g->n_processes, 4);
	assert_null(find(g, 2));
	p = find(g, 4);
	assert_true(p->begun);
	assert_float_equal(p->user, 1, 1e-9);
	p = find(g, 5);
	assert_true(p->begun);
	assert_float_equal(p->user, 0.5, 1e-9);
}

static void test_order(void **state)
{
	auto_ptr(memory) m = memory_new();

	(void)state;
	write_processes(m);
	auto_ptr(machine_frame) f = frame_of(m, 10 * SEC, 12 * SEC);

	machine_frame_sort(f, FRAME_BY_CPU);
	assert_int_equal(f->process[0].pid, 1);
	machine_frame_sort(f, FRAME_BY_MEMORY);
	assert_int_equal(f->process[0].pid, 5); /* 6 does not tell */
	machine_frame_sort(f, FRAME_BY_PID);
	for (uint32_t i = 1; i < f->n_processes; i++)
		assert_true(f->process[i - 1].pid < f->process[i].pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
