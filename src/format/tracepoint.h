/* SPDX-License-Identifier: MIT */
/*
 * The text of a tracepoint's `format` file (tracefs events/SYSTEM/NAME/format; the same texts stand
 * in the tracing data of perf.data and trace.dat) as a list of fields, and values of those fields
 * out of a raw record. Offsets differ between kernels, so everybody finds fields by name.
 *
 * The format is the one that kernel/trace/trace_events.c prints:
 *
 *	name: sched_switch
 *	ID: 372
 *	format:
 *		field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *
 *		field:char prev_comm[16];	offset:8;	size:16;	signed:0;
 *	print fmt: ...
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

#define TRACEPOINT_MAX_FIELDS 512
#define TRACEPOINT_MAX_BYTES  ((size_t)1 << 20) /* of a format text */

enum tracepoint_where {
	TRACEPOINT_INLINE, /* the bytes are at the offset */
	TRACEPOINT_DATA_LOC, /* u32 there: length << 16 | offset from the record's begin */
	TRACEPOINT_REL_LOC, /* the same, offset counted from the end of that u32 */
};

struct tracepoint_field {
	const char *name;
	const char
		*type; /* C declaration without name and array length: "unsigned short", "char" */
	uint32_t offset, size; /* size of the whole array for arrays */
	uint32_t count; /* elements; 0 = no array */
	enum tracepoint_where where;
	bool is_signed;
	bool is_common; /* one of the leading common_* fields */
};

struct tracepoint {
	const char *name;
	uint32_t id; /* common_type of its records */
	struct tracepoint_field *field;
	unsigned int n_fields;
	uint32_t size; /* bytes that the fixed part of a record has at least */
	const char *print; /* the text behind "print fmt: ", or "" */
	char *text; /* owns all strings above */
};

/*
 * Parse @len bytes of @text (needs no NUL; copied). -EINVAL with words (line number) for what is no
 * format text, -E2BIG, -ENOMEM. *ret is freed with tracepoint_free().
 */
int tracepoint_parse(const char *text, size_t len, struct tracepoint **ret,
		     struct err *e) must_check;
struct tracepoint *tracepoint_free(struct tracepoint *t);
DEFINE_CLEANUP(tracepoint, tracepoint_free)

/* NULL when there is no such field. Lent. */
const struct tracepoint_field *tracepoint_field(const struct tracepoint *t, const char *name);

/*
 * An integer field of 1, 2, 4 or 8 bytes out of @raw (@len bytes, not aligned); signed fields are
 * sign-extended. -ENODATA when the record ends before it, -EINVAL when the field is no integer.
 */
int tracepoint_int(const struct tracepoint_field *f, const void *raw, size_t len, bool big_endian,
		   int64_t *ret) must_check;

/*
 * A text field (char array, or __data_loc char[]) as a lent slice of @raw: *ret_len bytes without
 * the NUL at its end. -ENODATA when it points outside the record, -EINVAL when it is no text.
 */
int tracepoint_str(const struct tracepoint_field *f, const void *raw, size_t len, bool big_endian,
		   const char **ret, size_t *ret_len) must_check;
