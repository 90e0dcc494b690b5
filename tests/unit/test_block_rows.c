/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/block_rows and block_cells: which rows a run has, and what cells are made of.
 */
#include "metric_scenario.h"

#include <math.h>
#include <stdio.h>

#include "metric/block_rows.h"

#define S    NSEC_PER_SEC
#define HEAD "blocks 1 \"T\"\n"

static void add_all(struct source *src, const struct series_table *t, struct series_sums *sums)
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

/* A block over all of the run as words: "a b; sda 1 -; sdb 2 3". */
static void check_block(struct metric_scenario *s, const struct block *b, const char *expected)
{
	auto_ptr(series_table) t = NULL;
	auto_ptr(block_rows) r = NULL;
	struct source *src = metric_scenario_source(s);
	struct err e = { 0 };
	struct reading cell[64];
	char is[2048] = "";
	size_t n = 0;

	assert_int_equal(series_table_load(src, &t, &e), 0);
	auto_ptr(series_sums) sums = series_sums_new(t);

	assert_non_null(sums);
	add_all(src, t, sums);
	assert_int_equal(block_rows_new(b, t, &r, &e), 0);
	for (unsigned int c = 0; c < block_rows_n_columns(r); c++)
		n += (size_t)snprintf(is + n, sizeof(is) - n, "%s%s", c ? " " : "",
				      block_rows_column(r, c)->title);
	for (uint32_t row = 0; row < block_rows_n(r); row++) {
		if (!block_rows_eval(r, row, sums, cell))
			continue;
		n += (size_t)snprintf(is + n, sizeof(is) - n, "; %s", block_rows_at(r, row)->label);
		for (unsigned int c = 0; c < block_rows_n_columns(r); c++)
			n += cell[c].absent ? (size_t)snprintf(is + n, sizeof(is) - n, " -")
					    : (size_t)snprintf(is + n, sizeof(is) - n, " %g",
							       cell[c].value);
	}
	assert_string_equal(is, expected);
}

static void check(struct metric_scenario *s, const char *text, const char *expected)
{
	auto_ptr(block_set) set = block_set_new();
	struct err e = { 0 };

	if (block_set_add(set, "t", text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
	check_block(s, block_set_at(set, 0), expected);
}

/* A block that the program carries. */
static void check_own(struct metric_scenario *s, const char *name, const char *expected)
{
	auto_ptr(block_set) set = NULL;
	struct err e = { 0 };

	if (block_set_load(&set, &e) < 0)
		fail_msg("%s", e.text);
	check_block(s, block_set_find(set, name), expected);
}

static void put(struct metric_scenario *s, const uint32_t *series, const uint64_t *from,
		const uint64_t *to, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		metric_scenario_value(s, 1 * S, series[i], from[i]);
	for (unsigned int i = 0; i < n; i++)
		metric_scenario_value(s, 3 * S, series[i], to[i]);
}

static void test_one_row(void **state)
{
	struct metric_scenario s;
	uint32_t n[4];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, COUNTER("c.n", 64, 0.5, ""), "", SERIES_NO_CPU);
	n[1] = metric_scenario_series(&s, GAUGE("m.bytes", 1024, "bytes"), "Free", SERIES_NO_CPU);
	n[2] = metric_scenario_series(&s, COUNTER("v.n", 64, 1, ""), "steal_a", SERIES_NO_CPU);
	n[3] = metric_scenario_series(&s, COUNTER("v.n", 64, 1, ""), "steal_b", SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 10, 5, 1, 2 }, (const uint64_t[]){ 30, 7, 11, 22 }, 4);
	check(&s,
	      HEAD "block x \"T\"\nlet half = c.n / 2\n"
		   "column \"change\" - 0 \"h\" = half\ncolumn \"rate/s\" /s 0 \"h\" = rate(c.n)\n"
		   "column \"last\" - 0 \"h\" = last(c.n)\n"
		   "column \"free\" - 0 \"h\" = m.bytes[Free]\n"
		   "column \"none\" - 0 \"h\" = m.bytes[Used]\n"
		   "column \"steal\" - 0 \"h\" = v.n[steal_*]\n"
		   "column \"zero\" - 0 \"h\" = 1 / (c.n - 10)\n",
	      "change rate/s last free none steal zero;  5 5 15 7168 - 30 -");
	/* Whose rows it has is said. */
	check(&s, HEAD "block x \"T\" of=d.n\ncolumn \"a\" - 0 \"h\" = last(c.n)\n", "a");
	check(&s, HEAD "block x \"T\" of=c.n\ncolumn \"a\" - 0 \"h\" = last(c.n)\n", "a;  15");
	/* None of the metrics: no row, though the columns are known. */
	check(&s, HEAD "block x \"T\"\ncolumn \"a\" - 0 \"h\" = d.n\n", "a");
	check(&s, HEAD "block x \"T\"\ncolumn \"a\" - 0 \"h\" = d.n[a]\n", "a");
	metric_scenario_done(&s);
}

static void test_cpus(void **state)
{
	static const char text[] = HEAD "block x \"T\" each=cpu key=CPU all=sum\n"
					"let all = c.user + c.idle\n"
					"column \"u\" % 0 \"h\" = 100 * c.user / all\n"
					"column \"g\" - 0 \"h\" = c.n\n";
	struct metric_scenario s;
	uint32_t n[6];

	(void)state;
	metric_scenario_init(&s);
	/* 11 comes before 2 in the file; the sum of all of the kernel is not looked at. */
	n[0] = metric_scenario_series(&s, COUNTER("c.user", 64, 1, ""), "", SERIES_NO_CPU);
	n[1] = metric_scenario_series(&s, COUNTER("c.user", 64, 1, ""), "", 11);
	n[2] = metric_scenario_series(&s, COUNTER("c.user", 64, 1, ""), "", 2);
	n[3] = metric_scenario_series(&s, COUNTER("c.idle", 64, 1, ""), "", 11);
	n[4] = metric_scenario_series(&s, COUNTER("c.idle", 64, 1, ""), "", 2);
	n[5] = metric_scenario_series(&s, GAUGE("c.n", 1, ""), "", SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 0, 0, 0, 0, 0, 0 },
	    (const uint64_t[]){ 1000, 10, 30, 90, 70, 4 }, 6);
	check(&s, text, "u g; all 20 4; 2 30 4; 11 10 4");
	metric_scenario_done(&s);
}

static void test_mean(void **state)
{
	struct metric_scenario s;
	uint32_t n[2];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, GAUGE("f.hz", 1e6, ""), "", 0);
	n[1] = metric_scenario_series(&s, GAUGE("f.hz", 1e6, ""), "", 1);
	put(&s, n, (const uint64_t[]){ 1, 1 }, (const uint64_t[]){ 1000, 3000 }, 2);
	check(&s,
	      HEAD
	      "block x \"T\" each=cpu key=CPU all=mean\ncolumn \"MHz\" MHz 0 \"h\" = f.hz / 1e6\n",
	      "MHz; all 2000; 0 1000; 1 3000");
	metric_scenario_done(&s);
}

#define DISKS                                                                     \
	"block x \"T\" each=thing key=DEV all=sum whole without=loop* used=d.n\n" \
	"column \"n\" - 0 \"h\" = d.n\ncolumn \"t/s\" /s 1 \"h\" = rate(d.n[*])\n"

static void test_things(void **state)
{
	struct metric_scenario s;
	static const char *const name[] = { "sda",     "sda1",	    "sdb", "loop0",
					    "nvme0n1", "nvme0n1p1", "sr0" };
	uint32_t n[ARRAY_SIZE(name)];

	(void)state;
	metric_scenario_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		n[i] = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), name[i],
					      SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 0, 0, 5, 0, 0, 0, 0 },
	    (const uint64_t[]){ 10, 9, 5, 7, 20, 20, 0 }, ARRAY_SIZE(name));
	/* The parts, what is named, and what never did anything are left out; also of sums. */
	check(&s, HEAD DISKS, "n t/s; all 30 15; sda 10 15; sdb 0 15; nvme0n1 20 15");
	metric_scenario_done(&s);
}

static void test_power(void **state)
{
	struct metric_scenario s;
	uint32_t n[8];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, GAUGE("sensors.fan", 1, "1/min"), "it87 fan1",
				      SERIES_NO_CPU);
	n[1] = metric_scenario_series(&s, GAUGE("sensors.fan_min", 1, "1/min"), "it87 fan1",
				      SERIES_NO_CPU);
	n[2] = metric_scenario_series(&s, GAUGE("sensors.temperature", 0.001, "°C"), "coretemp.0 a",
				      SERIES_NO_CPU);
	n[3] = metric_scenario_series(&s, GAUGE("sensors.temperature_max", 0.001, "°C"),
				      "coretemp.0 a", SERIES_NO_CPU);
	n[4] = metric_scenario_series(&s, GAUGE("sensors.voltage", 0.001, "V"), "it87 in0",
				      SERIES_NO_CPU);
	n[5] = metric_scenario_series(&s, GAUGE("sensors.voltage_min", 0.001, "V"), "it87 in0",
				      SERIES_NO_CPU);
	n[6] = metric_scenario_series(&s, GAUGE("sensors.voltage_max", 0.001, "V"), "it87 in0",
				      SERIES_NO_CPU);
	n[7] = metric_scenario_series(&s, GAUGE("usb.max_power", 0.001, "A"), "1-1 046d:c52b",
				      SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 1200, 600, 40000, 100000, 1250, 1000, 2000, 100 },
	    (const uint64_t[]){ 1300, 600, 41000, 100000, 1250, 1000, 2000, 98 }, 8);
	/* One interval, for which the level at its end stands. */
	check_own(&s, "fans", "rpm drpm; it87 fan1 1300 700");
	check_own(&s, "temperatures", "degC %temp; coretemp.0 a 41 -");
	check_own(&s, "voltages", "inV %in; it87 in0 1.25 25");
	check_own(&s, "usb", "maxpower; 1-1 046d:c52b 98");
	metric_scenario_done(&s);
}

static void test_across_cpus(void **state)
{
	static const char text[] = HEAD "block x \"T\" each=thing key=INTR across=cpu all=sum "
					"all_name=sum\ncolumn \"n\" - 0 \"h\" = i.n\n";
	struct metric_scenario s;
	uint32_t n[5];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, COUNTER("i.n", 64, 1, ""), "24", 1);
	n[1] = metric_scenario_series(&s, COUNTER("i.n", 64, 1, ""), "24", 0);
	n[2] = metric_scenario_series(&s, COUNTER("i.n", 64, 1, ""), "LOC", 1);
	n[3] = metric_scenario_series(&s, COUNTER("i.n", 64, 1, ""), "ERR", SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 0, 0, 0, 0 }, (const uint64_t[]){ 1, 2, 4, 8 }, 4);
	check(&s, text, "all CPU0 CPU1; sum 7 2 5; 24 3 2 1; LOC 4 - 4; ERR 8 - -");
	metric_scenario_done(&s);
}

/* What is recorded from the first time on has no value before, and began from 0. */
static void test_sparse(void **state)
{
	static const char line[] =
		"column \"n\" - 0 \"h\" = i.n\ncolumn \"r/s\" /s 1 \"h\" = rate(i.n)\n";
	struct metric_scenario s;
	char text[256];

	(void)state;
	metric_scenario_init(&s);
	uint32_t a = metric_scenario_series(&s, COUNTER("i.n", 32, 1, ""), "a", SERIES_NO_CPU);
	uint32_t b = metric_scenario_series(&s, COUNTER("i.n", 32, 1, ""), "b", SERIES_NO_CPU);

	for (unsigned int t = 1; t < 5; t++) {
		metric_scenario_value(&s, t * S, a, t);
		if (t >= 3)
			metric_scenario_value(&s, t * S, b, 4 * t - 2);
	}
	(void)snprintf(text, sizeof(text), HEAD "block x \"T\" each=thing key=I\n%s", line);
	check(&s, text, "n r/s; a 3 1; b 4 4");
	(void)snprintf(text, sizeof(text), HEAD "block x \"T\" each=thing key=I sparse\n%s", line);
	check(&s, text, "n r/s; a 3 1; b 14 7");
	metric_scenario_done(&s);
}

/* Numbers of sadf -j, where there is nothing to compute them from. */
static void test_imported(void **state)
{
	static const char text[] = HEAD "block x \"T\" each=cpu all=sum key=CPU key_json=cpu "
					"path=a/load\n"
					"column \"%usr\" % 2 json=usr \"h\" = 100 * c.user\n"
					"column \"%sys\" % 2 json=x/sys \"h\" = 100 * c.sys\n";
	struct metric_scenario s;
	uint32_t n[5];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, GAUGE("sadf.a.load.usr", 0.01, ""), "all", SERIES_NO_CPU);
	n[1] = metric_scenario_series(&s, GAUGE("sadf.a.load.x.sys", 0.01, ""), "all",
				      SERIES_NO_CPU);
	n[2] = metric_scenario_series(&s, GAUGE("sadf.a.load.usr", 0.01, ""), "1", SERIES_NO_CPU);
	n[3] = metric_scenario_series(&s, GAUGE("sadf.a.load.usr", 0.01, ""), "0", SERIES_NO_CPU);
	n[4] = metric_scenario_series(&s, GAUGE("sadf.a.load.usr", 0.01, ""), "x", SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 0, 0, 0, 0, 0 },
	    (const uint64_t[]){ 1250, 150, 2000, 500, 1 }, 5);
	check(&s, text, "%usr %sys; all 12.5 1.5; 0 5 -; 1 20 -");
	metric_scenario_done(&s);
}

static void test_imported_across(void **state)
{
	static const char text[] =
		HEAD "block x \"T\" each=thing key=INTR key_json=intr across=cpu "
		     "path=irq\ncolumn \"n/s\" /s 2 \"h\" = rate(i.n)\n";
	struct metric_scenario s;
	uint32_t n[3];

	(void)state;
	metric_scenario_init(&s);
	n[0] = metric_scenario_series(&s, GAUGE("sadf.irq.all", 1, ""), "24", SERIES_NO_CPU);
	n[1] = metric_scenario_series(&s, GAUGE("sadf.irq.CPU1", 1, ""), "24", SERIES_NO_CPU);
	n[2] = metric_scenario_series(&s, GAUGE("sadf.irq.CPU0", 1, ""), "24", SERIES_NO_CPU);
	put(&s, n, (const uint64_t[]){ 0, 0, 0 }, (const uint64_t[]){ 3, 1, 2 }, 3);
	check(&s, text, "all CPU0 CPU1; 24 3 2 1");
	metric_scenario_done(&s);
}

/* A counter that began anew says nothing, and neither does what is made of it. */
static void test_absent(void **state)
{
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	uint32_t a = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "a", SERIES_NO_CPU);
	uint32_t b = metric_scenario_series(&s, COUNTER("d.m", 64, 1, ""), "a", SERIES_NO_CPU);

	uint32_t c = metric_scenario_series(&s, COUNTER("d.n", 64, 1, ""), "b", SERIES_NO_CPU);

	metric_scenario_value(&s, 1 * S, a, 100);
	metric_scenario_value(&s, 1 * S, b, 1);
	/* Of this nothing is known, and what stands for it makes no row. */
	metric_scenario_value(&s, 1 * S, c, 1);
	metric_scenario_value(&s, 2 * S, a, 3);
	metric_scenario_value(&s, 2 * S, b, 5);
	check(&s,
	      HEAD "block x \"T\" each=thing key=D\ncolumn \"n\" - 0 \"h\" = d.n\n"
		   "column \"m\" - 0 \"h\" = d.m\ncolumn \"s\" - 0 \"h\" = d.m + d.n\n"
		   "column \"k\" - 0 \"h\" = if(known(d.n), d.n, 0) + d.m\n"
		   "column \"z\" - 0 \"h\" = if(known(d.n), d.n, 0)\n",
	      "n m s k z; a - 4 - 4 0");
	metric_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_row),	 cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_mean),	 cmocka_unit_test(test_things),
		cmocka_unit_test(test_power),	 cmocka_unit_test(test_across_cpus),
		cmocka_unit_test(test_imported), cmocka_unit_test(test_imported_across),
		cmocka_unit_test(test_absent),	 cmocka_unit_test(test_sparse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
