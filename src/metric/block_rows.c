/* SPDX-License-Identifier: MIT */
/* Rows of a block, found among the series of a run, and what their cells are made of. */
#include "metric/block_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "metric/block_rows_state.h"

#define LABEL_MAX 16

void *block_rows_room(void *array, size_t n, size_t *cap, size_t bytes)
{
	if (n < *cap)
		return array;
	size_t more = *cap ? 2 * *cap : 64;
	void *grown = reallocarray(array, more, bytes);

	if (grown)
		*cap = more;
	return grown;
}

/* ---- which series the rows are found by ---- */

/* The metric of the @i-th term of @x when the row says which of its series is meant; else
 * SERIES_NONE. */
static uint32_t own_metric(const struct block_rows *r, const struct block_item *x, unsigned int i)
{
	const struct block_term *t = &x->term[i];

	return t->item >= 0 || t->thing ? SERIES_NONE
					: series_table_find_metric(r->table, t->metric);
}

uint32_t block_rows_imported(const struct block_rows *r, const char *json)
{
	char name[192];

	if (!json || !r->block->path)
		return SERIES_NONE;
	if ((size_t)snprintf(name, sizeof(name), "sadf.%s.%s", r->block->path, json) >=
	    sizeof(name))
		return SERIES_NONE;
	for (char *p = name; (p = strchr(p, '/'));)
		*p = '.';
	return series_table_find_metric(r->table, name);
}

/* ---- rows ---- */

bool block_rows_leaves_out(const struct block_rows *r, const struct metric_series *s)
{
	const struct block *b = r->block;
	char disk[64];

	for (unsigned int i = 0; i < b->n_without; i++)
		if (block_pattern_fits(b->without[i], s->instance))
			return true;
	size_t n = b->whole ? block_part_of(s->instance) : 0;

	if (!n || n >= sizeof(disk))
		return false;
	memcpy(disk, s->instance, n);
	disk[n] = '\0';
	return series_table_find_thing(r->table, s->metric, disk, s->cpu) != SERIES_NONE;
}

/* The row of @label, added when it is new. */
static int add_row(struct block_rows *r, const char *label, uint32_t cpu, bool all)
{
	const char *pooled = strpool_add(r->text, label);
	size_t cap = r->cap_rows;

	if (!pooled)
		return -ENOMEM;
	if (idmap_get(&r->known, (uintptr_t)pooled) != IDMAP_NONE)
		return 0;
	struct block_row *grown = block_rows_room(r->row, r->n_rows, &cap, sizeof(*grown));

	if (!grown || idmap_set(&r->known, (uintptr_t)pooled, r->n_rows) < 0)
		return -ENOMEM;
	r->row = grown;
	r->cap_rows = (uint32_t)cap;
	r->row[r->n_rows++] = (struct block_row){ .label = pooled, .cpu = cpu, .all = all };
	return 0;
}

static bool parse_cpu(const char *label, uint32_t *ret)
{
	uint64_t v;

	if (*label < '0' || *label > '9' || quantity_parse_u64(label, &v, NULL) < 0 ||
	    v >= SERIES_NO_CPU)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* The row of series @s of one of the block's metrics. */
static int add_row_of(struct block_rows *r, const struct metric_series *s)
{
	const struct block *b = r->block;
	char label[LABEL_MAX];

	switch (b->each) {
	case EACH_ONE:
		return *s->instance || s->cpu != SERIES_NO_CPU
			       ? 0
			       : add_row(r, "", SERIES_NO_CPU, false);
	case EACH_CPU:
		if (s->cpu == SERIES_NO_CPU || *s->instance)
			return 0;
		(void)snprintf(label, sizeof(label), "%u", s->cpu);
		return add_row(r, label, s->cpu, false);
	case EACH_THING:
		break;
	}
	if (!*s->instance || (s->cpu != SERIES_NO_CPU && !b->across_cpus) ||
	    block_rows_leaves_out(r, s))
		return 0;
	return add_row(r, s->instance, SERIES_NO_CPU, false);
}

/* The same of an imported file, where a CPU is a text. */
static int add_row_imported(struct block_rows *r, const struct metric_series *s)
{
	uint32_t cpu = SERIES_NO_CPU;
	bool all = r->block->all && !strcmp(s->instance, r->block->all_name);

	if (r->block->each == EACH_CPU && !all && !parse_cpu(s->instance, &cpu))
		return 0;
	return add_row(r, s->instance, cpu, all);
}

static int add_rows_of_metric(struct block_rows *r, uint32_t metric,
			      int (*add)(struct block_rows *r, const struct metric_series *s))
{
	int err = 0;

	if (metric == SERIES_NONE)
		return 0;
	for (uint32_t s = SERIES_NONE;
	     err >= 0 && (s = series_table_next(r->table, metric, s)) != SERIES_NONE;)
		err = add(r, series_table_at(r->table, s));
	return err;
}

/* A block of one row whose terms all name their things has that row where any of them is there. */
static int add_row_of_things(struct block_rows *r, const struct block_item *x)
{
	int err = 0;

	for (unsigned int i = 0; err >= 0 && i < expression_n_names(x->x); i++)
		if (x->term[i].thing &&
		    series_table_find_metric(r->table, x->term[i].metric) != SERIES_NONE)
			err = add_row(r, "", SERIES_NO_CPU, false);
	return err;
}

static int find_rows(struct block_rows *r)
{
	const struct block *b = r->block;
	int err = 0;

	if (b->of)
		err = add_rows_of_metric(r, series_table_find_metric(r->table, b->of), add_row_of);
	for (unsigned int k = 0; err >= 0 && k < b->n_items; k++) {
		const struct block_item *x = &b->item[k];
		const char *json = b->across_cpus ? "all" : x->json;

		for (unsigned int i = 0; err >= 0 && !b->of && i < expression_n_names(x->x); i++)
			err = add_rows_of_metric(r, own_metric(r, x, i), add_row_of);
		if (err >= 0 && b->each == EACH_ONE && !b->of)
			err = add_row_of_things(r, x);
		if (err >= 0)
			err = add_rows_of_metric(r, block_rows_imported(r, json), add_row_imported);
	}
	return err;
}

static int compare_rows(const void *a, const void *b)
{
	const struct block_row *x = a, *y = b;

	if (x->all != y->all)
		return x->all ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int settle_rows(struct block_rows *r)
{
	const struct block *b = r->block;

	if (!r->n_rows)
		return 0;
	if (b->all && add_row(r, b->all_name, SERIES_NO_CPU, true) < 0)
		return -ENOMEM;
	/* The row of all comes first, CPUs rise; things stay in the order of the file. */
	if (b->each == EACH_CPU) {
		qsort(r->row, r->n_rows, sizeof(*r->row), compare_rows);
	} else if (b->all) {
		uint32_t i = 0;

		while (!r->row[i].all)
			i++;
		struct block_row all = r->row[i];

		memmove(r->row + 1, r->row, i * sizeof(*r->row));
		r->row[0] = all;
	}
	return 0;
}

/* ---- columns ---- */

static int add_column(struct block_rows *r, size_t *cap, struct block_column column)
{
	struct block_column *grown = block_rows_room(r->column, r->n_columns, cap, sizeof(*grown));

	if (!grown || !column.title || !column.name)
		return -ENOMEM;
	r->column = grown;
	r->column[r->n_columns++] = column;
	return 0;
}

static int compare_columns(const void *a, const void *b)
{
	const struct block_column *x = a, *y = b;

	/* That of all CPUs, which has none, comes first. */
	return x->cpu + 1 < y->cpu + 1 ? -1 : x->cpu + 1 > y->cpu + 1;
}

/* A column of @x for the CPU, unless there is one. */
static int add_cpu_column(struct block_rows *r, size_t *cap, struct idmap *seen,
			  const struct block_item *x, uint32_t cpu)
{
	char title[LABEL_MAX] = "all", name[LABEL_MAX] = "all";
	uint64_t key = (uint64_t)cpu + 1;

	if (idmap_get(seen, key) != IDMAP_NONE)
		return 0;
	if (cpu != SERIES_NO_CPU) {
		(void)snprintf(title, sizeof(title), "CPU%u", cpu);
		(void)snprintf(name, sizeof(name), "cpu%u", cpu);
	}
	const char *text = strpool_add(r->text, title);

	if (idmap_set(seen, key, 0) < 0)
		return -ENOMEM;
	return add_column(r, cap,
			  (struct block_column){ .item = x,
						 .title = text,
						 .json = text,
						 .name = strpool_add(r->text, name),
						 .cpu = cpu });
}

static int add_cpus_of(struct block_rows *r, size_t *cap, struct idmap *seen,
		       const struct block_item *x)
{
	const char *path = r->block->path;
	size_t n = path ? strlen(path) : 0;
	int err = 0;

	for (unsigned int i = 0; err >= 0 && i < expression_n_names(x->x); i++) {
		uint32_t m = own_metric(r, x, i), s = SERIES_NONE;

		while (err >= 0 && m != SERIES_NONE &&
		       (s = series_table_next(r->table, m, s)) != SERIES_NONE)
			err = add_cpu_column(r, cap, seen, x, series_table_at(r->table, s)->cpu);
	}
	/* Imported: sadf.interrupts.CPU3 */
	for (uint32_t m = 0; err >= 0 && n && m < series_table_n_metrics(r->table); m++) {
		const char *name = series_table_metric(r->table, m)->name;
		uint32_t cpu;

		if (!strncmp(name, "sadf.", 5) && !strncmp(name + 5, path, n) &&
		    !strncmp(name + 5 + n, ".CPU", 4) && parse_cpu(name + 9 + n, &cpu))
			err = add_cpu_column(r, cap, seen, x, cpu);
	}
	return err;
}

static int find_columns(struct block_rows *r)
{
	const struct block *b = r->block;
	struct idmap seen = { 0 };
	size_t cap = 0;
	int err = 0;

	for (unsigned int k = 0; err >= 0 && k < b->n_items; k++) {
		const struct block_item *x = &b->item[k];

		if (!x->title)
			continue;
		if (!b->across_cpus) {
			err = add_column(r, &cap,
					 (struct block_column){ .item = x,
								.title = x->title,
								.json = x->json,
								.name = x->name,
								.cpu = SERIES_NO_CPU });
			continue;
		}
		err = add_cpu_column(r, &cap, &seen, x, SERIES_NO_CPU);
		if (err >= 0)
			err = add_cpus_of(r, &cap, &seen, x);
		break; /* there is but one */
	}
	idmap_done(&seen);
	if (err >= 0 && b->across_cpus && r->n_columns)
		qsort(r->column, r->n_columns, sizeof(*r->column), compare_columns);
	r->per_row = b->across_cpus ? r->n_columns : 1;
	return err;
}

/* ---- the whole ---- */

int block_rows_new(const struct block *b, const struct series_table *t, struct block_rows **ret,
		   struct err *e)
{
	auto_ptr(block_rows) r = calloc(1, sizeof(*r));

	if (!r || !(r->text = strpool_new()))
		return err_set(e, -ENOMEM, "out of memory");
	r->block = b;
	r->table = t;
	int err = find_rows(r);

	if (err >= 0)
		err = settle_rows(r);
	if (err >= 0)
		err = find_columns(r);
	if (err >= 0)
		err = block_rows_bind(r);
	if (err == -E2BIG)
		return err_set(e, err, "block '%s' has too many rows and columns", b->name);
	if (err < 0)
		return err_set(e, err, "out of memory");
	*ret = steal_ptr(r);
	return 0;
}

struct block_rows *block_rows_free(struct block_rows *r)
{
	if (r) {
		strpool_free(r->text);
		idmap_done(&r->known);
		free(r->row);
		free(r->column);
		free(r->term);
		free(r->imported);
		free(r->used);
		free(r->pool);
		free(r);
	}
	return NULL;
}

const struct block *block_rows_block(const struct block_rows *r)
{
	return r->block;
}

uint32_t block_rows_n(const struct block_rows *r)
{
	return r->n_rows;
}

const struct block_row *block_rows_at(const struct block_rows *r, uint32_t row)
{
	return &r->row[row];
}

unsigned int block_rows_n_columns(const struct block_rows *r)
{
	return r->n_columns;
}

const struct block_column *block_rows_column(const struct block_rows *r, unsigned int column)
{
	return &r->column[column];
}
