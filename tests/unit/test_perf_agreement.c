/* SPDX-License-Identifier: MIT */
/*
 * Larger captures and what perf itself says of them: every event of `perf script`, and the run time
 * and number of runs of every task of `perf sched timehist -s`. Skipped without the folder of
 * captures ($KYMO_SHARED, else ../shared beside the sources).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <inttypes.h>

#include "capture_file.h"
#include "import/importer.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "row_text.h"

#define MAX_TID (1u << 22)

static int no_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)key;
	(void)value;
	(void)e;
	return 0;
}

static void convert(struct buf *data, struct sink *sink, struct import_result *result)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = no_meta };
	struct err e = { 0 };

	assert_int_equal(input_open_memory(data->data, data->len, "the file", &in), 0);
	const struct importer *importer = importer_recognise(in);

	assert_non_null(importer);
	if (importer->run(in, sink, &args, result, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(result->complete);
	assert_int_equal(result->late, 0);
	assert_int_equal(result->damaged, 0);
	import_result_done(result);
}

/* ---- every event of perf script ---- */

/* What counts in a row of an event; sums that do not depend on the order of CPUs. */
struct digest {
	uint64_t switches, wakeups, migrations, sum;
};

static void digest_add(struct digest *d, uint64_t a, uint64_t b, uint64_t c, uint64_t e)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	const uint64_t v[] = { a, b, c, e };

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++)
		h = (h ^ v[i]) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
	d->sum += h;
}

static void digest_line(char *line, struct digest *d)
{
	unsigned int cpu, sec, nsec, tid, tid2, x, y;
	char *at = strchr(line, '[');
	char event[64];

	while (at && sscanf(at, "[%u] %u.%9u: %63s", &cpu, &sec, &nsec, event) != 4)
		at = strchr(at + 1, '[');
	if (!at)
		fail_msg("perf script has no such line: %s", line);
	uint64_t time = sec * NSEC_PER_SEC + nsec;
	const char *p = strstr(at, event) + strlen(event);

	if (!strcmp(event, "sched:sched_switch:")) {
		const char *next = strstr(p, " next_pid=");

		assert_int_equal(sscanf(strstr(p, " prev_pid="), " prev_pid=%u", &tid), 1);
		assert_int_equal(sscanf(next, " next_pid=%u", &tid2), 1);
		d->switches++;
		digest_add(d, time, cpu, tid, tid2);
	} else if (!strncmp(event, "sched:sched_wakeup", 18)) {
		assert_int_equal(
			sscanf(strstr(p, " pid="), " pid=%u prio=%u target_cpu=%u", &tid, &x, &y),
			3);
		d->wakeups++;
		digest_add(d, time, cpu, tid, y);
	} else if (!strcmp(event, "sched:sched_migrate_task:")) {
		assert_int_equal(
			sscanf(strstr(p, " orig_cpu="), " orig_cpu=%u dest_cpu=%u", &x, &y), 2);
		d->migrations++;
		digest_add(d, time, cpu, x, y);
	}
}

/* perf's text, read by other means than the importer's. */
static void digest_script_line(char *line, void *ctx)
{
	digest_line(line, ctx);
}

struct digest_sink {
	struct sink sink;
	struct digest digest;
};

static int digest_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct digest *d = &((struct digest_sink *)sink)->digest;

	(void)e;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track == &track_switch) {
			d->switches++;
			digest_add(d, b->time[i], b->cpu, batch_u32(b, SWITCH_PREV)[i],
				   batch_u32(b, SWITCH_NEXT)[i]);
		} else if (b->track == &track_wakeup) {
			d->wakeups++;
			digest_add(d, b->time[i], b->cpu, batch_u32(b, WAKEUP_TID)[i],
				   batch_u16(b, WAKEUP_TARGET)[i]);
		} else if (b->track == &track_migrate) {
			d->migrations++;
			digest_add(d, b->time[i], b->cpu, batch_u16(b, MIGRATE_FROM)[i],
				   batch_u16(b, MIGRATE_TO)[i]);
		}
	}
	return 0;
}

static void compare_events(const char *data_name, const char *script_name, uint64_t lost)
{
	struct digest_sink from_data = { .sink.write = digest_write };
	struct digest_sink from_text = { .sink.write = digest_write };
	struct import_result result = { 0 }, text_result = { 0 };
	struct digest want = { 0 };
	auto_buf data;
	auto_buf script;

	need(data_name, &data);
	need(script_name, &script);
	each_line(buf_str(&script), digest_script_line, &want);
	assert_true(want.switches > 0);
	convert(&data, &from_data.sink, &result);
	assert_memory_equal(&from_data.digest, &want, sizeof(want));
	assert_int_equal(result.lost, lost);
	convert(&script, &from_text.sink, &text_result);
	assert_memory_equal(&from_text.digest, &want, sizeof(want));
}

static void test_events(void **state)
{
	(void)state;
	compare_events("hb_switch.perf.data.zst", "hb_switch.script.txt.zst", 0);
}

static void test_events_compressed(void **state)
{
	(void)state;
	compare_events("hb_switch_z.perf.data.zst", "hb_switch_z.script.txt.zst", 0);
}

static void test_events_pipe(void **state)
{
	(void)state;
	compare_events("hb_pipe.perf.data.pipe.zst", "hb_pipe.script.txt.zst", 0);
}

static void test_events_lost(void **state)
{
	(void)state;
	compare_events("pipe_lost.perf.data.zst", "pipe_lost.script.txt.zst", 1149);
}

/* ---- run times of perf sched timehist -s ---- */

struct run {
	uint64_t runs, time;
	uint64_t last[4]; /* times of the last runs, the last one first */
};

struct run_sink {
	struct sink sink;
	struct run *run; /* [MAX_TID] */
	nsec_t last[CPUSET_MAX];
};

static int run_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct run_sink *s = (struct run_sink *)sink;

	(void)e;
	if (b->track != &track_switch)
		return 0;
	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t prev = batch_u32(b, SWITCH_PREV)[i];
		nsec_t last = s->last[b->cpu];

		s->last[b->cpu] = b->time[i];
		uint64_t time = last ? b->time[i] - last : 0;

		s->run[prev].runs++;
		s->run[prev].time += time;
		memmove(s->run[prev].last + 1, s->run[prev].last, 3 * sizeof(uint64_t));
		s->run[prev].last[0] = time;
	}
	return 0;
}

struct timehist {
	struct run *run;
	unsigned int tasks;
	uint64_t nobody_runs, nobody_time; /* what should stand in the row of task -1 */
	uint64_t found_runs, found_us; /* what stands there */
};

static bool same_us(uint64_t ns, uint64_t us)
{
	uint64_t got = (ns + 500) / 1000;

	return (got > us ? got - us : us - got) <= 1;
}

/* "  hackbench[3072]  3030  833  79.866 ..." and "  perf[3031/3028]  3028  7 ...", in ms */
static void timehist_line(char *line, void *ctx)
{
	struct timehist *t = ctx;
	char *at = strchr(line, '[');
	uint64_t runs, ms, us;
	int parent, tid;

	while (at && sscanf(at, "[%d", &tid) != 1)
		at = strchr(at + 1, '[');
	at = at ? strchr(at, ']') : NULL;
	if (!at ||
	    sscanf(at, "] %d %" SCNu64 " %" SCNu64 ".%3" SCNu64, &parent, &runs, &ms, &us) != 4)
		return;
	us += ms * 1000;
	if (tid < 0) {
		t->found_runs = runs;
		t->found_us = us;
		return;
	}
	struct run run = t->run[tid];

	t->run[tid] = (struct run){ 0 };

	/* perf does not know any more who a task was that has exited when it leaves the CPU. */
	for (unsigned int i = 0; i < 4 && run.runs > runs; i++) {
		run.runs--;
		run.time -= run.last[i];
		t->nobody_runs++;
		t->nobody_time += run.last[i];
	}
	t->tasks++;
	if (run.runs != runs || !same_us(run.time, us))
		fail_msg("%s: %" PRIu64 " runs, %" PRIu64 " ns", line, run.runs, run.time);
}

static void test_timehist(void **state)
{
	struct run_sink s = { .sink.write = run_write, .run = calloc(MAX_TID, sizeof(struct run)) };
	struct timehist t = { .run = s.run };
	struct import_result result = { 0 };
	auto_buf data;
	auto_buf summary;

	(void)state;
	assert_non_null(s.run);
	need("hb_switch.perf.data.zst", &data);
	need("hb_switch.timehist_s.txt", &summary);
	convert(&data, &s.sink, &result);
	each_line(buf_str(&summary), timehist_line, &t);
	/* Tasks of which perf knows nothing at all; task 0 has a table of its own. */
	for (uint32_t tid = 1; tid < MAX_TID; tid++) {
		t.nobody_runs += s.run[tid].runs;
		t.nobody_time += s.run[tid].time;
	}
	free(s.run);
	assert_in_range(t.tasks, 200, 100000);
	assert_int_equal(t.nobody_runs, t.found_runs);
	assert_true(same_us(t.nobody_time, t.found_us));
}

/* ---- context switch records ---- */

static void test_switch_records(void **state)
{
	struct digest_sink from_data = { .sink.write = digest_write };
	struct digest_sink from_text = { .sink.write = digest_write };
	struct import_result result = { 0 }, text_result = { 0 };
	auto_buf data;
	auto_buf script;

	(void)state;
	need("hb_swrec.perf.data.zst", &data);
	need("hb_swrec.script.txt.zst", &script);
	convert(&data, &from_data.sink, &result);
	convert(&script, &from_text.sink, &text_result);
	/* 38,857 records: 19,428 pairs and three halves at the edges, with some INs alone. */
	assert_in_range(result.events, 38857 / 2, 38857 / 2 + 200);
	assert_memory_equal(&from_data.digest, &from_text.digest, sizeof(from_data.digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),	    cmocka_unit_test(test_events_compressed),
		cmocka_unit_test(test_events_pipe), cmocka_unit_test(test_events_lost),
		cmocka_unit_test(test_timehist),    cmocka_unit_test(test_switch_records),
	};

	auto_buf summary;

	if (!load("hb_switch.timehist_s.txt", &summary)) {
		printf("1..0 # SKIP no captures (KYMO_SHARED names their folder)\n");
		return 0;
	}
	return cmocka_run_group_tests_name("perf_agreement", tests, NULL, NULL);
}
