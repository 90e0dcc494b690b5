/* SPDX-License-Identifier: MIT */
/*
 * Files of which each line is a key and a number, "pgfault 1510198494", "MemFree:  20536524 kB":
 * things are the keys, of later kernels too. They come in the order of the tick before, so that a
 * key is compared with the one that is expected instead of being looked for.
 */
#pragma once

#include "collect/proc_file.h"
#include "collect/readings.h"

/* @metric_of tells, of a key that is seen for the first time, which metric it is. */
void key_lines_scan(struct readings *r, const char *text,
		    unsigned int (*metric_of)(const struct key_value *k));
