/* SPDX-License-Identifier: MIT */
/* Tables by column: an array of values and an array of "is there" flags each. Sorting moves row
 * numbers, then the columns once. */
#include "model/table.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strpool.h"

struct column {
	struct table_column what;
	union cell *cell;
	bool *there;
};

struct table {
	const char *name, *title;
	struct column *column;
	unsigned int n_columns;
	size_t rows, cap;
	const char **note;
	unsigned int n_notes;
	struct strpool *text;
	int error;
};

static const char *const unit_names[] = {
	[UNIT_NONE] = "",	[UNIT_COUNT] = "count",	  [UNIT_NSEC] = "ns",
	[UNIT_TIME] = "time",	[UNIT_PCT] = "pct",	  [UNIT_BYTES] = "bytes",
	[UNIT_RATIO] = "ratio", [UNIT_PER_SEC] = "per_s", [UNIT_ID] = "id",
	[UNIT_OF_ROW] = "row",
};

const char *unit_name(enum unit u)
{
	return unit_names[u];
}

/* Our own copy of what may be no literal. */
static int copy_text(struct table *t, const char **text)
{
	if (!*text)
		return 0;
	*text = strpool_add(t->text, *text);
	return *text ? 0 : -ENOMEM;
}

struct table *table_new(const char *name, const char *title, const struct table_column *columns,
			unsigned int n)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->name = name;
	t->title = title;
	t->n_columns = n;
	t->text = strpool_new();
	t->column = calloc(n ? n : 1, sizeof(*t->column));
	if (!t->text || !t->column || copy_text(t, &t->name) < 0 || copy_text(t, &t->title) < 0)
		return table_free(t);
	for (unsigned int i = 0; i < n; i++) {
		struct table_column *c = &t->column[i].what;

		*c = columns[i];
		if (copy_text(t, &c->name) < 0 || copy_text(t, &c->title) < 0 ||
		    copy_text(t, &c->help) < 0)
			return table_free(t);
	}
	return t;
}

struct table *table_free(struct table *t)
{
	if (t) {
		for (unsigned int i = 0; t->column && i < t->n_columns; i++) {
			free(t->column[i].cell);
			free(t->column[i].there);
		}
		free(t->column);
		free(t->note);
		strpool_free(t->text);
		free(t);
	}
	return NULL;
}

const char *table_text(struct table *t, const char *s)
{
	return strpool_add(t->text, s);
}

static int grow(struct table *t)
{
	size_t cap = t->cap ? 2 * t->cap : 32;

	for (unsigned int i = 0; i < t->n_columns; i++) {
		struct column *c = &t->column[i];
		union cell *cell = reallocarray(c->cell, cap, sizeof(*cell));

		if (!cell)
			return -ENOMEM;
		c->cell = cell;
		bool *there = reallocarray(c->there, cap, sizeof(*there));

		if (!there)
			return -ENOMEM;
		c->there = there;
	}
	t->cap = cap;
	return 0;
}

void table_row(struct table *t)
{
	if (!t->error && t->rows == t->cap)
		t->error = grow(t);
	if (t->error)
		return;
	for (unsigned int i = 0; i < t->n_columns; i++)
		t->column[i].there[t->rows] = false;
	t->rows++;
}

static void set(struct table *t, unsigned int column, enum cell_type type, union cell v)
{
	if (t->error)
		return;
	assert(column < t->n_columns && t->rows > 0 && t->column[column].what.type == type);
	t->column[column].cell[t->rows - 1] = v;
	t->column[column].there[t->rows - 1] = true;
}

void table_set_u64(struct table *t, unsigned int column, uint64_t v)
{
	set(t, column, CELL_U64, (union cell){ .u64 = v });
}

void table_set_i64(struct table *t, unsigned int column, int64_t v)
{
	set(t, column, CELL_I64, (union cell){ .i64 = v });
}

void table_set_f64(struct table *t, unsigned int column, double v)
{
	if (!isnan(v))
		set(t, column, CELL_F64, (union cell){ .f64 = v });
}

void table_set_text(struct table *t, unsigned int column, const char *s)
{
	const char *copy = t->error ? NULL : strpool_add(t->text, s);

	if (!copy && !t->error)
		t->error = -ENOMEM;
	set(t, column, CELL_TEXT, (union cell){ .text = copy });
}

int table_error(const struct table *t)
{
	return t->error;
}

void table_note(struct table *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (t->error)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	const char *copy = strpool_add(t->text, text);
	const char **more = reallocarray(t->note, (size_t)t->n_notes + 1, sizeof(*more));

	if (more)
		t->note = more;
	if (copy && more)
		t->note[t->n_notes++] = copy;
	else
		t->error = -ENOMEM;
}

struct sort {
	const struct column *column;
	bool descending;
	bool size; /* without the sign */
};

static int compare_cells(enum cell_type type, const union cell *x, const union cell *y)
{
	switch (type) {
	case CELL_U64:
		return x->u64 < y->u64 ? -1 : x->u64 > y->u64;
	case CELL_I64:
		return x->i64 < y->i64 ? -1 : x->i64 > y->i64;
	case CELL_F64:
		return x->f64 < y->f64 ? -1 : x->f64 > y->f64;
	case CELL_TEXT:
		return strcmp(x->text, y->text);
	}
	return 0;
}

static int compare_sizes(enum cell_type type, const union cell *x, const union cell *y)
{
	union cell a = *x, b = *y;

	if (type == CELL_I64) {
		a.u64 = x->i64 < 0 ? -x->u64 : x->u64;
		b.u64 = y->i64 < 0 ? -y->u64 : y->u64;
		type = CELL_U64;
	} else if (type == CELL_F64) {
		a.f64 = fabs(x->f64);
		b.f64 = fabs(y->f64);
	}
	return compare_cells(type, &a, &b);
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct sort *s = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int r = (int)s->column->there[y] - (int)s->column->there[x];

	if (r == 0 && s->column->there[x]) {
		r = (s->size ? compare_sizes : compare_cells)(
			s->column->what.type, &s->column->cell[x], &s->column->cell[y]);
		if (s->descending)
			r = -r;
	}
	return r ? r : x < y ? -1 : x > y;
}

static int sort_rows(struct table *t, struct sort s)
{
	size_t n = t->rows;

	if (t->error || n < 2)
		return t->error;
	auto_free size_t *order = malloc(n * sizeof(*order));
	auto_free union cell *cell = malloc(n * sizeof(*cell));
	auto_free bool *there = malloc(n * sizeof(*there));

	if (!order || !cell || !there)
		return t->error = -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_rows, &s);
	for (unsigned int c = 0; c < t->n_columns; c++) {
		struct column *k = &t->column[c];

		for (size_t i = 0; i < n; i++) {
			cell[i] = k->cell[order[i]];
			there[i] = k->there[order[i]];
		}
		memcpy(k->cell, cell, n * sizeof(*cell));
		memcpy(k->there, there, n * sizeof(*there));
	}
	return 0;
}

int table_sort(struct table *t, unsigned int column, bool descending)
{
	return sort_rows(t, (struct sort){ &t->column[column], descending, false });
}

int table_sort_size(struct table *t, unsigned int column)
{
	return sort_rows(t, (struct sort){ &t->column[column], true, true });
}

void table_cut(struct table *t, size_t rows)
{
	if (rows < t->rows)
		t->rows = rows;
}

const char *table_name(const struct table *t)
{
	return t->name;
}

const char *table_title(const struct table *t)
{
	return t->title;
}

unsigned int table_n_columns(const struct table *t)
{
	return t->n_columns;
}

const struct table_column *table_column(const struct table *t, unsigned int i)
{
	return &t->column[i].what;
}

size_t table_n_rows(const struct table *t)
{
	return t->rows;
}

unsigned int table_n_notes(const struct table *t)
{
	return t->n_notes;
}

const char *table_note_at(const struct table *t, unsigned int i)
{
	return t->note[i];
}

bool table_get(const struct table *t, size_t row, unsigned int column, union cell *ret)
{
	const struct column *c = &t->column[column];

	if (row >= t->rows || !c->there[row])
		return false;
	*ret = c->cell[row];
	return true;
}

enum unit table_unit(const struct table *t, size_t row, unsigned int column)
{
	union cell v;

	if (t->column[column].what.unit != UNIT_OF_ROW)
		return t->column[column].what.unit;
	for (unsigned int c = 0; c < t->n_columns; c++) {
		if (!(t->column[c].what.flags & TABLE_COLUMN_UNIT) || !table_get(t, row, c, &v))
			continue;
		for (enum unit u = UNIT_NONE; u < UNIT_OF_ROW; u++)
			if (!strcmp(unit_names[u], v.text))
				return u;
	}
	return UNIT_NONE;
}
