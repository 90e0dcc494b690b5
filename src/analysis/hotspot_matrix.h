/* SPDX-License-Identifier: MIT */
/* Functions or modules by events: what of each event was sampled in them, in %, as one column per
 * event; and the metrics that follow from the weights of their own samples. */
#pragma once

#include "analysis/call_sums.h"
#include "analysis/sample_sums.h"
#include "base/attr.h"
#include "metric/formulas.h"
#include "model/functions.h"
#include "model/table.h"

struct hotspot_matrix {
	const struct sample_sums *sums; /* lent */
	size_t n_rows; /* the last is of samples without a chain */
	unsigned int *event; /* of each column */
	unsigned int n_events;
	uint64_t *self; /* by row and column */
	uint64_t *samples; /* by row */
};

/* 0 or -ENOMEM; hotspot_matrix_done() also after failure. */
int hotspot_matrix_init(struct hotspot_matrix *m, const struct sample_sums *sums,
			size_t n_rows) must_check;
void hotspot_matrix_done(struct hotspot_matrix *m);
/* One column: the @row[0 .. n_rows) of @event. */
void hotspot_matrix_add(struct hotspot_matrix *m, unsigned int event, const struct call_sum *row);
/* The table, named "hotspots", by the first column. Rows are functions, or those of @module;
 * @metrics of sampled events. 0 or -ENOMEM. */
int hotspot_matrix_make(const struct hotspot_matrix *m, const struct functions *f,
			const char *const *module, const struct formulas *metrics,
			struct table **ret) must_check;
