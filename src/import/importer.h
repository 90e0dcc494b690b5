/* SPDX-License-Identifier: MIT */
/*
 * An importer turns a foreign file into the tracks of a recording: it reads an `input` once, from
 * begin to end, and writes batches to a sink. One file each, ending in its `const struct importer`;
 * its name in src/import/meson.build puts it into the list from which `kymo convert`, help, manual
 * and completion come.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "import/input.h"
#include "model/stream.h"

/* Bytes that recognise() gets to see, fewer when the file is shorter. */
#define IMPORT_HEAD_BYTES 4096

#define IMPORT_NOTES_MAX ((size_t)1 << 20)

struct import_args {
	/*
	 * A folder laid out as tracefs' events/ (SYSTEM/NAME/format), or NULL: where the layouts of
	 * tracepoints come from when the file lost its own. They must be those of the kernel that
	 * was recorded.
	 */
	const char *formats;
	/*
	 * The folder below which the files of the recorded machine are, or NULL: this machine's.
	 * Stacks are unwound by what those files say.
	 */
	const char *root;
	/* Which run of a file that holds several, "SITE:HOST:RUN"; NULL: the first one's. */
	const char *stream;
	/* What is known of the run: keys of docs/formats/recording.md. 0 or -errno. Not NULL. */
	int (*meta)(void *ctx, const char *key, const char *value, struct err *e);
	/* Now and then; @total = 0: unknown. May be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct import_result {
	uint64_t events; /* rows of event tracks that were written */
	uint64_t other; /* events of the file that have no track, or that another event repeats */
	uint64_t lost; /* events that the file says are missing */
	uint64_t late; /* rows left out (as losses) because they came too late to be sorted in */
	uint64_t damaged; /* records left out because they make no sense */
	bool complete; /* nothing damaged, nothing missing at the end */
	char damage[ERR_TEXT_MAX]; /* words with byte offset when not complete */
	struct buf notes; /* lines for people, each ending in '\n' */
};
void import_result_done(struct import_result *r);

struct importer {
	const char *name; /* as in --from-format */
	const char *summary; /* one line */
	const char *extensions; /* usual endings, for help only */
	/* Could this be one, by its first @n bytes? */
	bool (*recognise)(const uint8_t *head, size_t n);
	/*
	 * Read @in to its end. @ret is zeroed by the caller, who also calls import_result_done() on
	 * failure. A damaged or cut file is no failure as long as something was understood: 0, and
	 * ret->complete says so. -errno with words (file name and byte offset) when nothing was,
	 * or when the sink failed.
	 */
	int (*run)(struct input *in, struct sink *sink, const struct import_args *args,
		   struct import_result *ret, struct err *e);
};

/* All importers by name, NULL-terminated; generated from meson.build. */
extern const struct importer *const importer_list[];
const struct importer *importer_by_name(const char *name);
/* Which importer understands @in, by its first bytes; NULL when none does. Nothing is consumed. */
const struct importer *importer_recognise(struct input *in);
