/* SPDX-License-Identifier: MIT */
/* Tests of src/export/answer_text, answer_json and src/model/answer. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "export/answer_json.h"
#include "export/answer_text.h"

enum { NAME, CPU, TIME, RUN, PCT, COUNT, BYTES, DELTA, MORE, N };

static const struct table_column columns[N] = {
	[NAME] = { .name = "task", .title = "Task", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
	[CPU] = { .name = "cpu", .title = "CPU", .type = CELL_U64, .unit = UNIT_ID },
	[TIME] = { .name = "at", .title = "At", .type = CELL_U64, .unit = UNIT_TIME },
	[RUN] = { .name = "run", .title = "Run", .type = CELL_U64, .unit = UNIT_NSEC },
	[PCT] = { .name = "pct", .title = "%", .type = CELL_F64, .unit = UNIT_PCT, .digits = 1 },
	[COUNT] = { .name = "count", .title = "Count", .type = CELL_U64, .unit = UNIT_COUNT },
	[BYTES] = { .name = "bytes", .title = "Bytes", .type = CELL_U64, .unit = UNIT_BYTES },
	[DELTA] = { .name = "delta", .title = "Delta", .type = CELL_I64 },
	[MORE] = { .name = "more", .title = "More", .type = CELL_TEXT, .flags = TABLE_COLUMN_WIDE },
};

static void make(struct answer *a)
{
	struct table *t = table_new("t", "T", columns, N);

	assert_non_null(t);
	*a = (struct answer){ .view = "tasks",
			      .title = "Tasks",
			      .summary = "sum",
			      .help = "help",
			      .to = 1500000000,
			      .table = t,
			      .coverage = 0.99999,
			      .lost = 3 };
	answer_fact(a, "busiest", "%s", "a\x1b[31m");
	answer_fact(a, "n", "%d", 2);
	table_row(t);
	table_set_text(t, NAME, "a,\"b\"");
	table_set_u64(t, CPU, 12345);
	table_set_u64(t, TIME, 1234567890);
	table_set_u64(t, RUN, 1250000);
	table_set_f64(t, PCT, 12.345);
	table_set_u64(t, COUNT, 1234567);
	table_set_u64(t, BYTES, 1536);
	table_set_i64(t, DELTA, -7);
	table_set_text(t, MORE, "m");
	table_row(t);
	table_set_text(t, NAME, "\u00e4\x07");
	table_set_f64(t, PCT, NAN);
	table_note(t, "a note");
	a->figure = (struct figure){ .mark = MARK_BARS, .title = "F" };
	answer_part(a, ROLE_Y, NAME);
	answer_part(a, ROLE_VALUE, PCT);
}

static void check_text(const struct answer *a, const struct answer_text_options *o,
		       const char *want)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	assert_int_equal(answer_text(a, "x.kymo", o, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void test_text(void **state)
{
	struct answer a;

	(void)state;
	make(&a);
	check_text(&a, &(struct answer_text_options){ 0 },
		   "Tasks: x.kymo, 0.000000 s to 1.500000 s, coverage 99.99 %, 3 events lost\n"
		   "  busiest  a?[31m\n"
		   "  n        2\n"
		   "\n"
		   "Task     CPU          At      Run     %      Count     Bytes  Delta\n"
		   "a,\"b\"  12345  1.234567 s  1.25 ms  12.3  1,234,567  1.50 KiB     -7\n"
		   "\u00e4?         -           -        -     -          -         -      -\n"
		   "\n"
		   "note: a note\n");
	check_text(&a, &(struct answer_text_options){ .max_rows = 1, .wide = true },
		   "Tasks: x.kymo, 0.000000 s to 1.500000 s, coverage 99.99 %, 3 events lost\n"
		   "  busiest  a?[31m\n"
		   "  n        2\n"
		   "\n"
		   "Task     CPU          At      Run     %      Count     Bytes  Delta  More\n"
		   "a,\"b\"  12345  1.234567 s  1.25 ms  12.3  1,234,567  1.50 KiB     -7  m\n"
		   "\u2026 1 more rows, --top 0 for all\n"
		   "\n"
		   "note: a note\n");
	answer_done(&a);
}

static void test_csv(void **state)
{
	char *text = NULL;
	struct answer a;
	size_t n = 0;

	(void)state;
	make(&a);
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	assert_int_equal(table_csv(a.table, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "task,cpu,at,run,pct,count,bytes,delta,more\n"
			    "\"a,\"\"b\"\"\",12345,1234567890,1250000,12.345,1234567,1536,-7,m\n"
			    "\u00e4\x07,,,,,,,,\n");
	free(text);
	answer_done(&a);
}

static void test_csv_on_a_full_device(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct answer a;

	(void)state;
	make(&a);
	assert_non_null(out);
	(void)setvbuf(out, NULL, _IONBF, 0);
	assert_true(table_csv(a.table, out) < 0);
	assert_true(answer_text(&a, "x", &(struct answer_text_options){ 0 }, out) < 0);
	fclose(out);
	answer_done(&a);
}

static void test_json(void **state)
{
	struct answer a;
	struct buf out;
	struct json j;

	(void)state;
	make(&a);
	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	assert_int_equal(answer_json(&a, &j, NULL), 0);
	json_t *v = json_loads(buf_str(&out), 0, NULL), *rows;
	const char *mark, *role;
	json_int_t to, run;

	assert_non_null(v);
	assert_int_equal(json_unpack(v, "{s{sI}s{sss[{ss}]}}", "window", "to", &to, "figure",
				     "mark", &mark, "parts", "role", &role),
			 0);
	assert_int_equal(to, 1500000000);
	assert_string_equal(mark, "bars");
	assert_string_equal(role, "y");
	rows = json_object_get(v, "rows");
	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(json_unpack(json_array_get(rows, 0), "{sI}", "run", &run), 0);
	assert_int_equal(run, 1250000);
	/* Missing cells are absent. */
	assert_int_equal(json_object_size(json_array_get(rows, 1)), 1);
	assert_int_equal(json_array_size(json_object_get(v, "columns")), N);
	assert_int_equal(json_array_size(json_object_get(v, "facts")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(v, "notes"), 0)),
			    "a note");
	assert_true(json_is_null(json_object_get(v, "figure")) == 0);
	json_decref(v);
	buf_done(&out);
	answer_done(&a);
}

static void test_big_json_is_drained(void **state)
{
	char *text = NULL;
	struct answer a;
	struct buf out;
	struct json j;
	size_t n = 0;

	(void)state;
	make(&a);
	for (unsigned int i = 0; i < 20000; i++) {
		table_row(a.table);
		table_set_u64(a.table, COUNT, i);
	}
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	/* Smaller than the answer: it has to be emptied on the way. */
	buf_init(&out, 300 << 10);
	json_init(&j, &out, 0);
	assert_int_equal(answer_json(&a, &j, f), 0);
	assert_int_equal(json_drain(&j, f), 0);
	assert_int_equal(fclose(f), 0);
	assert_true(n > 300 << 10);
	json_t *v = json_loads(text, 0, NULL);

	assert_non_null(v);
	assert_int_equal(json_array_size(json_object_get(v, "rows")), 20002);
	json_decref(v);
	free(text);
	buf_done(&out);
	answer_done(&a);
}

static void test_matrix(void **state)
{
	static const struct table_column matrix_columns[] = {
		{ .name = "task", .title = "Task", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
		{ .name = "cpu", .title = "CPU", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
		{ .name = "pct", .title = "Percent", .type = CELL_F64, .digits = 1 },
		{ .name = "n", .title = "Number", .type = CELL_U64, .unit = UNIT_COUNT },
	};
	static const struct {
		const char *task, *cpu;
		double pct;
		uint64_t n;
	} cell[] = { { "all", "0", 50, 5 },
		     { "all", "1", 60, 6 },
		     { "a", "0", 50, 5 },
		     { "b", "1", 60, 6 },
		     { "b", "x", 1, 1 } };
	struct answer a = { .title = "M", .matrix_text = true, .coverage = 1 };

	(void)state;
	a.table = table_new("m", "M", matrix_columns, 4);
	assert_non_null(a.table);
	for (size_t i = 0; i < ARRAY_SIZE(cell); i++) {
		table_row(a.table);
		table_set_text(a.table, 0, cell[i].task);
		table_set_text(a.table, 1, cell[i].cpu);
		table_set_f64(a.table, 2, cell[i].pct);
		table_set_u64(a.table, 3, cell[i].n);
	}
	a.figure.mark = MARK_MATRIX;
	answer_part(&a, ROLE_X, 1);
	answer_part(&a, ROLE_Y, 0);
	answer_part(&a, ROLE_VALUE, 2);
	answer_part(&a, ROLE_SECOND, 3);
	check_text(&a, &(struct answer_text_options){ .max_rows = 2 },
		   "M: x.kymo, 0.000000 s to 0.000000 s, coverage 100 %\n"
		   "\n"
		   "Percent\n"
		   "Task     0     1  x\n"
		   "all   50.0  60.0  -\n"
		   "a     50.0     -  -\n"
		   "\u2026 1 more rows, --top 0 for all\n"
		   "\n"
		   "Number\n"
		   "Task  0  1  x\n"
		   "all   5  6  -\n"
		   "a     5  -  -\n"
		   "\u2026 1 more rows, --top 0 for all\n"
		   "\n");
	answer_done(&a);
}

static void test_facts_are_limited(void **state)
{
	struct answer a = { 0 };
	char longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer + sizeof(a.fact[0].value) - 2, "\u00e4", 2);
	for (unsigned int i = 0; i < ANSWER_MAX_FACTS + 3; i++)
		answer_fact(&a, "label", "%s", longer);
	assert_int_equal(a.n_facts, ANSWER_MAX_FACTS);
	/* Cut before the character that does not fit. */
	assert_int_equal(strlen(a.fact[0].value), sizeof(a.fact[0].value) - 2);
	answer_done(&a);
}

/* Two runs of the answer of make(), the second with half the covered time. */
static void make_runs(struct answer *a, struct join_run *run, bool absolute, struct join *j)
{
	const struct join_options o = { .diff = true, .absolute = absolute };
	struct err e = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		make(&a[i]);
		a[i].covered = 2000000000 >> i;
		answer_fact(&a[i], i ? "second" : "first", "x");
		run[i] = (struct join_run){ i ? "B" : "A\x07", i ? "b.kymo" : "a.kymo", &a[i] };
	}
	assert_int_equal(join_answers(run, 2, &o, j, &e), 0);
}

static void test_runs_text(void **state)
{
	struct answer a[2];
	struct join_run run[2];
	struct join j;
	char *text = NULL;
	size_t n = 0;

	(void)state;
	make_runs(a, run, true, &j);
	FILE *out = open_memstream(&text, &n);

	assert_int_equal(join_text(&j, run, 2, &(struct answer_text_options){ .max_rows = 1 }, out),
			 0);
	fclose(out);
	assert_non_null(strstr(text, "Tasks: 2 runs, 0.000000 s to 1.500000 s of each\n"
				     "             A?                   B\n"
				     "covered      2.000000 s, 99.99 %  1.000000 s, 99.99 %\n"
				     "events lost  3                    3\n"
				     "busiest      a?[31m               a?[31m\n"
				     "n            2                    2\n"
				     "first        x                    -\n"
				     "second       -                    x\n"
				     "\n"));
	assert_null(strchr(text, '\x07'));
	/* What the figure shows, and no more. */
	assert_non_null(strstr(text, "12.3"));
	assert_null(strstr(text, "1,234,567"));
	assert_non_null(strstr(text, "\nnote: differences are against A"));
	free(text);
	join_done(&j);
	for (unsigned int i = 0; i < 2; i++)
		answer_done(&a[i]);
}

static void test_runs_json(void **state)
{
	const struct join_options o = { .diff = true };
	struct answer a[2];
	struct join_run run[2];
	struct join j;
	struct buf out;
	struct json json;

	(void)state;
	make_runs(a, run, false, &j);
	buf_init(&out, 0);
	json_init(&json, &out, 0);
	assert_int_equal(join_json(&j, run, 2, &o, &json, NULL), 0);
	json_t *v = json_loads(buf_str(&out), 0, NULL), *runs, *column;

	assert_non_null(v);
	runs = json_object_get(v, "runs");
	assert_int_equal(json_array_size(runs), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 1), "file")),
			    "b.kymo");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(runs, 1), "covered")),
			 1000000000);
	assert_int_equal(json_array_size(json_object_get(json_array_get(runs, 1), "facts")), 3);
	column = json_array_get(json_object_get(v, "columns"), 0);
	assert_string_equal(json_string_value(json_object_get(column, "kind")), "key");
	assert_true(json_is_null(json_object_get(column, "run")));
	column = json_array_get(json_object_get(v, "columns"), 2);
	assert_string_equal(json_string_value(json_object_get(column, "kind")), "value");
	assert_string_equal(json_string_value(json_object_get(column, "of")), "cpu");
	assert_int_equal(json_integer_value(json_object_get(column, "run")), 1);
	assert_int_equal(json_array_size(json_object_get(v, "rows")), table_n_rows(j.table));
	json_decref(v);
	buf_done(&out);
	join_done(&j);
	for (unsigned int i = 0; i < 2; i++)
		answer_done(&a[i]);
}

/* The sign of a difference is shown, but nothing that reads as 0 has one. */
static void test_signed(void **state)
{
	static const struct table_column c[] = {
		{ .name = "i",
		  .title = "I",
		  .type = CELL_I64,
		  .unit = UNIT_NSEC,
		  .flags = TABLE_COLUMN_SIGNED },
		{ .name = "f",
		  .title = "F",
		  .type = CELL_F64,
		  .digits = 1,
		  .flags = TABLE_COLUMN_SIGNED },
	};
	static const struct {
		int64_t i;
		double f;
		const char *text[2];
	} row[] = { { 1500, 1.25, { "+1.50 us", "+1.2" } },
		    { -1500, -0.04, { "-1.50 us", "0.0" } },
		    { 0, 0.04, { "0 ns", "0.0" } },
		    { INT64_MIN, -12, { NULL, "-12.0" } } };
	auto_ptr(table) t = table_new("s", "S", c, 2);
	char text[64];

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		table_row(t);
		table_set_i64(t, 0, row[i].i);
		table_set_f64(t, 1, row[i].f);
		for (unsigned int k = 0; k < 2; k++) {
			table_cell_text(t, i, k, text, sizeof(text));
			if (row[i].text[k])
				assert_string_equal(text, row[i].text[k]);
			else
				assert_int_equal(text[0], '-');
		}
	}
}

/* A table for each kind of thing instead of the list; JSON has both. */
static void test_sections(void **state)
{
	static const struct table_column two[] = {
		{ .name = "disk", .title = "DEV", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
		{ .name = "tps", .title = "tps", .type = CELL_F64, .digits = 2 },
	};
	const struct answer_text_options plain = { .max_rows = 1 };
	struct answer a;
	struct json j;
	auto_buf buf;

	(void)state;
	buf_init(&buf, 65536);
	make(&a);
	for (unsigned int i = 0; i < 2; i++) {
		char name[] = "disks", title[] = "Disks"; /* copied */
		struct table *t = table_new(name, title, two, 2);

		for (unsigned int row = 0; row <= i; row++) {
			table_row(t);
			table_set_text(t, 0, "sda");
			table_set_f64(t, 1, 1.5 + row);
		}
		memset(name, 'x', sizeof(name) - 1);
		memset(title, 'x', sizeof(title) - 1);
		assert_int_equal(answer_section(&a, t), 0);
	}
	assert_int_equal(answer_section(&a, NULL), -ENOMEM);
	check_text(&a, &plain,
		   "Tasks: x.kymo, 0.000000 s to 1.500000 s, coverage 99.99 %, 3 events lost\n"
		   "  busiest  a?[31m\n  n        2\n\n"
		   "Disks\nDEV   tps\nsda  1.50\n\n"
		   "Disks\nDEV   tps\nsda  1.50\n\u2026 1 more rows, --top 0 for all\n\n"
		   "note: a note\n");
	json_init(&j, &buf, 0);
	assert_int_equal(answer_json(&a, &j, NULL), 0);
	json_t *v = json_loads(buf_str(&buf), 0, NULL);
	const json_t *tables = json_object_get(v, "tables");

	assert_int_equal(json_array_size(json_object_get(v, "rows")), 2);
	assert_int_equal(json_array_size(tables), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tables, 1), "name")),
			    "disks");
	assert_int_equal(json_array_size(json_object_get(json_array_get(tables, 1), "rows")), 2);
	json_decref(v);
	answer_drop_sections(&a);
	assert_int_equal(a.n_sections, 0);
	answer_done(&a);
}

/* A file as it was, and nothing else; without control characters to a screen. */
static void test_document(void **state)
{
	struct answer a;

	(void)state;
	make(&a);
	a.document = "cpu 1\t2\n\x1b[31m\x7f";
	check_text(&a, &(struct answer_text_options){ 0 }, "cpu 1\t2\n\x1b[31m\x7f");
	check_text(&a, &(struct answer_text_options){ .screen = true }, "cpu 1\t2\n?[31m?");
	/* C1 as UTF-8, a change of direction, a byte that is no UTF-8. */
	a.document = "\u00e4\xc2\x9b"
		     "2J\u202e\xff.";
	check_text(&a, &(struct answer_text_options){ .screen = true }, "\u00e4?2J??.");
	answer_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_on_a_full_device),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_big_json_is_drained),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_facts_are_limited),
		cmocka_unit_test(test_runs_text),
		cmocka_unit_test(test_runs_json),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
