/* SPDX-License-Identifier: MIT */
/*
 * From a foreign file to rows, as commands do it: recognise, import, tell progress.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "import/importer.h"
#include "model/stream.h"

struct conversion_options {
	const struct importer *importer; /* NULL: by the first bytes */
	const char *formats; /* import_args.formats */
	const char *root; /* import_args.root */
	const char *stream; /* import_args.stream */
	const char *label; /* NULL: none */
};

/*
 * Import @in into @sink, meta rows first. -EMEDIUMTYPE with words: no importer knows it. @result as
 * for importer.run(); progress is logged.
 */
int conversion_run(struct input *in, const struct conversion_options *o, struct sink *sink,
		   struct import_result *result, struct err *e) must_check;

/* A file without a name, on a disk ($TMPDIR) if there is one for it: what is imported may be
 * large. An fd, or -errno with words. */
int conversion_unnamed_file(struct err *e) must_check;

/* Notes and warnings of an import, as log lines. */
void conversion_tell(const struct import_result *result);
/* The lines in @notes, likewise. */
void conversion_tell_notes(const struct buf *notes);
