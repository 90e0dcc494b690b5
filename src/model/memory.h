/* SPDX-License-Identifier: MIT */
/*
 * A run held in memory: a sink that keeps what is written, and a source over it. For tests and for
 * live views, which look at the last seconds without a file. One thread.
 */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "model/stream.h"

struct memory;

struct memory *memory_new(void); /* NULL: out of memory */
struct memory *memory_free(struct memory *m);
DEFINE_CLEANUP(memory, memory_free)

/* Keeps copies of the batches. -EINVAL when a stream's time falls. */
struct sink *memory_sink(struct memory *m);

/*
 * Settle what was written so far and lend a source over it; what the last call lent is no longer
 * valid, nor are its cursors. NULL: out of memory.
 */
struct source *memory_source(struct memory *m);
