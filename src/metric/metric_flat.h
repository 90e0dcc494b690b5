/* SPDX-License-Identifier: MIT */
/* Metrics of a set as programs that need nothing of the set (model/formula.h). */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "metric/metric_set.h"
#include "model/formula.h"

/* The number of event @event of the set in the recording; false: it is not there. */
typedef bool metric_flat_event(void *arg, unsigned int event, uint16_t *ret);

/*
 * Metric @metric of @set, which is linked, with the metrics that it refers to written out. The
 * interval is the only constant of the machine that it may need. -ENOENT: it needs what is not
 * there; -E2BIG, -ENOMEM. *ret is the caller's, for metric_flat_done().
 */
int metric_flatten(const struct metric_set *set, unsigned int metric, metric_flat_event *event,
		   void *arg, struct formula *ret) must_check;
void metric_flat_done(struct formula *f);

/* The value, with @count called for its events (by number in the recording) and @seconds for the
 * interval; the arithmetic is that of expression_eval(). */
struct reading metric_flat_eval(const struct formula *f,
				struct reading (*count)(void *arg, uint16_t event), void *arg,
				double seconds);
