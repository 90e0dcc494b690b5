/* SPDX-License-Identifier: MIT */
/* Names of marks, as the viewer knows them. */
#include "model/figure.h"

const char *figure_mark_name(enum figure_mark m)
{
	static const char *const names[] = {
		[MARK_NONE] = "none",	    [MARK_MATRIX] = "matrix",
		[MARK_BARS] = "bars",	    [MARK_TIMELINE] = "timeline",
		[MARK_DENSITY] = "density", [MARK_HISTOGRAM] = "histogram",
		[MARK_STACK] = "stack",	    [MARK_LINES] = "lines",
	};

	return names[m];
}
