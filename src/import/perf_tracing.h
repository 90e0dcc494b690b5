/* SPDX-License-Identifier: MIT */
/*
 * The tracing data of perf.data (and trace.dat): the layouts of the recorded kernel's tracepoints.
 * Its bytes, as perf writes them (tools/perf/util/trace-event-info.c):
 *
 *	17 08 44 "tracing" | version text NUL | u8 big-endian? | u8 bytes of a long | u32 page size
 *	"header_page" NUL u64 length, text | "header_event" NUL u64 length, text
 *	u32 count, count x (u64 length, format text)				ftrace's own events
 *	u32 systems, systems x (name NUL, u32 count, count x (u64 length, format text))
 *	u32 length, kallsyms | u32 length, printk formats | (version 0.6) u64 length, "pid comm"
 *lines
 *
 * Integers are in the byte order of the recorded machine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/idmap.h"
#include "import/trace_event.h"

struct perf_format {
	uint32_t id; /* attr.config, common_type */
	char *name; /* "sched:sched_switch" */
	struct trace_event event;
	char *why; /* it makes no rows although it should; or NULL */
};

struct perf_formats {
	struct perf_format *format;
	uint32_t n, cap;
	struct idmap id;
	bool big;
};

void perf_formats_done(struct perf_formats *f);
/* The tracepoint with @id, or NULL. Lent until the next call that adds. */
struct perf_format *perf_formats_find(const struct perf_formats *f, uint64_t id);

/* Add all formats of the @n bytes at @p; what was added before an error stays. 0, or -EBADMSG with
 * words (offset counted from @p). */
int perf_tracing_parse(const uint8_t *p, size_t n, struct perf_formats *f,
		       struct err *e) must_check;

/* Add the formats of the events that make rows below the folder @path, laid out as tracefs'
 * events/. 0 or -errno with words. */
int perf_formats_read(const char *path, bool big, struct perf_formats *f, struct err *e) must_check;
