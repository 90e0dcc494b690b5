/* SPDX-License-Identifier: MIT */
/*
 * A run held in memory: a sink that keeps what is written, and a source over it. For small imports,
 * and for tests. One thread.
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
/* From now on gather the rows of a stream in batches of BATCH_ROWS, as a recording does. Cursors
 * must not be open when more rows are written. */
void memory_gather(struct memory *m);
size_t memory_bytes(const struct memory *m); /* of all rows that are kept */
/* Write all that is kept into @to, and keep it no longer. 0 or -errno of @to, which then has a part
 * of it. */
int memory_move(struct memory *m, struct sink *to, struct err *e) must_check;

/* Name the run after the file @path. */
void memory_set_name(struct memory *m, const char *path);

/*
 * Settle what was written so far and lend a source over it; what the last call lent is no longer
 * valid, nor are its cursors. NULL: out of memory.
 */
struct source *memory_source(struct memory *m);
