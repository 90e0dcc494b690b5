/* SPDX-License-Identifier: MIT */
/* The *.metrics files that the program carries (data/pmu), and those of people beside them. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "metric/metric_set.h"

struct metric_data {
	const char *name; /* "generic.metrics" */
	const unsigned char *text;
	const size_t *bytes;
};
extern const struct metric_data metric_data_list[]; /* generated, by name, ended by NULL */

struct metric_choice {
	const struct cpu_model *model; /* embedded files that fit it; NULL: none but @only */
	const char *only; /* "snb-ep": this embedded file and what it includes; NULL: by @model */
	const char *directory; /* *.metrics there that fit @model, over the embedded; or NULL */
	const char *const *file; /* files over both, for every processor */
	unsigned int n_files;
};

/* A linked set of all that is chosen. -ENOENT, -EINVAL, -ENOMEM with words. */
int metric_data_load(const struct metric_choice *choice, struct metric_set **ret,
		     struct err *e) must_check;
/* A set of embedded file number @i alone, for lists of what there is. */
int metric_data_load_one(size_t i, struct metric_set **ret, struct err *e) must_check;
