/* SPDX-License-Identifier: MIT */
/* The table of `perf kvm stat report`: exits by reason, with the time until the entry that follows
 * (observed of perf 6.1). */
#pragma once

#include <stdio.h>

#include "base/attr.h"
#include "export/exporter.h"

/*
 * Nothing when the run has no exits of guests. As there, an exit counts when its entry was seen.
 * Exits to user space stand under a header of their own where there are no others. 0 or -errno with
 * words.
 */
int kvm_stat_print(struct source *src, const struct export_args *args, FILE *out,
		   struct err *e) must_check;
