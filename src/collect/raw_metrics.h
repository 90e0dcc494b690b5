/* SPDX-License-Identifier: MIT */
/*
 * Metrics of files of /proc and /sys that were recorded as text (track raw): what the collectors
 * would have read of them then, and what those of a later version know to read.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "collect/collection.h"
#include "model/stream.h"

/*
 * Read all raw rows of @src and write rows of the tracks metric, series and value into @sink. A
 * tick ends where a file comes again; its time is that of its first file. @set: as in
 * collection_options; collectors that list folders find nothing in texts, and are left out.
 *
 * 0 or -errno with words: -ENODATA where @src has no raw rows, or none of the collectors knows one
 * of the files.
 */
int raw_metrics_read(struct source *src, const char *set, struct sink *sink,
		     struct collection_stats *ret, struct err *e) must_check;
