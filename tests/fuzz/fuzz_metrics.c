/* SPDX-License-Identifier: MIT */
/*
 * A *.metrics file: read, linked, and evaluated with counts of every kind. A set that links gives
 * each metric a finite value within its interval, or a reason.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "metric/metric_data.h"
#include "metric/metric_inputs.h"

static int include(void *arg, const char *name, struct buf *ret, struct err *e)
{
	(void)arg;
	for (const struct metric_data *d = metric_data_list; d->name; d++)
		if (!strcmp(d->name, name))
			return buf_add(ret, d->text, *d->bytes);
	return err_set(e, -ENOENT, "none");
}

static void evaluate(const struct metric_set *s)
{
	static const uint32_t id[2] = { 0, 7 };
	static const int socket[2] = { 0, 1 };
	unsigned int n = metric_set_n_metrics(s);
	auto_ptr(metric_inputs) in = metric_inputs_new(s, id, socket, 2);
	struct reading *r = calloc(n + 1, sizeof(*r)), *txn = calloc(n + 1, sizeof(*txn));

	if (!in || !r || !txn)
		abort();
	for (unsigned int i = 0; i < metric_set_n_events(s); i++) {
		struct reading count = { .value = i, .low = i / 2.0, .high = i * 2.0 };

		if (i % 5 != 4)
			metric_inputs_set(in, i, i % 2, count);
	}
	for (unsigned int scope = SCOPE_CPU; scope <= SCOPE_SYSTEM; scope++) {
		metric_inputs_eval(in, scope, 0, r, txn);
		for (unsigned int i = 0; i < n; i++) {
			char why[READING_WHY_MAX];

			if (r[i].absent ? !*reading_why(&r[i], why)
					: !isfinite(r[i].value) || r[i].low > r[i].value ||
						  r[i].high < r[i].value)
				abort();
		}
	}
	free(r);
	free(txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(metric_set) s = metric_set_new();
	const struct metric_include in = { include, NULL };
	struct err e = { 0 };

	if (!s)
		abort();
	if (metric_set_add(s, "fuzz", (const char *)data, n, 0, &in, &e) < 0 ||
	    metric_set_link(s, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	evaluate(s);
	return 0;
}
