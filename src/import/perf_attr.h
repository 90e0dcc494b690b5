/* SPDX-License-Identifier: MIT */
/*
 * struct perf_event_attr as perf.data holds it (include/uapi/linux/perf_event.h), and what follows
 * from it: where the fields of the event's records lie. Either byte order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/idmap.h"

struct trace_event;

/* perf_event_attr.type, .sample_type, .read_format and flag bits that matter here; kernel ABI. */
#define PERF_ATTR_TYPE_HARDWARE	  0u
#define PERF_ATTR_TYPE_SOFTWARE	  1u
#define PERF_ATTR_TYPE_TRACEPOINT 2u

#define PERF_HAS_IP	     (1u << 0)
#define PERF_HAS_TID	     (1u << 1)
#define PERF_HAS_TIME	     (1u << 2)
#define PERF_HAS_ADDR	     (1u << 3)
#define PERF_HAS_READ	     (1u << 4)
#define PERF_HAS_CALLCHAIN   (1u << 5)
#define PERF_HAS_ID	     (1u << 6)
#define PERF_HAS_CPU	     (1u << 7)
#define PERF_HAS_PERIOD	     (1u << 8)
#define PERF_HAS_STREAM_ID   (1u << 9)
#define PERF_HAS_RAW	     (1u << 10)
#define PERF_HAS_BRANCHES    (1u << 11)
#define PERF_HAS_REGS_USER   (1u << 12)
#define PERF_HAS_STACK_USER  (1u << 13)
#define PERF_HAS_WEIGHT	     (1u << 14)
#define PERF_HAS_DATA_SRC    (1u << 15)
#define PERF_HAS_IDENTIFIER  (1u << 16)
#define PERF_HAS_TRANSACTION (1u << 17)
#define PERF_HAS_REGS_INTR   (1u << 18)
#define PERF_HAS_PHYS_ADDR   (1u << 19)
#define PERF_HAS_AUX	     (1u << 20)
#define PERF_HAS_CGROUP	     (1u << 21)
#define PERF_HAS_DATA_PAGE   (1u << 22)
#define PERF_HAS_CODE_PAGE   (1u << 23)
#define PERF_HAS_WEIGHTS     (1u << 24)
#define PERF_HAS_KNOWN	     ((1u << 25) - 1)

#define PERF_BRANCH_HW_INDEX (1u << 17)
#define PERF_BRANCH_COUNTERS (1u << 19)

#define PERF_READ_ENABLED (1u << 0)
#define PERF_READ_RUNNING (1u << 1)
#define PERF_READ_ID	  (1u << 2)
#define PERF_READ_GROUP	  (1u << 3)
#define PERF_READ_LOST	  (1u << 4)

#define PERF_FLAG_EXCLUDE_USER	 (UINT64_C(1) << 4)
#define PERF_FLAG_EXCLUDE_KERNEL (UINT64_C(1) << 5)
#define PERF_FLAG_MMAP		 (UINT64_C(1) << 8)
#define PERF_FLAG_COMM		 (UINT64_C(1) << 9)
#define PERF_FLAG_FREQ		 (UINT64_C(1) << 10)
#define PERF_FLAG_TASK		 (UINT64_C(1) << 13)
#define PERF_FLAG_PRECISE	 (UINT64_C(3) << 15)
#define PERF_FLAG_SAMPLE_ID_ALL	 (UINT64_C(1) << 18)
#define PERF_FLAG_USE_CLOCKID	 (UINT64_C(1) << 25)
#define PERF_FLAG_CONTEXT_SWITCH (UINT64_C(1) << 26)
#define PERF_FLAG_WRITE_BACKWARD (UINT64_C(1) << 27)

#define PERF_ATTR_MIN_BYTES 64u
#define PERF_ATTR_MAX_BYTES 4096u

#define PERF_AT_NONE UINT16_MAX

/* Where fields lie, in bytes; PERF_AT_NONE = not there. */
struct perf_places {
	uint16_t id, tid, time, cpu;
	uint16_t ip, period; /* in samples only */
	uint16_t bytes; /* of the whole */
};

struct perf_attr {
	uint32_t type;
	uint64_t config;
	uint64_t sample_type, read_format, flags;
	uint64_t period; /* events per sample, or samples per second with PERF_FLAG_FREQ */
	uint64_t branch_sample_type, regs_user, regs_intr;
	int32_t clockid;
	struct perf_places sample; /* from the begin of a sample's body; bytes: up to READ */
	struct perf_places
		trailer; /* from the begin of the sample_id at the end of other records */
	/* Filled by others. */
	struct trace_event *event; /* how to make rows of its samples, or NULL */
	bool no_place; /* would make rows, but comes without CPU, time or raw data */
	bool sampled; /* its samples are rows of track sample */
	char *name, *unit; /* or NULL */
	uint64_t samples, not_imported;
};

struct perf_attrs {
	struct perf_attr *attr;
	uint32_t n;
	struct idmap id; /* event id -> index */
	bool uniform; /* every attr has its id, time ... at the same places */
};

void perf_attrs_done(struct perf_attrs *a);

/* Length that the attr at @p (at least PERF_ATTR_MIN_BYTES) claims to have; the old ABI's 0 gives
 * PERF_ATTR_MIN_BYTES. */
uint32_t perf_attr_bytes(const uint8_t *p, bool big);

/*
 * Add the attr whose @n bytes stand at @p and its @n_ids ids at @ids (u64 each, file byte order).
 * The index, or -EBADMSG with words.
 */
int perf_attrs_add(struct perf_attrs *a, const uint8_t *p, size_t n, const uint8_t *ids,
		   size_t n_ids, bool big, struct err *e) must_check;

static inline uint16_t perf_u16(const void *p, bool big)
{
	return big ? get_be16(p) : get_le16(p);
}

static inline uint32_t perf_u32(const void *p, bool big)
{
	return big ? get_be32(p) : get_le32(p);
}

static inline uint64_t perf_u64(const void *p, bool big)
{
	return big ? get_be64(p) : get_le64(p);
}

/* @n of them. */
static inline void perf_u64s(uint64_t *ret, const uint8_t *p, size_t n, bool big)
{
	if (n)
		memcpy(ret, p, n * sizeof(*ret));
	for (size_t i = 0; big && i < n; i++)
		ret[i] = be64toh(ret[i]);
	for (size_t i = 0; !big && i < n; i++)
		ret[i] = le64toh(ret[i]);
}

/*
 * The attr that a record belongs to: by the id that stands at its place @at in the @n bytes at @p.
 * Records made by perf itself have id 0: they count as the first attr's. NULL: unknown id, or the
 * record is too short.
 */
static inline struct perf_attr *perf_attrs_find(const struct perf_attrs *a, const uint8_t *p,
						size_t n, uint16_t at, bool big)
{
	if (a->n <= 1 || at == PERF_AT_NONE)
		return a->attr;
	if (at + 8u > n)
		return NULL;
	uint64_t id = perf_u64(p + at, big);
	uint32_t i = id ? idmap_get(&a->id, id) : 0;

	return i == IDMAP_NONE ? NULL : &a->attr[i];
}
