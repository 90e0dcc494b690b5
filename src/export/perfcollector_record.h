/* SPDX-License-Identifier: MIT */
/*
 * One record of perfcollector: the text of a file at a time, as a line of JSON. What its captures,
 * its journal and its JSON output are made of; docs/formats/perfcollector.md.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/nsec.h"

struct perfcollector_record {
	uint64_t site, host, run;
	nsec_t time; /* CLOCK_REALTIME, of the tick */
	nsec_t start; /* CLOCK_REALTIME, when this file was read; 0 = not known */
	nsec_t duration; /* since @time */
	nsec_t frequency; /* between ticks; 0 = not known */
	const char *path, *text;
};

/* Append the line, '\n' included. 0 or -errno of @b. */
int perfcollector_record_add(const struct perfcollector_record *r, struct buf *b) must_check;
