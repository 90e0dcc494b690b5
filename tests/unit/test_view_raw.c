/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/view_raw: which files there are, and one of them at a time. */
#include "metric_scenario.h"
#include "view_text.h"

#include <errno.h>

/* As the view has it. */
struct options {
	const char *file;
	nsec_t at;
	bool at_given;
};

static void put(struct metric_scenario *s, nsec_t time, const char *path, const char *text)
{
	struct batch *b = batch_new(&track_raw, 1);

	assert_non_null(b);
	b->time[0] = time;
	batch_u64(b, RAW_END)[0] = time + 5;
	metric_scenario_text(b, RAW_PATH, path);
	metric_scenario_text(b, RAW_TEXT, text);
	metric_scenario_write(s, b);
}

static void build(struct metric_scenario *s)
{
	metric_scenario_init(s);
	put(s, 100, "/proc/stat", "cpu 1\n");
	put(s, 110, "/proc/loadavg", "0.1\n");
	put(s, 200, "/proc/stat", "cpu 2\n");
	put(s, 210, "/proc/loadavg", "0.1\n");
	put(s, 300, "/proc/stat", "cpu 345\n");
}

static void check(struct options options, const char *names, const char *expected,
		  const char *document)
{
	struct analysis_args args = { .options = &options };
	struct metric_scenario s;
	struct answer a;
	struct err e = { 0 };
	auto_buf text;

	buf_init(&text, 65536);
	build(&s);
	if (view_ask("raw", metric_scenario_source(&s), &args, &a, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(view_rows_text(&a, names, &text), expected);
	if (document)
		assert_string_equal(a.document, document);
	else
		assert_null(a.document);
	answer_done(&a);
	metric_scenario_done(&s);
}

static void test_list(void **state)
{
	(void)state;
	check((struct options){ 0 }, "file time snapshots changes bytes took",
	      "/proc/stat 200 3 2 8 5; /proc/loadavg 110 2 0 4 5", NULL);
	check((struct options){ .at = 100, .at_given = true }, "file snapshots",
	      "/proc/stat 2; /proc/loadavg 1", NULL);
}

static void test_one(void **state)
{
	(void)state;
	check((struct options){ .file = "/proc/stat" }, "file time text",
	      "/proc/stat 200 cpu 345\n", "cpu 345\n");
	check((struct options){ .file = "/proc/stat", .at = 199, .at_given = true }, "time text",
	      "100 cpu 2\n", "cpu 2\n");
}

static void test_refused(void **state)
{
	static const struct options all[] = {
		{ .file = "/proc/none" },
		{ .file = "/proc/loadavg", .at = 3, .at_given = true },
	};
	struct metric_scenario s;
	struct answer a;

	(void)state;
	build(&s);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct analysis_args args = { .options = &all[i] };
		struct err e = { 0 };

		assert_int_equal(view_ask("raw", metric_scenario_source(&s), &args, &a, &e),
				 -EINVAL);
		assert_non_null(strstr(e.text, i ? "by then (there are: /proc/stat)"
						 : "(there are: /proc/stat, /proc/loadavg)"));
		answer_done(&a);
	}
	metric_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
