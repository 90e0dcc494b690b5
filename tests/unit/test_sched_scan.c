/* SPDX-License-Identifier: MIT */
/*
 * Tests of src/analysis/sched_scan: scenarios small enough to count by hand. Each is read by stream
 * and by time, in batches of 1, 2 and many rows, with the same answer.
 */
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>

#include "analysis/sched_scan.h"
#include "base/buf.h"

#define MAX_ENTRIES 256
#define ALL	    0, NSEC_MAX

struct want {
	void (*build)(struct scenario *s);
	nsec_t from, to; /* to NSEC_MAX: the whole run */
	const struct cpuset *cpus;
	const char *runs; /* NULL: not looked at */
	const char *delays; /* likewise */
	uint64_t switches, not_continued;
};

static int by_place(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* "cpu:tid begin-end" with the state of the switch that ended it, '-' without one, '?' before it
 * when the begin is not known. */
static void runs_text(struct scenario *s, struct run *run, size_t n, struct buf *out)
{
	qsort(run, n, sizeof(*run), by_place);
	for (const struct run *r = run; r < run + n; r++) {
		const struct task *t = tasks_at(s->source->tasks, r->task);

		buf_addf(out, "%u:%u %" PRIu64 "-%" PRIu64 " %s", r->cpu, t->tid, r->begin, r->end,
			 r->flags & RUN_UNKNOWN ? "?" : "");
		if (r->flags & RUN_SWITCH)
			buf_addf(out, "%x>%u\n", r->state,
				 tasks_at(s->source->tasks, r->next)->tid);
		else
			buf_addf(out, "-\n");
		assert_int_equal(!t->tid, !!(r->flags & RUN_IDLE));
	}
}

static void delays_text(struct scenario *s, const struct delay *delay, size_t n, struct buf *out)
{
	for (const struct delay *d = delay; d < delay + n; d++) {
		buf_addf(out, "%s %u %" PRIu64 "-%" PRIu64 " @%u", delay_kind_name(d->kind),
			 tasks_at(s->source->tasks, d->task)->tid, d->begin, d->end, d->cpu);
		if (d->kind == DELAY_WAIT)
			buf_addf(out, " by %u@%u", d->waker, d->waker_cpu);
		buf_addf(out, "\n");
	}
}

static void scan_one(const struct want *w, uint32_t rows, bool delays)
{
	static struct run run[MAX_ENTRIES];
	static struct delay delay[MAX_ENTRIES];
	size_t n_runs = 0, n_delays = 0;
	struct sched_scan_chunk chunk;
	struct scenario s;
	struct err e = { 0 };
	auto_buf out;
	int r;

	buf_init(&out, 0);
	scenario_init(&s, rows);
	w->build(&s);
	struct source *src = scenario_source(&s);
	struct sched_scan_query q = { .from = w->to == NSEC_MAX ? src->info->start : w->from,
				      .to = w->to == NSEC_MAX ? src->info->end : w->to,
				      .cpus = w->cpus,
				      .delays = delays };
	auto_ptr(sched_scan) scan = NULL;

	assert_int_equal(sched_scan_new(src, &q, &scan, &e), 0);
	while ((r = sched_scan_next(scan, &chunk, &e)) > 0) {
		assert_true(chunk.n_runs + chunk.n_delays > 0);
		assert_true(n_runs + chunk.n_runs <= MAX_ENTRIES);
		assert_true(n_delays + chunk.n_delays <= MAX_ENTRIES);
		memcpy(run + n_runs, chunk.run, chunk.n_runs * sizeof(*run));
		memcpy(delay + n_delays, chunk.delay, chunk.n_delays * sizeof(*delay));
		n_runs += chunk.n_runs;
		n_delays += chunk.n_delays;
	}
	assert_int_equal(r, 0);
	if (w->runs) {
		runs_text(&s, run, n_runs, &out);
		assert_string_equal(buf_str(&out), w->runs);
		assert_int_equal(sched_scan_stats(scan)->switches, w->switches);
		assert_int_equal(sched_scan_stats(scan)->not_continued, w->not_continued);
	}
	buf_clear(&out);
	if (w->delays && delays) {
		delays_text(&s, delay, n_delays, &out);
		assert_string_equal(buf_str(&out), w->delays);
	}
	scan = sched_scan_free(scan);
	scenario_done(&s);
}

static void check(const struct want *w)
{
	static const uint32_t rows[] = { 1, 2, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scan_one(w, rows[i], true);
		if (w->runs)
			scan_one(w, rows[i], false);
	}
}

/* ---- edges ---- */

static void two_cpus(struct scenario *s)
{
	scenario_start(s, 0, 100);
	scenario_start(s, 1, 100);
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 300, 8, 0, 1);
	scenario_switch(s, 1, 400, 9, 0, 0x100);
	scenario_switch(s, 0, 600, 0, 7, 0);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static void test_marked_edges(void **state)
{
	(void)state;
	/* Who runs at the start mark has run since then, who runs at the end mark until then. */
	check(&(struct want){ two_cpus, ALL, .switches = 4,
			      .runs = "0:7 100-150 1>8\n"
				      "0:8 150-300 1>0\n"
				      "0:0 300-600 0>7\n"
				      "0:7 600-1000 -\n"
				      "1:9 100-400 100>0\n"
				      "1:0 400-1000 -\n" });
}

static void test_window_cuts(void **state)
{
	(void)state;
	check(&(struct want){ two_cpus, 200, 500, .switches = 2,
			      .runs = "0:8 200-300 1>0\n"
				      "0:0 300-500 -\n"
				      "1:9 200-400 100>0\n"
				      "1:0 400-500 -\n" });
	/* A switch at the begin of the window is in it, one at its end is not. */
	check(&(struct want){ two_cpus, 150, 300, .switches = 1,
			      .runs = "0:7 150-150 1>8\n"
				      "0:8 150-300 -\n"
				      "1:9 150-300 -\n" });
	check(&(struct want){ two_cpus, 700, 800, .runs = "0:7 700-800 -\n1:0 700-800 -\n" });
}

static void test_window_before_the_first_switch(void **state)
{
	struct cpuset one = { 0 };

	(void)state;
	check(&(struct want){ two_cpus, 110, 130, .runs = "0:7 110-130 -\n1:9 110-130 -\n" });
	cpuset_add(&one, 1);
	check(&(struct want){ two_cpus, 200, 500, .cpus = &one, .switches = 1,
			      .runs = "1:9 200-400 100>0\n1:0 400-500 -\n" });
}

static void imported(struct scenario *s)
{
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 300, 8, 7, 1);
	scenario_switch(s, 0, 600, 7, 8, 1);
	scenario_wakeup(s, 0, 650, 7, 8);
}

static void test_unmarked_edges(void **state)
{
	(void)state;
	/* Coverage is from the first to the last event: nobody knows since when 7 ran at first, and
	 * 8 was not seen to go on. */
	check(&(struct want){ imported, ALL, .switches = 3,
			      .runs = "0:7 150-150 ?1>8\n"
				      "0:8 150-300 1>7\n"
				      "0:7 300-600 1>8\n" });
	check(&(struct want){ imported, 200, 500, .switches = 1,
			      .runs = "0:8 200-300 1>7\n0:7 300-500 -\n" });
}

static void told(struct scenario *s)
{
	imported(s);
	scenario_switch(s, 0, 700, 8, 9, 1);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 90);
	scenario_switch(s, 0, 800, 5, 0, 1);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 150);
	scenario_switch(s, 0, 900, 0, 8, 0);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 0);
}

static void test_told_runs(void **state)
{
	(void)state;
	/* 8 ran 90 of its 100; 5, which nobody saw come, 150; idle is not believed. */
	check(&(struct want){ told, ALL, .switches = 6, .not_continued = 1,
			      .runs = "0:7 150-150 ?1>8\n"
				      "0:8 150-300 1>7\n"
				      "0:7 300-600 1>8\n"
				      "0:8 610-700 1>9\n"
				      "0:5 650-800 1>0\n"
				      "0:0 800-900 0>8\n" });
	check(&(struct want){ told, 680, 850, .switches = 2, .not_continued = 1,
			      .runs = "0:8 680-700 1>9\n"
				      "0:5 680-800 1>0\n"
				      "0:0 800-850 -\n" });
}

static void last_moment(struct scenario *s)
{
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 300, 8, 7, 1);
}

static void test_last_event_belongs_to_the_run(void **state)
{
	(void)state;
	check(&(struct want){ last_moment, ALL, .switches = 2,
			      .runs = "0:7 150-150 ?1>8\n0:8 150-300 1>7\n" });
}

static void silent_cpu(struct scenario *s)
{
	two_cpus(s);
	scenario_start(s, 2, 100);
	scenario_end(s, 2, 1000);
}

static void test_cpu_without_switches_is_unknown(void **state)
{
	(void)state;
	check(&(struct want){ silent_cpu, 700, 800, .runs = "0:7 700-800 -\n1:0 700-800 -\n" });
}

/* ---- losses ---- */

static void with_loss(struct scenario *s)
{
	scenario_start(s, 0, 100);
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 350, 5, 6, 1);
	scenario_switch(s, 0, 550, 6, 7, 1);
	scenario_switch(s, 0, 700, 7, 8, 1);
	scenario_end(s, 0, 1000);
	scenario_loss(s, 0, 300, 500, &track_switch, 9);
}

static void test_loss_cuts_runs(void **state)
{
	(void)state;
	check(&(struct want){ with_loss, ALL, .switches = 4,
			      .runs = "0:7 100-150 1>8\n"
				      "0:8 150-300 -\n"
				      "0:5 350-350 ?1>6\n"
				      "0:6 550-550 ?1>7\n"
				      "0:7 550-700 1>8\n"
				      "0:8 700-1000 -\n" });
	check(&(struct want){ with_loss, 400, 520, .runs = "" });
	check(&(struct want){ with_loss, 400, 600, .switches = 1,
			      .runs = "0:6 550-550 ?1>7\n0:7 550-600 -\n" });
	check(&(struct want){ with_loss, 200, 400, .switches = 1,
			      .runs = "0:8 200-300 -\n0:5 350-350 ?1>6\n" });
}

static void loss_at_the_edges(struct scenario *s)
{
	scenario_start(s, 0, 100);
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 300, 8, 7, 1);
	scenario_end(s, 0, 1000);
	scenario_loss(s, 0, 110, 120, &track_switch, 1);
	scenario_loss(s, 0, 800, 800, NULL, 1);
	scenario_loss(s, 0, 900, 2000, NULL, 1);
}

static void test_loss_before_the_first_and_behind_the_last(void **state)
{
	(void)state;
	check(&(struct want){ loss_at_the_edges, ALL, .switches = 2,
			      .runs = "0:7 150-150 ?1>8\n"
				      "0:8 150-300 1>7\n"
				      "0:7 300-800 -\n" });
	check(&(struct want){ loss_at_the_edges, 850, 950, .runs = "" });
}

static void loss_elsewhere(struct scenario *s)
{
	two_cpus(s);
	scenario_loss(s, 1, 200, 250, &track_switch, 1);
	scenario_loss(s, 0, 200, 250, &track_wakeup, 1);
}

static void test_loss_of_another_cpu_or_track(void **state)
{
	(void)state;
	check(&(struct want){ loss_elsewhere, ALL, .switches = 4,
			      .runs = "0:7 100-150 1>8\n"
				      "0:8 150-300 1>0\n"
				      "0:0 300-600 0>7\n"
				      "0:7 600-1000 -\n"
				      "1:9 400-400 ?100>0\n"
				      "1:0 400-1000 -\n" });
}

static void not_continued(struct scenario *s)
{
	scenario_switch(s, 0, 100, 1, 7, 1);
	scenario_switch(s, 0, 150, 7, 8, 1);
	scenario_switch(s, 0, 300, 9, 7, 1);
	scenario_switch(s, 0, 400, 7, 8, 1);
}

static void test_rows_that_do_not_continue(void **state)
{
	(void)state;
	/* As perf counts: for the task switched out; but its length is no duration. */
	check(&(struct want){ not_continued, ALL, .switches = 4, .not_continued = 1,
			      .runs = "0:1 100-100 ?1>7\n"
				      "0:7 100-150 1>8\n"
				      "0:9 150-300 1>7\n"
				      "0:7 300-400 1>8\n",
			      .delays = "run 7 100-150 @0\n"
					"sleep 7 150-300 @0\n"
					"run 7 300-400 @0\n" });
}

/* ---- off-CPU ---- */

static void sleeper(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_switch(s, 0, 100, 7, 8, 1); /* 7 sleeps */
	scenario_wakeup(s, 1, 250, 7, 9); /* ... until 250 */
	scenario_wakeup(s, 1, 260, 7, 9); /* it waits already */
	scenario_wakeup(s, 1, 270, 8, 9); /* it runs */
	scenario_switch(s, 0, 300, 8, 7, 0x100); /* 7 waited 50; 8 preempted */
	scenario_switch(s, 1, 420, 9, 8, 2); /* 8 stood preempted 120; 9 blocks */
	scenario_switch(s, 0, 500, 7, 9, 0x10); /* 7 ended; 9 comes without a wake-up */
	scenario_wakeup(s, 1, 510, 9, 8); /* it runs */
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static void test_sleep_wait_preempted(void **state)
{
	(void)state;
	/* The run of 7 until 100 and of 9 until 420 began before the recording: no length. */
	check(&(struct want){ sleeper, ALL,
			      .delays = "sleep 7 100-250 @1\n"
					"run 8 100-300 @0\n"
					"wait 7 250-300 @0 by 9@1\n"
					"preempted 8 300-420 @1\n"
					"run 7 300-500 @0\n"
					"no wake-up seen 9 420-500 @0\n" });
	/* A delay belongs to the window in which it ends, with its whole length. */
	check(&(struct want){ sleeper, 280, 430,
			      .delays = "run 8 100-300 @0\n"
					"wait 7 250-300 @0 by 9@1\n"
					"preempted 8 300-420 @1\n" });
	struct cpuset one = { 0 };

	cpuset_add(&one, 1);
	check(&(struct want){ sleeper, ALL, .cpus = &one,
			      .delays = "sleep 7 100-250 @1\n"
					"preempted 8 300-420 @1\n" });
}

static void sleeper_without_wakeups(struct scenario *s)
{
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_switch(s, 0, 300, 8, 7, 0);
	scenario_switch(s, 0, 400, 7, 8, 1);
}

static void test_without_wakeups(void **state)
{
	(void)state;
	check(&(struct want){ sleeper_without_wakeups, ALL,
			      .delays = "run 8 100-300 @0\n"
					"sleep 7 100-300 @0\n"
					"run 7 300-400 @0\n"
					"preempted 8 300-400 @0\n" });
}

static void first_seen_by_wakeup(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_wakeup(s, 0, 50, 7, 0);
	scenario_switch(s, 0, 60, 0, 7, 0);
	scenario_end(s, 0, 100);
}

static void test_first_seen_by_wakeup(void **state)
{
	(void)state;
	check(&(struct want){ first_seen_by_wakeup, ALL, .delays = "wait 7 50-60 @0 by 0@0\n" });
}

static void forgetful(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_switch(s, 0, 200, 8, 9, 0); /* 8 preempted */
	scenario_wakeup(s, 0, 220, 7, 9);
	/* a loss on the other CPU, 250 to 300: what 7 and 8 did is forgotten */
	scenario_wakeup(s, 0, 280, 6, 9); /* seen inside: not trusted */
	scenario_switch(s, 0, 320, 9, 7, 1);
	scenario_switch(s, 0, 330, 7, 6, 1);
	scenario_switch(s, 0, 340, 6, 8, 1);
	scenario_wakeup(s, 0, 350, 9, 8);
	scenario_wakeup(s, 0, 360, 7, 8);
	scenario_switch(s, 0, 370, 8, 7, 1);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
	scenario_loss(s, 1, 250, 300, &track_wakeup, 0);
}

static void test_loss_forgets_what_tasks_do(void **state)
{
	(void)state;
	check(&(struct want){ forgetful, ALL,
			      .delays = "run 8 100-200 @0\n"
					"sleep 7 100-220 @0\n"
					"run 9 200-320 @0\n"
					"run 7 320-330 @0\n"
					"run 6 330-340 @0\n"
					"sleep 9 320-350 @0\n"
					"sleep 7 330-360 @0\n"
					"run 8 340-370 @0\n"
					"wait 7 360-370 @0 by 8@0\n" });
	/* The window opens behind the loss: the same, though reading begins at its end. */
	check(&(struct want){ forgetful, 345, 1000,
			      .delays = "sleep 9 320-350 @0\n"
					"sleep 7 330-360 @0\n"
					"run 8 340-370 @0\n"
					"wait 7 360-370 @0 by 8@0\n" });
}

/* ---- who is who ---- */

static void reused_tid(struct scenario *s)
{
	scenario_task(s, 1, TASK_ALIVE, 5, "old", 0);
	scenario_task(s, 300, TASK_EXIT, 5, "", 0);
	scenario_task(s, 400, TASK_FORK, 5, "new", 0);
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 100, 0, 5, 0);
	scenario_switch(s, 0, 310, 5, 0, 0x10);
	scenario_wakeup(s, 0, 405, 5, 0);
	scenario_switch(s, 0, 420, 0, 5, 0);
	scenario_switch(s, 0, 500, 5, 0, 1);
	scenario_end(s, 0, 1000);
}

static void test_reused_tid(void **state)
{
	nsec_t old_run = 0, new_run = 0;
	struct sched_scan_chunk chunk;
	struct scenario s;

	(void)state;
	scenario_init(&s, 1);
	reused_tid(&s);
	struct source *src = scenario_source(&s);
	struct sched_scan_query q = { .from = src->info->start, .to = src->info->end };
	auto_ptr(sched_scan) scan = NULL;

	assert_int_equal(sched_scan_new(src, &q, &scan, NULL), 0);
	while (sched_scan_next(scan, &chunk, NULL) > 0) {
		for (size_t i = 0; i < chunk.n_runs; i++) {
			const char *name = tasks_label(src->tasks, chunk.run[i].task);

			if (!strcmp(name, "old"))
				old_run += chunk.run[i].end - chunk.run[i].begin;
			else if (!strcmp(name, "new"))
				new_run += chunk.run[i].end - chunk.run[i].begin;
		}
	}
	assert_int_equal(new_run, 80);
	assert_int_equal(old_run, 210);
	scan = sched_scan_free(scan);
	scenario_done(&s);
}

static void test_coverage_of_cpus(void **state)
{
	struct scenario s;

	(void)state;
	scenario_init(&s, 1);
	loss_elsewhere(&s);
	struct source *src = scenario_source(&s);
	struct sched_scan_query q = { .from = 0, .to = 500 };
	auto_ptr(sched_scan) scan = NULL;

	assert_int_equal(sched_scan_new(src, &q, &scan, NULL), 0);
	assert_int_equal(sched_scan_n_cpus(scan), 2);
	assert_int_equal(sched_scan_cpu(scan, 0)->covered, 400);
	assert_int_equal(sched_scan_cpu(scan, 1)->covered, 350);
	assert_int_equal(sched_scan_longest(scan), 400);
	assert_int_equal(sched_scan_covered(scan), 750);
	scan = sched_scan_free(scan);
	scenario_done(&s);
}

/* Many rows, so that chunks and batches end everywhere; sums must not depend on it. */
static void ping_pong(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	for (uint32_t i = 0; i < 20000; i++) {
		scenario_switch(s, i % 2, 10 + 10 * i, i / 2 % 2 ? 8 : 7, i / 2 % 2 ? 7 : 8, 1);
		if (i % 1000 == 500)
			scenario_loss(s, 0, 10 + 10 * i + 3, 10 + 10 * i + 13, &track_switch, 1);
	}
	scenario_end(s, 0, 300000);
	scenario_end(s, 1, 300000);
}

static void sum_up(uint32_t rows, bool delays, nsec_t from, nsec_t to, uint64_t *ret)
{
	struct sched_scan_chunk chunk;
	struct scenario s;
	auto_ptr(sched_scan) scan = NULL;

	scenario_init(&s, rows);
	ping_pong(&s);
	struct source *src = scenario_source(&s);
	struct sched_scan_query q = { .from = from, .to = to, .delays = delays };

	memset(ret, 0, 4 * sizeof(*ret));
	assert_int_equal(sched_scan_new(src, &q, &scan, NULL), 0);
	while (sched_scan_next(scan, &chunk, NULL) > 0)
		for (size_t i = 0; i < chunk.n_runs; i++) {
			ret[0] += chunk.run[i].end - chunk.run[i].begin;
			ret[1] += chunk.run[i].flags & RUN_SWITCH;
			ret[2] += !!(chunk.run[i].flags & RUN_UNKNOWN);
		}
	ret[3] = sched_scan_stats(scan)->switches;
	scan = sched_scan_free(scan);
	scenario_done(&s);
}

static void test_sums_do_not_depend_on_batches(void **state)
{
	uint64_t all[4], some[4], part[4], sum = 0;

	(void)state;
	sum_up(100000, false, 0, 300000, all);
	assert_int_equal(all[1], 20000);
	assert_int_equal(all[3], 20000);
	/* Every loss hits CPU 0 behind an even row at 10+10i: 17 until the next row at 10+10i+20
	 * are unknown. */
	assert_int_equal(all[2], 20);
	assert_int_equal(all[0], 2 * 300000 - 20 * 17);
	sum_up(7, false, 0, 300000, some);
	assert_memory_equal(all, some, sizeof(all));
	sum_up(513, true, 0, 300000, some);
	assert_memory_equal(all, some, sizeof(all));
	/* Windows that touch add up. */
	for (nsec_t t = 0; t < 300000; t += 12345) {
		sum_up(511, false, t, min_of(t + 12345, (nsec_t)300000), part);
		sum += part[0];
	}
	assert_int_equal(sum, all[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marked_edges),
		cmocka_unit_test(test_window_cuts),
		cmocka_unit_test(test_window_before_the_first_switch),
		cmocka_unit_test(test_unmarked_edges),
		cmocka_unit_test(test_told_runs),
		cmocka_unit_test(test_last_event_belongs_to_the_run),
		cmocka_unit_test(test_cpu_without_switches_is_unknown),
		cmocka_unit_test(test_loss_cuts_runs),
		cmocka_unit_test(test_loss_before_the_first_and_behind_the_last),
		cmocka_unit_test(test_loss_of_another_cpu_or_track),
		cmocka_unit_test(test_rows_that_do_not_continue),
		cmocka_unit_test(test_sleep_wait_preempted),
		cmocka_unit_test(test_without_wakeups),
		cmocka_unit_test(test_first_seen_by_wakeup),
		cmocka_unit_test(test_loss_forgets_what_tasks_do),
		cmocka_unit_test(test_reused_tid),
		cmocka_unit_test(test_coverage_of_cpus),
		cmocka_unit_test(test_sums_do_not_depend_on_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
