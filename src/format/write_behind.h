/* SPDX-License-Identifier: MIT */
/*
 * Writing to a file in a thread of its own. A disk may stall a write for seconds, above all on a
 * machine whose CPUs are saturated; who empties the rings of the kernel must not wait for it. What
 * is appended is copied and queued, up to a limit; only behind that limit does the caller wait.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct write_behind;

/*
 * Write what is appended to @fd (lent) from @offset on, holding at most @max_bytes that are not
 * written yet. @begin (may be NULL) is called first in the thread: for its priority. 0 or -errno.
 */
int write_behind_new(int fd, uint64_t offset, size_t max_bytes, void (*begin)(void),
		     struct write_behind **ret) must_check;
/* Ends the thread; what it has not written is dropped: see write_behind_finish(). */
struct write_behind *write_behind_free(struct write_behind *w);
DEFINE_CLEANUP(write_behind, write_behind_free)

/* -errno of this or any earlier write. */
int write_behind_append(struct write_behind *w, const void *data, size_t n) must_check;
/* Wait until everything is written. -errno of any write. */
int write_behind_finish(struct write_behind *w) must_check;
