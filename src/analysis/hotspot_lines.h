/* SPDX-License-Identifier: MIT */
/* Functions of a profile by line (FUNCTIONS_LINES) as rows of hotspots. */
#pragma once

#include <stdint.h>

#include "analysis/call_sums.h"
#include "model/functions.h"
#include "model/table.h"

/* Columns that they fill. */
struct hotspot_line_columns {
	unsigned int source; /* text: "file.c:12", or "[why that is not known]" */
	unsigned int file, line; /* text and number, where they are known */
};

/* The cells of @f in the last row. */
void hotspot_line_cells(const struct function *f, const struct hotspot_line_columns *c,
			struct table *t);
/* Under @t: how much of @weight, the self of all rows, is at no known line, and why. @row by
 * function. */
void hotspot_line_note(const struct functions *f, const struct call_sum *row, uint64_t weight,
		       struct table *t);
