/* SPDX-License-Identifier: MIT */
/* The inside of a metric set: shared by what reads files, what links, and what looks up. */
#pragma once

#include "base/idmap.h"
#include "base/strpool.h"
#include "metric/metric_set.h"

struct metric_set {
	struct strpool *pool;
	struct metric_event *event;
	struct metric_constant *constant;
	struct metric *metric;
	struct metric_group *group;
	struct metric_file *file;
	unsigned int n_events, n_constants, n_metrics, n_groups, n_files;
	struct { /* names and aliases; those of the three kinds share one space */
		const char *name;
		struct metric_ref ref;
	} * names;
	unsigned int n_names;
	struct idmap by_name; /* address of the pooled name -> number in names, + 1 */
	unsigned int *order;
	bool linked;
};

/* One more of @n things at @array of @bytes each, zeroed; NULL with words. */
void *metric_set_grow(void *array, unsigned int n, size_t bytes, struct err *e);
/* -EEXIST: another thing has it. */
int metric_set_name(struct metric_set *s, const char *pooled, struct metric_ref ref);
bool metric_unit_known(const char *unit);
void metric_formula_done(struct metric_formula *f);
