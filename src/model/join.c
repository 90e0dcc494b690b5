/* SPDX-License-Identifier: MIT */
/* Joined tables: which columns, and what stands in the cells. */
#include "model/join.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/join_rows.h"

struct joining {
	const struct join_run *run;
	size_t n;
	const struct join_options *o;
	const struct table *first; /* all have its columns */
	struct table_column *what; /* of the joined table */
	char **text; /* names and titles of @what */
	struct join_column *column;
	unsigned int *from; /* column in the runs' tables */
	unsigned int n_columns;
	unsigned int covered; /* column with TABLE_COLUMN_COVERED, or UINT32_MAX */
	struct join_rows rows;
};

const char *join_kind_name(enum join_kind k)
{
	static const char *const name[] = { [JOIN_KEY] = "key",
					    [JOIN_VALUE] = "value",
					    [JOIN_DIFF] = "diff",
					    [JOIN_DIFF_PCT] = "diff_pct" };

	return name[k];
}

bool join_possible(const struct answer *a)
{
	bool has_key = false;

	for (unsigned int i = 0; i < table_n_columns(a->table); i++) {
		const struct table_column *c = table_column(a->table, i);

		if (!(c->flags & TABLE_COLUMN_KEY))
			continue;
		if (c->unit == UNIT_TIME)
			return false;
		has_key |= join_rows_key(c);
	}
	return has_key;
}

/* ---- columns ---- */

static bool per_sec(const struct joining *j, const struct table_column *c)
{
	return (c->flags & TABLE_COLUMN_ADDS) && c->type != CELL_TEXT && !j->o->absolute;
}

static bool has_diff(const struct table_column *c)
{
	return c->type != CELL_TEXT && c->unit != UNIT_TIME && c->unit != UNIT_ID;
}

/* Does the view's figure show the column? */
static bool is_main(const struct joining *j, unsigned int column)
{
	const struct figure *f = &j->run[0].answer->figure;

	for (unsigned int i = 0; i < f->n_parts; i++)
		if (f->part[i].column == column)
			return true;
	return f->mark == MARK_NONE && !(table_column(j->first, column)->flags & TABLE_COLUMN_WIDE);
}

/* A view's own rate says what the count beside it says once that is per second. */
static bool is_said_already(const struct joining *j, const struct table_column *c)
{
	size_t n = strlen(c->title);

	if (c->unit != UNIT_PER_SEC || j->o->absolute || n < 2 ||
	    strcmp(c->title + n - 2, "/s") != 0)
		return false;
	for (unsigned int i = 0; i < table_n_columns(j->first); i++) {
		const struct table_column *other = table_column(j->first, i);

		if (per_sec(j, other) && strlen(other->title) == n - 2 &&
		    !strncmp(other->title, c->title, n - 2))
			return true;
	}
	return false;
}

/* A key that no row of any run has says nothing. */
static bool is_empty(const struct joining *j, unsigned int column)
{
	size_t rows = 0;
	union cell v;

	for (size_t i = 0; i < j->n; i++) {
		const struct table *t = j->run[i].answer->table;

		for (size_t r = 0; r < table_n_rows(t); r++)
			if (table_get(t, r, column, &v))
				return false;
		rows += table_n_rows(t);
	}
	return rows > 0;
}

static bool is_taken(const struct joining *j, const char *name)
{
	for (unsigned int i = 0; i < j->n_columns; i++)
		if (!strcmp(j->what[i].name, name))
			return true;
	return false;
}

/* A name that no column has: a run may be called "diff". */
static char *own_name(const struct joining *j, char *name)
{
	if (!name || !is_taken(j, name))
		return name;
	char *other = NULL;

	if (asprintf(&other, "%s#%u", name, j->n_columns) < 0)
		other = NULL;
	free(name);
	return other;
}

/* @name and @title are taken over. */
static int add_column(struct joining *j, const struct table_column *what, char *name, char *title,
		      unsigned int from, const struct join_column *column)
{
	unsigned int i = j->n_columns;

	name = own_name(j, name);
	j->text[2 * i] = name;
	j->text[2 * i + 1] = title;
	if (!name || !title)
		return -ENOMEM;
	j->what[i] = *what;
	j->what[i].name = name;
	j->what[i].title = title;
	j->column[i] = *column;
	j->from[i] = from;
	j->n_columns++;
	return 0;
}

static char *printf_like(1, 2) text_of(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);

	va_end(ap);
	return n < 0 ? NULL : text;
}

/* What a run's column becomes in its value and its difference. */
static struct table_column value_column(const struct joining *j, unsigned int from)
{
	struct table_column c = *table_column(j->first, from);
	bool wide = !is_main(j, from);

	/* Divided by time it does not grow with time. */
	c.flags =
		(wide ? TABLE_COLUMN_WIDE : 0) | (j->o->absolute ? c.flags & TABLE_COLUMN_ADDS : 0);
	if (!per_sec(j, table_column(j->first, from)))
		return c;
	if (c.unit == UNIT_COUNT || c.type != CELL_U64) {
		c.type = CELL_F64;
		c.digits = 1;
	}
	if (c.unit == UNIT_COUNT)
		c.unit = UNIT_PER_SEC;
	return c;
}

static int add_diffs(struct joining *j, unsigned int from, const char *rate)
{
	const struct table_column *of = table_column(j->first, from);
	struct table_column diff = value_column(j, from), pct = diff;
	bool two = j->n == 2;
	int r = 0;

	diff.type = diff.type == CELL_F64 ? CELL_F64 : CELL_I64;
	diff.flags |= TABLE_COLUMN_SIGNED;
	diff.help = "difference to the baseline";
	pct.type = CELL_F64;
	pct.unit = UNIT_PCT;
	pct.digits = 1;
	pct.flags |= TABLE_COLUMN_SIGNED;
	pct.help = "difference in % of the baseline's value";
	for (size_t i = 0; i < j->n && r >= 0; i++) {
		const char *name = j->run[i].name;
		struct join_column c = { JOIN_DIFF, i, of->name, *rate != '\0' };

		if (i == j->o->baseline)
			continue;
		r = add_column(j, &diff,
			       two ? text_of("%s%s.diff", of->name, rate)
				   : text_of("%s%s.diff.%s", of->name, rate, name),
			       two ? strdup("diff") : text_of("%s diff", name), from, &c);
		c.kind = JOIN_DIFF_PCT;
		if (r >= 0)
			r = add_column(j, &pct,
				       two ? text_of("%s%s.diff_pct", of->name, rate)
					   : text_of("%s%s.diff_pct.%s", of->name, rate, name),
				       two ? strdup("diff %") : text_of("%s diff %%", name), from,
				       &c);
	}
	return r;
}

static int add_measure(struct joining *j, unsigned int from)
{
	const struct table_column *of = table_column(j->first, from);
	const struct table_column value = value_column(j, from);
	const char *rate = per_sec(j, of) ? "/s" : "";
	int r = 0;

	for (size_t i = 0; i < j->n && r >= 0; i++) {
		const struct join_column c = { JOIN_VALUE, i, of->name, *rate != '\0' };

		r = add_column(j, &value, text_of("%s%s.%s", of->name, rate, j->run[i].name),
			       text_of("%s%s %s", of->title, rate, j->run[i].name), from, &c);
	}
	return r >= 0 && j->o->diff && j->n > 1 && has_diff(of) ? add_diffs(j, from, rate) : r;
}

static bool is_measure(const struct joining *j, unsigned int column)
{
	const struct table_column *c = table_column(j->first, column);

	return !(c->flags & (TABLE_COLUMN_KEY | TABLE_COLUMN_COVERED)) && !is_said_already(j, c) &&
	       (!j->o->main_only || is_main(j, column));
}

static int add_columns(struct joining *j, struct err *e)
{
	size_t per_measure = j->n + (j->o->diff ? 2 * (j->n - 1) : 0), need = 0;
	unsigned int n = table_n_columns(j->first);
	int r = 0;

	for (unsigned int c = 0; c < n; c++)
		need += is_measure(j, c) ? per_measure : 1;
	if (need > TABLE_MAX_COLUMNS)
		return err_set(
			e, -E2BIG,
			"%zu runs side by side would be %zu columns, more than %d: fewer runs, "
			"or without differences",
			j->n, need, TABLE_MAX_COLUMNS);
	j->what = calloc(need + 1, sizeof(*j->what));
	j->text = calloc(2 * need + 2, sizeof(*j->text));
	j->column = calloc(need + 1, sizeof(*j->column));
	j->from = calloc(need + 1, sizeof(*j->from));
	if (!j->what || !j->text || !j->column || !j->from)
		return -ENOMEM;
	j->covered = UINT32_MAX;
	for (unsigned int c = 0; c < n && r >= 0; c++) {
		const struct table_column *of = table_column(j->first, c);
		const struct join_column key = { .kind = JOIN_KEY, .of = of->name };

		if (join_rows_key(of) && !is_empty(j, c))
			r = add_column(j, of, strdup(of->name), strdup(of->title), c, &key);
		if (of->flags & TABLE_COLUMN_COVERED)
			j->covered = c;
	}
	for (unsigned int c = 0; c < n && r >= 0; c++)
		if (is_measure(j, c))
			r = add_measure(j, c);
	return r;
}

/* ---- cells ---- */

/* Seconds over which the row was counted; 0: not known. */
static double seconds(const struct joining *j, size_t run, size_t row)
{
	const struct answer *a = j->run[run].answer;
	union cell v;

	if (j->covered != UINT32_MAX)
		return table_get(a->table, row, j->covered, &v) ? (double)v.u64 / NSEC_PER_SEC : 0;
	return (double)a->covered / NSEC_PER_SEC;
}

/* In a matrix, what is not there was not counted: that is 0 of what adds up, and 0 %. */
static bool zero_cell(const struct joining *j, size_t joined, unsigned int from)
{
	const struct table_column *c = table_column(j->first, from);
	union cell v;

	if (!(c->flags & TABLE_COLUMN_ADDS) && c->unit != UNIT_PCT)
		return false;
	for (size_t i = 0; i < j->n; i++) {
		size_t row = j->rows.at[joined * j->n + i];

		if (row < JOIN_ROW_ZERO && table_get(j->run[i].answer->table, row, from, &v))
			return true;
	}
	return false;
}

static double as_double(union cell v, enum cell_type type)
{
	return type == CELL_F64 ? v.f64 : type == CELL_I64 ? (double)v.i64 : (double)v.u64;
}

/* The value of column @from of @run in joined row @joined, in the type of the joined value column.
 * False: missing. */
static bool value_at(const struct joining *j, size_t joined, size_t run, unsigned int from,
		     const struct table_column *as, bool rate, union cell *ret)
{
	const struct table_column *of = table_column(j->first, from);
	size_t row = j->rows.at[joined * j->n + run];
	union cell v;

	if (row == JOIN_ROW_ZERO && zero_cell(j, joined, from)) {
		*ret = as->type == CELL_F64 ? (union cell){ .f64 = 0 } : (union cell){ .u64 = 0 };
		return true;
	}
	if (row >= JOIN_ROW_ZERO || !table_get(j->run[run].answer->table, row, from, &v))
		return false;
	if (rate) {
		double s = seconds(j, run, row), x;

		if (s <= 0)
			return false;
		x = as_double(v, of->type) / s;
		v = as->type == CELL_F64 ? (union cell){ .f64 = x }
					 : (union cell){ .u64 = (uint64_t)(x + 0.5) };
	}
	*ret = v;
	return true;
}

static int64_t clamped(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void set_diff(struct table *t, unsigned int column, enum cell_type type, union cell base,
		     union cell v)
{
	int64_t d;

	if (type == CELL_F64) {
		table_set_f64(t, column, v.f64 - base.f64);
		return;
	}
	if (type == CELL_U64)
		d = v.u64 >= base.u64 ? clamped(v.u64 - base.u64) : -clamped(base.u64 - v.u64);
	else if (__builtin_sub_overflow(v.i64, base.i64, &d))
		d = v.i64 < 0 ? INT64_MIN : INT64_MAX;
	table_set_i64(t, column, d);
}

static void set_value(struct table *t, unsigned int column, enum cell_type type, union cell v)
{
	switch (type) {
	case CELL_U64:
		table_set_u64(t, column, v.u64);
		break;
	case CELL_I64:
		table_set_i64(t, column, v.i64);
		break;
	case CELL_F64:
		table_set_f64(t, column, v.f64);
		break;
	case CELL_TEXT:
		table_set_text(t, column, v.text);
		break;
	}
}

static void fill_cell(struct joining *j, struct table *t, size_t joined, unsigned int column)
{
	const struct join_column *c = &j->column[column];
	unsigned int from = j->from[column];
	union cell v, base;
	size_t run;

	if (c->kind == JOIN_KEY) {
		size_t row = join_rows_source(&j->rows, joined, j->o->baseline, &run);

		if (row != JOIN_ROW_NONE && table_get(j->run[run].answer->table, row, from, &v))
			set_value(t, column, j->what[column].type, v);
		return;
	}
	const struct table_column as = value_column(j, from);

	if (!value_at(j, joined, c->run, from, &as, c->per_sec, &v))
		return;
	if (c->kind == JOIN_VALUE) {
		set_value(t, column, as.type, v);
		return;
	}
	if (!value_at(j, joined, j->o->baseline, from, &as, c->per_sec, &base))
		return;
	if (c->kind == JOIN_DIFF) {
		set_diff(t, column, as.type, base, v);
		return;
	}
	double b = as_double(base, as.type), d = as_double(v, as.type) - b;

	if (b != 0)
		table_set_f64(t, column, 100.0 * d / fabs(b));
}

/* ---- notes ---- */

static void add_notes(const struct joining *j, struct table *t)
{
	bool rates = false;

	for (unsigned int i = 0; i < j->n_columns; i++)
		rates |= j->column[i].per_sec;
	if (rates)
		table_note(t,
			   "\"/s\": per second of covered time, since the runs need not be covered "
			   "alike (--absolute for the sums)");
	if (j->o->diff && j->n > 1)
		table_note(t, "differences are against %s", j->run[j->o->baseline].name);
	for (size_t i = 0; i < j->n; i++) {
		const struct table *of = j->run[i].answer->table;

		for (unsigned int k = 0; k < table_n_notes(of); k++)
			table_note(t, "%s: %s", j->run[i].name, table_note_at(of, k));
	}
}

/* ---- all ---- */

static int fill(struct joining *j, struct join *ret)
{
	auto_free const struct answer **a = calloc(j->n, sizeof(const struct answer *));
	int r = a ? 0 : -ENOMEM;

	for (size_t i = 0; i < j->n && a; i++)
		a[i] = j->run[i].answer;
	if (r >= 0)
		r = join_rows_init(&j->rows, a, j->n, j->o->baseline, a[0]->matrix_text);
	if (r < 0)
		return r;
	ret->table = table_new(table_name(j->first), table_title(j->first), j->what, j->n_columns);
	if (!ret->table)
		return -ENOMEM;
	for (size_t i = 0; i < j->rows.n; i++) {
		table_row(ret->table);
		for (unsigned int c = 0; c < j->n_columns; c++)
			fill_cell(j, ret->table, i, c);
	}
	add_notes(j, ret->table);
	return table_error(ret->table);
}

int join_answers(const struct join_run *run, size_t n, const struct join_options *o,
		 struct join *ret, struct err *e)
{
	struct joining j = { .run = run, .n = n, .o = o, .first = run[0].answer->table };

	*ret = (struct join){ 0 };
	int r = add_columns(&j, e);

	ret->column = j.column;
	ret->text = j.text;
	ret->n_text = j.text ? 2 * ((size_t)j.n_columns + 1) : 0;
	if (r >= 0)
		r = fill(&j, ret);
	join_rows_done(&j.rows);
	free(j.what);
	free(j.from);
	if (r == -ENOMEM)
		return err_set(e, r, "out of memory");
	return r < 0 ? r : 0;
}

void join_done(struct join *j)
{
	j->table = table_free(j->table);
	for (size_t i = 0; i < j->n_text; i++)
		free(j->text[i]);
	free(j->text);
	free(j->column);
	*j = (struct join){ 0 };
}
