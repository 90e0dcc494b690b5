/* SPDX-License-Identifier: MIT */
/* An answer as text for tests: chosen columns of its rows, and whether notes and facts say a thing.
 */
#pragma once

#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "base/buf.h"

/* Ask @name about the whole run or [args->from, args->to) of @src, all times absolute. */
static inline int view_ask(const char *name, struct source *src, struct analysis_args *args,
			   struct answer *ret, struct err *e)
{
	const struct analysis *a = analysis_by_name(name);

	assert_non_null(a);
	if (!args->to) {
		args->from = src->info->start;
		args->to = src->info->end;
	}
	memset(ret, 0, sizeof(*ret));
	return analysis_run(a, src, args, ret, e);
}

static inline unsigned int view_column(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (!strcmp(table_column(t, i)->name, name))
			return i;
	fail_msg("no column '%s'", name);
	return 0;
}

static inline void view_cell(const struct table *t, size_t row, unsigned int column,
			     struct buf *out)
{
	union cell v;

	if (!table_get(t, row, column, &v)) {
		buf_add_str(out, "-");
		return;
	}
	switch (table_column(t, column)->type) {
	case CELL_U64:
		buf_addf(out, "%" PRIu64, v.u64);
		break;
	case CELL_I64:
		buf_addf(out, "%" PRId64, v.i64);
		break;
	case CELL_F64:
		buf_addf(out, "%.2f", v.f64);
		break;
	case CELL_TEXT:
		buf_add_str(out, v.text);
		break;
	}
}

/* Rows of the columns @columns ("task run switches"), cells by blanks, rows by "; ". */
static inline const char *view_rows_text(const struct answer *a, const char *columns,
					 struct buf *out)
{
	buf_clear(out);
	for (size_t r = 0; r < table_n_rows(a->table); r++) {
		const char *p = columns;

		if (r)
			buf_add_str(out, "; ");
		while (*p) {
			char name[64];
			size_t n = strcspn(p, " ");

			assert_true(n < sizeof(name));
			memcpy(name, p, n);
			name[n] = '\0';
			if (p != columns)
				buf_add_str(out, " ");
			view_cell(a->table, r, view_column(a->table, name), out);
			p += n + strspn(p + n, " ");
		}
	}
	return buf_str(out);
}

static inline bool view_notes(const struct answer *a, const char *words)
{
	for (unsigned int i = 0; i < table_n_notes(a->table); i++)
		if (strstr(table_note_at(a->table, i), words))
			return true;
	return false;
}

static inline const char *view_fact(const struct answer *a, const char *label)
{
	for (unsigned int i = 0; i < a->n_facts; i++)
		if (!strcmp(a->fact[i].label, label))
			return a->fact[i].value;
	return "";
}

/* One question to a made-up run: build, ask, compare. */
static inline void view_check(void (*build)(struct scenario *), const char *name,
			      struct analysis_args args, const char *columns, const char *expected)
{
	static const uint32_t rows[] = { 1, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct analysis_args copy = args;
		struct scenario s;
		struct answer a;
		struct err e = { 0 };
		auto_buf out;

		buf_init(&out, 0);
		scenario_init(&s, rows[i]);
		build(&s);
		if (view_ask(name, scenario_source(&s), &copy, &a, &e) < 0)
			fail_msg("%s: %s", name, e.text);
		assert_string_equal(view_rows_text(&a, columns, &out), expected);
		answer_done(&a);
		scenario_done(&s);
	}
}
