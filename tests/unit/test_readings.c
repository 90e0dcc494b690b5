/* SPDX-License-Identifier: MIT */
/* Things that come, go and return; limits; patterns; what is told again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/readings.h"
#include "value_rows.h"

enum { READS, WRITES, BUSY };

static const struct metric_spec metrics[] = {
	[READS] = COUNTER("reads", "reads"),
	[WRITES] = COUNTER("writes", "writes", .bits = 32),
	[BUSY] = GAUGE("busy", "share of time", .scale = 0.01, .unit = "%"),
};

struct rig {
	struct readings_shared shared;
	struct readings *r;
	struct value_rows *rows;
	nsec_t now;
};

static int setup(void **state)
{
	struct rig *t = calloc(1, sizeof(*t));

	t->r = readings_new("disk", metrics, ARRAY_SIZE(metrics), &t->shared);
	t->rows = value_rows_new();
	t->now = 5 * NSEC_PER_SEC;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct rig *t = *state;

	readings_free(t->r);
	readings_shared_done(&t->shared);
	value_rows_free(t->rows);
	free(t);
	return 0;
}

static void put(struct rig *t, const char *name, unsigned int metric, uint64_t v)
{
	readings_put(t->r, readings_instance(t->r, READINGS_NO_CPU, name, strlen(name)), metric, v);
}

static void begin(struct rig *t)
{
	t->now += NSEC_PER_SEC;
	readings_begin(t->r, t->now, &t->rows->sink);
}

static void expect(struct rig *t, const char *values, const char *told)
{
	struct err e;

	assert_int_equal(readings_flush(t->r, &e), 0);
	assert_string_equal(buf_str(&t->rows->told), told);
	auto_free char *text = value_rows_take(t->rows);

	assert_string_equal(text, values);
}

static void come_go_and_return(void **state)
{
	struct rig *t = *state;

	begin(t);
	put(t, "sda", READS, 1);
	put(t, "sda", WRITES, 2);
	put(t, "sdb", READS, 3);
	expect(t, "disk.reads sda 1\ndisk.writes sda 2\ndisk.reads sdb 3\n",
	       "1 disk.reads sda\n2 disk.writes sda\n3 disk.reads sdb\n");
	assert_int_equal(t->rows->n_metrics, 3);
	begin(t); /* sda is away, sdc is new */
	put(t, "sdb", READS, 4);
	put(t, "sdc", BUSY, (uint64_t)-5);
	expect(t, "disk.reads sdb 4\ndisk.busy sdc -5\n", "4 disk.busy sdc\n");
	begin(t); /* it is the same when it returns, in whatever order; a metric more is a series
		     more */
	put(t, "sdc", BUSY, 6);
	put(t, "sda", WRITES, 7);
	put(t, "sdb", BUSY, 8);
	put(t, "sdb", READS, 9);
	expect(t, "disk.busy sdc 6\ndisk.writes sda 7\ndisk.busy sdb 8\ndisk.reads sdb 9\n",
	       "5 disk.busy sdb\n");
	begin(t);
	expect(t, "", "");
	assert_int_equal(t->rows->n_metrics, 3);
	assert_int_equal(readings_n_series(t->r), 5);
}

static void cpus_are_things(void **state)
{
	struct rig *t = *state;

	for (unsigned int turn = 0; turn < 2; turn++) {
		begin(t);
		readings_put(t->r, readings_instance(t->r, 7, "", 0), READS, 1);
		readings_put(t->r, readings_instance(t->r, READINGS_NO_CPU, "", 0), READS, 2);
		readings_put(t->r, readings_instance(t->r, 7, "LOC", 3), READS, 3);
		expect(t, "disk.reads @7 1\ndisk.reads 2\ndisk.reads LOC@7 3\n",
		       turn ? "" : "1 disk.reads @7\n2 disk.reads\n3 disk.reads LOC@7\n");
	}
}

/* Words of a file, of which each has one of the metrics; then one has others too. */
static void one_metric_or_all(void **state)
{
	struct rig *t = *state;

	begin(t);
	put(t, "pgfault", WRITES, 1);
	put(t, "pgfault", BUSY, 2);
	put(t, "pgfault", READS, 3);
	put(t, "pgfault", WRITES, 4);
	expect(t,
	       "disk.writes pgfault 1\ndisk.busy pgfault 2\ndisk.reads pgfault 3\n"
	       "disk.writes pgfault 4\n",
	       "1 disk.writes pgfault\n2 disk.busy pgfault\n3 disk.reads pgfault\n");
}

static void names_that_do_not_go(void **state)
{
	struct rig *t = *state;
	char name[READINGS_MAX_NAME + 2];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	begin(t);
	put(t, name, READS, 1);
	assert_int_equal(readings_n_refused(t->r), 1);
	readings_put(t->r, readings_instance(t->r, READINGS_NO_CPU, "a\0b", 3), READS, 2);
	put(t, name + 1, READS, 3);
	assert_int_equal(readings_flush(t->r, NULL), 0);
	assert_int_equal(t->rows->n_values, 1);
	assert_int_equal(readings_n_series(t->r), 1);
}

static void too_many(void **state)
{
	struct rig *t = *state;
	char name[32];

	t->rows->silent = true;
	begin(t);
	/* No value: no series, and no rows; but each thing is known. */
	for (uint32_t i = 0; i < READINGS_MAX_SERIES + 10; i++) {
		snprintf(name, sizeof(name), "%u", i);
		readings_instance(t->r, READINGS_NO_CPU, name, strlen(name));
	}
	assert_int_equal(readings_n_refused(t->r), 10);
	/* The known ones go on. */
	put(t, "7", READS, 1);
	put(t, "one more", READS, 1);
	assert_int_equal(readings_flush(t->r, NULL), 0);
	assert_int_equal(t->rows->n_values, 1);
	readings_refuse(t->r, 3);
	assert_int_equal(readings_n_refused(t->r), 14);
}

/* Containers: others each minute, for a day. Memory is for those of the last minutes. */
static void the_gone_are_forgotten(void **state)
{
	struct rig *t = *state;
	uint32_t highest = 0;
	char name[32];

	t->rows->silent = true;
	for (unsigned int minute = 0; minute < 24 * 60; minute++) {
		t->now += 59 * NSEC_PER_SEC;
		begin(t);
		put(t, "stays", READS, minute);
		for (unsigned int i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "%u.%u", minute, i);
			uint32_t at = readings_instance(t->r, READINGS_NO_CPU, name, strlen(name));

			highest = max_of(highest, at);
			readings_put(t->r, at, READS, 1);
			readings_put(t->r, at, BUSY, 1);
		}
		put(t, "stays too", WRITES, minute);
		assert_int_equal(readings_flush(t->r, NULL), 0);
	}
	/* 42 rows a minute, 28,800 containers in all. */
	assert_int_equal(t->rows->n_values, 24 * 60 * 42);
	assert_int_equal(t->rows->n_series, 24 * 60 * 40 + 2);
	assert_true(highest < 1000);
	assert_int_equal(readings_n_refused(t->r), 0);
	/* One that returns after an hour is told anew, under another number. */
	t->rows->silent = false;
	begin(t);
	put(t, "1400.3", READS, 77);
	put(t, "stays", READS, 78);
	assert_int_equal(readings_flush(t->r, NULL), 0);
	assert_string_equal(buf_str(&t->rows->text), "disk.reads 1400.3 77\ndisk.reads stays 78\n");
}

static void patterns(void **state)
{
	struct rig *t = *state;

	readings_keep(t->r, "busy:sd[ab]::very*");
	for (unsigned int turn = 0; turn < 2; turn++) {
		begin(t);
		put(t, "sda", READS, 1);
		put(t, "sdc", READS, 2);
		put(t, "sdc", BUSY, 3);
		put(t, "sdc", WRITES, 4);
		expect(t, "disk.reads sda 1\ndisk.busy sdc 3\n",
		       turn ? "" : "1 disk.reads sda\n2 disk.busy sdc\n");
	}
	assert_int_equal(readings_n_series(t->r), 2);
}

static void tell_again(void **state)
{
	struct rig *t = *state;
	struct err e;

	assert_int_equal(readings_tell(t->r, 1, &t->rows->sink, &e), 0);
	assert_int_equal(t->rows->n_metrics, 0); /* nothing is known yet */
	readings_keep(t->r, "reads:busy");
	begin(t);
	put(t, "sda", READS, 1);
	put(t, "sda", WRITES, 1);
	put(t, "sdb", BUSY, 2);
	assert_int_equal(readings_flush(t->r, &e), 0);
	buf_clear(&t->rows->told);
	assert_int_equal(readings_tell(t->r, 99, &t->rows->sink, &e), 0);
	assert_string_equal(buf_str(&t->rows->told), "1 disk.reads sda\n2 disk.busy sdb\n");
	assert_int_equal(t->rows->n_metrics, 6);
	assert_int_equal(t->rows->n_series, 4);
}

static void sinks_fail(void **state)
{
	struct rig *t = *state;
	struct err e = { 0 };

	t->rows->fail = -ENOSPC;
	begin(t);
	put(t, "sda", READS, 1);
	put(t, "sda", READS, 2);
	assert_int_equal(readings_flush(t->r, &e), -ENOSPC);
	assert_string_equal(e.text, "the sink is full");
}

static void numbers_are_shared(void **state)
{
	struct rig *t = *state;
	auto_ptr(readings) other = readings_new("net", metrics, 2, &t->shared);

	begin(t);
	put(t, "sda", READS, 1);
	expect(t, "disk.reads sda 1\n", "1 disk.reads sda\n");
	readings_begin(other, t->now, &t->rows->sink);
	readings_put(other, readings_instance(other, READINGS_NO_CPU, "eth0", 4), 1, 5);
	assert_int_equal(readings_flush(other, NULL), 0);
	assert_string_equal(buf_str(&t->rows->told), "2 net.writes eth0\n");
	assert_int_equal(t->shared.metrics, 5);
	assert_int_equal(t->shared.series, 2);
	assert_int_equal(t->shared.n_values, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(come_go_and_return), TEST(cpus_are_things),
		TEST(one_metric_or_all),  TEST(names_that_do_not_go),
		TEST(too_many),		  TEST(the_gone_are_forgotten),
		TEST(patterns),		  TEST(tell_again),
		TEST(sinks_fail),	  TEST(numbers_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
