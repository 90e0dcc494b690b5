/* SPDX-License-Identifier: MIT */
/* A column per event, then one per metric. */
#include "analysis/hotspot_matrix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strpool.h"
#include "metric/metric_flat.h"

enum { FUNCTION, MODULE, KEYS };

static const struct table_column function_column = {
	.name = "function",
	.title = "Function",
	.type = CELL_TEXT,
	.flags = TABLE_COLUMN_KEY,
	.help = "what the sampled address lies in",
};
static const struct table_column module_column = {
	.name = "module",
	.title = "Module",
	.type = CELL_TEXT,
	.flags = TABLE_COLUMN_KEY,
	.help = "program, library or kernel",
};
static const struct table_column samples_column = {
	.name = "samples",
	.title = "Samples",
	.type = CELL_U64,
	.unit = UNIT_COUNT,
	.flags = TABLE_COLUMN_ADDS,
	.help = "samples of all these events",
};

int hotspot_matrix_init(struct hotspot_matrix *m, const struct sample_sums *sums, size_t n_rows)
{
	*m = (struct hotspot_matrix){ .sums = sums, .n_rows = n_rows };
	m->event = calloc(sums->n_events + 1, sizeof(*m->event));
	m->self = calloc(n_rows * (sums->n_events + 1), sizeof(*m->self));
	m->samples = calloc(n_rows + 1, sizeof(*m->samples));
	return m->event && m->self && m->samples ? 0 : -ENOMEM;
}

void hotspot_matrix_done(struct hotspot_matrix *m)
{
	free(m->event);
	free(m->self);
	free(m->samples);
	*m = (struct hotspot_matrix){ 0 };
}

void hotspot_matrix_add(struct hotspot_matrix *m, unsigned int event, const struct call_sum *row)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		m->self[m->n_events * m->n_rows + i] = row[i].self;
		m->samples[i] += row[i].self_samples;
	}
	m->event[m->n_events++] = event;
}

/* Metrics are of counts, not of time: only those that need no interval. */
static bool is_shown(const struct formula *f)
{
	return !f->per_time;
}

static struct table *make_table(const struct hotspot_matrix *m, bool by_module,
				const struct formulas *metrics)
{
	auto_free struct table_column *column =
		calloc(KEYS + m->n_events + metrics->n + 1, sizeof(*column));
	auto_ptr(strpool) titles = strpool_new();
	unsigned int n = 0;

	if (!column || !titles)
		return NULL;
	column[n++] = function_column;
	column[n++] = module_column;
	column[FUNCTION].flags |= by_module ? TABLE_COLUMN_WIDE : 0;
	for (unsigned int i = 0; i < m->n_events; i++) {
		const char *name = sample_event_name(&m->sums->event[m->event[i]]);

		column[n++] = (struct table_column){ .name = name,
						     .title = name,
						     .type = CELL_F64,
						     .unit = UNIT_PCT,
						     .digits = 2,
						     .help = "self / all of the event" };
	}
	for (size_t i = 0; i < metrics->n; i++) {
		const struct formula *f = &metrics->one[i];
		char title[256];

		if (!is_shown(f))
			continue;
		(void)snprintf(title, sizeof(title), "%s (%s)", f->title, f->unit);
		column[n++] = (struct table_column){
			.name = f->name,
			.title = strpool_add(titles, title),
			.type = CELL_F64,
			.digits = 3,
			.help = "metric of the weights of the samples in it, see kymo list metrics"
		};
		if (!column[n - 1].title)
			return NULL;
	}
	column[n++] = samples_column;
	return table_new("hotspots", "Hotspots by event", column, n);
}

struct row_counts {
	const struct hotspot_matrix *m;
	uint32_t row;
};

static struct reading self_of(void *arg, uint16_t event)
{
	const struct row_counts *r = arg;

	for (unsigned int c = 0; c < r->m->n_events; c++)
		if (r->m->sums->event[r->m->event[c]].number == event)
			return reading_exact((double)r->m->self[c * r->m->n_rows + r->row]);
	return reading_absent(ABSENT_NO_ROW, "");
}

/* The cells of a row behind its keys. */
static void fill_row(const struct hotspot_matrix *m, const struct formulas *metrics, uint32_t row,
		     struct table *t)
{
	struct row_counts counts = { m, row };
	unsigned int column = KEYS;

	for (unsigned int c = 0; c < m->n_events; c++, column++) {
		uint64_t all = m->sums->event[m->event[c]].weight;

		if (all)
			table_set_f64(t, column,
				      100.0 * (double)m->self[c * m->n_rows + row] / (double)all);
	}
	for (size_t i = 0; i < metrics->n; i++) {
		if (!is_shown(&metrics->one[i]))
			continue;
		struct reading r = metric_flat_eval(&metrics->one[i], self_of, &counts, 0);

		if (!r.absent)
			table_set_f64(t, column, r.value);
		column++;
	}
	table_set_u64(t, column, m->samples[row]);
}

int hotspot_matrix_make(const struct hotspot_matrix *m, const struct functions *f,
			const char *const *module, const struct formulas *metrics,
			struct table **ret)
{
	auto_ptr(table) t = make_table(m, module != NULL, metrics);

	if (!t)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->n_rows; i++) {
		bool none = i == m->n_rows - 1;

		if (!m->samples[i])
			continue;
		table_row(t);
		if (!module)
			table_set_text(t, FUNCTION, none ? "[no chain]" : functions_at(f, i)->name);
		table_set_text(t, MODULE,
			       none	? "[unknown]"
			       : module ? module[i]
					: functions_at(f, i)->module);
		fill_row(m, metrics, i, t);
	}
	if (table_sort(t, FUNCTION, false) < 0 || table_sort(t, KEYS, true) < 0)
		return -ENOMEM;
	*ret = steal_ptr(t);
	return 0;
}
