/* SPDX-License-Identifier: MIT */
/*
 * What was counted in one span of time: a table of event x CPU and the constants, from which all
 * metrics of a set are evaluated for a CPU, a socket or the system.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "metric/metric_set.h"
#include "metric/reading.h"

enum metric_scope { SCOPE_CPU, SCOPE_SOCKET, SCOPE_SYSTEM };

struct metric_inputs; /* opaque */

/*
 * @set is linked and lent. @socket[i]: the package of the i-th of @n_cpus CPUs, -1: not known, or
 * there are no CPUs in the data and the one column is the system. @id: their numbers, for messages.
 * All counts are ABSENT_NO_ROW at first; constants have the values of the files, those of the
 * machine none. NULL: out of memory.
 */
struct metric_inputs *metric_inputs_new(const struct metric_set *set, const uint32_t *id,
					const int *socket, unsigned int n_cpus);
struct metric_inputs *metric_inputs_free(struct metric_inputs *in);
DEFINE_CLEANUP(metric_inputs, metric_inputs_free)

/* The count's @about and @cpu are filled in. */
void metric_inputs_set(struct metric_inputs *in, unsigned int event, unsigned int cpu,
		       struct reading count);
const struct reading *metric_inputs_get(const struct metric_inputs *in, unsigned int event,
					unsigned int cpu);
void metric_inputs_constant(struct metric_inputs *in, unsigned int constant, double v);
/* Facts of a machine; those that are NaN stay unknown. */
void metric_inputs_facts(struct metric_inputs *in, const struct cpu_facts *f);
/* Take counts of uncore events per CPU as they stand (data of tools that programmed them there). */
void metric_inputs_uncore_per_cpu(struct metric_inputs *in);

/*
 * Every metric of the set at @where: an index of a CPU, the number of a package, or 0. @ret has
 * room for each metric, and so has @ret_txn (may be NULL) for the per-transaction variants. The sum
 * over CPUs is missing where one of them is.
 */
void metric_inputs_eval(const struct metric_inputs *in, enum metric_scope scope, int where,
			struct reading *ret, struct reading *ret_txn);
