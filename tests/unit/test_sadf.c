/* SPDX-License-Identifier: MIT */
/* Tests of src/import/sadf: what becomes of objects, and files that are cut or make no sense. */
#include "metric_scenario.h"

#include <errno.h>
#include <stdio.h>

#include "import/importer.h"
#include "model/series_cursor.h"

#define HEAD                                                                       \
	"{\"sysstat\": {\"hosts\": [{\"nodename\": \"vm\", \"release\": \"6.1\", " \
	"\"number-of-cpus\": 2, \"statistics\": ["
#define TAIL "], \"restarts\": []}]}}"
#define AT(clock)                                                       \
	"{\"timestamp\": {\"date\": \"2026-11-21\", \"time\": \"" clock \
	"\", \"utc\": 1, \"interval\": 2}"

struct told {
	char meta[512];
};

static int take_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	struct told *t = ctx;
	size_t n = strlen(t->meta);

	(void)e;
	(void)snprintf(t->meta + n, sizeof(t->meta) - n, "%s=%s;", key, value);
	return 0;
}

static int import(const char *text, struct memory *memory, struct told *told,
		  struct import_result *result, struct err *e)
{
	const struct import_args args = { .meta = take_meta, .ctx = told };
	auto_ptr(input) in = NULL;

	assert_int_equal(input_open_memory(text, strlen(text), "sa.json", &in), 0);
	return importer_by_name("sadf")->run(in, memory_sink(memory), &args, result, e);
}

/* All values as "second: name thing value, ...; second: ...". */
static void check(const char *text, const char *expected, bool complete)
{
	auto_ptr(memory) memory = memory_new();
	auto_ptr(series_table) table = NULL;
	auto_ptr(series_cursor) c = NULL;
	struct import_result result = { 0 };
	struct told told = { 0 };
	struct series_tick tick;
	struct err e = { 0 };
	char is[2048] = "";
	size_t n = 0;

	if (import(text, memory, &told, &result, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(result.complete, complete);
	assert_true(complete || result.damage[0]);
	struct source *src = memory_source(memory);

	assert_int_equal(series_table_load(src, &table, &e), 0);
	assert_int_equal(series_cursor_open(src, table, 0, 0, &c, &e), 0);
	while (series_cursor_next(c, &tick, &e) > 0) {
		n += (size_t)snprintf(is + n, sizeof(is) - n, "%s%llu:", n ? "; " : "",
				      (unsigned long long)(tick.time / NSEC_PER_SEC % 100));
		for (uint32_t i = 0; i < tick.n; i++) {
			const struct metric_series *s = series_table_at(table, tick.series[i]);
			const struct series_metric *m = series_table_metric(table, s->metric);

			n += (size_t)snprintf(is + n, sizeof(is) - n, " %s%s%s %g", m->name,
					      *s->instance ? "@" : "", s->instance,
					      series_level(m, tick.now[tick.series[i]].value));
		}
	}
	assert_string_equal(is, expected);
	import_result_done(&result);
}

static void test_objects(void **state)
{
	(void)state;
	check(HEAD AT("00:00:10") ", \"cpu-load\": [{\"cpu\": \"all\", \"usr\": 1.49}, {\"cpu\": "
				  "\"0\", \"usr\": -2}], "
				  "\"io\": {\"tps\": 8.00, \"io-reads\": {\"rtps\": 3}}, "
				  "\"power\": {\"fan\": [{\"number\": 3, \"rpm\": 900}, {\"rpm\": "
				  "7}]}, "
				  "\"none\": null, \"text\": \"x\", \"empty\": []},\n" AT(
					  "00:00:12") ", \"io\": {\"tps\": 9007199254740993}}" TAIL,
	      "8: sadf.interval 0; "
	      "10: sadf.interval 2 sadf.cpu-load.usr@all 1.49 sadf.cpu-load.usr@0 -2 sadf.io.tps 8 "
	      "sadf.io.io-reads.rtps 3 sadf.power.fan.rpm@3 900 sadf.power.fan.rpm@1 7; "
	      "12: sadf.interval 2 sadf.io.tps 9.0072e+15",
	      true);
}

static void test_head(void **state)
{
	auto_ptr(memory) memory = memory_new();
	struct import_result result = { 0 };
	struct told told = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(
		import(HEAD AT("01:00:00") ", \"q\": {\"a\": 1}}" TAIL, memory, &told, &result, &e),
		0);
	assert_string_equal(told.meta,
			    "host.name=vm;kernel.release=6.1;import.clock=CLOCK_REALTIME;"
			    "collect.interval=2000000000;");
	struct source *src = memory_source(memory);

	assert_int_equal(src->info->n_cpu, 2);
	assert_int_equal(run_info_realtime(src->info, src->info->end),
			 UINT64_C(1795222800) * NSEC_PER_SEC);
	import_result_done(&result);
}

/* What was understood counts; that it is not all is said. */
static void test_damaged(void **state)
{
	static const char good[] = "8: sadf.interval 0; 10: sadf.interval 2 sadf.q.a 1";

	(void)state;
	/* Cut within a sample, and between two. */
	check(HEAD AT("00:00:10") ", \"q\": {\"a\": 1}}, " AT("00:00:12") ", \"q\": {\"a", good,
	      false);
	check(HEAD AT("00:00:10") ", \"q\": {\"a\": 1}}, ", good, false);
	/* Something else between samples, one without a time. */
	check(HEAD
	      "17, " AT("00:00:10") ", \"q\": {\"a\": 1}}, {\"timestamp\": {}, \"q\": {}}" TAIL,
	      good, false);
	/* Back in time: left out, and counted. */
	check(HEAD AT("00:00:10") ", \"q\": {\"a\": 1}}, " AT(
		      "00:00:10") ", \"q\": {\"a\": 2}}, " AT("00:00:09") ", \"q\": {\"a\": "
									  "3}}" TAIL,
	      good, true);
	/* Too large, too deep. */
	check(HEAD AT("00:00:10") ", \"q\": {\"a\": 1, \"b\": 1e300, \"c\": {\"d\": {\"e\": "
				  "{\"f\": {\"g\": {\"h\": "
				  "{\"i\": {\"j\": 1}}}}}}}}}" TAIL,
	      good, true);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{ "", "no \"statistics\"" },
		{ "{\"sysstat\": {\"hosts\": [{}]}}", "no \"statistics\"" },
		{ "{\"sysstat\": \"statistics\": [", "its head is no JSON" },
		{ HEAD TAIL, "no samples" },
		{ HEAD "{}" TAIL, "a sample without a time" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		auto_ptr(memory) memory = memory_new();
		struct import_result result = { 0 };
		struct told told = { 0 };
		struct err e = { 0 };

		assert_int_equal(import(all[i].text, memory, &told, &result, &e), -EBADMSG);
		if (!strstr(e.text, all[i].words))
			fail_msg("%s", e.text);
		import_result_done(&result);
	}
}

static void test_recognised(void **state)
{
	static const char other[] = "{\"Site\": 1}";
	auto_ptr(input) in = NULL;
	auto_ptr(input) not_in = NULL;

	(void)state;
	assert_int_equal(input_open_memory(HEAD, strlen(HEAD), "x", &in), 0);
	assert_string_equal(importer_recognise(in)->name, "sadf");
	assert_int_equal(input_open_memory(other, strlen(other), "x", &not_in), 0);
	assert_string_not_equal(importer_recognise(not_in)->name, "sadf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),	   cmocka_unit_test(test_head),
		cmocka_unit_test(test_damaged),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
