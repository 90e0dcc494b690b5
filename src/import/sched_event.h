/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's tracepoints: where their fields lie in raw records of one kernel, found by name
 * in the tracepoint's format, and rows made of such records.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/tracepoint.h"
#include "import/sched_rows.h"

enum sched_event_kind {
	SCHED_EVENT_SWITCH = 1,
	SCHED_EVENT_WAKEUP,
	SCHED_EVENT_WAKEUP_NEW,
	SCHED_EVENT_WAKING,
	SCHED_EVENT_MIGRATE,
	SCHED_EVENT_FORK,
	SCHED_EVENT_EXEC,
	SCHED_EVENT_EXIT,
	SCHED_EVENT_RENAME,
	SCHED_EVENT_STAT_RUNTIME, /* these five in the order of enum stat_kind */
	SCHED_EVENT_STAT_SLEEP,
	SCHED_EVENT_STAT_IOWAIT,
	SCHED_EVENT_STAT_BLOCKED,
	SCHED_EVENT_STAT_WAIT,
};

#define SCHED_EVENT_MAX_FIELDS 7
#define SCHED_EVENT_STATE_BITS 16

struct sched_event_field {
	bool there;
	bool plain; /* integer: of 4 bytes; text: SCHED_COMM_BYTES inline */
	uint32_t offset;
	struct tracepoint_field field;
};

struct sched_event {
	enum sched_event_kind kind;
	uint32_t bytes; /* a record has at least these */
	struct sched_event_field
		field[SCHED_EVENT_MAX_FIELDS]; /* order: the table in sched_event.c */
	/* What the bits of this kernel's prev_state mean, as bits of switch.state. */
	uint16_t state[SCHED_EVENT_STATE_BITS];
};

/* Does system:name make rows? Its kind, or 0. */
enum sched_event_kind sched_event_kind(const char *subsystem, const char *name);

/* SCHED_EVENT_STAT_* as the kind of a row; 0 for other events. */
static inline enum stat_kind sched_event_stat(enum sched_event_kind kind)
{
	return kind >= SCHED_EVENT_STAT_RUNTIME
		       ? (enum stat_kind)(STAT_RUNTIME + (kind - SCHED_EVENT_STAT_RUNTIME))
		       : 0;
}

/* Find the fields of @kind in @t. 0, or -EINVAL with words: a field is missing or of a wrong type.
 */
int sched_event_init(struct sched_event *ev, enum sched_event_kind kind, const struct tracepoint *t,
		     struct err *e) must_check;

/*
 * Rows of the raw record @raw of @len bytes, from @cpu at @time. -EBADMSG: the record is too short
 * or points outside itself. Else 0 or -errno of the sink.
 */
int sched_event_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		     const uint8_t *raw, size_t len, bool big, struct err *e) must_check;
