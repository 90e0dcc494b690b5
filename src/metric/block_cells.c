/* SPDX-License-Identifier: MIT */
/* Cells of a block: which series each is made of, and its value in a span of time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metric/block_rows_state.h"

/* Interrupts of the largest machines are some millions. */
#define PLACES_MAX ((size_t)1 << 24)

static int add_to_pool(struct block_rows *r, struct span *span, uint32_t series)
{
	uint32_t *grown = block_rows_room(r->pool, r->n_pool, &r->cap_pool, sizeof(*grown));

	if (!grown || r->n_pool >= UINT32_MAX)
		return -ENOMEM;
	r->pool = grown;
	if (!span->n++)
		span->first = (uint32_t)r->n_pool;
	r->pool[r->n_pool++] = series;
	return 0;
}

/* What a term of a place means. */
struct sought {
	uint32_t metric;
	const char *thing; /* name or pattern; a pattern fits things that have a name */
	bool any_cpu; /* but NO_CPU */
	uint32_t cpu; /* unless .any_cpu */
};

static bool is_sought(const struct block_rows *r, const struct sought *w,
		      const struct metric_series *s)
{
	if (w->any_cpu ? s->cpu == SERIES_NO_CPU : s->cpu != w->cpu)
		return false;
	if (!block_pattern_fits(w->thing, s->instance) || (!*s->instance && *w->thing))
		return false;
	return !block_rows_leaves_out(r, s);
}

static int add_one(struct block_rows *r, struct span *span, const struct sought *w, uint32_t cpu)
{
	uint32_t s = series_table_find_thing(r->table, w->metric, w->thing, cpu);

	return s == SERIES_NONE ? 0 : add_to_pool(r, span, s);
}

static int add_sought(struct block_rows *r, struct span *span, const struct sought *w)
{
	bool single = !strchr(w->thing, '*');
	uint32_t s = SERIES_NONE;
	int err = 0;

	if (single && !w->any_cpu)
		return add_one(r, span, w, w->cpu);
	if (single && r->block->across_cpus) {
		for (unsigned int c = 0; err >= 0 && c < r->n_columns; c++)
			if (r->column[c].cpu != SERIES_NO_CPU)
				err = add_one(r, span, w, r->column[c].cpu);
		return err;
	}
	while (err >= 0 && (s = series_table_next(r->table, w->metric, s)) != SERIES_NONE)
		if (is_sought(r, w, series_table_at(r->table, s)))
			err = add_to_pool(r, span, s);
	return err;
}

/* The series of @t in the @row's column of @cpu (NO_CPU but across CPUs). */
static int bind_term(struct block_rows *r, const struct block_term *t, const struct block_row *row,
		     uint32_t cpu, struct span *span)
{
	const struct block *b = r->block;
	struct sought w = { .metric = series_table_find_metric(r->table, t->metric),
			    .thing = t->thing,
			    .cpu = row->cpu };

	if (w.metric == SERIES_NONE)
		return 0;
	if (b->each == EACH_CPU && row->all)
		w.any_cpu = true;
	if (b->across_cpus) {
		w.any_cpu = cpu == SERIES_NO_CPU;
		w.cpu = cpu;
	}
	if (!w.thing)
		w.thing = b->each != EACH_THING ? "" : row->all ? "*" : row->label;
	int err = add_sought(r, span, &w);

	/* What is counted for all CPUs together, or for everything. */
	if (err >= 0 && !span->n && (w.any_cpu || (w.cpu != SERIES_NO_CPU && !b->across_cpus))) {
		w.any_cpu = false;
		w.cpu = SERIES_NO_CPU;
		err = add_sought(r, span, &w);
	}
	if (err >= 0 && !span->n && !t->thing && b->each == EACH_THING && !b->across_cpus) {
		w.thing = "";
		err = add_sought(r, span, &w);
	}
	return err;
}

static int bind_place(struct block_rows *r, uint32_t row, unsigned int across)
{
	const struct block *b = r->block;
	size_t place = (size_t)row * r->per_row + across;
	const struct block_column *column = b->across_cpus ? &r->column[across] : NULL;
	int err = 0;

	for (unsigned int k = 0; err >= 0 && k < b->n_items; k++) {
		const struct block_item *x = &b->item[k];
		struct span *span = r->term + place * r->n_terms + r->first_term[k];
		uint32_t m = block_rows_imported(r, column ? column->json : x->json);

		for (unsigned int i = 0; err >= 0 && i < expression_n_names(x->x); i++)
			if (x->term[i].item < 0)
				err = bind_term(r, &x->term[i], &r->row[row],
						column ? column->cpu : SERIES_NO_CPU, &span[i]);
		r->imported[place * b->n_items + k] =
			m == SERIES_NONE ? SERIES_NONE
					 : series_table_find_thing(r->table, m, r->row[row].label,
								   SERIES_NO_CPU);
	}
	return err;
}

static int bind_used(struct block_rows *r, uint32_t row)
{
	const struct block *b = r->block;
	int err = 0;

	for (unsigned int i = 0; err >= 0 && i < b->n_used && !r->row[row].all; i++) {
		const struct block_term t = { .item = -1, .metric = b->used[i] };

		err = bind_term(r, &t, &r->row[row], SERIES_NO_CPU,
				&r->used[(size_t)row * b->n_used + i]);
	}
	return err;
}

int block_rows_bind(struct block_rows *r)
{
	const struct block *b = r->block;
	size_t places = (size_t)r->n_rows * r->per_row;
	int err = 0;

	for (unsigned int k = 0; k < b->n_items; k++) {
		r->first_term[k] = r->n_terms;
		r->n_terms += expression_n_names(b->item[k].x);
	}
	if (places > PLACES_MAX)
		return -E2BIG;
	r->term = calloc(places * r->n_terms + 1, sizeof(*r->term));
	r->imported = calloc(places * b->n_items + 1, sizeof(*r->imported));
	r->used = calloc((size_t)r->n_rows * b->n_used + 1, sizeof(*r->used));
	if (!r->term || !r->imported || !r->used)
		return -ENOMEM;
	for (uint32_t row = 0; err >= 0 && row < r->n_rows; row++) {
		for (unsigned int across = 0; err >= 0 && across < r->per_row; across++)
			err = bind_place(r, row, across);
		if (err >= 0)
			err = bind_used(r, row);
	}
	return err;
}

/* ---- cells ---- */

struct evaluation {
	const struct block_rows *r;
	const struct series_sums *sums;
	const struct block_item *item;
	const struct span *term; /* of the item's names */
	struct reading value[BLOCK_ITEMS_MAX]; /* of the items before */
	bool mean; /* of the series of a term, instead of their sum */
	bool seen; /* a value of any of them was known: a constant makes no row */
};

/* False: not known. */
static bool value_of(const struct series_sum *x, const struct series_metric *m,
		     enum block_view view, double *ret)
{
	if (view == VIEW_LAST)
		*ret = x->last;
	else if (m->kind == METRIC_GAUGE && view == VIEW_PLAIN)
		*ret = series_sum_mean(x);
	else if (!x->covered)
		return false;
	else if (view == VIEW_RATE)
		*ret = series_sum_rate(x, m);
	else
		*ret = series_scaled(m, (double)x->change);
	return true;
}

static struct reading term_value(void *arg, unsigned int i)
{
	struct evaluation *ev = arg;
	const struct block_term *t = &ev->item->term[i];
	const struct series_table *table = ev->r->table;
	double sum = 0, v;
	uint32_t known = 0;

	if (t->item >= 0)
		return ev->value[t->item];
	for (uint32_t k = 0; k < ev->term[i].n; k++) {
		uint32_t series = ev->r->pool[ev->term[i].first + k];
		const struct series_sum *x = series_sums_at(ev->sums, series);
		const struct series_metric *m =
			series_table_metric(table, series_table_at(table, series)->metric);

		if (!x)
			continue;
		const struct series_sum whole = ev->r->block->sparse ? series_sum_from_zero(x) : *x;

		if (!value_of(&whole, m, t->view, &v))
			continue;
		sum += v;
		known++;
	}
	if (!known)
		return reading_absent(ABSENT_NO_ROW, t->metric);
	ev->seen = true;
	return reading_exact(ev->mean ? sum / known : sum);
}

static void eval_place(const struct block_rows *r, uint32_t row, unsigned int across,
		       const struct series_sums *sums, struct evaluation *ev)
{
	const struct block *b = r->block;
	size_t place = (size_t)row * r->per_row + across;

	ev->mean = b->all == ALL_MEAN && r->row[row].all;
	for (unsigned int k = 0; k < b->n_items; k++) {
		uint32_t series = r->imported[place * b->n_items + k];
		const struct series_sum *x =
			series == SERIES_NONE ? NULL : series_sums_at(sums, series);

		ev->item = &b->item[k];
		ev->term = r->term + place * r->n_terms + r->first_term[k];
		ev->seen |= x != NULL;
		ev->value[k] = x ? reading_exact(series_sum_mean(x))
				 : expression_eval(ev->item->x, term_value, ev);
	}
}

/* Things that never did anything are no rows: sr0 without a disc. */
static bool is_unused(const struct block_rows *r, uint32_t row, const struct series_sums *sums)
{
	const struct block *b = r->block;
	bool known = false;

	for (unsigned int i = 0; i < b->n_used && !r->row[row].all; i++) {
		const struct span *span = &r->used[(size_t)row * b->n_used + i];

		for (uint32_t k = 0; k < span->n; k++) {
			const struct series_sum *x = series_sums_at(sums, r->pool[span->first + k]);

			if (x && x->last != 0)
				return false;
			known |= x != NULL;
		}
	}
	return known;
}

bool block_rows_eval(struct block_rows *r, uint32_t row, const struct series_sums *sums,
		     struct reading *ret)
{
	struct evaluation ev = { .r = r, .sums = sums };
	const struct block *b = r->block;
	bool any = false;

	if (is_unused(r, row, sums))
		return false;
	for (unsigned int across = 0; across < r->per_row; across++) {
		eval_place(r, row, across, sums, &ev);
		for (unsigned int c = 0; c < r->n_columns; c++) {
			if (b->across_cpus && c != across)
				continue;
			ret[c] = ev.value[r->column[c].item - b->item];
			any |= !ret[c].absent;
		}
	}
	return any && ev.seen;
}

void block_rows_mark(const struct block_rows *r, uint8_t *used)
{
	for (size_t i = 0; i < r->n_pool; i++)
		used[r->pool[i]] = 1;
	for (size_t i = 0; i < (size_t)r->n_rows * r->per_row * r->block->n_items; i++)
		if (r->imported[i] != SERIES_NONE)
			used[r->imported[i]] = 1;
}
