/* SPDX-License-Identifier: MIT */
/*
 * Any file that tells of a run, open: a recording as it is, others through their importer. What was
 * imported stays in memory while it is small, and goes to an unnamed file in $TMPDIR from then on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/conversion.h"
#include "format/recording.h"
#include "model/stream.h"

struct run_file;

struct run_file_options {
	unsigned int flags; /* of recording_open() */
	struct conversion_options conversion; /* for files that are no recordings */
	bool blocks; /* a recording in any case: run_file_recording() is asked */
	size_t memory_bytes; /* of imported rows, more go to a file; 0 = 16 MiB */
};

/*
 * Open the run that @path tells of. What an import missed shows as losses, and info.complete is
 * false where a recording is cut. @o may be NULL. 0 or -errno with words.
 */
int run_file_open(const char *path, const struct run_file_options *o, struct run_file **ret,
		  struct err *e) must_check;
struct run_file *run_file_close(struct run_file *f);
DEFINE_CLEANUP(run_file, run_file_close)

/* Both are lent and live as long as @f. */
struct source *run_file_source(const struct run_file *f);
struct recording *run_file_recording(const struct run_file *f); /* NULL: it is in memory */
