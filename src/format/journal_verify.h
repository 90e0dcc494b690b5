/* SPDX-License-Identifier: MIT */
/*
 * Is a journal what its writer wrote, all of it, in order? What is noticed and what is not:
 * docs/formats/journal.md, "The game". No key is needed; with one the sealed content is looked at
 * too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/journal_header.h"

enum journal_fault {
	FAULT_DAMAGED = 1, /* bytes that are no whole frame or header */
	FAULT_MISSING, /* frames or segments that are not there */
	FAULT_ORDER, /* frames that are there twice, or in another place */
	FAULT_FORGED, /* a signature or certificate that is not the writer's */
	FAULT_FOREIGN, /* of another journal */
	FAULT_PAST, /* a witness saw another past */
	FAULT_ROLLED_BACK, /* a witness or the writer's key saw more */
	FAULT_CONTENT, /* whole and in place, but what is sealed is no content */
	FAULT_INDEX, /* the index is not that of the segment */
	FAULT_WITNESS, /* of the witness itself: it is not this journal's */
	FAULT_UNCERTIFIED, /* behind what is missing: nothing says that its key is the writer's */
};
const char *journal_fault_word(enum journal_fault f); /* "damaged" ... */

struct journal_problem {
	enum journal_fault fault;
	uint64_t segment; /* 0: of the journal */
	uint64_t offset, bytes; /* in the segment; bytes 0: not a stretch */
	char text[160];
};

#define JOURNAL_PROBLEMS_MAX 1000 /* that are kept; all are counted */

struct journal_verdict {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t site;
	char site_name[JOURNAL_SITE_NAME_MAX + 1];
	uint64_t segments, frames, bytes, checkpoints, entries; /* entries: with a key */
	uint64_t epoch; /* at the end */
	uint64_t next_seq;
	bool closed; /* by its writer, and nothing follows */
	nsec_t signed_time; /* of the last statement; 0: none */
	uint64_t unsigned_frames; /* behind the last statement */
	uint64_t leftover_bytes; /* of writes that were never acknowledged */
	uint64_t unlocked, locked; /* segments whose content was looked at, or could not be */
	uint64_t witnessed; /* lines of the witness that hold */
	uint64_t lost_frames; /* damaged or missing, as far as they can be counted */
	struct journal_problem *problem;
	size_t n_problems; /* all; the first JOURNAL_PROBLEMS_MAX are kept */
};
void journal_verdict_done(struct journal_verdict *v);
static inline bool journal_verdict_is_intact(const struct journal_verdict *v)
{
	return v->n_problems == 0;
}

struct journal_verify_options {
	const uint8_t *journal; /* the id that it must have, or NULL */
	struct keyring *keys; /* or NULL */
	const uint8_t (*witness)[STATEMENT_SIGNED_BYTES];
	size_t n_witness;
	void (*progress)(void *ctx, uint64_t done, uint64_t total); /* bytes; or NULL */
	void *ctx;
};

/*
 * 0 when it could be looked at: the verdict says what was found (journal_verdict_done()). -errno
 * with words: no journal, cannot be read, or none of the keys fits (-ENOKEY).
 */
int journal_verify(const char *path, const struct journal_verify_options *o,
		   struct journal_verdict *ret, struct err *e) must_check;
