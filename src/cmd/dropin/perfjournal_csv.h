/* SPDX-License-Identifier: MIT */
/*
 * perfjournal's CSV: records of any number of hosts and runs, each converted by kymo convert, in
 * one set of files by time. Into a folder only when all of it is there.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/perfcollector_record.h"

struct perfjournal_csv;

/* NULL: out of memory. */
struct perfjournal_csv *perfjournal_csv_new(uint64_t site);
struct perfjournal_csv *perfjournal_csv_free(struct perfjournal_csv *c);
DEFINE_CLEANUP(perfjournal_csv, perfjournal_csv_free)

/* A record of netcache: /sys/class/net/CARD/speed and duplex, before the others. */
int perfjournal_csv_cache(struct perfjournal_csv *c, const struct perfcollector_record *r,
			  struct err *e) must_check;
/* -EPERM with words: of another site. */
int perfjournal_csv_take(struct perfjournal_csv *c, const struct perfcollector_record *r,
			 struct err *e) must_check;
/* Below the folder @path. */
int perfjournal_csv_write(struct perfjournal_csv *c, const char *path, struct err *e) must_check;
