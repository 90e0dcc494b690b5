/* SPDX-License-Identifier: MIT */
/* VIEW objects. */
#include "export/answer_json.h"

#include <errno.h>
#include <stdio.h>

#define DRAIN_BYTES (256u << 10)

static const char *type_name(enum cell_type t)
{
	static const char *const name[] = {
		[CELL_U64] = "u64", [CELL_I64] = "i64", [CELL_F64] = "f64", [CELL_TEXT] = "text"
	};

	return name[t];
}

static const char *role_name(enum figure_role r)
{
	static const char *const name[] = {
		[ROLE_X] = "x",		  [ROLE_Y] = "y",	    [ROLE_VALUE] = "value",
		[ROLE_SECOND] = "second", [ROLE_SERIES] = "series", [ROLE_TIP] = "tip"
	};

	return name[r];
}

int json_drain(struct json *j, FILE *out)
{
	int r = json_error(j);

	if (r < 0)
		return r;
	if (j->out->len && fwrite(j->out->data, 1, j->out->len, out) != j->out->len)
		return errno ? -errno : -EIO;
	buf_clear(j->out);
	return 0;
}

/* What a column of a joined table is. */
static void joined_column_json(const struct join_column *c, struct json *j)
{
	json_key_str(j, "kind", join_kind_name(c->kind));
	json_key_str(j, "of", c->of);
	json_key(j, "run");
	if (c->kind == JOIN_KEY)
		json_put_null(j);
	else
		json_u64(j, c->run);
	json_key_bool(j, "per_s", c->per_sec);
}

/* @joined: of each column, or NULL. */
static void columns_json(const struct table *t, const struct join_column *joined, struct json *j)
{
	json_key(j, "columns");
	json_begin_array(j);
	for (unsigned int i = 0; i < table_n_columns(t); i++) {
		const struct table_column *c = table_column(t, i);

		json_begin_object_flat(j);
		json_key_str(j, "name", c->name);
		json_key_str(j, "title", c->title);
		json_key_str(j, "unit", unit_name(c->unit));
		json_key_str(j, "type", type_name(c->type));
		json_key_u64(j, "digits", c->digits);
		json_key_bool(j, "key", c->flags & TABLE_COLUMN_KEY);
		json_key_bool(j, "adds", c->flags & TABLE_COLUMN_ADDS);
		json_key_bool(j, "local", c->flags & TABLE_COLUMN_LOCAL);
		json_key_str(j, "help", c->help ? c->help : "");
		if (joined)
			joined_column_json(&joined[i], j);
		json_end(j);
	}
	json_end(j);
}

static void cell_json(const struct table *t, size_t row, unsigned int column, struct json *j)
{
	const struct table_column *c = table_column(t, column);
	union cell v;

	if (!table_get(t, row, column, &v))
		return;
	json_key(j, c->name);
	switch (c->type) {
	case CELL_U64:
		json_u64(j, v.u64);
		break;
	case CELL_I64:
		json_i64(j, v.i64);
		break;
	case CELL_F64:
		json_f64(j, v.f64);
		break;
	case CELL_TEXT:
		json_str(j, v.text);
		break;
	}
}

static void row_json(const struct table *t, size_t row, struct json *j)
{
	json_begin_object_flat(j);
	for (unsigned int c = 0; c < table_n_columns(t); c++)
		cell_json(t, row, c, j);
	json_end(j);
}

static int rows_json(const struct table *t, struct json *j, FILE *out)
{
	json_key(j, "rows");
	json_begin_array(j);
	for (size_t r = 0; r < table_n_rows(t); r++) {
		row_json(t, r, j);
		if (!out || j->out->len < DRAIN_BYTES)
			continue;
		int ret = json_drain(j, out);

		if (ret < 0)
			return ret;
	}
	json_end(j);
	return 0;
}

static void figure_json(const struct answer *a, struct json *j)
{
	json_key(j, "figure");
	if (a->figure.mark == MARK_NONE) {
		json_put_null(j);
		return;
	}
	json_begin_object_flat(j);
	json_key_str(j, "mark", figure_mark_name(a->figure.mark));
	json_key_str(j, "title", a->figure.title);
	json_key(j, "parts");
	json_begin_array(j);
	for (unsigned int i = 0; i < a->figure.n_parts; i++) {
		const struct figure_part *p = &a->figure.part[i];

		json_begin_object(j);
		json_key_str(j, "role", role_name(p->role));
		json_key_str(j, "column", table_column(a->table, p->column)->name);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void head_json(const struct answer *a, struct json *j)
{
	json_key_str(j, "view", a->view);
	json_key_str(j, "title", a->title);
	json_key_str(j, "summary", a->summary);
	json_key_str(j, "help", a->help);
}

/* What a run knows of the window, and its facts. */
static void window_json(const struct answer *a, struct json *j)
{
	json_key(j, "window");
	json_begin_object_flat(j);
	json_key_u64(j, "from", a->from);
	json_key_u64(j, "to", a->to);
	json_end(j);
	json_key_u64(j, "covered", a->covered);
	json_key_f64(j, "coverage", a->coverage);
	json_key_u64(j, "lost", a->lost);
	json_key(j, "facts");
	json_begin_array(j);
	for (unsigned int i = 0; i < a->n_facts; i++) {
		json_begin_array_flat(j);
		json_str(j, a->fact[i].label);
		json_str(j, a->fact[i].value);
		json_end(j);
	}
	json_end(j);
}

static void notes_json(const struct table *t, struct json *j)
{
	json_key(j, "notes");
	json_begin_array(j);
	for (unsigned int i = 0; i < table_n_notes(t); i++)
		json_str(j, table_note_at(t, i));
	json_end(j);
}

static int sections_json(const struct answer *a, struct json *j, FILE *out)
{
	int r = 0;

	if (!a->n_sections)
		return 0;
	json_key(j, "tables");
	json_begin_array(j);
	for (size_t i = 0; i < a->n_sections && r >= 0; i++) {
		json_begin_object(j);
		json_key_str(j, "name", table_name(a->section[i]));
		json_key_str(j, "title", table_title(a->section[i]));
		columns_json(a->section[i], NULL, j);
		r = rows_json(a->section[i], j, out);
		json_end(j);
	}
	json_end(j);
	return r;
}

int answer_json(const struct answer *a, struct json *j, FILE *out)
{
	json_begin_object(j);
	head_json(a, j);
	window_json(a, j);
	columns_json(a->table, NULL, j);
	int r = rows_json(a->table, j, out);

	if (r >= 0)
		r = sections_json(a, j, out);
	notes_json(a->table, j);
	figure_json(a, j);
	json_end(j);
	return r < 0 ? r : json_error(j);
}

int join_json(const struct join *t, const struct join_run *run, size_t n,
	      const struct join_options *o, struct json *j, FILE *out)
{
	json_begin_object(j);
	head_json(run[0].answer, j);
	json_key_u64(j, "baseline", o->baseline);
	json_key(j, "runs");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		json_key_str(j, "name", run[i].name);
		json_key_str(j, "file", run[i].file);
		window_json(run[i].answer, j);
		json_end(j);
	}
	json_end(j);
	columns_json(t->table, t->column, j);
	int r = rows_json(t->table, j, out);

	notes_json(t->table, j);
	json_end(j);
	return r < 0 ? r : json_error(j);
}

void table_json(const struct table *t, struct json *j)
{
	json_begin_array(j);
	for (size_t row = 0; row < table_n_rows(t); row++)
		row_json(t, row, j);
	json_end(j);
}
