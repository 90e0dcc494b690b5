/* SPDX-License-Identifier: MIT */
/*
 * One line of the text that `perf script`, `trace-cmd report` and ftrace's trace file print for an
 * event:
 *
 *	COMM TID [CPU] [FLAGS] SECONDS.FRACTION: [PERIOD] [SYSTEM:]EVENT: TEXT
 *
 * COMM may hold blanks; TID may be PID/TID or, as ftrace writes it, COMM-TID.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nsec.h"

struct script_line {
	const char *comm; /* lent from the line */
	size_t comm_len;
	uint32_t pid, tid; /* UINT32_MAX = not told */
	uint32_t cpu;
	nsec_t time;
	bool has_period;
	uint64_t period;
	const char *subsystem; /* as printed before the event, or empty; lent from the line */
	size_t subsystem_len;
	const char *event; /* without system and colon; lent from the line */
	size_t event_len;
	const char *text; /* what follows */
	size_t text_len;
};

/* False: [@p, @end) is no such line. */
bool script_line_parse(const char *p, const char *end, struct script_line *ret);
/* The same without [CPU], as of a recording of one program: cpu becomes BATCH_CPU_NONE. */
bool script_line_parse_no_cpu(const char *p, const char *end, struct script_line *ret);
bool script_line_is(const struct script_line *l, const char *event);

struct script_value {
	int64_t number;
	const char *text; /* lent from the line */
	size_t len;
};

/*
 * Match @text against @pattern from its begin; what follows the pattern is free. In the pattern %d
 * is an integer, %p one or '?' (not told: 0), %x one of hexadecimal digits, with or without 0x, %w
 * a word without blanks, %t a short text (a task's name) and %f a long one (a path), both up to
 * where the rest of the pattern matches first, and a blank any number of blanks, at least one.
 * %{A|B|C} is one of some texts, the longest that is there; its value is its number from 0. The
 * values go to @v in order; the caller gives room. False: no match.
 */
bool script_scan(const char *text, size_t len, const char *pattern, struct script_value *v);
