/* SPDX-License-Identifier: MIT */
/*
 * Appending to a sealed journal (docs/formats/journal.md):
 *
 *	journal_writer_open(path, &options, &w, &e);
 *	journal_append(w, &stream, &entry, &e); ...
 *	journal_sync(w, &e);		what was appended is acknowledged: on disk, for good
 *	journal_writer_close(w, &e);	index, last checkpoint
 *	w = journal_writer_free(w);
 *
 * A failed append or sync gives the segment up: what was appended since the last good sync is not
 * acknowledged and must be appended again; the next call begins a new segment. One thread; one
 * writer for a journal (a lock in the folder sees to that).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/journal_content.h"
#include "format/journal_statement.h"
#include "format/recipient.h"

#define JOURNAL_FRAME_BYTES	 (64u << 10)
#define JOURNAL_SEGMENT_BYTES	 (UINT64_C(256) << 20)
#define JOURNAL_CHECKPOINT_BYTES (UINT64_C(64) << 20)
#define JOURNAL_CHECKPOINT_AGE	 (60 * NSEC_PER_SEC)
#define JOURNAL_SEGMENT_AGE	 (24 * 3600 * NSEC_PER_SEC)

struct journal_writer_options {
	/* Of a new journal, and then as it is in there: 0 and NULL take what is. */
	uint64_t site;
	const char *site_name;
	/* Whom new segments are sealed to; none: whom the last one was sealed to, which cannot be
	 * done again for a passphrase. Copied. */
	const struct recipient *to;
	size_t n_to;
	/* Each statement is appended to this file when it is on disk; NULL: none. */
	const char *witness;
	/* 0: as above. */
	uint64_t frame_bytes, segment_bytes, checkpoint_bytes;
	nsec_t checkpoint_age, segment_age;
};

struct journal_writer;

/*
 * Open the journal in the folder @path, or make it where there is none and @o names site and
 * recipients. Begins a segment, of which the first frame was read back and opened when this
 * returns. 0 or -errno with words: -ENOENT no journal and none asked for; -EBUSY another writer;
 * -ESTALE rolled back; -EKEYREJECTED another journal's key; -EPERM another site's journal; -EBADMSG
 * its end is damaged.
 */
int journal_writer_open(const char *path, const struct journal_writer_options *o,
			struct journal_writer **ret, struct err *e) must_check;
/* Without a last checkpoint, if journal_writer_close() was not called: as after a crash. */
struct journal_writer *journal_writer_free(struct journal_writer *w);
DEFINE_CLEANUP(journal_writer, journal_writer_free)

/* Take an entry in; its bytes are copied. -EFBIG with words: too large for a frame; nothing else is
 * lost by that. */
int journal_append(struct journal_writer *w, const struct journal_stream *s,
		   const struct journal_entry *entry, struct err *e) must_check;
/* Everything so far to the disk. */
int journal_sync(struct journal_writer *w, struct err *e) must_check;
/* Sign what is there now, whatever its age; evolves the key. */
int journal_checkpoint(struct journal_writer *w, struct err *e) must_check;
/* Make a checkpoint or a new segment when one is due by age; for writers that wait. */
int journal_writer_tick(struct journal_writer *w, struct err *e) must_check;
/* Sync, index, checkpoint that closes the journal. */
int journal_writer_close(struct journal_writer *w, struct err *e) must_check;

/* ---- what is to know ---- */

struct journal_writer_state {
	uint8_t journal[JOURNAL_ID_BYTES];
	uint64_t site;
	const char *site_name; /* lent */
	uint64_t segment, epoch;
	uint64_t appended, acknowledged; /* entries since it was opened */
	uint64_t bytes; /* of the frames written since it was opened */
};
void journal_writer_get(const struct journal_writer *w, struct journal_writer_state *ret);
