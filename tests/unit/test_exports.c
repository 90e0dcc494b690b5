/* SPDX-License-Identifier: MIT */
/* Exporters of profiles on a run of known samples, and what comes back through the importers. */
#include "profile_files.h"

#include <errno.h>
#include <jansson.h>
#include <regex.h>

#include "firefox_table.h"
#include "format/gzip.h"
#include "format/protobuf.h"

static void test_folded(void **state)
{
	auto_ptr(memory) m = known_profile();
	auto_free char *notes = NULL;
	auto_free char *text = export_text(memory_source(m), "folded", NULL, NULL, &notes);

	(void)state;
	/* Both unknown callers are one line; the thread's name is that of the time. */
	assert_string_equal(text, "app 1\n"
				  "app;[unknown];hot 2\n"
				  "app;main;hot 2\n"
				  "app;main;hot;sys_read 1\n"
				  "early;main;hot 1\n"
				  "swapper;main;hot;sys_read 1\n");
	assert_non_null(strstr(notes, "1 samples of other events than 'cpu-clock:ppp'"));
	assert_non_null(strstr(notes, "1 samples have no call chain"));
}

static void test_filters(void **state)
{
	auto_ptr(memory) m = known_profile();
	struct source *src = memory_source(m);
	struct export_args args = { .event = "cycles" };
	auto_free char *cycles = export_text(src, "folded", &args, NULL, NULL);
	regex_t task;

	(void)state;
	assert_string_equal(cycles, "app;main;hot 1\n");
	args = (struct export_args){ .event = "cpu-clock",
				     .from = PROFILE_START + 3000,
				     .to = PROFILE_START + 5000 };
	auto_free char *window = export_text(src, "folded", &args, NULL, NULL);

	assert_string_equal(window, "app;main;hot 1\napp;main;hot;sys_read 1\n");
	assert_int_equal(regcomp(&task, "^none", REG_EXTENDED), 0);
	args = (struct export_args){ .task = &task };
	auto_free char *nobody = export_text(src, "folded", &args, NULL, NULL);

	assert_string_equal(nobody, "");
	regfree(&task);
}

static void test_errors(void **state)
{
	auto_ptr(memory) m = known_profile();
	auto_ptr(memory) empty = memory_new();
	struct source *src = memory_source(m);
	const struct export_args args = { .event = "cpu", .to = src->info->end };
	static const char *const format[] = { "folded",	 "pprof",    "speedscope",
					      "firefox", "perfetto", "script" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(format); i++) {
		const struct exporter *x = exporter_by_name(format[i]);
		struct export_result result = { 0 };
		struct err e = { 0 };
		char sink[64];
		FILE *f = fmemopen(sink, sizeof(sink), "w");

		assert_int_equal(x->run(src, &args, f, &result, &e), -EINVAL);
		assert_non_null(strstr(e.text, "no event 'cpu'"));
		export_result_done(&result);
		result = (struct export_result){ 0 };
		assert_int_equal(x->run(memory_source(empty), &args, f, &result, &e), -ENODATA);
		assert_non_null(strstr(e.text, "has no samples"));
		export_result_done(&result);
		fclose(f);
	}
}

static void test_script(void **state)
{
	auto_ptr(memory) m = known_profile();
	auto_free char *text = export_text(memory_source(m), "script", NULL, NULL, NULL);

	(void)state;
	assert_non_null(strstr(text,
			       "early    42 [000]     5.000001000:    1000001 cpu-clock:ppp: \n"
			       "\t            1110 hot+0x10 (/bin/app)\n"
			       "\t            1008 main+0x8 (/bin/app)\n\n"));
	assert_non_null(
		strstr(text, "app    42 [000]     5.000005000:        777        cycles: \n"));
	assert_non_null(strstr(text, "\tffffffff81000010 sys_read+0x10 ([kernel.kallsyms])\n"));
	assert_non_null(strstr(text, "\t              99 [unknown] ([unknown])\n"));
	assert_non_null(strstr(text, "             app    42 [001]     5.000009000:    1000008 "));
}

static void test_round_trip_folded(void **state)
{
	static const char text[] = "a 2\na;b;c d;e 10\na;b;f 18446744073709551615\nb;b;b;b 1\n";
	auto_ptr(memory) m = memory_new();
	struct import_result result;

	(void)state;
	assert_int_equal(import_text("folded", text, strlen(text), m, &result, NULL), 0);
	assert_true(result.complete);
	assert_int_equal(result.events, 4);
	import_result_done(&result);
	auto_free char *back = export_text(memory_source(m), "folded", NULL, NULL, NULL);

	assert_string_equal(back, text);
}

static void test_hostile_folded(void **state)
{
	static const char text[] =
		"a;b 1\nno number\na;c 18446744073709551616\na;d -1\r\na;e 2\r\n\n"
		"a;f 3";
	auto_ptr(memory) m = memory_new();
	struct import_result result;
	auto_free char *words = NULL;

	(void)state;
	assert_int_equal(import_text("folded", text, strlen(text), m, &result, &words), 0);
	assert_false(result.complete);
	assert_int_equal(result.damaged, 3);
	assert_non_null(strstr(words, "line 2"));
	import_result_done(&result);
	auto_free char *back = export_text(memory_source(m), "folded", NULL, NULL, NULL);

	assert_string_equal(back, "a;b 1\na;e 2\na;f 3\n");
}

static void test_deep_folded(void **state)
{
	auto_ptr(memory) m = memory_new();
	struct import_result result;
	auto_buf text;

	(void)state;
	buf_init(&text, 0);
	buf_add_str(&text, "a;b 1\na");
	for (int i = 0; i < 4097; i++)
		buf_add_str(&text, ";f");
	buf_add_str(&text, " 1\na");
	for (int i = 0; i < 200000; i++) /* longer than the window of an input */
		buf_add_str(&text, ";g");
	buf_add_str(&text, " 1\nb;c 1\n");
	assert_int_equal(import_text("folded", text.data, text.len, m, &result, NULL), 0);
	assert_int_equal(result.events, 2);
	assert_int_equal(result.damaged, 2);
	import_result_done(&result);
}

static void test_round_trip_pprof(void **state)
{
	auto_ptr(memory) m = known_profile();
	auto_ptr(memory) back = memory_new();
	auto_ptr(memory) again = memory_new();
	struct import_result result;
	size_t n, n2, n3;

	(void)state;
	auto_free char *first = export_text(memory_source(m), "pprof", NULL, &n, NULL);

	assert_int_equal(import_text("pprof", first, n, back, &result, NULL), 0);
	assert_true(result.complete);
	import_result_done(&result);
	auto_free char *second = export_text(memory_source(back), "pprof", NULL, &n2, NULL);

	assert_int_equal(import_text("pprof", second, n2, again, &result, NULL), 0);
	import_result_done(&result);
	auto_free char *third = export_text(memory_source(again), "pprof", NULL, &n3, NULL);

	assert_int_equal(n2, n3);
	assert_memory_equal(second, third, n2);
	/* And the sums are those of the run: counts by stack. */
	const struct export_args counts = { .event = "cpu-clock:ppp samples",
					    .to = memory_source(again)->info->end };
	auto_free char *folded = export_text(memory_source(again), "folded", &counts, NULL, NULL);

	assert_string_equal(folded, "app 1\n"
				    "app;[unknown];hot 2\n"
				    "app;main;hot 2\n"
				    "app;main;hot;sys_read 1\n"
				    "early;main;hot 1\n"
				    "swapper;main;hot;sys_read 1\n");
	const struct export_args weights = { .event = "cpu-clock:ppp",
					     .to = memory_source(again)->info->end };
	auto_free char *ns = export_text(memory_source(again), "folded", &weights, NULL, NULL);

	assert_non_null(strstr(ns, "app;main;hot 2000007\n"));
}

/* A profile of one sample at location 1 whose line is function 1, with what the flags break. */
enum { NO_FUNCTION = 1, NO_STRING = 2, TWO_IDS = 4, FEW_VALUES = 8, NUL_NAME = 16, TOO_DEEP = 32 };

static void make_profile(struct buf *out, unsigned int broken)
{
	auto_buf m;
	auto_buf inner;

	buf_init(&m, 0);
	buf_init(&inner, 0);
	buf_init(out, 0);
	proto_add_u64(&m, 1, 1);
	proto_add_u64(&m, 2, 2);
	proto_add_message(out, 1, &m);
	for (int i = broken & TOO_DEEP ? 4097 : 1; i--;)
		proto_add_u64(&m, 1, 1);
	if (!(broken & FEW_VALUES))
		proto_add_u64(&m, 2, 7);
	proto_add_message(out, 2, &m);
	for (int i = broken & TWO_IDS ? 2 : 1; i--;) {
		proto_add_u64(&inner, 1, broken & NO_FUNCTION ? 9 : 1);
		proto_add_u64(&m, 1, 1);
		proto_add_message(&m, 4, &inner);
		proto_add_message(out, 4, &m);
	}
	proto_add_u64(&m, 1, 1);
	proto_add_u64(&m, 2, broken & NO_STRING ? 99 : 3);
	proto_add_message(out, 5, &m);
	proto_add_str(out, 6, "");
	proto_add_str(out, 6, "samples");
	proto_add_str(out, 6, "count");
	proto_add_bytes(out, 6, "f\0g", broken & NUL_NAME ? 3 : 1);
}

static void test_hostile_pprof(void **state)
{
	(void)state;
	for (unsigned int broken = 0; broken < 64; broken = broken ? 2 * broken : 1) {
		auto_ptr(memory) m = memory_new();
		struct import_result result;
		auto_free char *words = NULL;
		auto_buf bytes;

		make_profile(&bytes, broken);
		int r = import_text("pprof", bytes.data, bytes.len, m, &result, &words);

		if (!broken) {
			auto_free char *text =
				export_text(memory_source(m), "folded", NULL, NULL, NULL);

			assert_int_equal(r, 0);
			assert_true(result.complete);
			assert_string_equal(text, "[unknown];f 7\n");
		} else if (broken == TWO_IDS) { /* the first one counts */
			assert_int_equal(r, 0);
			assert_false(result.complete);
		} else {
			assert_int_equal(r, -EBADMSG);
			assert_non_null(strstr(words, "byte "));
		}
		import_result_done(&result);
	}
}

static void test_cut_pprof(void **state)
{
	auto_ptr(memory) m = known_profile();
	size_t n;
	auto_free char *whole = export_text(memory_source(m), "pprof", NULL, &n, NULL);

	(void)state;
	for (size_t cut = 0; cut < n; cut += 7) {
		auto_ptr(memory) back = memory_new();
		struct import_result result;
		auto_free char *words = NULL;
		int r = import_text("pprof", whole, cut, back, &result, &words);

		assert_true(r < 0 || !result.complete);
		assert_true(words[0] != 0);
		import_result_done(&result);
	}
}

static json_t *exported_json(const char *format)
{
	auto_ptr(memory) m = known_profile();
	auto_free char *text = export_text(memory_source(m), format, NULL, NULL, NULL);
	json_error_t e;
	json_t *j = json_loads(text, 0, &e);

	if (!j)
		fail_msg("%s: %s", format, e.text);
	return j;
}

static void test_speedscope(void **state)
{
	json_t *j = exported_json("speedscope"), *profiles = json_object_get(j, "profiles");
	json_t *frames = json_object_get(json_object_get(j, "shared"), "frames");
	size_t samples = 0;

	(void)state;
	/* Idle, the thread's clock, the thread's cycles. */
	assert_int_equal(json_array_size(profiles), 3);
	for (size_t i = 0; i < json_array_size(profiles); i++) {
		json_t *p = json_array_get(profiles, i), *stacks = json_object_get(p, "samples");

		assert_int_equal(json_array_size(stacks),
				 json_array_size(json_object_get(p, "weights")));
		samples += json_array_size(stacks);
		for (size_t k = 0; k < json_array_size(stacks); k++) {
			json_t *stack = json_array_get(stacks, k);

			for (size_t d = 0; d < json_array_size(stack); d++)
				assert_true((size_t)json_integer_value(json_array_get(stack, d)) <
					    json_array_size(frames));
		}
	}
	assert_int_equal(samples, 9);
	json_decref(j);
}

/* Numbers of a column lie below those of what they refer to. */
static void check_reference(json_t *thread, const char *table, const char *column, size_t below)
{
	json_t *c = json_object_get(json_object_get(thread, table), column);

	assert_non_null(c);
	for (size_t i = 0; i < json_array_size(c); i++) {
		json_t *v = json_array_get(c, i);

		assert_true(json_is_null(v) || (size_t)json_integer_value(v) < below);
	}
}

static void test_firefox(void **state)
{
	static const char *const table[] = { "samples",	     "markers",	  "stackTable",
					     "frameTable",   "funcTable", "resourceTable",
					     "nativeSymbols" };
	json_t *j = exported_json("firefox"), *threads = json_object_get(j, "threads");
	json_t *meta = json_object_get(j, "meta");
	size_t samples = 0;

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(meta, "preprocessedProfileVersion")),
			 48);
	assert_int_equal(json_array_size(threads), 2);
	for (size_t i = 0; i < json_array_size(threads); i++) {
		json_t *t = json_array_get(threads, i);
		size_t texts = json_array_size(json_object_get(t, "stringArray"));

		for (size_t k = 0; k < ARRAY_SIZE(table); k++)
			check_table(t, table[k]);
		check_reference(t, "samples", "stack", table_length(t, "stackTable"));
		check_reference(t, "stackTable", "frame", table_length(t, "frameTable"));
		check_reference(t, "stackTable", "prefix", table_length(t, "stackTable"));
		check_reference(t, "frameTable", "func", table_length(t, "funcTable"));
		check_reference(t, "funcTable", "name", texts);
		check_reference(t, "funcTable", "resource", table_length(t, "resourceTable"));
		check_reference(t, "resourceTable", "name", texts);
		check_reference(t, "resourceTable", "lib",
				json_array_size(json_object_get(j, "libs")));
		samples += table_length(t, "samples");
	}
	assert_int_equal(samples, 8);
	json_decref(j);
}

/* Fields of each packet, by number; how many of each. */
static void test_perfetto(void **state)
{
	auto_ptr(memory) m = known_profile();
	size_t n, samples = 0, stacks = 0, interned = 0, trees = 0;
	auto_free char *trace = export_text(memory_source(m), "perfetto", NULL, &n, NULL);
	struct proto_reader r = { .at = (uint8_t *)trace, .end = (uint8_t *)trace + n };
	struct proto_field packet, f, in;

	(void)state;
	while (proto_next(&r, &packet) > 0) {
		struct proto_reader p = { .at = packet.data, .end = packet.data + packet.n };
		bool sequence = false;

		assert_int_equal(packet.number, 1);
		while (proto_next(&p, &f) > 0) {
			struct proto_reader q = { .at = f.data, .end = f.data + f.n };

			sequence |= f.number == 10;
			samples += f.number == 66;
			trees += f.number == 2;
			interned += f.number == 12;
			while (f.number == 12 && proto_next(&q, &in) > 0)
				stacks += in.number == 7;
		}
		assert_true(p.at == p.end);
		assert_true(sequence);
	}
	assert_true(r.at == r.end);
	assert_int_equal(samples, 9);
	assert_int_equal(trees, 1);
	/* Chains of each event: 4 of the clock, 1 of the cycles. */
	assert_int_equal(stacks, 5);
	assert_int_equal(interned, 2 + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_round_trip_folded),
		cmocka_unit_test(test_hostile_folded),
		cmocka_unit_test(test_deep_folded),
		cmocka_unit_test(test_round_trip_pprof),
		cmocka_unit_test(test_hostile_pprof),
		cmocka_unit_test(test_cut_pprof),
		cmocka_unit_test(test_speedscope),
		cmocka_unit_test(test_firefox),
		cmocka_unit_test(test_perfetto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
