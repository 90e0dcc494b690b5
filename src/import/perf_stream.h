/* SPDX-License-Identifier: MIT */
/*
 * The records of a perf.data one after the other: perf's own (attributes and features of a pipe,
 * compressed records, data behind a record) are resolved here, the kernel's go to perf_record.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <zstd.h>

#include "base/attr.h"
#include "base/err.h"
#include "import/importer.h"
#include "import/input.h"
#include "import/perf_record.h"

#define PERF_SECTION_MAX (256u << 20) /* bytes of tracing data or a feature */

struct perf_stream {
	struct input *in;
	const struct import_args *args;
	struct perf_records *records;
	bool big;
	/*
	 * A pipe has no length, but perf closes each round over the rings with a record: without
	 * one at the end it was cut.
	 */
	bool pipe, round_open;
	uint64_t end; /* offset behind the last record; UINT64_MAX = the input's end */
	/* Bytes that follow the record in hand without being part of it. */
	uint64_t payload;
	bool payload_is_tracing;
	/* Compressed records are one zstd stream; records lie across their borders. */
	ZSTD_DStream *zstd;
	uint8_t *inflated;
	size_t n_inflated;
	uint64_t progress_at;
};

void perf_stream_done(struct perf_stream *s);

/* From the input's offset to the end. -EBADMSG or -ENODATA with words: stopped before, at
 * records->offset. Else 0 or -errno. */
int perf_stream_walk(struct perf_stream *s, struct err *e) must_check;

/* The feature section @feature (tracing data too), from a pipe or a file. Damage in it goes into
 * the result, with @offset. 0 or -errno. */
int perf_stream_feature(struct perf_stream *s, uint64_t offset, unsigned int feature,
			const uint8_t *p, size_t n, struct err *e) must_check;
/* What only makes the answer poorer: damage in the result, and 0. Other errors are returned. */
int perf_stream_forgive(struct perf_stream *s, uint64_t offset, int r, struct err *e) must_check;
