/* SPDX-License-Identifier: MIT */
/*
 * A collection: the chosen collectors, read at an interval into a sink. Needs no privileges; what
 * an ordinary user may not read is absent.
 *
 *	collection_open(&options, &c, &e);
 *	while (...) { sleep until collection_due(c); collection_turn(c, sink, &e); }
 *	collection_describe(c, sink, &e);	meta collect.*
 *	c = collection_free(c);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "collect/proc_file.h"
#include "model/stream.h"

#define COLLECTION_INTERVAL NSEC_PER_SEC
#define COLLECTION_SHORTEST (10 * NSEC_PER_MSEC)

struct collection_options {
	/*
	 * Names of collectors by commas; "default" and "all" are names too, a '-' before one takes
	 * it out. "NAME:PATTERN:PATTERN" keeps of NAME only metrics or things that match one of the
	 * globs: "disk:sd*", "vmstat:pgfault:pswp*". NULL or "" = default, or none with @raw.
	 */
	const char *set;
	/* Files that are kept as they are, at the same ticks: raw_files.h; NULL: none. */
	const char *raw;
	nsec_t interval; /* 0 = COLLECTION_INTERVAL */
	struct proc_root root; /* where proc/ and sys/ are */
	/* Forks, execs and ends of tasks are told to the sink by somebody else. */
	bool tasks_told;
	/* A collector that takes long leaves ticks out rather than take more than a tenth of a CPU.
	 */
	bool sparing;
};

struct collection;

/* Is @set one? 0, or -EINVAL as from collection_open(). */
int collection_check_set(const char *set, struct err *e) must_check;
/* -EINVAL with words that list the names when one is unknown. A collector whose files are not
 * there is left out with a note, unless it was named: then it is -ENOENT. */
int collection_open(const struct collection_options *o, struct collection **ret,
		    struct err *e) must_check;
struct collection *collection_free(struct collection *c);
DEFINE_CLEANUP(collection, collection_free)

/* When collection_turn() should be called next, CLOCK_MONOTONIC; 0 = at once. */
nsec_t collection_due(const struct collection *c);
/* Do what is due: a sample, or what collectors have to take in between. */
int collection_turn(struct collection *c, struct sink *sink, struct err *e) must_check;
/* The same with a time that the caller gives: of texts that were read elsewhere. */
int collection_sample_at(struct collection *c, nsec_t time, struct sink *sink,
			 struct err *e) must_check;
/* Take one now. Ticks that were missed are left out: the time of a row is when it was read. */
int collection_sample(struct collection *c, struct sink *sink, struct err *e) must_check;
/* Tell @sink once more what all series are (flight recorder: what it was told may be gone). */
int collection_snapshot(struct collection *c, struct sink *sink, struct err *e) must_check;
/* Meta rows: collect.set, collect.raw, collect.interval. */
int collection_describe(const struct collection *c, struct sink *sink, struct err *e) must_check;

struct collection_stats {
	uint64_t samples, missed; /* ticks taken, and not taken because they came too late */
	uint64_t rows; /* of collectors with tracks of their own */
	uint64_t lost; /* such rows that are missing, entered as losses */
	uint32_t series;
	uint64_t values;
};
void collection_stats(const struct collection *c, struct collection_stats *ret);
/* Sentences about what is not collected and why, said once each ("" = nothing new); lent until the
 * next call. Like all of this not while another thread samples. */
const char *collection_note(struct collection *c);
