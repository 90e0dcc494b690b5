/* SPDX-License-Identifier: MIT */
/*
 * One record of perfcollector: the text of a file at a time, as a line of JSON. What its captures,
 * its journal and its JSON output are made of; docs/formats/perfcollector.md.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
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
	bool plus_zero; /* its times end in +00:00, where others have Z */
	const char *path, *text; /* lent */
	size_t text_bytes; /* may hold NULs */
};

/* Append the line, '\n' included, byte by byte as the older tools write it. 0 or -errno of @b. */
int perfcollector_record_add(const struct perfcollector_record *r, struct buf *b) must_check;
/* Does @object say all that a record needs? Start, Duration and Frequency may be missing. Texts are
 * lent from it. */
bool perfcollector_record_of(const json_t *object, struct perfcollector_record *ret);
