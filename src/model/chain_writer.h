/* SPDX-License-Identifier: MIT */
/*
 * From the addresses of a call chain to a node of the frame track: what capture and imports share.
 * Modules and frames become rows of their tracks when they are first used. Mappings, forks and
 * samples must come in order of time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/frames.h"
#include "model/spaces.h"
#include "model/stream.h"

/* PERF_CONTEXT_* of linux/perf_event.h: entries of a chain from here on are no addresses, but say
 * whose the following are. */
#define CHAIN_CONTEXT_MIN	   ((uint64_t)-4095)
#define CHAIN_CONTEXT_HV	   ((uint64_t)-32)
#define CHAIN_CONTEXT_KERNEL	   ((uint64_t)-128)
#define CHAIN_CONTEXT_USER	   ((uint64_t)-512)
#define CHAIN_CONTEXT_GUEST	   ((uint64_t)-2048)
#define CHAIN_CONTEXT_GUEST_KERNEL ((uint64_t)-2176)
#define CHAIN_CONTEXT_GUEST_USER   ((uint64_t)-2560)

struct chain_writer;

/* Rows go to @sink, which is lent. NULL: out of memory. */
struct chain_writer *chain_writer_new(struct sink *sink);
struct chain_writer *chain_writer_free(struct chain_writer *w);
DEFINE_CLEANUP(chain_writer, chain_writer_free)

struct spaces *chain_writer_spaces(struct chain_writer *w); /* lent; for forks and execs */

/* A mapping of a process. @path "//anon", "[heap]", "/memfd:..", "" and the like, and "/tmp/perf-*"
 * are MODULE_ANON, "[vdso]" MODULE_VDSO. @build_id: hex, "" = unknown. */
int chain_writer_map(struct chain_writer *w, nsec_t time, uint32_t pid, uint64_t start,
		     uint64_t bytes, uint64_t pgoff, const char *path, const char *build_id,
		     struct err *e) must_check;

/* All addresses of the kernel and its modules belong to one module: @build_id is the kernel's, hex.
 * Before the first chain with such an address, else it is not taken. */
int chain_writer_kernel(struct chain_writer *w, nsec_t time, const char *build_id,
			struct err *e) must_check;

/*
 * The node of the chain whose @n entries stand at @ip, leaf first, with CHAIN_CONTEXT_* marks (as
 * PERF_SAMPLE_CALLCHAIN has them); @mode is of the first entries when no mark stands before them.
 * *ret_node = 0 for an empty chain.
 */
int chain_writer_node(struct chain_writer *w, nsec_t time, uint32_t pid, enum sample_mode mode,
		      const uint64_t *ip, size_t n, uint32_t *ret_node, struct err *e) must_check;
/* The same for one frame on top of @parent whose module is known (imports of names). */
int chain_writer_frame(struct chain_writer *w, nsec_t time, uint32_t parent, uint32_t module,
		       uint64_t offset, uint32_t *ret_node, struct err *e) must_check;
int chain_writer_module(struct chain_writer *w, nsec_t time, const struct module *m,
			uint32_t *ret_number, struct err *e) must_check;

/* Give all rows to the sink. */
int chain_writer_flush(struct chain_writer *w, struct err *e) must_check;

const struct frames *chain_writer_frames(const struct chain_writer *w);
const struct modules *chain_writer_modules(const struct chain_writer *w);
