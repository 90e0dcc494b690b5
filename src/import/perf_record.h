/* SPDX-License-Identifier: MIT */
/*
 * Records of perf.data, one by one, to rows: samples of the scheduler's tracepoints, context switch
 * records, task records, losses; what profiles need goes to perf_profile.h
 * (include/uapi/linux/perf_event.h, enum perf_event_type). perf_data.c finds the records and knows
 * the file around them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "import/importer.h"
#include "import/perf_attr.h"
#include "import/perf_feature.h"
#include "import/perf_profile.h"
#include "import/perf_tracing.h"
#include "import/sched_rows.h"

/* Types of records, on disk. 64 and up are perf's own, not the kernel's. */
enum perf_record_type {
	PERF_REC_MMAP = 1,
	PERF_REC_LOST = 2,
	PERF_REC_COMM = 3,
	PERF_REC_EXIT = 4,
	PERF_REC_THROTTLE = 5,
	PERF_REC_UNTHROTTLE = 6,
	PERF_REC_FORK = 7,
	PERF_REC_SAMPLE = 9,
	PERF_REC_MMAP2 = 10,
	PERF_REC_LOST_SAMPLES = 13,
	PERF_REC_SWITCH = 14,
	PERF_REC_SWITCH_CPU_WIDE = 15,
	PERF_REC_USER = 64,
	PERF_REC_HEADER_ATTR = 64,
	PERF_REC_TRACING_DATA = 66,
	PERF_REC_HEADER_BUILD_ID = 67,
	PERF_REC_FINISHED_ROUND = 68,
	PERF_REC_ID_INDEX = 69,
	PERF_REC_AUXTRACE = 71,
	PERF_REC_EVENT_UPDATE = 78,
	PERF_REC_FEATURE = 80,
	PERF_REC_COMPRESSED = 81,
	PERF_REC_COMPRESSED2 = 83,
	PERF_REC_USER_MAX = 96, /* above: no record that perf ever wrote */
};

#define PERF_REC_HEADER_BYTES 8u /* u32 type, u16 misc, u16 bytes of the whole record */

struct perf_cpu_state {
	nsec_t last; /* time of the last event here */
	nsec_t throttled; /* 0 = not */
	struct sched_halves halves; /* by context switch records */
};

struct perf_records {
	bool big;
	struct perf_attrs attrs;
	struct perf_formats formats;
	struct perf_features features;
	struct sched_rows rows;
	struct kvm_rows kvm;
	struct perf_profile profile;
	struct import_result *ret;
	const char *file; /* for words, lent */
	uint64_t offset; /* of the record in hand, for words */
	/* Set by perf_records_prepare(). */
	bool prepared;
	bool switch_events; /* tracepoint sched_switch: context switch records say it twice */
	bool comm_records, task_records; /* COMM, FORK and EXIT records: tracepoints say it twice */
	bool sampled; /* there are events whose samples go into the profile ... */
	uint16_t loss_track; /* ... and no others: what is lost is of its track, else 0 */
	uint32_t cpus; /* a record of a CPU from here on makes no sense */
	struct perf_cpu_state *cpu; /* [CPUSET_MAX] */
	struct perf_cpu_state no_cpu;
	uint64_t lost; /* by LOST records, written when the ring had room again */
	uint64_t lost_samples; /* by LOST_SAMPLES records, written at the end: the same events */
	uint64_t throttles;
	uint64_t no_place; /* events without time or CPU */
};

int perf_records_init(struct perf_records *s, struct sink *sink, struct import_result *ret,
		      const char *file) must_check;
void perf_records_done(struct perf_records *s);

/* Call it when attributes or formats were added, before the next record. -errno with words when the
 * events cannot be told apart. */
int perf_records_prepare(struct perf_records *s, struct err *e) must_check;

/* Records of one CPU may come in any order within a ring's size: hold back more of them. */
void perf_records_unordered(struct perf_records *s);

/*
 * One record of the kernel (type below PERF_REC_USER), header included; its length was checked
 * against @n. A record that makes no sense is left out and counted. -errno only of the sink or for
 * want of memory.
 */
int perf_records_take(struct perf_records *s, const uint8_t *p, size_t n, struct err *e) must_check;

/* A round over the rings ends: see perf_queue.h. */
int perf_records_round(struct perf_records *s, struct err *e) must_check;

/* After the last record: last losses, rows held back, counts and notes of the result. */
int perf_records_finish(struct perf_records *s, const struct import_args *args,
			struct err *e) must_check;

/* Words about the first damage go into the result; later ones are only counted. */
void perf_records_damage(struct perf_records *s, const char *fmt, ...) printf_like(2, 3);
