/* SPDX-License-Identifier: MIT */
/*
 * The entries of a journal in the order of writing, for those who have a key. What is damaged,
 * sealed to others, of another journal or under another's name is left out, counted and named;
 * whether what is read is the writer's is journal_verify()'s to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/journal_content.h"
#include "format/journal_header.h"

/* What is asked for; zeros: everything. */
struct journal_filter {
	bool has_site, has_host, has_run, has_track;
	uint64_t site, host;
	uint8_t run[JOURNAL_RUN_BYTES]; /* the first run_bytes of it */
	size_t run_bytes;
	bool run_is_number;
	uint16_t track;
	nsec_t from, to; /* CLOCK_REALTIME: entries that touch [from, to); to 0 = no end */
	uint64_t kinds; /* bit n: kind n; 0 = all */
};
bool journal_filter_takes_stream(const struct journal_filter *f, const struct journal_stream *s);
bool journal_filter_takes_entry(const struct journal_filter *f, const struct journal_entry *entry);

struct journal_reader;

/* -ENOKEY with words: no key of @k (which stays the caller's) fits any segment. @f is copied. */
int journal_reader_open(const char *path, struct keyring *k, const struct journal_filter *f,
			struct journal_reader **ret, struct err *e) must_check;
struct journal_reader *journal_reader_free(struct journal_reader *r);
DEFINE_CLEANUP(journal_reader, journal_reader_free)

/* The next entry that the filter takes; lent until the next call. 1, 0 at the end, -errno with
 * words: it cannot be read at all. */
int journal_reader_next(struct journal_reader *r, struct journal_stream *ret_stream,
			struct journal_entry *ret, struct err *e) must_check;

/*
 * The next row of what an index says, of a stream, and with entries, that the filter may take
 * (whole frames: .track does not count): by the indices where they can be read, else counted. Not
 * together with journal_reader_next() on one reader. Likewise.
 */
int journal_reader_next_row(struct journal_reader *r, struct journal_stream *ret_stream,
			    struct journal_row *ret, struct err *e) must_check;

struct journal_reader_state {
	const struct journal_header
		*first; /* of the first segment that is whole; lent; NULL: none */
	uint64_t segments, locked; /* locked: sealed to others */
	uint64_t done, total; /* bytes */
	uint64_t damaged; /* stretches that were left out */
	uint64_t place_segment, place_offset; /* of the frame of the last entry */
	struct buf *notes; /* a line for each, ended by '\n'; at most 64 KiB of them */
};
void journal_reader_get(struct journal_reader *r, struct journal_reader_state *ret);
