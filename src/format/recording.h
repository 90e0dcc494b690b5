/* SPDX-License-Identifier: MIT */
/*
 * The recording `NAME.kymo`: written through a sink, read as a source. Bytes:
 *docs/formats/recording.md.
 *
 *	struct recording_writer *w;
 *	recording_create("x.kymo", 0, NULL, &w, &e);
 *	sink_write(recording_writer_sink(w), batch, &e); ...
 *	recording_writer_close(w, &e);			index, trailer, CLOSED
 *	w = recording_writer_free(w);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/block.h"
#include "format/packer.h"
#include "model/run.h"
#include "model/stream.h"

/* ---- writing ---- */

struct recording_writer;

/*
 * Begin what will be the file @path when recording_writer_close() is done: until then, and when
 * that is not reached, what is there stays (base/new_file.h; @flags are those of
 * new_file_open()). @o may be NULL. 0 or -errno with words.
 */
int recording_create(const char *path, unsigned int flags, const struct packer_options *o,
		     struct recording_writer **ret, struct err *e) must_check;
/* The same on an open, empty, seekable file; takes @fd over. @path is only for words. */
int recording_create_fd(int fd, const char *path, const struct packer_options *o,
			struct recording_writer **ret, struct err *e) must_check;
/*
 * Have the file under its name from now on, a readable, unfinished recording: for what is recorded
 * live, which must outlast the recorder, and may be followed. Any thread may call it. 0 or -errno
 * with words.
 */
int recording_writer_publish(struct recording_writer *w, struct err *e) must_check;
/* Closes the file without finishing it, if recording_writer_close() was not called. */
struct recording_writer *recording_writer_free(struct recording_writer *w);
DEFINE_CLEANUP(recording_writer, recording_writer_free)

/*
 * From here on write in a thread of its own, which may be @max_bytes behind; @begin (may be NULL)
 * is called in it first, for its priority. For recorders: the thread that empties the rings must
 * not wait for a disk. Errors of writing come back later, at the latest from
 * recording_writer_close(). 0 or -errno with words.
 */
int recording_writer_behind(struct recording_writer *w, size_t max_bytes, void (*begin)(void),
			    struct err *e) must_check;
struct sink *recording_writer_sink(struct recording_writer *w);
/* Bring rows that were taken in before @older to the file (NSEC_MAX: all); call it every second or
 * two while recording. */
int recording_writer_flush(struct recording_writer *w, nsec_t older, struct err *e) must_check;
/* Add an encoded block as it is, with new numbers: for blocks kept elsewhere (flight recorder,
 * journal, wire). @block is changed. A schema block before the first block of its tracks stands for
 * the one that would be written. */
int recording_writer_add_block(struct recording_writer *w, uint8_t *block, size_t bytes,
			       struct err *e) must_check;
/* One more row of the meta track; @value may be empty. */
int recording_writer_meta(struct recording_writer *w, const char *key, const char *value,
			  struct err *e) must_check;
/* The file is another writing of the run with this id, created at @created (CLOCK_REALTIME). */
int recording_writer_set_identity(struct recording_writer *w, const uint8_t id[16], nsec_t created,
				  struct err *e) must_check;
/* Flush, write index and trailer, fdatasync (unless the file has no name), set CLOSED. */
int recording_writer_close(struct recording_writer *w, struct err *e) must_check;

struct recording_stats {
	uint64_t rows; /* of event tracks (number >= 16), in the file so far */
	uint64_t bytes; /* of the file so far */
	uint64_t blocks;
};
void recording_writer_stats(const struct recording_writer *w, struct recording_stats *ret);

/* ---- reading ---- */

struct recording;

/* Do not trust index and trailer: walk and check all bytes, leave damaged blocks out and enter them
 * as losses. */
#define RECORDING_SALVAGE (1u << 0)

/*
 * Open and read what describes the run (index, meta, marks, losses, tasks); events stay on disk. A
 * file without trailer is walked as with RECORDING_SALVAGE, and info.complete is false.
 * -EMEDIUMTYPE with words: not a recording, or of a newer major version. -EBADMSG: the index is
 * there but wrong; try RECORDING_SALVAGE.
 */
int recording_open(const char *path, unsigned int flags, struct recording **ret,
		   struct err *e) must_check;
/* The same of an open file; takes @fd over, also on failure. @path is for words and the run's name.
 */
int recording_open_fd(int fd, const char *path, unsigned int flags, struct recording **ret,
		      struct err *e) must_check;
struct recording *recording_free(struct recording *r);
DEFINE_CLEANUP(recording, recording_free)

/*
 * For analyses. A damaged block met by a cursor is -EBADMSG with file and offset. Several cursors
 * may be open; one thread per recording. Lives as long as @r.
 */
struct source *recording_source(struct recording *r);

/* CLOCK_REALTIME of the file's creation, as its header says. */
nsec_t recording_created(const struct recording *r);

struct recording_block {
	uint64_t offset;
	uint32_t bytes; /* header, payload, padding */
	uint16_t track;
	uint32_t cpu;
	uint32_t rows;
	nsec_t first, last;
};
size_t recording_n_blocks(const struct recording *r);
const struct recording_block *recording_block_at(const struct recording *r, size_t i);
/* Append the bytes of block @i to @b. Not decoded, not checked. */
int recording_read_block(struct recording *r, size_t i, struct buf *b, struct err *e) must_check;
