/* SPDX-License-Identifier: MIT */
/*
 * Keys become texts, equal texts one address in a pool, and addresses rows and groups by a hash. A
 * group is what keeps its place in the order: the text keys of a row, or in a matrix the row of
 * cells.
 */
#include "model/join_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/tasks.h"

#define KEY_MAX	    ((size_t)1 << 20)
#define X_WORDS	    (UINT64_C(1) << 32) /* places of an x that is no number, behind all numbers */
#define NO_GROUP    UINT32_MAX
#define CELL_ABSENT UINT64_MAX

struct joined_row {
	size_t run, row; /* where its keys are read */
	size_t number; /* in order of entry */
	uint64_t x; /* place of its x */
	uint32_t group;
};

struct group {
	uint32_t next, place;
};

struct join_work {
	const struct answer *const *a;
	size_t n_runs;
	unsigned int x; /* UINT32_MAX: no matrix */
	bool grouped;
	struct buf key;
	struct strpool *text;
	struct idmap row_of, group_of, x_of; /* by address of the key's text */
	struct idmap *seen; /* per run: y and x that it knows */
	struct joined_row *row;
	size_t n, room;
	size_t *at;
	size_t at_room;
	struct group *group;
	size_t n_groups, group_room;
	uint32_t first; /* group */
	uint32_t n_x;
};

bool join_rows_key(const struct table_column *c)
{
	return (c->flags & TABLE_COLUMN_KEY) && !(c->flags & TABLE_COLUMN_LOCAL);
}

unsigned int join_rows_part(const struct answer *a, enum figure_role role)
{
	for (unsigned int i = 0; i < a->figure.n_parts; i++)
		if (a->figure.part[i].role == role)
			return a->figure.part[i].column;
	return UINT32_MAX;
}

/* ---- keys as texts ---- */

static void add_cell(struct buf *b, const struct table *t, size_t row, unsigned int column)
{
	union cell v;

	/* The length before a text: no text can look like two cells. */
	if (!table_get(t, row, column, &v))
		(void)buf_add_byte(b, '-');
	else if (table_column(t, column)->type == CELL_TEXT)
		(void)buf_addf(b, "%zu:%s", strlen(v.text), v.text);
	else
		(void)buf_addf(b, "#%" PRIx64 ";", v.u64);
}

enum key_part { KEY_ALL, KEY_GROUP, KEY_BUT_X, KEY_X };

static bool takes_part(const struct join_work *w, unsigned int column, enum key_part part)
{
	const struct table_column *c = table_column(w->a[0]->table, column);

	if (!join_rows_key(c))
		return false;
	switch (part) {
	case KEY_ALL:
		return true;
	case KEY_GROUP:
		return w->grouped ? column != w->x : c->type == CELL_TEXT;
	case KEY_BUT_X:
		return column != w->x;
	case KEY_X:
		return column == w->x;
	}
	return false;
}

/* Address of the text of these keys, the @times-th of its like; NULL: out of memory. */
static const char *key_of(struct join_work *w, size_t run, size_t row, enum key_part part,
			  uint32_t times)
{
	const struct table *t = w->a[run]->table;

	buf_clear(&w->key);
	(void)buf_addf(&w->key, "%d/%" PRIu32 "/", (int)part, times);
	for (unsigned int c = 0; c < table_n_columns(t); c++)
		if (takes_part(w, c, part))
			add_cell(&w->key, t, row, c);
	return buf_error(&w->key) ? NULL : strpool_add(w->text, buf_str(&w->key));
}

/* The value of @key in @map, @fresh when it is new there; IDMAP_NONE: out of memory. */
static uint32_t find_or_add(struct idmap *map, const char *key, uint32_t fresh)
{
	uint32_t v = key ? idmap_get(map, (uintptr_t)key) : IDMAP_NONE;

	if (v != IDMAP_NONE || !key)
		return v;
	return idmap_set(map, (uintptr_t)key, fresh) < 0 ? IDMAP_NONE : fresh;
}

/* ---- rows and groups ---- */

/* The group of a row; a new one behind @after. */
static uint32_t group_of(struct join_work *w, size_t run, size_t row, uint32_t after)
{
	uint32_t fresh = (uint32_t)w->n_groups;
	uint32_t g = find_or_add(&w->group_of, key_of(w, run, row, KEY_GROUP, 0), fresh);

	if (g != fresh)
		return g;
	if (tasks_ensure((void **)&w->group, &w->group_room, w->n_groups + 1, sizeof(*w->group)) <
	    0)
		return IDMAP_NONE;
	w->n_groups++;
	uint32_t *link = after == NO_GROUP ? &w->first : &w->group[after].next;

	w->group[g].next = *link;
	*link = g;
	return g;
}

/* Numbers in their order, words in order of appearance behind them. */
static int x_place(struct join_work *w, size_t run, size_t row, uint64_t *ret)
{
	union cell v;
	uint64_t number = 0;
	size_t i = 0;

	*ret = 0;
	if (!w->grouped || !table_get(w->a[run]->table, row, w->x, &v))
		return 0;
	if (table_column(w->a[run]->table, w->x)->type != CELL_TEXT) {
		*ret = v.u64;
		return 0;
	}
	while (i < 9 && v.text[i] >= '0' && v.text[i] <= '9')
		number = number * 10 + (uint64_t)(v.text[i++] - '0');
	if (i && !v.text[i]) {
		*ret = number;
		return 0;
	}
	uint32_t place = find_or_add(&w->x_of, key_of(w, run, row, KEY_X, 0), w->n_x);

	if (place == IDMAP_NONE)
		return -ENOMEM;
	w->n_x += place == w->n_x;
	*ret = X_WORDS + place;
	return 0;
}

static int new_row(struct join_work *w, size_t run, size_t row, uint32_t group)
{
	struct joined_row *j;

	if (tasks_ensure((void **)&w->row, &w->room, w->n + 1, sizeof(*w->row)) < 0 ||
	    tasks_ensure((void **)&w->at, &w->at_room, (w->n + 1) * w->n_runs, sizeof(*w->at)) < 0)
		return -ENOMEM;
	j = &w->row[w->n];
	*j = (struct joined_row){ .run = run, .row = row, .number = w->n, .group = group };
	for (size_t i = 0; i < w->n_runs; i++)
		w->at[w->n * w->n_runs + i] = JOIN_ROW_NONE;
	w->n++;
	return x_place(w, run, row, &j->x);
}

/* A CPU of which nothing was covered is not known to have counted nothing. */
static bool is_covered(const struct table *t, size_t row)
{
	union cell v;

	for (unsigned int c = 0; c < table_n_columns(t); c++)
		if (table_column(t, c)->flags & TABLE_COLUMN_COVERED)
			return table_get(t, row, c, &v) && v.u64;
	return true;
}

static int note_seen(struct join_work *w, size_t run, size_t row)
{
	const char *y = key_of(w, run, row, KEY_BUT_X, 0), *x = key_of(w, run, row, KEY_X, 0);

	if (!y || !x || idmap_set(&w->seen[run], (uintptr_t)y, 1) < 0)
		return -ENOMEM;
	return is_covered(w->a[run]->table, row) ? idmap_set(&w->seen[run], (uintptr_t)x, 1) : 0;
}

static int add_run(struct join_work *w, size_t run)
{
	struct idmap count = { 0 };
	uint32_t group = NO_GROUP;
	int r = 0;

	for (size_t row = 0; row < table_n_rows(w->a[run]->table) && r >= 0; row++) {
		const char *key = key_of(w, run, row, KEY_ALL, 0);
		uint32_t times = key ? idmap_get(&count, (uintptr_t)key) : 0;

		times = times == IDMAP_NONE ? 1 : times + 1;
		if (!key || idmap_set(&count, (uintptr_t)key, times) < 0) {
			r = -ENOMEM;
			break;
		}
		group = group_of(w, run, row, group);
		uint32_t fresh = (uint32_t)w->n;
		uint32_t at = find_or_add(&w->row_of, key_of(w, run, row, KEY_ALL, times), fresh);

		if (group == IDMAP_NONE || at == IDMAP_NONE)
			r = -ENOMEM;
		else if (at == fresh)
			r = new_row(w, run, row, group);
		if (r >= 0)
			w->at[at * w->n_runs + run] = row;
		if (r >= 0 && w->x != UINT32_MAX)
			r = note_seen(w, run, row);
	}
	idmap_done(&count);
	return r;
}

/* Cells that a matrix left out. */
static int find_zeros(struct join_work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct joined_row *j = &w->row[i];
		const char *y = key_of(w, j->run, j->row, KEY_BUT_X, 0);
		const char *x = key_of(w, j->run, j->row, KEY_X, 0);

		if (!y || !x)
			return -ENOMEM;
		for (size_t run = 0; run < w->n_runs; run++)
			if (w->at[i * w->n_runs + run] == JOIN_ROW_NONE &&
			    idmap_get(&w->seen[run], (uintptr_t)y) != IDMAP_NONE &&
			    idmap_get(&w->seen[run], (uintptr_t)x) != IDMAP_NONE)
				w->at[i * w->n_runs + run] = JOIN_ROW_ZERO;
	}
	return 0;
}

/* ---- order ---- */

static uint64_t number_at(const struct join_work *w, const struct joined_row *j,
			  unsigned int column)
{
	union cell v;

	return table_get(w->a[j->run]->table, j->row, column, &v) ? v.u64 : CELL_ABSENT;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct joined_row *x = a, *y = b;
	const struct join_work *w = ctx;
	const struct table *t = w->a[0]->table;

	if (x->group != y->group)
		return w->group[x->group].place < w->group[y->group].place ? -1 : 1;
	for (unsigned int c = 0; c < table_n_columns(t); c++) {
		if (!join_rows_key(table_column(t, c)) || table_column(t, c)->type == CELL_TEXT)
			continue;
		uint64_t m = number_at(w, x, c), n = number_at(w, y, c);

		if (m != n)
			return m < n ? -1 : 1;
	}
	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int order(struct join_work *w, struct join_rows *r)
{
	uint32_t place = 0;

	for (uint32_t g = w->first; g != NO_GROUP; g = w->group[g].next)
		w->group[g].place = place++;
	if (w->n)
		qsort_r(w->row, w->n, sizeof(*w->row), compare_rows, w);
	r->at = calloc(w->n * w->n_runs + 1, sizeof(*r->at));
	if (!r->at)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		memcpy(&r->at[i * w->n_runs], &w->at[w->row[i].number * w->n_runs],
		       w->n_runs * sizeof(*r->at));
	r->n = w->n;
	return 0;
}

int join_rows_init(struct join_rows *r, const struct answer *const *a, size_t n, size_t baseline,
		   bool grouped)
{
	bool matrix = a[0]->figure.mark == MARK_MATRIX;
	struct join_work w = { .a = a,
			       .n_runs = n,
			       .x = matrix ? join_rows_part(a[0], ROLE_X) : UINT32_MAX,
			       .first = NO_GROUP,
			       .text = strpool_new(),
			       .seen = calloc(n, sizeof(*w.seen)) };
	int result = w.text && w.seen ? 0 : -ENOMEM;

	*r = (struct join_rows){ .n_runs = n };
	w.grouped = grouped && w.x != UINT32_MAX;
	buf_init(&w.key, KEY_MAX);
	if (result >= 0)
		result = add_run(&w, baseline);
	for (size_t i = 0; i < n && result >= 0; i++)
		if (i != baseline)
			result = add_run(&w, i);
	if (result >= 0 && w.x != UINT32_MAX)
		result = find_zeros(&w);
	if (result >= 0)
		result = order(&w, r);
	for (size_t i = 0; w.seen && i < n; i++)
		idmap_done(&w.seen[i]);
	idmap_done(&w.row_of);
	idmap_done(&w.group_of);
	idmap_done(&w.x_of);
	buf_done(&w.key);
	strpool_free(w.text);
	free(w.seen);
	free(w.row);
	free(w.at);
	free(w.group);
	return result;
}

void join_rows_done(struct join_rows *r)
{
	free(r->at);
	*r = (struct join_rows){ 0 };
}

size_t join_rows_source(const struct join_rows *r, size_t row, size_t baseline, size_t *ret_run)
{
	const size_t *at = &r->at[row * r->n_runs];

	for (size_t i = 0; i <= r->n_runs; i++) {
		size_t run = i ? i - 1 : baseline;

		if (at[run] >= JOIN_ROW_ZERO)
			continue;
		*ret_run = run;
		return at[run];
	}
	return JOIN_ROW_NONE; /* cannot be: a row came from somewhere */
}
