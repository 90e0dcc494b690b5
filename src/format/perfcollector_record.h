/* SPDX-License-Identifier: MIT */
/*
 * The record of the older tool set: what was in one file of a host at one time. JSON as in
 * docs/formats/perfcollector-journal.md, of journals and of clear-text captures.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"

struct perfcollector_record {
	uint64_t site, host, run;
	nsec_t time; /* CLOCK_REALTIME of the sample */
	/* As they are written: RFC 3339 without zeros at the end of the fraction. */
	char timestamp[48], start[48];
	int64_t duration, frequency; /* ns */
	char *source; /* System: "/proc/stat" */
	char *measurement;
	size_t measurement_bytes;
};

void perfcollector_record_done(struct perfcollector_record *r);

/*
 * Read the object at the begin of the @n bytes at @text, past blanks before it. The bytes it took;
 * 0: there are only blanks; -EBADMSG with words: no such object. What an object lacks is 0, ""
 * and, of the times, year 1, as its writers take it; members that are not known are passed over.
 */
int64_t perfcollector_record_parse(const char *text, size_t n, struct perfcollector_record *ret,
				   struct err *e) must_check;
/* Append it, with an LF, byte by byte as the older tools write it. */
int perfcollector_record_put(const struct perfcollector_record *r, struct buf *out) must_check;
