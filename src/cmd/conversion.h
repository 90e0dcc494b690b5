/* SPDX-License-Identifier: MIT */
/*
 * From a foreign file to a recording, as commands do it: recognise, import, tell progress. And
 * opening any file that tells of a run: a recording as it is, others through their importer.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "format/recording.h"
#include "import/importer.h"

struct conversion_options {
	const struct importer *importer; /* NULL: by the first bytes */
	const char *formats; /* import_args.formats */
	const char *root; /* import_args.root */
	const char *stream; /* import_args.stream */
	const char *label; /* NULL: none */
};

/*
 * Import @in into @writer (not closed), meta rows first. -EMEDIUMTYPE with words: no importer knows
 * it. @result as for importer.run(); progress is logged.
 */
int conversion_run(struct input *in, const struct conversion_options *o,
		   struct recording_writer *writer, struct import_result *result,
		   struct err *e) must_check;

/* A file without a name, on a disk ($TMPDIR) if there is one for it: what is imported may be
 * large. An fd, or -errno with words. */
int conversion_unnamed_file(struct err *e) must_check;

/* Notes and warnings of an import, as log lines. */
void conversion_tell(const struct import_result *result);
/* The lines in @notes, likewise. */
void conversion_tell_notes(const struct buf *notes);

/*
 * Open the run that @path tells of. A file that is no recording is converted into an unnamed file
 * in $TMPDIR first; what is missing in it shows as losses, and info.complete is false where it is
 * cut. @flags as for recording_open(). 0 or -errno with words.
 */
int conversion_open(const char *path, unsigned int flags, struct recording **ret,
		    struct err *e) must_check;
/* The same, of a file that is read as @how says where it is no recording. */
int conversion_open_as(const char *path, const struct conversion_options *how, unsigned int flags,
		       struct recording **ret, struct err *e) must_check;
