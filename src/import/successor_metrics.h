/* SPDX-License-Identifier: MIT */
/*
 * What the successor of perfcollector measures beside files of /proc: file systems ("statfs[*]": a
 * JSON object a line) and containers ("container/RUNTIME/ID": one JSON object). Metrics
 * `mount.*` of each mount point and `container.*` of each container.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

struct successor_metrics;

struct successor_metrics *successor_metrics_new(void); /* NULL: out of memory */
struct successor_metrics *successor_metrics_free(struct successor_metrics *m);
/* A tick: values go to @sink until successor_metrics_end(). */
void successor_metrics_begin(struct successor_metrics *m, nsec_t time, struct sink *sink);
/* @text of the subsystem @path; others than those two, and what is no JSON, have no values. */
void successor_metrics_take(struct successor_metrics *m, const char *path, const char *text);
int successor_metrics_end(struct successor_metrics *m, struct err *e) must_check;
