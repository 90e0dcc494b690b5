/* SPDX-License-Identifier: MIT */
/*
 * Profiles in perf.data: samples of events become rows of track sample, with their call chains, and
 * mappings, forks and execs tell what the addresses belong to. Records of all rings are put in
 * order of time first (perf_queue.h).
 *
 * Chains are as `perf script` shows them: without the marks, the leaf is the sample's own address.
 * Frames of kernel and frame-pointer chains hold return addresses; where the file has a copy of the
 * stack (--call-graph dwarf), the user's part is unwound here, and its callers hold the last byte
 * of their call.
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
#include "import/perf_queue.h"
#include "import/perf_tracing.h"
#include "import/sched_rows.h"
#include "model/chain_writer.h"
#include "symbol/unwind.h"

struct perf_profile {
	/* Lent, as long as this. */
	const struct perf_attrs *attrs;
	const struct perf_formats *formats;
	struct perf_features *features;
	struct sched_rows *rows;
	bool big;
	/* Its own. */
	struct sink *sink;
	struct perf_queue queue;
	struct chain_writer *chains;
	struct unwinder *unwinder; /* NULL until the first stack */
	int root_fd; /* -1 until then */
	uint64_t kernel_text; /* address of _text; 0 = unknown */
	uint64_t *ip; /* of the chain in hand */
	uint64_t samples, bad;
	uint64_t stacks; /* copies of stacks, */
	uint64_t no_machine; /* of machines or processes that are not unwound, */
	uint64_t not_unwound; /* of these without a caller */
};

int perf_profile_init(struct perf_profile *p, struct sink *sink) must_check;
void perf_profile_done(struct perf_profile *p);
/* Where the files of the recorded machine are; NULL = "/". Before the first record. */
int perf_profile_root(struct perf_profile *p, const char *root, struct err *e) must_check;

/* Do samples of @a become rows of track sample, when they make no others? */
bool perf_profile_wants(const struct perf_attr *a);

/*
 * A sample of attribute number @attr, or a mapping, COMM, FORK or EXIT record of which @attr bytes
 * are its body and header, without what stands at its end. Copied. 0 or -errno.
 */
int perf_profile_take(struct perf_profile *p, nsec_t time, uint32_t attr, const uint8_t *record,
		      size_t n, struct err *e) must_check;
/* A round over the rings ends. */
int perf_profile_round(struct perf_profile *p, struct err *e) must_check;
/* After the last record: what is held back, the events, notes for people. */
int perf_profile_finish(struct perf_profile *p, const struct import_args *args, struct buf *notes,
			struct err *e) must_check;
