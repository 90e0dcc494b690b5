/* SPDX-License-Identifier: MIT */
/* Tables: cells of all types, missing ones, sorting, notes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/table.h"

enum { NAME, COUNT, DIFFERENCE, SHARE };

static struct table *make(void)
{
	static const struct table_column columns[] = {
		[NAME] = { .name = "name", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
		[COUNT] = { .name = "count", .type = CELL_U64, .unit = UNIT_COUNT },
		[DIFFERENCE] = { .name = "difference", .type = CELL_I64 },
		[SHARE] = { .name = "share", .type = CELL_F64, .unit = UNIT_PCT, .digits = 1 },
	};
	struct table *t = table_new("test", "A test", columns, 4);

	assert_non_null(t);
	return t;
}

static void test_cells(void **state)
{
	auto_ptr(table) t = make();
	char text[] = "changes later";
	union cell v;

	(void)state;
	assert_string_equal(table_name(t), "test");
	assert_string_equal(table_title(t), "A test");
	assert_int_equal(table_n_columns(t), 4);
	assert_string_equal(table_column(t, SHARE)->name, "share");
	assert_int_equal(table_column(t, SHARE)->unit, UNIT_PCT);
	assert_int_equal(table_n_rows(t), 0);
	assert_false(table_get(t, 0, 0, &v));
	table_row(t);
	table_set_text(t, NAME, text);
	table_set_u64(t, COUNT, UINT64_MAX);
	text[0] = 'X';
	table_row(t);
	table_set_i64(t, DIFFERENCE, INT64_MIN);
	table_set_f64(t, SHARE, -0.5);
	table_row(t);
	table_set_f64(t, SHARE, NAN);
	assert_int_equal(table_error(t), 0);
	assert_int_equal(table_n_rows(t), 3);
	assert_true(table_get(t, 0, NAME, &v));
	assert_string_equal(v.text, "changes later");
	assert_true(table_get(t, 0, COUNT, &v));
	assert_true(v.u64 == UINT64_MAX);
	assert_false(table_get(t, 0, DIFFERENCE, &v));
	assert_true(table_get(t, 1, DIFFERENCE, &v));
	assert_true(v.i64 == INT64_MIN);
	assert_true(table_get(t, 1, SHARE, &v));
	assert_true(v.f64 == -0.5);
	for (unsigned int c = 0; c < 4; c++)
		assert_false(table_get(t, 2, c, &v));
	assert_false(table_get(t, 3, NAME, &v));
}

static void fill(struct table *t, unsigned int n)
{
	char name[16];

	for (unsigned int i = 0; i < n; i++) {
		table_row(t);
		snprintf(name, sizeof(name), "row %03u", i);
		table_set_text(t, NAME, name);
		if (i % 5)
			table_set_u64(t, COUNT, i * 7919 % 13);
		table_set_i64(t, DIFFERENCE, 50 - (int64_t)i);
		table_set_f64(t, SHARE, i % 2 ? -1.5 * i : 1e300 / (i + 1));
	}
	assert_int_equal(table_error(t), 0);
}

static int compare(enum cell_type type, const union cell *a, const union cell *b)
{
	switch (type) {
	case CELL_U64:
		return a->u64 < b->u64 ? -1 : a->u64 > b->u64;
	case CELL_I64:
		return a->i64 < b->i64 ? -1 : a->i64 > b->i64;
	case CELL_F64:
		return a->f64 < b->f64 ? -1 : a->f64 > b->f64;
	case CELL_TEXT:
		break;
	}
	return strcmp(a->text, b->text);
}

static void test_sort(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		auto_ptr(table) t = make();
		unsigned int column = i / 2;
		bool down = i % 2, missing = false;
		union cell before, now, name_before, name;

		fill(t, 400);
		assert_int_equal(table_sort(t, column, down), 0);
		assert_int_equal(table_n_rows(t), 400);
		for (size_t row = 0; row < 400; row++) {
			if (!table_get(t, row, column, &now)) {
				missing = true;
				continue;
			}
			assert_false(missing); /* missing ones stand last, both ways */
			assert_true(table_get(t, row, NAME, &name));
			if (row) {
				int r = compare(table_column(t, column)->type, &before, &now);

				assert_true(down ? r >= 0 : r <= 0);
				if (r == 0) /* stable, both ways */
					assert_true(strcmp(name_before.text, name.text) < 0);
			}
			before = now;
			name_before = name;
		}
		assert_int_equal(missing, column == COUNT);
		/* Rows stay together. */
		for (size_t row = 0; row < 400; row++) {
			unsigned int k;

			assert_true(table_get(t, row, NAME, &name));
			assert_int_equal(sscanf(name.text, "row %u", &k), 1);
			assert_true(table_get(t, row, DIFFERENCE, &now));
			assert_true(now.i64 == 50 - (int64_t)k);
			assert_int_equal(table_get(t, row, COUNT, &now), k % 5 != 0);
		}
	}
}

static void test_cut(void **state)
{
	auto_ptr(table) t = make();
	union cell v;

	(void)state;
	fill(t, 10);
	table_cut(t, 20);
	assert_int_equal(table_n_rows(t), 10);
	table_cut(t, 3);
	assert_int_equal(table_n_rows(t), 3);
	assert_false(table_get(t, 3, NAME, &v));
	table_row(t);
	assert_false(table_get(t, 3, NAME, &v)); /* nothing left of what was cut */
	table_cut(t, 0);
	assert_int_equal(table_sort(t, NAME, false), 0);
	assert_int_equal(table_n_rows(t), 0);
}

static void test_notes(void **state)
{
	auto_ptr(table) t = make();
	const char *a = table_text(t, "kept"), *b = table_text(t, "kept too");

	(void)state;
	table_note(t, "%u events of '%s' are missing", 7, "x");
	table_note(t, "100 %%");
	assert_int_equal(table_n_notes(t), 2);
	assert_string_equal(table_note_at(t, 0), "7 events of 'x' are missing");
	assert_string_equal(table_note_at(t, 1), "100 %");
	fill(t, 1000);
	assert_string_equal(a, "kept");
	assert_string_equal(b, "kept too");
}

static void test_units(void **state)
{
	static const char *const names[] = { "",      "count", "ns",	"time", "pct",
					     "bytes", "ratio", "per_s", "id" };

	(void)state;
	for (unsigned int u = UNIT_NONE; u <= UNIT_ID; u++)
		assert_string_equal(unit_name((enum unit)u), names[u]);
	assert_null(table_free(NULL));
}

/* Furthest from 0 first, whatever the sign; INT64_MIN has no positive counterpart. */
static void test_sort_size(void **state)
{
	static const int64_t v[] = { 3, -7, 0, INT64_MIN, 7, INT64_MAX };
	static const int64_t expected[] = { INT64_MIN, INT64_MAX, -7, 7, 3, 0 };
	auto_ptr(table) t = make();
	union cell cell;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		table_row(t);
		table_set_i64(t, DIFFERENCE, v[i]);
		table_set_f64(t, SHARE, v[i] == INT64_MIN ? NAN : (double)v[i]);
	}
	assert_int_equal(table_sort_size(t, DIFFERENCE), 0);
	for (size_t i = 0; i < 6; i++) {
		assert_true(table_get(t, i, DIFFERENCE, &cell));
		assert_true(cell.i64 == expected[i]);
	}
	assert_int_equal(table_sort_size(t, SHARE), 0);
	assert_true(table_get(t, 1, SHARE, &cell) && cell.f64 == -7);
	assert_false(table_get(t, 5, SHARE, &cell));
}

/* Notes are not lost, however many: tables of many runs hold those of all. */
static void test_many_notes(void **state)
{
	auto_ptr(table) t = make();

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		table_note(t, "note %u", i);
	assert_int_equal(table_n_notes(t), 1000);
	assert_string_equal(table_note_at(t, 999), "note 999");
}

/* Names that were made for the table alone. */
static void test_column_names_are_copied(void **state)
{
	char name[] = "ept_violation", title[] = "EPT violation";
	const struct table_column made = { .name = name, .title = title, .type = CELL_U64 };
	auto_ptr(table) t = table_new("t", "T", &made, 1);

	(void)state;
	assert_non_null(t);
	name[0] = title[0] = '?';
	assert_string_equal(table_column(t, 0)->name, "ept_violation");
	assert_string_equal(table_column(t, 0)->title, "EPT violation");
}

/* Each row has its own unit, which sorting takes along. */
static void test_unit_of_row(void **state)
{
	static const struct table_column columns[] = {
		{ .name = "what", .title = "What", .type = CELL_TEXT },
		{ .name = "unit", .title = "Unit", .type = CELL_TEXT, .flags = TABLE_COLUMN_UNIT },
		{ .name = "value", .title = "Value", .type = CELL_F64, .unit = UNIT_OF_ROW },
	};
	static const char *const unit[] = { "ns", "bytes", "count", "furlongs", "row" };
	static const enum unit expected[] = { UNIT_NSEC, UNIT_BYTES, UNIT_COUNT, UNIT_NONE,
					      UNIT_NONE };
	auto_ptr(table) t = table_new("x", "X", columns, 3);

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		table_row(t);
		table_set_text(t, 0, unit[i]);
		table_set_text(t, 1, unit[i]);
		table_set_f64(t, 2, i);
	}
	table_row(t); /* says none */
	assert_int_equal(table_sort(t, 2, true), 0);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(table_unit(t, 4 - i, 2), expected[i]);
	assert_int_equal(table_unit(t, 5, 2), UNIT_NONE);
	assert_int_equal(table_unit(t, 0, 1), UNIT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_column_names_are_copied),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_sort_size),
		cmocka_unit_test(test_many_notes),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_unit_of_row),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
