/* SPDX-License-Identifier: MIT */
/*
 * A figure is a table and the parts that its columns play in a picture: data, not drawing. The
 * viewer (web/) draws every mark; the terminal prints the table. A figure over time is a *cube*:
 * cells by time bin and by keys (task, CPU, bucket ...), from which the viewer sums what a window
 * and a filter ask for.
 */
#pragma once

#include "base/cleanup.h"
#include "base/nsec.h"
#include "model/table.h"

enum figure_mark {
	MARK_NONE, /* table only */
	MARK_MATRIX, /* rows x columns of cells, colour = value: core map. Cells in which nothing
			was counted may be left out: where row and column are there, they are 0 */
	MARK_BARS, /* one bar per row, optional second value as lollipop */
	MARK_TIMELINE, /* lanes over time, colour = category */
	MARK_DENSITY, /* time x log value, colour = count */
	MARK_HISTOGRAM, /* log value x count */
	MARK_STACK, /* one bar per y; segments by series, as long as value; second: another length
		     */
	MARK_LINES, /* x is time, a line per series, value */
};
const char *figure_mark_name(enum figure_mark m);

enum figure_role { ROLE_X = 1, ROLE_Y, ROLE_VALUE, ROLE_SECOND, ROLE_SERIES, ROLE_TIP };

struct figure_part {
	enum figure_role role;
	unsigned int column; /* of the table */
};

#define FIGURE_MAX_PARTS 8

struct figure {
	enum figure_mark mark;
	const char *title; /* literal */
	struct figure_part part[FIGURE_MAX_PARTS];
	unsigned int n_parts;
};
