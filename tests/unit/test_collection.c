/* SPDX-License-Identifier: MIT */
/* Sets of collectors, what they say about what is missing, ticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/collection.h"
#include "collect/collector.h"
#include "machine_tree.h"
#include "model/file_track.h"
#include "value_rows.h"

struct rig {
	struct machine_tree tree;
	struct value_rows *rows;
};

static int setup(void **state)
{
	struct rig *t = calloc(1, sizeof(*t));

	machine_tree_make(&t->tree);
	machine_tree_put(&t->tree, "proc/stat", "cpu 1\nctxt 2\n");
	machine_tree_put(&t->tree, "proc/meminfo", "MemFree: 3 kB\n");
	machine_tree_put(&t->tree, "proc/loadavg", "0.50 0.25 0.10 1/200 999\n");
	machine_tree_put(&t->tree, "proc/vmstat", "");
	t->rows = value_rows_new();
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct rig *t = *state;

	value_rows_free(t->rows);
	machine_tree_remove(&t->tree);
	free(t);
	return 0;
}

static struct collection *open_set(struct rig *t, const char *set, struct err *e)
{
	const struct collection_options o = { .set = set, .root = { .fd = t->tree.fd } };
	struct collection *c = NULL;
	int r = collection_open(&o, &c, e);

	assert_int_equal(r, c ? 0 : e->code);
	return c;
}

/* What the set is in the meta row, or the words of the failure. */
struct meta {
	struct sink sink;
	struct buf text;
};

static int take_meta(struct sink *sink, const struct batch *b, struct err *e)
{
	struct meta *m = (struct meta *)sink;

	(void)e;
	assert_ptr_equal(b->track, &track_meta);
	for (uint32_t i = 0; i < b->rows; i++)
		buf_addf(&m->text, "%s=%s\n", batch_text(b, META_KEY, i),
			 batch_text(b, META_VALUE, i));
	return 0;
}

static void expect_set(struct rig *t, const char *set, const char *expected)
{
	struct meta m = { .sink.write = take_meta };
	struct err e = { 0 };
	auto_ptr(collection) c = open_set(t, set, &e);

	buf_init(&m.text, 0);
	if (c)
		assert_int_equal(collection_describe(c, &m.sink, &e), 0);
	assert_string_equal(c ? buf_str(&m.text) : e.text, expected);
	buf_done(&m.text);
}

#define SET(names) "collect.set=" names "\ncollect.interval=1000000000\n"

static void sets(void **state)
{
	struct rig *t = *state;

	expect_set(t, NULL, SET("cpu,load,memory,vmstat"));
	expect_set(t, "", SET("cpu,load,memory,vmstat"));
	expect_set(t, "default", SET("cpu,load,memory,vmstat"));
	expect_set(t, "memory,cpu", SET("cpu,memory"));
	expect_set(t, "all,-vmstat,-load", SET("cpu,memory"));
	expect_set(t, "-cpu", SET("load,memory,vmstat"));
	expect_set(t, "cpu,", SET("cpu"));
	expect_set(t, "cpu:user:x*,memory", SET("cpu:user:x*,memory"));
	expect_set(t, "cpu:user,cpu", SET("cpu"));
	expect_set(t, "disk", "metrics 'disk': no '/proc/diskstats'");
	expect_set(t, "cpu,-cpu", "'cpu,-cpu' leaves no metrics");
	expect_set(t, "all:x", "patterns follow the name of one collector (try: disk:sd*)");
	expect_set(t, "-cpu:x", "patterns follow the name of one collector (try: disk:sd*)");
	expect_set(t, "cpu:", "patterns follow the name of one collector (try: disk:sd*)");
	struct err e = { 0 };

	assert_null(open_set(t, "cpu,dreams", &e));
	assert_int_equal(e.code, -EINVAL);
	assert_non_null(strstr(e.text, "no metrics called 'dreams' (try: default, all, cpu"));
	assert_null(strstr(e.text, "thread)") ? NULL : e.text); /* all of them fit into the words */
	assert_null(open_set(t, ",cpu", &e));
	assert_int_equal(e.code, -EINVAL);
}

static void nothing_here(void **state)
{
	struct rig *t = *state;
	struct machine_tree empty;
	struct err e = { 0 };
	struct collection *c = NULL;

	(void)t;
	machine_tree_make(&empty);
	const struct collection_options o = { .root = { .fd = empty.fd } };

	assert_int_equal(collection_open(&o, &c, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no metrics 'cpu' (no '/proc/stat'), 'load' ("));
	machine_tree_remove(&empty);
}

static void notes_are_said_once(void **state)
{
	struct rig *t = *state;
	struct err e = { 0 };
	auto_ptr(collection) c = open_set(t, "all,-vmstat,-disk,-network", &e);

	const char *note = collection_note(c);

	assert_non_null(strstr(note, "no metrics 'pressure' (no '/proc/pressure/cpu'), "));
	assert_string_equal(collection_note(c), "");
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(collection_sample_at(c, i + 1, &t->rows->sink, &e), 0);
		assert_string_equal(collection_note(c), "");
	}
	collection_free(steal_ptr(c));
	/* A file that has nothing in it, and patterns that match nothing. */
	c = open_set(t, "vmstat,cpu:dreams,load", &e);
	assert_string_equal(collection_note(c), "");
	assert_int_equal(collection_sample_at(c, 11, &t->rows->sink, &e), 0);
	assert_string_equal(collection_note(c), "no metrics 'cpu' (nothing matches the patterns), "
						"'vmstat' (nothing could be read)");
	assert_int_equal(collection_sample_at(c, 12, &t->rows->sink, &e), 0);
	assert_string_equal(collection_note(c), "");
	/* What comes late is taken. */
	machine_tree_put(&t->tree, "proc/vmstat", "pgfault 5\n");
	buf_clear(&t->rows->text);
	assert_int_equal(collection_sample_at(c, 13, &t->rows->sink, &e), 0);
	assert_non_null(strstr(buf_str(&t->rows->text), "vmstat.count pgfault 5\n"));
}

static const char *text_of(void *ctx, const char *path)
{
	const unsigned int *tick = ctx;

	return *tick && !strcmp(path, "proc/loadavg") ? "1.00 2.00 3.00 1/2 3\n" : NULL;
}

/* Texts of another machine: folders cannot be listed, what there is shows with the ticks. */
static void texts(void **state)
{
	struct rig *t = *state;
	unsigned int tick = 0;
	const struct collection_options o = { .set = "all",
					      .root = { .fd = -1, .text = text_of, .ctx = &tick } };
	auto_ptr(collection) c = NULL;
	struct err e = { 0 };

	assert_int_equal(collection_open(&o, &c, &e), 0);
	const char *note = collection_note(c);

	assert_non_null(
		strstr(note, "'filesystem' (file systems can only be asked where they are)"));
	for (; tick < 2; tick++)
		assert_int_equal(collection_sample_at(c, tick + 1, &t->rows->sink, &e), 0);
	assert_string_equal(collection_note(c), "");
	assert_string_equal(buf_str(&t->rows->text),
			    "load.avg1 100\nload.avg5 200\nload.avg15 300\nload.running 1\n"
			    "load.threads 2\n");
}

static void ticks(void **state)
{
	struct rig *t = *state;
	const struct collection_options o = { .set = "load",
					      .interval = 50 * NSEC_PER_MSEC,
					      .root = { .fd = t->tree.fd } };
	struct collection_stats stats;
	auto_ptr(collection) c = NULL;
	struct err e = { 0 };

	assert_int_equal(collection_open(&o, &c, &e), 0);
	assert_int_equal(collection_due(c), 0);
	assert_int_equal(collection_sample(c, &t->rows->sink, &e), 0);
	nsec_t first = collection_due(c);

	assert_true(first > nsec_monotonic());
	/* One in between does not move the grid. */
	assert_int_equal(collection_sample(c, &t->rows->sink, &e), 0);
	assert_int_equal((collection_due(c) - first) % o.interval, 0);
	collection_stats(c, &stats);
	assert_int_equal(stats.samples, 2);
	assert_int_equal(stats.series, 5);
	assert_int_equal(stats.values, 10);
	assert_int_equal(collection_snapshot(c, &t->rows->sink, &e), 0);
	assert_int_equal(t->rows->n_series, 10);
}

static void sinks_fail(void **state)
{
	struct rig *t = *state;
	struct err e = { 0 };
	auto_ptr(collection) c = open_set(t, "cpu", &e);

	t->rows->fail = -ENOSPC;
	assert_int_equal(collection_sample_at(c, 1, &t->rows->sink, &e), -ENOSPC);
	assert_string_equal(e.text, "the sink is full");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets),  TEST(nothing_here), TEST(notes_are_said_once),
		TEST(texts), TEST(ticks),	 TEST(sinks_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
