/* SPDX-License-Identifier: MIT */
/*
 * The ring of a perf event: mapping it and walking its records (perf_event_open(2), "MMAP layout").
 * One reader; the kernel writes.
 */
#pragma once

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct perf_ring {
	struct perf_event_mmap_page *page; /* NULL = not mapped */
	uint8_t *data;
	uint64_t bytes; /* power of two */
	uint64_t tail; /* where the reader is; the kernel learns of it by perf_ring_release() */
	uint64_t head; /* as of the last perf_ring_refresh() */
	uint8_t *joined; /* a record that runs over the end of the ring, put together */
};

/*
 * Map the ring of event @fd: @bytes (rounded down to a power of two of pages) or, where locked
 * memory does not allow that, half of it and so on. -errno with words.
 */
int perf_ring_map(struct perf_ring *r, int fd, uint64_t bytes, struct err *e) must_check;
void perf_ring_unmap(struct perf_ring *r);
/* See what the kernel has written; how full the ring is in percent. */
unsigned int perf_ring_refresh(struct perf_ring *r);
/* The next record, lent until perf_ring_release(), or NULL at the end of what was there at the last
 * refresh. -EPROTO in *ret_error when the ring holds no sense. */
const struct perf_event_header *perf_ring_next(struct perf_ring *r, int *ret_error);
/* Give the space of all records read back to the kernel. */
void perf_ring_release(struct perf_ring *r);
