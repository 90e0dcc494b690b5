/* SPDX-License-Identifier: MIT */
/* A column per event. */
#include "analysis/hotspot_matrix.h"

#include <errno.h>
#include <stdlib.h>

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

static struct table *make_table(const struct hotspot_matrix *m, bool by_module)
{
	struct table_column column[KEYS + SAMPLE_EVENTS_MAX + 1];

	column[FUNCTION] = function_column;
	column[MODULE] = module_column;
	column[FUNCTION].flags |= by_module ? TABLE_COLUMN_WIDE : 0;
	for (unsigned int i = 0; i < m->n_events; i++) {
		const char *name = sample_event_name(&m->sums->event[m->event[i]]);

		column[KEYS + i] = (struct table_column){ .name = name,
							  .title = name,
							  .type = CELL_F64,
							  .unit = UNIT_PCT,
							  .digits = 2,
							  .help = "self / all of the event" };
	}
	column[KEYS + m->n_events] = samples_column;
	return table_new("hotspots", "Hotspots by event", column, KEYS + m->n_events + 1);
}

int hotspot_matrix_make(const struct hotspot_matrix *m, const struct functions *f,
			const char *const *module, struct table **ret)
{
	auto_ptr(table) t = make_table(m, module != NULL);

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
		for (unsigned int c = 0; c < m->n_events; c++) {
			uint64_t all = m->sums->event[m->event[c]].weight;

			if (all)
				table_set_f64(t, KEYS + c,
					      100.0 * (double)m->self[c * m->n_rows + i] /
						      (double)all);
		}
		table_set_u64(t, KEYS + m->n_events, m->samples[i]);
	}
	if (table_sort(t, FUNCTION, false) < 0 ||
	    table_sort(t, m->n_events ? KEYS : KEYS + m->n_events, true) < 0)
		return -ENOMEM;
	*ret = steal_ptr(t);
	return 0;
}
