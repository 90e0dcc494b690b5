/* SPDX-License-Identifier: MIT */
/* Tests of series_table, series_ticks and series_sums: wraps, things that come, go and begin anew.
 */
#include "metric_scenario.h"

#include <math.h>

#include "model/series_sums.h"
#include "model/series_ticks.h"

#define S NSEC_PER_SEC

/* ---- the table ---- */

static void test_table(void **state)
{
	struct metric_scenario s;
	struct series_table *t = NULL;
	struct err e = { 0 };

	(void)state;
	metric_scenario_init(&s);
	metric_scenario_series(&s, COUNTER("disk.reads", 32, 1, ""), "sda", SERIES_NO_CPU);
	metric_scenario_series(&s, GAUGE("memory.bytes", 1024, "bytes"), "MemFree", SERIES_NO_CPU);
	metric_scenario_series(&s, COUNTER("disk.read", 64, 512, "bytes"), "sda", SERIES_NO_CPU);
	metric_scenario_series(&s, COUNTER("disk.reads", 32, 1, ""), "sdb", 3);
	assert_int_equal(series_table_load(metric_scenario_source(&s), &t, &e), 0);
	assert_int_equal(series_table_n(t), 4);
	assert_int_equal(series_table_n_metrics(t), 3);
	assert_int_equal(series_table_n_collectors(t), 2);
	assert_int_equal(series_table_find(t, 4), 3);
	assert_int_equal(series_table_find(t, 5), SERIES_NONE);
	assert_string_equal(series_table_at(t, 3)->instance, "sdb");
	assert_int_equal(series_table_at(t, 3)->cpu, 3);
	const struct series_metric *m = series_table_metric(t, series_table_at(t, 3)->metric);

	assert_string_equal(m->name, "disk.reads");
	assert_int_equal(m->bits, 32);
	assert_int_equal(m->kind, METRIC_COUNTER);
	assert_int_equal(series_table_find_metric(t, "memory.bytes"), 1);
	assert_int_equal(series_table_find_metric(t, "memory"), SERIES_NONE);
	assert_int_equal(series_table_metric(t, 0)->collector,
			 series_table_metric(t, 2)->collector);
	t = series_table_free(t);
	metric_scenario_done(&s);
}

/* What a file may say that makes no sense. */
static void test_table_nonsense(void **state)
{
	struct metric_scenario s;
	struct series_table *t = NULL;
	struct err e = { 0 };

	(void)state;
	metric_scenario_init(&s);
	metric_scenario_series(&s, COUNTER("a.bits", 200, 1, ""), "", SERIES_NO_CPU);
	metric_scenario_series(&s, GAUGE("a.scale", NAN, ""), "", SERIES_NO_CPU);
	metric_scenario_series(
		&s, (struct metric_scenario_kind){ .name = "a.kind", .kind = 7, .unit = "" }, "",
		SERIES_NO_CPU);
	s.n_series--; /* told twice: the first counts */
	metric_scenario_series(&s, COUNTER("a.again", 64, 1, ""), "x", SERIES_NO_CPU);
	s.n_series = 0;
	metric_scenario_series(&s, COUNTER("a.again", 64, 1, ""), "x", SERIES_NO_CPU);
	assert_int_equal(series_table_load(metric_scenario_source(&s), &t, &e), 0);
	assert_int_equal(series_table_n(t), 2);
	assert_int_equal(series_table_at(t, 0)->number, 1);
	assert_string_equal(series_table_metric(t, series_table_at(t, 0)->metric)->name, "a.bits");
	assert_int_equal(series_table_metric(t, 0)->bits, 64);
	t = series_table_free(t);
	metric_scenario_done(&s);
}

/* ---- counters ---- */

static void check_step(uint64_t before, uint64_t now, unsigned int bits, enum counter_step expected,
		       uint64_t change)
{
	uint64_t is = 12345;

	assert_int_equal(counter_step(before, now, bits, &is), expected);
	assert_int_equal(is, expected == COUNTER_ANEW ? 12345 : change);
}

static void test_step(void **state)
{
	(void)state;
	check_step(5, 5, 32, COUNTER_ON, 0);
	check_step(5, 9, 32, COUNTER_ON, 4);
	check_step(0, UINT64_MAX, 64, COUNTER_ON, UINT64_MAX);
	check_step(UINT32_MAX, 0, 32, COUNTER_WRAPPED, 1);
	check_step(UINT32_MAX - 9, 90, 32, COUNTER_WRAPPED, 100);
	/* Half of the range: 2^31 - 1 forward is the most. */
	check_step(0x80000001, 0, 32, COUNTER_WRAPPED, 0x7fffffff);
	check_step(0x80000000, 0, 32, COUNTER_ANEW, 0);
	check_step(1000, 10, 32, COUNTER_ANEW, 0);
	check_step(1000, 10, 64, COUNTER_ANEW, 0);
	check_step(UINT64_MAX, 3, 64, COUNTER_WRAPPED, 4);
	/* It has more bits than was told. */
	check_step(UINT64_C(1) << 40, 10, 32, COUNTER_ANEW, 0);
	check_step(1, 0, 1, COUNTER_ANEW, 0);
}

/* ---- ticks ---- */

/* All ticks as words: "1: a=5 b=7; 2: a=6+1/1 ..." value, + change / seconds, w wrapped, n anew. */
static void show(struct metric_scenario *s, const char *expected)
{
	const struct query q = { .tracks = track_bit(&track_value) };
	struct source *src = metric_scenario_source(s);
	struct series_table *t = NULL;
	struct series_ticks *k;
	struct series_tick tick;
	struct cursor *c = NULL;
	const struct batch *b;
	struct err e = { 0 };
	char text[4096] = "";
	bool end = false;

	assert_int_equal(series_table_load(src, &t, &e), 0);
	k = series_ticks_new(t);
	assert_non_null(k);
	assert_int_equal(source_cursor(src, &q, &c, &e), 0);
	while (!end) {
		uint32_t at = 0;
		int r = cursor_next(c, &b, &e);

		assert_true(r >= 0);
		end = r == 0;
		while (series_ticks_take(k, end ? NULL : b, &at, &tick)) {
			size_t n = strlen(text);

			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%g:", n ? "; " : "",
					      (double)tick.time / S);
			for (uint32_t i = 0; i < tick.n; i++) {
				const struct series_now *v = &tick.now[tick.series[i]];
				const struct metric_series *of = series_table_at(t, tick.series[i]);

				n += (size_t)snprintf(text + n, sizeof(text) - n, " %s=%llu",
						      of->instance, (unsigned long long)v->value);
				if (v->elapsed)
					n += (size_t)snprintf(
						text + n, sizeof(text) - n, "+%llu/%g%s",
						(unsigned long long)v->change,
						(double)v->elapsed / S, v->wrapped ? "w" : "");
				if (v->anew)
					n += (size_t)snprintf(text + n, sizeof(text) - n, "n");
			}
		}
	}
	assert_false(series_ticks_take(k, NULL, NULL, &tick));
	assert_string_equal(text, expected);
	c = cursor_free(c);
	k = series_ticks_free(k);
	t = series_table_free(t);
}

static void test_ticks(void **state)
{
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	uint32_t a = metric_scenario_series(&s, COUNTER("c.n", 32, 1, ""), "a", SERIES_NO_CPU);
	uint32_t b = metric_scenario_series(&s, COUNTER("c.n", 32, 1, ""), "b", SERIES_NO_CPU);

	metric_scenario_value(&s, 1 * S, a, 10);
	metric_scenario_value(&s, 1 * S, b, UINT32_MAX);
	metric_scenario_value(&s, 1 * S, b, 17); /* twice in a tick */
	metric_scenario_value(&s, 3 * S, a, 14); /* a missed tick: the time that passed */
	metric_scenario_value(&s, 3 * S, b, 4);
	metric_scenario_value(&s, 4 * S, a, 2); /* began anew */
	metric_scenario_value(&s, 4 * S, b, 4);
	metric_scenario_value(&s, 4 * S, 99, 4); /* nobody's */
	metric_scenario_value(&s, 5 * S, a, 3);
	metric_scenario_value(&s, 5 * S, b, 5);
	show(&s, "1: a=10 b=4294967295; 3: a=14+4/2 b=4+5/2w; 4: a=2n b=4+0/1; 5: a=3+1/1 b=5+1/1");
	metric_scenario_done(&s);
}

/* A disk that is unplugged and comes back, one that comes later; another collector does not care.
 */
static void test_hot_plug(void **state)
{
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	uint32_t a = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "a", SERIES_NO_CPU);
	uint32_t b = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "b", SERIES_NO_CPU);
	uint32_t slow = metric_scenario_series(&s, COUNTER("f.n", 64, 1, ""), "f", SERIES_NO_CPU);

	metric_scenario_value(&s, 1 * S, a, 10);
	metric_scenario_value(&s, 1 * S, slow, 100);
	metric_scenario_value(&s, 2 * S, a, 11);
	metric_scenario_value(&s, 2 * S, b, 5);
	metric_scenario_value(&s, 3 * S, b, 6);
	metric_scenario_value(&s, 3 * S, slow, 150);
	metric_scenario_value(&s, 4 * S, a, 20);
	metric_scenario_value(&s, 4 * S, b, 7);
	metric_scenario_value(&s, 5 * S, a, 22);
	show(&s, "1: a=10 f=100; 2: a=11+1/1 b=5; 3: b=6+1/1 f=150+50/2; 4: a=20 b=7+1/1; "
		 "5: a=22+2/1");
	metric_scenario_done(&s);
}

/* Away for so long that it came back under another number: the same thing. */
static void test_another_number(void **state)
{
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	uint32_t a = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "a", SERIES_NO_CPU);
	uint32_t b = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "b", SERIES_NO_CPU);
	uint32_t again = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "a", SERIES_NO_CPU);

	metric_scenario_value(&s, 1 * S, a, 10);
	metric_scenario_value(&s, 1 * S, b, 1);
	metric_scenario_value(&s, 2 * S, b, 2);
	metric_scenario_value(&s, 3 * S, again, 20);
	metric_scenario_value(&s, 4 * S, again, 22);
	show(&s, "1: a=10 b=1; 2: b=2+1/1; 3: a=20; 4: a=22+2/1");
	metric_scenario_done(&s);
}

static void test_empty(void **state)
{
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "a", SERIES_NO_CPU);
	show(&s, "");
	metric_scenario_done(&s);
}

/* ---- sums ---- */

static void add_ticks(struct source *src, struct series_table *t, struct series_sums *sums)
{
	const struct query q = { .tracks = track_bit(&track_value) };
	struct series_ticks *k = series_ticks_new(t);
	struct series_tick tick;
	struct cursor *c = NULL;
	const struct batch *b;
	struct err e = { 0 };

	assert_non_null(k);
	assert_int_equal(source_cursor(src, &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t at = 0; series_ticks_take(k, b, &at, &tick);)
			series_sums_add(sums, &tick);
	while (series_ticks_take(k, NULL, NULL, &tick))
		series_sums_add(sums, &tick);
	c = cursor_free(c);
	k = series_ticks_free(k);
}

static void test_sums(void **state)
{
	struct metric_scenario s;
	struct series_table *t = NULL;
	struct err e = { 0 };

	(void)state;
	metric_scenario_init(&s);
	uint32_t n = metric_scenario_series(&s, COUNTER("c.n", 64, 0.5, "s"), "a", SERIES_NO_CPU);
	uint32_t g = metric_scenario_series(&s, GAUGE("c.g", 2, ""), "a", SERIES_NO_CPU);
	uint32_t once = metric_scenario_series(&s, GAUGE("c.g", 2, ""), "b", SERIES_NO_CPU);

	metric_scenario_series(&s, GAUGE("c.g", 2, ""), "never", SERIES_NO_CPU);
	metric_scenario_value(&s, 1 * S, n, 100);
	metric_scenario_value(&s, 1 * S, g, 1000); /* before the first tick: as if not there */
	metric_scenario_value(&s, 1 * S, once, (uint64_t)-3);
	metric_scenario_value(&s, 2 * S, n, 110);
	metric_scenario_value(&s, 2 * S, g, 10);
	metric_scenario_value(&s, 5 * S, n, 7); /* anew: 3 s in which nothing is known */
	metric_scenario_value(&s, 5 * S, g, (uint64_t)-2);
	metric_scenario_value(&s, 6 * S, n, 17);
	metric_scenario_value(&s, 6 * S, g, 4);
	struct source *src = metric_scenario_source(&s);

	assert_int_equal(series_table_load(src, &t, &e), 0);
	struct series_sums *sums = series_sums_new(t);

	assert_non_null(sums);
	add_ticks(src, t, sums);
	const struct series_sum *x = series_sums_at(sums, 0);

	assert_int_equal(x->change, 20);
	assert_int_equal(x->covered, 2 * S);
	assert_true(series_sum_rate(x, series_table_metric(t, 0)) == 5);
	assert_true(x->last == 8.5);
	x = series_sums_at(sums, 1);
	assert_true(fabs(series_sum_mean(x) - (20.0 - 4 * 3 + 8) / 5) < 1e-12);
	assert_true(x->last == 8);
	x = series_sums_at(sums, 2);
	assert_true(series_sum_mean(x) == -6);
	assert_null(series_sums_at(sums, 3));
	assert_int_equal(series_sums_span(sums), 5 * S);
	assert_int_equal(series_sums_time(sums), 6 * S);
	series_sums_clear(sums);
	assert_null(series_sums_at(sums, 0));
	sums = series_sums_free(sums);
	t = series_table_free(t);
	metric_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_table_nonsense),
		cmocka_unit_test(test_step),	       cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_hot_plug),       cmocka_unit_test(test_empty),
		cmocka_unit_test(test_another_number), cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
