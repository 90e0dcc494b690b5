/* SPDX-License-Identifier: MIT */
/*
 * An answer for people: the facts, the table with right-aligned numbers and units, the notes; and
 * the bare table as CSV.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "model/answer.h"
#include "model/join.h"
#include "model/table.h"

struct answer_text_options {
	uint64_t max_rows; /* then a line says how many more there are; 0 = no limit */
	bool wide; /* with TABLE_COLUMN_WIDE columns */
	bool screen; /* people see it: a document (answer.h) without control characters */
};

/* 0, -ENOMEM, or -errno of @out. @name: of the run, for the first line. */
int answer_text(const struct answer *a, const char *name, const struct answer_text_options *o,
		FILE *out) must_check;

/* Several runs side by side: the window, what each run knows of it, the joined table, the notes. */
int join_text(const struct join *t, const struct join_run *run, size_t n,
	      const struct answer_text_options *o, FILE *out) must_check;

/* The table alone. @o may be NULL. 0 or -errno of @out. */
int table_plain(const struct table *t, const struct answer_text_options *o, FILE *out) must_check;

/* RFC 4180 with \n line ends: a line of column names, then all rows; plain numbers (times and
 * durations in ns), nothing where a cell is missing. 0 or -errno of @out. */
int table_csv(const struct table *t, FILE *out) must_check;

/* The same with a first column "run" that says @run in each row; @head: with the line of names. */
int table_csv_run(const struct table *t, const char *run, bool head, FILE *out) must_check;

/* One cell as people read it, into @buf of @size bytes; "-" when it is missing. */
void table_cell_text(const struct table *t, size_t row, unsigned int column, char *buf,
		     size_t size);
