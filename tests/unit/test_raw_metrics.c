/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/raw_metrics: texts of files, tick by tick, as rows of metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/raw_metrics.h"
#include "model/memory.h"
#include "model/metric_track.h"

#define S NSEC_PER_SEC

static void put(struct memory *m, nsec_t time, const char *path, const char *text)
{
	auto_ptr(batch) b = batch_new(&track_raw, 1);
	struct err e = { 0 };

	assert_non_null(b);
	int64_t p = batch_add_text(b, path), t = batch_add_text(b, text);

	assert_true(p >= 0 && t >= 0);
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = batch_u64(b, RAW_END)[0] = time;
	((uint32_t *)b->col[RAW_PATH])[0] = (uint32_t)p;
	((uint32_t *)b->col[RAW_TEXT])[0] = (uint32_t)t;
	assert_int_equal(sink_write(memory_sink(m), b, &e), 0);
}

/* "SECONDS:VALUE" of all values, in order. */
static void expect_values(struct memory *m, const char *expected)
{
	const struct query q = { .tracks = track_bit(&track_value), .order = CURSOR_BY_TIME };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };
	char is[512] = "";
	size_t n = 0;

	assert_int_equal(source_cursor(memory_source(m), &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t i = 0; i < b->rows && n < sizeof(is); i++)
			n += (size_t)snprintf(is + n, sizeof(is) - n, "%s%g:%llu", n ? " " : "",
					      (double)b->time[i] / S,
					      (unsigned long long)batch_u64(b, VALUE_VALUE)[i]);
	assert_string_equal(is, expected);
}

static void test_ticks(void **state)
{
	auto_ptr(memory) from = memory_new();
	auto_ptr(memory) to = memory_new();
	struct collection_stats stats = { 0 };
	struct err e = { 0 };

	(void)state;
	put(from, 1 * S, "/proc/loadavg", "0.01 0.02 0.03 1/99 1234\n");
	put(from, 1 * S + 5, "/proc/sys/fs/file-nr", "100 0 900\n");
	/* The second file is missing once, and nobody reads the third. */
	put(from, 2 * S, "/proc/loadavg", "0.11 0.12 0.13 2/99 1234\n");
	put(from, 3 * S, "/proc/loadavg", "0.21 0.22 0.23 3/99 1234\n");
	put(from, 3 * S + 5, "/proc/sys/fs/file-nr", "300 0 900\n");
	put(from, 3 * S + 6, "/proc/filesystems", "nodev sysfs\n");
	if (raw_metrics_read(memory_source(from), "load:avg1,files:handles:handles_max",
			     memory_sink(to), &stats, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(stats.samples, 3);
	expect_values(to, "1:1 1:100 1:900 2:11 3:21 3:300 3:900");
}

static void test_nothing_there(void **state)
{
	auto_ptr(memory) from = memory_new();
	auto_ptr(memory) to = memory_new();
	struct collection_stats stats = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(raw_metrics_read(memory_source(from), "load", memory_sink(to), &stats, &e),
			 -ENODATA);
	assert_string_equal(e.text, "no raw files");
	put(from, 1 * S, "/proc/filesystems", "nodev sysfs\n");
	assert_int_equal(raw_metrics_read(memory_source(from), "load", memory_sink(to), &stats, &e),
			 -ENODATA);
	assert_non_null(strstr(e.text, "no metrics 'load'"));
	assert_int_equal(
		raw_metrics_read(memory_source(from), "dreams", memory_sink(to), &stats, &e),
		-EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
