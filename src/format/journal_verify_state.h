/* SPDX-License-Identifier: MIT */
/* The inside of journal_verify(), shared by its files. Not for use elsewhere. */
#pragma once

#include "format/epoch_chain.h"
#include "format/journal_content.h"
#include "format/journal_segment.h"
#include "format/journal_verify.h"
#include "format/signing_key.h"

#define ULL(v) ((unsigned long long)(v))

struct verify {
	const struct journal_verify_options *o;
	struct journal_verdict *v;
	int dir_fd;
	struct epoch_chain chain; /* trusted */
	uint64_t first_epoch;
	uint8_t first_key[SEAL_KEY_BYTES]; /* of it */
	uint8_t link[SEAL_HASH_BYTES]; /* of the last whole frame, or of the segment's begin */
	uint64_t end; /* behind it, in its segment */
	uint64_t next_seq;
	bool loose; /* something before could not be read: numbers and epochs may jump */
	bool broken; /* a whole segment was missing or damaged */
	bool ended; /* the last frame ended its segment */
	bool is_last; /* the segment, of those that are there */
	uint64_t signed_seq; /* of the frame behind the last checkpoint */
	uint8_t (*statement)[STATEMENT_SIGNED_BYTES]; /* that hold, by epoch */
	size_t n_statements, cap_statements;
	uint64_t done, total;
	struct buf content;
	struct journal_index index;
};

/* A stretch of @bytes at @offset of @segment, or 0s. */
void verify_problem(struct verify *y, enum journal_fault fault, uint64_t segment, uint64_t offset,
		    uint64_t bytes, const char *fmt, ...) printf_like(6, 7);

/* verify_content.c: a sealed frame that is in its place, with the segment's key. @complete: nothing
 * of the segment was damaged so far. */
int verify_content(struct verify *y, struct journal_segment *s, const struct walk_step *step,
		   bool complete) must_check;

/* verify_witness.c: what others saw, at the end. */
void verify_witness(struct verify *y);
void verify_claim(struct verify *y, const struct signing_key_claim *claim, uint64_t last_segment);
