/* SPDX-License-Identifier: MIT */
/* What kymo show hotspots --by command --event all answers about a recording, in ptap's forms. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/dropin/ptap_files.h"
#include "metric/metric_set.h"

struct ptap_hotspots; /* opaque */

/* -errno with words. */
int ptap_hotspots_open(const char *recording, struct ptap_hotspots **ret, struct err *e) must_check;
struct ptap_hotspots *ptap_hotspots_free(struct ptap_hotspots *h);
DEFINE_CLEANUP(ptap_hotspots, ptap_hotspots_free)

/* As perf report --stdio has it, event by event; @samples: with their number (perf report -n). 0 or
 * -ENOMEM. */
int ptap_hotspots_report(const struct ptap_hotspots *h, bool samples, struct buf *out) must_check;
/* "COMMAND MODULE [.] FUNCTION%" and the percentage, in the order of the report. */
int ptap_hotspots_list(const struct ptap_hotspots *h, struct ptap_list *ret) must_check;
/*
 * Each metric of @set for each function, of the events that were sampled: counts are sums of the
 * samples' periods. "# METRIC" and lines "COMMAND MODULE [.] FUNCTION, VALUE", the greatest first;
 * functions of which the metric cannot be computed are left out. 0 or -ENOMEM.
 */
int ptap_hotspots_metrics(const struct ptap_hotspots *h, const struct metric_set *set,
			  struct buf *out) must_check;
