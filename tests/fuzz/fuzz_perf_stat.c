/* SPDX-License-Identifier: MIT */
/* What perf stat writes for programs: every row has an event, and a finite count or a state. */
#include <math.h>
#include <stdlib.h>

#include "fuzz.h"
#include "import/perf_stat.h"

static int row(void *arg, const struct perf_stat_row *r, struct err *e)
{
	(void)arg;
	(void)e;
	if (!r->event || !*r->event)
		abort();
	if (r->state == PERF_STAT_COUNTED ? !isfinite(r->value) : !isnan(r->value))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	bool cut;

	if (perf_stat_read((const char *)data, n, row, NULL, &cut, &e) < 0 && !e.text[0])
		abort();
	return 0;
}
