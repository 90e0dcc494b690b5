/* SPDX-License-Identifier: MIT */
/* Tables for the terminal and as CSV. */
#include "export/answer_text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/utf8.h"
#include "format/json.h"

#define CELL_MAX 160
#define NOTE_MAX 512 /* table_note() */
#define GAP	 "  "

static bool numeric(const struct table_column *c)
{
	return c->type != CELL_TEXT;
}

static void u64_text(uint64_t v, enum unit unit, char *buf, size_t size)
{
	char text[QUANTITY_MAX];

	switch (unit) {
	case UNIT_COUNT:
		(void)snprintf(buf, size, "%s", quantity_count(text, v));
		break;
	case UNIT_NSEC:
		(void)snprintf(buf, size, "%s", quantity_duration(text, v));
		break;
	case UNIT_TIME:
		(void)snprintf(buf, size, "%" PRIu64 ".%06" PRIu64 " s", v / NSEC_PER_SEC,
			       v % NSEC_PER_SEC / NSEC_PER_USEC);
		break;
	case UNIT_BYTES:
		(void)snprintf(buf, size, "%s", quantity_size(text, v));
		break;
	default:
		(void)snprintf(buf, size, "%" PRIu64, v);
		break;
	}
}

static void i64_text(int64_t v, const struct table_column *c, char *buf, size_t size)
{
	const char *sign = v < 0 ? "-" : v && c->flags & TABLE_COLUMN_SIGNED ? "+" : "";
	size_t n = strlen(sign);

	if (n < size)
		memcpy(buf, sign, n + 1);
	u64_text(v < 0 ? -(uint64_t)v : (uint64_t)v, c->unit, buf + n, size - n);
}

/* Nothing that reads as 0 has a sign. */
static double rounded(double v, uint8_t digits)
{
	return fabs(v) < 0.5 * pow(10, -digits) ? 0 : v;
}

/* Of a column in which each row has its own unit: three digits of what is counted or timed. */
static void row_unit_text(double v, enum unit unit, const struct table_column *c, char *buf,
			  size_t size)
{
	const char *sign = v < 0 ? "-" : v > 0 && c->flags & TABLE_COLUMN_SIGNED ? "+" : "";
	const double is = fabs(v);
	const size_t n = strlen(sign);

	if (n < size)
		memcpy(buf, sign, n + 1);
	if ((unit == UNIT_NSEC || unit == UNIT_BYTES || unit == UNIT_COUNT) && is < 0x1p63 &&
	    (is >= 100 || is == floor(is)))
		u64_text((uint64_t)(is + 0.5), unit, buf + n, size - n);
	else
		(void)snprintf(buf + n, size - n, "%.*f%s",
			       is < 1	 ? 3
			       : is < 10 ? 2
					 : 1,
			       is,
			       unit == UNIT_NSEC    ? " ns"
			       : unit == UNIT_BYTES ? " B"
						    : "");
}

void table_cell_text(const struct table *t, size_t row, unsigned int column, char *buf, size_t size)
{
	const struct table_column *c = table_column(t, column);
	union cell v;

	if (!table_get(t, row, column, &v)) {
		(void)snprintf(buf, size, "-");
		return;
	}
	switch (c->type) {
	case CELL_U64:
		u64_text(v.u64, c->unit, buf, size);
		break;
	case CELL_I64:
		i64_text(v.i64, c, buf, size);
		break;
	case CELL_F64:
		if (c->unit == UNIT_OF_ROW) {
			row_unit_text(v.f64, table_unit(t, row, column), c, buf, size);
			break;
		}
		v.f64 = rounded(v.f64, c->digits);
		(void)snprintf(buf, size,
			       v.f64 != 0 && c->flags & TABLE_COLUMN_SIGNED ? "%+.*f" : "%.*f",
			       c->digits, v.f64);
		break;
	case CELL_TEXT:
		(void)snprintf(buf, size, "%s", v.text);
		utf8_clean(buf);
		break;
	}
}

/* Places on the screen: UTF-8 characters. */
static unsigned int width_of(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void pad(FILE *out, unsigned int n)
{
	while (n--)
		(void)fputc(' ', out);
}

static void put_cell(FILE *out, const char *text, unsigned int width, bool right, bool last)
{
	unsigned int w = width_of(text), fill = width > w ? width - w : 0;

	if (right)
		pad(out, fill);
	(void)fputs(text, out);
	if (!right && !last)
		pad(out, fill);
	(void)fputs(last ? "\n" : GAP, out);
}

static bool shown(const struct table_column *c, const struct answer_text_options *o)
{
	return o->wide || !(c->flags & TABLE_COLUMN_WIDE);
}

static void put_rows(const struct table *t, const struct answer_text_options *o, FILE *out)
{
	unsigned int width[TABLE_MAX_COLUMNS], n = table_n_columns(t), last = 0;
	size_t all = table_n_rows(t), rows = all;
	char text[CELL_MAX];

	if (o->max_rows && rows > o->max_rows)
		rows = (size_t)o->max_rows;
	for (unsigned int c = 0; c < n; c++) {
		if (!shown(table_column(t, c), o))
			continue;
		last = c;
		width[c] = width_of(table_column(t, c)->title);
		for (size_t r = 0; r < rows; r++) {
			table_cell_text(t, r, c, text, sizeof(text));
			width[c] = max_of(width[c], width_of(text));
		}
	}
	for (size_t r = 0; r <= rows; r++) {
		for (unsigned int c = 0; c < n; c++) {
			const struct table_column *column = table_column(t, c);

			if (!shown(column, o))
				continue;
			if (r)
				table_cell_text(t, r - 1, c, text, sizeof(text));
			else
				(void)snprintf(text, sizeof(text), "%s", column->title);
			if (!r)
				utf8_clean(text);
			put_cell(out, text, width[c], numeric(column), c == last);
		}
	}
	if (all > rows)
		(void)fprintf(out, "\u2026 %zu more rows, --top 0 for all\n", all - rows);
	if (!all)
		(void)fputs("(no rows)\n", out);
}

/* ---- a matrix: one column per value of x ---- */

static unsigned int part_of(const struct figure *f, enum figure_role role)
{
	for (unsigned int i = 0; i < f->n_parts; i++)
		if (f->part[i].role == role)
			return f->part[i].column;
	return UINT32_MAX;
}

static bool same_cell(const struct table *t, size_t a, size_t b, unsigned int column)
{
	union cell x, y;
	bool has_x = table_get(t, a, column, &x), has_y = table_get(t, b, column, &y);

	if (!has_x || !has_y)
		return has_x == has_y;
	return table_column(t, column)->type == CELL_TEXT ? !strcmp(x.text, y.text)
							  : x.u64 == y.u64;
}

/* Place of the x of @row among the values seen so far, or @n. */
static unsigned int x_place(const struct table *t, const size_t *seen, unsigned int n, size_t row,
			    unsigned int x)
{
	unsigned int i = 0;

	while (i < n && !same_cell(t, seen[i], row, x))
		i++;
	return i;
}

static void copy_cell(struct table *to, unsigned int at, const struct table *from, size_t row,
		      unsigned int column)
{
	union cell v;

	if (!table_get(from, row, column, &v))
		return;
	switch (table_column(from, column)->type) {
	case CELL_U64:
		table_set_u64(to, at, v.u64);
		break;
	case CELL_I64:
		table_set_i64(to, at, v.i64);
		break;
	case CELL_F64:
		table_set_f64(to, at, v.f64);
		break;
	case CELL_TEXT:
		table_set_text(to, at, v.text);
		break;
	}
}

static bool same_row(const struct table *t, size_t a, size_t b, const unsigned int *key,
		     unsigned int n_keys)
{
	for (unsigned int k = 0; k < n_keys; k++)
		if (!same_cell(t, a, b, key[k]))
			return false;
	return true;
}

#define TITLE_MAX 24

/* The rows that stand together and differ in x only become one; *ret is NULL when there are too
 * many values of x for a table. @title must live as long as the table. */
static int pivot(const struct table *t, unsigned int x, unsigned int value,
		 char (*title)[TITLE_MAX], struct table **ret)
{
	struct table_column column[TABLE_MAX_COLUMNS];
	size_t seen[TABLE_MAX_COLUMNS];
	unsigned int key[TABLE_MAX_COLUMNS], n_keys = 0, n_x = 0;

	*ret = NULL;
	for (unsigned int c = 0; c < table_n_columns(t); c++)
		if (table_column(t, c)->flags & TABLE_COLUMN_KEY && c != x) {
			column[n_keys] = *table_column(t, c);
			key[n_keys++] = c;
		}
	for (size_t r = 0; r < table_n_rows(t); r++) {
		if (x_place(t, seen, n_x, r, x) < n_x)
			continue;
		if (n_keys + n_x == TABLE_MAX_COLUMNS)
			return 0;
		table_cell_text(t, r, x, title[n_x], TITLE_MAX);
		column[n_keys + n_x] = *table_column(t, value);
		column[n_keys + n_x].title = title[n_x];
		seen[n_x++] = r;
	}
	struct table *p = table_new(table_name(t), table_title(t), column, n_keys + n_x);

	if (!p)
		return -ENOMEM;
	for (size_t r = 0; r < table_n_rows(t); r++) {
		if (!r || !same_row(t, r - 1, r, key, n_keys)) {
			table_row(p);
			for (unsigned int k = 0; k < n_keys; k++)
				copy_cell(p, k, t, r, key[k]);
		}
		copy_cell(p, n_keys + x_place(t, seen, n_x, r, x), t, r, value);
	}
	*ret = p;
	return table_error(p);
}

static int put_matrix(const struct answer *a, enum figure_role role,
		      const struct answer_text_options *o, FILE *out, bool *ret_done)
{
	unsigned int x = part_of(&a->figure, ROLE_X), value = part_of(&a->figure, role);
	char title[TABLE_MAX_COLUMNS][TITLE_MAX];
	auto_ptr(table) p = NULL;

	if (x == UINT32_MAX || value == UINT32_MAX)
		return 0;
	int r = pivot(a->table, x, value, title, &p);

	if (r < 0 || !p)
		return r;
	(void)fprintf(out, "%s\n", table_column(a->table, value)->title);
	put_rows(p, o, out);
	(void)fputc('\n', out);
	*ret_done = true;
	return 0;
}

/* ---- all ---- */

/* Rounded down: 100 % is said only where nothing is missing. */
static double coverage_pct(const struct answer *a)
{
	return floor(a->coverage * 1e4 + 1e-9) / 100;
}

static void put_head(const struct answer *a, const char *name, FILE *out)
{
	char run[CELL_MAX];
	unsigned int width = 0;

	(void)snprintf(run, sizeof(run), "%s", name);
	utf8_clean(run);
	(void)fprintf(out, "%s: %s, %.6f s to %.6f s, coverage %.4g %%", a->title, run,
		      (double)a->from / NSEC_PER_SEC, (double)a->to / NSEC_PER_SEC,
		      coverage_pct(a));
	if (a->lost)
		(void)fprintf(out, ", %" PRIu64 " events lost", a->lost);
	(void)fputc('\n', out);
	for (unsigned int i = 0; i < a->n_facts; i++)
		width = max_of(width, width_of(a->fact[i].label));
	for (unsigned int i = 0; i < a->n_facts; i++) {
		char value[sizeof(a->fact[i].value)];

		(void)snprintf(value, sizeof(value), "%s", a->fact[i].value);
		utf8_clean(value);
		(void)fputs("  ", out);
		put_cell(out, a->fact[i].label, width, false, false);
		(void)fprintf(out, "%s\n", value);
	}
	(void)fputc('\n', out);
}

static void put_notes(const struct table *t, FILE *out)
{
	for (unsigned int i = 0; i < table_n_notes(t); i++) {
		char text[NOTE_MAX];

		(void)snprintf(text, sizeof(text), "%s", table_note_at(t, i));
		utf8_clean(text);
		(void)fprintf(out, "note: %s\n", text);
	}
}

/* As it is to a file; nothing that a terminal obeys to a screen. */
static void put_document(const char *text, bool screen, FILE *out)
{
	if (!screen) {
		(void)fputs(text, out);
		return;
	}
	for (size_t n = strlen(text); n;) {
		const unsigned int length = utf8_length(text, n), step = length ? length : 1;

		if (utf8_is_harmless(text, length) || *text == '\n' || *text == '\t')
			(void)fwrite(text, 1, step, out);
		else
			(void)fputc('?', out);
		text += step;
		n -= step;
	}
}

int answer_text(const struct answer *a, const char *name, const struct answer_text_options *o,
		FILE *out)
{
	bool as_matrix = false;
	int r = 0;

	if (a->document) {
		put_document(a->document, o->screen, out);
		return ferror(out) ? -EIO : 0;
	}
	put_head(a, name, out);
	if (a->matrix_text)
		r = put_matrix(a, ROLE_VALUE, o, out, &as_matrix);
	if (as_matrix && r >= 0)
		r = put_matrix(a, ROLE_SECOND, o, out, &as_matrix);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a->n_sections; i++) {
		(void)fprintf(out, "%s\n", table_title(a->section[i]));
		put_rows(a->section[i], o, out);
		(void)fputc('\n', out);
		put_notes(a->section[i], out);
	}
	if (!as_matrix && !a->n_sections) {
		put_rows(a->table, o, out);
		(void)fputc('\n', out);
	}
	put_notes(a->table, out);
	return ferror(out) ? -EIO : 0;
}

/* ---- several runs ---- */

/* Facts of all runs under their labels, in the order in which they come up. */
static const char *label_at(const struct join_run *run, size_t n, size_t number)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned int k = 0; k < run[i].answer->n_facts; k++) {
			const char *label = run[i].answer->fact[k].label;
			bool before = false;

			for (size_t p = 0; p < i; p++)
				before |= answer_fact_value(run[p].answer, label) != NULL;
			if (!before && !number--)
				return label;
		}
	return NULL;
}

static void put_run_facts(struct table *t, const struct join_run *run, size_t n)
{
	char text[CELL_MAX], quantity[QUANTITY_MAX];
	const char *label;

	table_row(t);
	table_set_text(t, 0, "covered");
	for (unsigned int i = 0; i < n; i++) {
		const struct answer *a = run[i].answer;

		(void)snprintf(text, sizeof(text), "%.6f s, %.4g %%",
			       (double)a->covered / NSEC_PER_SEC, coverage_pct(a));
		table_set_text(t, i + 1, text);
	}
	table_row(t);
	table_set_text(t, 0, "events lost");
	for (unsigned int i = 0; i < n; i++)
		table_set_text(t, i + 1, quantity_count(quantity, run[i].answer->lost));
	for (size_t k = 0; (label = label_at(run, n, k)); k++) {
		table_row(t);
		table_set_text(t, 0, label);
		for (unsigned int i = 0; i < n; i++) {
			const char *value = answer_fact_value(run[i].answer, label);

			if (value)
				table_set_text(t, i + 1, value);
		}
	}
}

static int put_runs(const struct join_run *run, size_t n, FILE *out)
{
	static const struct answer_text_options all = { 0 };
	auto_free struct table_column *column = calloc(n + 1, sizeof(*column));

	if (!column)
		return -ENOMEM;
	column[0] = (struct table_column){ .name = "fact", .title = "", .type = CELL_TEXT };
	for (size_t i = 0; i < n; i++)
		column[i + 1] = (struct table_column){ .name = run[i].name,
						       .title = run[i].name,
						       .type = CELL_TEXT };
	auto_ptr(table) t = table_new("runs", "Runs", column, (unsigned int)n + 1);

	if (!t)
		return -ENOMEM;
	put_run_facts(t, run, n);
	if (table_error(t) < 0)
		return table_error(t);
	put_rows(t, &all, out);
	(void)fputc('\n', out);
	return 0;
}

int join_text(const struct join *t, const struct join_run *run, size_t n,
	      const struct answer_text_options *o, FILE *out)
{
	const struct answer *a = run[0].answer;

	(void)fprintf(out, "%s: %zu runs, %.6f s to %.6f s of each\n", a->title, n,
		      (double)a->from / NSEC_PER_SEC, (double)a->to / NSEC_PER_SEC);
	int r = put_runs(run, n, out);

	if (r < 0)
		return r;
	put_rows(t->table, o, out);
	(void)fputc('\n', out);
	put_notes(t->table, out);
	return ferror(out) ? -EIO : 0;
}

int table_plain(const struct table *t, const struct answer_text_options *o, FILE *out)
{
	static const struct answer_text_options all = { 0 };

	put_rows(t, o ? o : &all, out);
	return ferror(out) ? -EIO : 0;
}

/* ---- CSV ---- */

static void csv_text(FILE *out, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		(void)fputs(s, out);
		return;
	}
	(void)fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			(void)fputc('"', out);
		(void)fputc(*s, out);
	}
	(void)fputc('"', out);
}

static void csv_cell(FILE *out, const struct table *t, size_t row, unsigned int column)
{
	char number[JSON_NUMBER_MAX];
	union cell v;

	if (!table_get(t, row, column, &v))
		return;
	switch (table_column(t, column)->type) {
	case CELL_U64:
		(void)fprintf(out, "%" PRIu64, v.u64);
		break;
	case CELL_I64:
		(void)fprintf(out, "%" PRId64, v.i64);
		break;
	case CELL_F64:
		(void)fputs(json_number(number, v.f64), out);
		break;
	case CELL_TEXT:
		csv_text(out, v.text);
		break;
	}
}

/* @run: for a first column, or NULL. */
static int csv_rows(const struct table *t, const char *run, bool head, FILE *out)
{
	unsigned int n = table_n_columns(t);

	if (head && run)
		(void)fputs("run,", out);
	for (unsigned int c = 0; c < n && head; c++) {
		csv_text(out, table_column(t, c)->name);
		(void)fputc(c + 1 < n ? ',' : '\n', out);
	}
	for (size_t r = 0; r < table_n_rows(t); r++) {
		if (run) {
			csv_text(out, run);
			(void)fputc(',', out);
		}
		for (unsigned int c = 0; c < n; c++) {
			csv_cell(out, t, r, c);
			(void)fputc(c + 1 < n ? ',' : '\n', out);
		}
	}
	return ferror(out) ? -EIO : 0;
}

int table_csv(const struct table *t, FILE *out)
{
	return csv_rows(t, NULL, true, out);
}

int table_csv_run(const struct table *t, const char *run, bool head, FILE *out)
{
	return csv_rows(t, run, head, out);
}
