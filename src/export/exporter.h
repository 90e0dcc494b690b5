/* SPDX-License-Identifier: MIT */
/*
 * An exporter turns a run into a file of another tool: it reads a `source` and writes to a stream.
 * One file each, to_NAME.c, ending in its `const struct exporter`; its name in
 * src/export/meson.build puts it into the list from which `kymo convert`, help, manual and
 * completion come.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/functions.h"
#include "model/profile.h"
#include "model/stream.h"

#define EXPORT_NOTES_MAX ((size_t)1 << 20)

struct export_args {
	/* The window, absolute, within [run start, run end]; an event at the very end of the run
	 * belongs to it. */
	nsec_t from, to;
	const struct cpuset *cpus; /* NULL = all */
	const regex_t *task; /* matched against tasks_label(); NULL = all */
	bool first_names; /* names as perfwhiz gave them: a thread's first one for the whole run */
	bool merge; /* tasks with equal labels are one */
	const char *compat; /* the tool whose output is wanted, mistakes included; NULL = none */
	const char *event; /* only samples of the event called so; NULL = all */
	/* What samples refer to; both or none. NULL: read when needed, with the names that the
	 * recording holds. */
	const struct profile *profile;
	const struct functions *functions;
};

struct export_result {
	uint64_t rows; /* what the format counts: rows, samples, lines */
	struct buf notes; /* lines for people, each ending in '\n': what the format cannot hold */
};
void export_result_done(struct export_result *r);

#define EXPORTER_TEXT	 (1u << 0) /* may go to a terminal */
#define EXPORTER_FOLDER	 (1u << 1) /* writes a folder of files: run_folder() instead of run() */
#define EXPORTER_WINDOW	 (1u << 2) /* heeds from and to */
#define EXPORTER_TASKS	 (1u << 3) /* heeds the task filter */
#define EXPORTER_CPUS	 (1u << 4) /* heeds cpus */
#define EXPORTER_CDICT	 (1u << 5) /* heeds first_names */
#define EXPORTER_MERGING (1u << 6) /* heeds merge */
#define EXPORTER_SAMPLES (1u << 7) /* heeds event, wants profile and functions */
#define EXPORTER_COMPAT	 (1u << 8) /* heeds compat */

struct exporter {
	const char *name; /* as in --to-format */
	const char *summary; /* one line */
	const char *extensions; /* endings of file names that mean it: ".a .b"; "" = none */
	unsigned int flags;
	/*
	 * Write @src to @out, which the caller opened and closes. @ret is zeroed by the caller, who
	 * also calls export_result_done() on failure. 0 or -errno with words. What the caller asks
	 * for beyond the flags is not asked.
	 */
	int (*run)(struct source *src, const struct export_args *args, FILE *out,
		   struct export_result *ret, struct err *e);
	/* The same into the open folder @dir_fd, whose files of the same names are replaced. */
	int (*run_folder)(struct source *src, const struct export_args *args, int dir_fd,
			  struct export_result *ret, struct err *e);
};

/* All exporters by name, NULL-terminated; generated from meson.build. */
extern const struct exporter *const exporter_list[];
const struct exporter *exporter_by_name(const char *name);
/* By the ending of a file name; NULL: no exporter's. */
const struct exporter *exporter_by_path(const char *path);
