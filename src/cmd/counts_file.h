/* SPDX-License-Identifier: MIT */
/* Counts that perf stat wrote, as inputs of metrics: one for each interval of the file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/metric_inputs.h"

struct counts_file; /* opaque */

/* @uncore_as_core: take counts of the core PMU for uncore events of the same code (metrics.md). */
int counts_file_read(const char *path, const struct metric_set *set, bool uncore_as_core,
		     struct counts_file **ret, struct err *e) must_check;
struct counts_file *counts_file_free(struct counts_file *f);
DEFINE_CLEANUP(counts_file, counts_file_free)

enum counts_by { COUNTS_BY_CPU, COUNTS_BY_SOCKET, COUNTS_IN_ALL };
enum counts_by counts_file_by(const struct counts_file *f);
unsigned int counts_file_n_columns(const struct counts_file *f);
/* Ascending: CPU or socket numbers; nothing of COUNTS_IN_ALL. */
const uint32_t *counts_file_columns(const struct counts_file *f);
unsigned int counts_file_n_times(const struct counts_file *f);
/* Seconds at the end of an interval and its length; NaN: the file has no intervals. */
double counts_file_time(const struct counts_file *f, unsigned int i);
double counts_file_interval(const struct counts_file *f, unsigned int i);
unsigned int counts_file_n_texts(const struct counts_file *f); /* different events */
const char *counts_file_text(const struct counts_file *f, unsigned int i);
unsigned int
counts_file_unmatched(const struct counts_file *f); /* events that no name stands for */
bool counts_file_cut(const struct counts_file *f);
/* The mean count of text @i; NaN: none. */
double counts_file_count(const struct counts_file *f, unsigned int time, unsigned int column,
			 unsigned int i);

/* @socket: package of each column or NULL. */
int counts_file_inputs(const struct counts_file *f, unsigned int time, const int *socket,
		       struct metric_inputs **ret, struct err *e) must_check;
