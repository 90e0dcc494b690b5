/* SPDX-License-Identifier: MIT */
/*
 * Counters of network protocols (RFC 1213 and what Linux adds), in the kernel's two forms:
 *
 *	Tcp: RtoMin CurrEstab InSegs		Ip6InReceives	2
 *	Tcp: 200 1 122515
 *
 * Things are called as nstat(8) does: TcpInSegs, Ip6InReceives.
 */
#pragma once

#include "collect/readings.h"

enum { PROTOCOL_COUNT, PROTOCOL_NOW };

#define PROTOCOL_METRICS(file_)                                             \
	[PROTOCOL_COUNT] = COUNTER("count", "events so far, as in " file_), \
	[PROTOCOL_NOW] = GAUGE("now", "settings and states, as in " file_)

/* Pairs of lines, names above numbers; collector_file.scan. */
void protocol_scan_pairs(struct readings *r, const char *text, const char *thing);
/* A name and a number on each line. */
void protocol_scan_lines(struct readings *r, const char *text, const char *thing);
