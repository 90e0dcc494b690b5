/* SPDX-License-Identifier: MIT */
/* "counters" of a run in a report page, and "metrics" there and in "profile":
 * docs/formats/page.md. */
#pragma once

#include <stddef.h>

#include "format/json.h"
#include "model/formula.h"
#include "model/profile.h"
#include "model/run.h"

/* The key "metrics" of the object that is begun. */
void page_metrics_json(const struct formula *f, size_t n, struct json *j);
/* The value: counted events of @p, and the metrics that they give. */
void page_counters_json(const struct profile *p, const struct run_info *info,
			const struct formula *f, size_t n, struct json *j);
