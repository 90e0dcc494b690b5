/* SPDX-License-Identifier: MIT */
/* Exporters of profiles with inlined functions: each format marks them in its own way. */
#include "profile_files.h"

#include <inttypes.h>
#include <jansson.h>

#include "firefox_table.h"
#include "format/gzip.h"
#include "format/protobuf.h"
#include "source_table.h"

/* known_profile(): main calls hot at the end of step(), which is inlined in it; in hot there is
 * leaf(). */
static const struct source_span inlined_spans[] = {
	{ "/bin/app",
	  0x1000,
	  0x1008,
	  2,
	  { { "step", "/src/app.h", 7, "/src/app.h", 5 },
	    { "main", "/src/app.c", 21, "/src/app.c", 20 } } },
	{ "/bin/app",
	  0x1100,
	  0x1200,
	  2,
	  { { "leaf", "/src/app.h", 12, "/src/app.h", 10 },
	    { "hot", "/src/app.c", 33, "/src/app.c", 30 } } },
};

struct inlined_profile {
	struct memory *memory;
	struct source *src;
	struct profile *profile;
	struct functions *functions;
	struct export_args args;
};

static void make_inlined(struct inlined_profile *i)
{
	struct source_table t;

	*i = (struct inlined_profile){ .memory = known_profile() };
	i->src = memory_source(i->memory);
	source_table_init(&t, inlined_spans, ARRAY_SIZE(inlined_spans));
	assert_int_equal(profile_load(i->src, &i->profile, NULL), 0);
	assert_int_equal(
		functions_new(i->profile, &t.source, FUNCTIONS_INLINED, &i->functions, NULL), 0);
	i->args.profile = i->profile;
	i->args.functions = i->functions;
}

static void inlined_done(struct inlined_profile *i)
{
	functions_free(i->functions);
	profile_free(i->profile);
	memory_free(i->memory);
}

static void test_text(void **state)
{
	struct inlined_profile i;

	(void)state;
	make_inlined(&i);
	auto_free char *folded = export_text(i.src, "folded", &i.args, NULL, NULL);
	auto_free char *text = export_text(i.src, "script", &i.args, NULL, NULL);

	assert_string_equal(folded, "app 1\n"
				    "app;[unknown];hot;leaf 2\n"
				    "app;main;step;hot;leaf 2\n"
				    "app;main;step;hot;leaf;sys_read 1\n"
				    "early;main;step;hot;leaf 1\n"
				    "swapper;main;step;hot;leaf;sys_read 1\n");
	assert_non_null(strstr(text, "\t            1110 leaf+0x10 (inlined)\n"
				     "\t            1110 hot+0x10 (/bin/app)\n"
				     "\t            1008 step+0x8 (inlined)\n"
				     "\t            1008 main+0x8 (/bin/app)\n\n"));
	inlined_done(&i);
}

/* Lines of pprof's locations, "12,33; 7,21; " for two with two functions each. */
static char *pprof_lines(const char *packed, size_t n)
{
	struct proto_field f, in, line;
	auto_buf plain;
	auto_buf text;

	buf_init(&plain, 0);
	buf_init(&text, 0);
	assert_int_equal(gzip_unpack((const uint8_t *)packed, n, &plain, NULL), 0);
	struct proto_reader r = { .at = plain.data, .end = plain.data + plain.len };

	while (proto_next(&r, &f) > 0) {
		struct proto_reader p = { .at = f.data, .end = f.data + f.n };
		const char *between = "";

		while (f.number == 4 && proto_next(&p, &in) > 0) {
			struct proto_reader q = { .at = in.data, .end = in.data + in.n };

			while (in.number == 4 && proto_next(&q, &line) > 0) {
				if (line.number != 2)
					continue;
				(void)buf_addf(&text, "%s%" PRIu64, between, line.value);
				between = ",";
			}
		}
		if (f.number == 4)
			(void)buf_add_str(&text, "; ");
	}
	return buf_take(&text);
}

static void test_pprof(void **state)
{
	auto_ptr(memory) back = memory_new();
	struct import_result result;
	struct inlined_profile i;
	size_t n;

	(void)state;
	make_inlined(&i);
	auto_free char *packed = export_text(i.src, "pprof", &i.args, &n, NULL);

	auto_free char *lines = pprof_lines(packed, n);

	/* Where it was sampled and where the kernel was entered, that, the call, and two callers
	 * that are not known. */
	assert_string_equal(lines, "12,33; 12,33; ; 7,21; ; ; ");
	assert_int_equal(import_text("pprof", packed, n, back, &result, NULL), 0);
	import_result_done(&result);
	const struct export_args counts = { .event = "cpu-clock:ppp samples",
					    .to = memory_source(back)->info->end };
	auto_free char *folded = export_text(memory_source(back), "folded", &counts, NULL, NULL);

	assert_non_null(strstr(folded, "app;main;step;hot;leaf;sys_read 1\n"));
	inlined_done(&i);
}

static void test_firefox(void **state)
{
	struct inlined_profile i;
	bool seen = false;

	(void)state;
	make_inlined(&i);
	auto_free char *text = export_text(i.src, "firefox", &i.args, NULL, NULL);
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	json_t *t = json_array_get(json_object_get(j, "threads"), 1);

	check_table(t, "frameTable");
	check_table(t, "stackTable");
	check_table(t, "funcTable");
	for (size_t k = 0; k < table_length(t, "stackTable"); k++) {
		size_t frame = (size_t)column_number(t, "stackTable", "frame", k);
		size_t above = (size_t)column_number(t, "stackTable", "prefix", k);
		size_t function = (size_t)column_number(t, "frameTable", "func", frame);
		size_t outer = (size_t)column_number(t, "stackTable", "frame", above);

		if (strcmp(column_text(t, "funcTable", "name", function), "leaf") != 0)
			continue;
		seen = true;
		assert_int_equal(column_number(t, "frameTable", "inlineDepth", frame), 1);
		assert_int_equal(column_number(t, "frameTable", "line", frame), 12);
		assert_string_equal(column_text(t, "funcTable", "fileName", function),
				    "/src/app.h");
		assert_int_equal(column_number(t, "funcTable", "lineNumber", function), 10);
		assert_int_equal(column_number(t, "frameTable", "inlineDepth", outer), 0);
		assert_int_equal(column_number(t, "frameTable", "address", outer),
				 column_number(t, "frameTable", "address", frame));
	}
	assert_true(seen);
	json_decref(j);
	inlined_done(&i);
}

static void test_speedscope(void **state)
{
	struct inlined_profile i;
	size_t deepest = 0;

	(void)state;
	make_inlined(&i);
	auto_free char *text = export_text(i.src, "speedscope", &i.args, NULL, NULL);
	json_t *j = json_loads(text, 0, NULL), *profile, *stack;
	json_t *frames = json_object_get(json_object_get(j, "shared"), "frames"), *frame;
	size_t k, m, known = 0;

	assert_non_null(j);
	json_array_foreach(frames, k, frame)
	{
		if (strcmp(json_string_value(json_object_get(frame, "name")), "leaf") != 0)
			continue;
		known++;
		assert_string_equal(json_string_value(json_object_get(frame, "file")),
				    "/src/app.h");
		assert_int_equal(json_integer_value(json_object_get(frame, "line")), 10);
	}
	assert_int_equal(known, 1);
	json_array_foreach(json_object_get(j, "profiles"), k, profile)
	{
		json_array_foreach(json_object_get(profile, "samples"), m, stack)
		{
			deepest = max_of(deepest, json_array_size(stack));
		}
	}
	assert_int_equal(deepest, 5);
	json_decref(j);
	inlined_done(&i);
}

/* Interned frames, and the longest call chain of them. */
static void test_perfetto(void **state)
{
	struct inlined_profile i;
	size_t n, frames = 0, longest = 0;

	(void)state;
	make_inlined(&i);
	i.args.event = "cycles"; /* one sequence, so that all is told once */
	auto_free char *trace = export_text(i.src, "perfetto", &i.args, &n, NULL);
	struct proto_reader r = { .at = (uint8_t *)trace, .end = (uint8_t *)trace + n };
	struct proto_field packet, f, in, part;

	while (proto_next(&r, &packet) > 0) {
		struct proto_reader p = { .at = packet.data, .end = packet.data + packet.n };

		while (proto_next(&p, &f) > 0) {
			struct proto_reader q = { .at = f.data, .end = f.data + f.n };

			while (f.number == 12 && proto_next(&q, &in) > 0) {
				struct proto_reader s = { .at = in.data, .end = in.data + in.n };
				size_t here = 0;

				frames += in.number == 6;
				while (in.number == 7 && proto_next(&s, &part) > 0)
					here += part.number == 2;
				longest = max_of(longest, here);
			}
		}
	}
	assert_int_equal(frames, functions_n_frames(i.functions));
	assert_int_equal(longest, 4);
	inlined_done(&i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	 cmocka_unit_test(test_pprof),
		cmocka_unit_test(test_firefox),	 cmocka_unit_test(test_speedscope),
		cmocka_unit_test(test_perfetto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
