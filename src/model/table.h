/* SPDX-License-Identifier: MIT */
/*
 * A table: typed columns with units, built row by row, then read by exporters and the viewer. No
 * output code knows a column by name; everything it needs stands in `struct table_column`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/nsec.h"

enum unit {
	UNIT_NONE,
	UNIT_COUNT,
	UNIT_NSEC, /* a duration; text: SI seconds */
	UNIT_TIME, /* a point in time: ns since the start of the recording */
	UNIT_PCT, /* 0..100 */
	UNIT_BYTES,
	UNIT_RATIO,
	UNIT_PER_SEC,
	UNIT_ID, /* tid, CPU number: never summed, no thousands separators */
	UNIT_OF_ROW, /* CELL_F64: each row's own, named in its TABLE_COLUMN_UNIT cell */
};
const char *unit_name(enum unit u); /* "ns", "count", "pct" ...: the JSON and CSV word */

enum cell_type { CELL_U64 = 1, CELL_I64, CELL_F64, CELL_TEXT };

#define TABLE_COLUMN_KEY  (1u << 0) /* names the row rather than measuring it */
#define TABLE_COLUMN_WIDE (1u << 1) /* left out of the text form unless asked for */
/* Grows with the time that was looked at: counts, summed times. What max, mean, percentiles and
 * percentages are not. Where runs stand side by side (model/join.h) it is divided by covered time.
 */
#define TABLE_COLUMN_ADDS (1u << 2)
/* A key that holds within its run only, as thread ids do: no row of another run is found by it. */
#define TABLE_COLUMN_LOCAL (1u << 3)
/* The time over which the row's TABLE_COLUMN_ADDS columns were counted (ns, CELL_U64), where it is
 * not answer.covered: rows of one CPU. At most one in a table. */
#define TABLE_COLUMN_COVERED (1u << 4)
#define TABLE_COLUMN_SIGNED  (1u << 5) /* a difference: text shows the plus too */
/* CELL_TEXT: the unit of the row's UNIT_OF_ROW cells as unit_name() has it. At most one in a table.
 */
#define TABLE_COLUMN_UNIT (1u << 6)

struct table_column {
	const char *name; /* JSON key, CSV header: lower_case */
	const char *title; /* text and viewer header */
	enum cell_type type;
	enum unit unit;
	uint8_t digits; /* F64: digits behind the point in text */
	unsigned int flags;
	const char *help;
};

#define TABLE_MAX_COLUMNS 1024

struct table; /* opaque */

/* @name, @title and @columns are copied with their texts. NULL: out of memory. */
/* Columns as most are: a duration, a number, bytes in U64 cells, a percentage in F64 ones. */
#define TABLE_U64_COLUMN(name_, title_, unit_, flags_, help_)                                     \
	{                                                                                         \
		.name = name_, .title = title_, .type = CELL_U64, .unit = unit_, .flags = flags_, \
		.help = help_                                                                     \
	}
#define TABLE_NSEC(name_, title_, flags_, help_) \
	TABLE_U64_COLUMN(name_, title_, UNIT_NSEC, flags_, help_)
#define TABLE_COUNT(name_, title_, flags_, help_) \
	TABLE_U64_COLUMN(name_, title_, UNIT_COUNT, flags_, help_)
#define TABLE_BYTES(name_, title_, flags_, help_) \
	TABLE_U64_COLUMN(name_, title_, UNIT_BYTES, flags_, help_)
#define TABLE_PCT(name_, title_, flags_, help_)                                                  \
	{                                                                                        \
		.name = name_, .title = title_, .type = CELL_F64, .unit = UNIT_PCT, .digits = 2, \
		.flags = flags_, .help = help_                                                   \
	}

struct table *table_new(const char *name, const char *title, const struct table_column *columns,
			unsigned int n);
struct table *table_free(struct table *t);
DEFINE_CLEANUP(table, table_free)

/* A copy of @s that lives as long as the table; NULL: out of memory. */
const char *table_text(struct table *t, const char *s);

/*
 * Begin a row; its cells are missing until set. Errors are sticky (table_error()), so builders
 * check once. Cells: the type must be the column's.
 */
void table_row(struct table *t);
void table_set_u64(struct table *t, unsigned int column, uint64_t v);
void table_set_i64(struct table *t, unsigned int column, int64_t v);
void table_set_f64(struct table *t, unsigned int column, double v); /* NaN = missing */
void table_set_text(struct table *t, unsigned int column, const char *s); /* copied */
int table_error(const struct table *t) must_check;

/* A sentence under the table: what is missing, how it was counted. Copied; cut after 511 bytes. */
void table_note(struct table *t, const char *fmt, ...) printf_like(2, 3);

/* Sort rows by a column, descending or not; stable; missing cells last. */
int table_sort(struct table *t, unsigned int column, bool descending) must_check;
/* The same, furthest from 0 first; text from Z to A. */
int table_sort_size(struct table *t, unsigned int column) must_check;
void table_cut(struct table *t, size_t rows); /* keep the first @rows */

const char *table_name(const struct table *t);
const char *table_title(const struct table *t);
unsigned int table_n_columns(const struct table *t);
const struct table_column *table_column(const struct table *t, unsigned int i);
size_t table_n_rows(const struct table *t);
unsigned int table_n_notes(const struct table *t);
const char *table_note_at(const struct table *t, unsigned int i);
/* False: the cell is missing. The value goes where the type says; text is lent. */
union cell {
	uint64_t u64;
	int64_t i64;
	double f64;
	const char *text;
};
bool table_get(const struct table *t, size_t row, unsigned int column, union cell *ret);
/* The unit of a cell: its column's, or its row's. */
enum unit table_unit(const struct table *t, size_t row, unsigned int column);
