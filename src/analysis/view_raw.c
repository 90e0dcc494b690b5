/* SPDX-License-Identifier: MIT */
/* Files of /proc and /sys as they were recorded (kymo record --raw): which there are, and one of
 * them at a time. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/metric_track.h"

enum { PATH, TIME, SNAPSHOTS, DIFFERENT, BYTES, TOOK, TEXT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[PATH] = { .name = "file",
		   .title = "File",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY,
		   .help = "path on the recorded machine" },
	[TIME] = { .name = "time",
		   .title = "Last",
		   .type = CELL_U64,
		   .unit = UNIT_TIME,
		   .help = "when the last of them in the window was read" },
	[SNAPSHOTS] = { .name = "snapshots",
			.title = "Snapshots",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.help = "times that it was read in the window" },
	[DIFFERENT] = { .name = "changes",
			.title = "Changes",
			.type = CELL_U64,
			.unit = UNIT_COUNT,
			.help = "of these other than the one before" },
	[BYTES] = { .name = "bytes",
		    .title = "Size",
		    .type = CELL_U64,
		    .unit = UNIT_BYTES,
		    .help = "of the last one" },
	[TOOK] = { .name = "took",
		   .title = "Read in",
		   .type = CELL_U64,
		   .unit = UNIT_NSEC,
		   .help = "how long reading the last one took" },
	[TEXT] = { .name = "text",
		   .title = "Text",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_WIDE,
		   .help = "with --file: the last one" },
};

struct view_options {
	const char *file;
	nsec_t at;
	bool at_given;
};

static const struct option_spec view_options[] = {
	{ .name = "file",
	  .type = OPTION_STRING,
	  .arg = "PATH",
	  OPTION_AT(struct view_options, file),
	  .help = "print the text of this file, as /proc/stat" },
	{ .name = "at",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct view_options, at),
	  OPTION_GIVEN(struct view_options, at_given),
	  .help = "the last snapshot that was read by then, since the start of the run; else the "
		  "last of the window" },
	{ 0 },
};

static const struct view_options view_defaults = { 0 };

struct raw_path {
	const char *path;
	uint64_t n, changes, hash;
	nsec_t time, end; /* of the last one */
	size_t bytes;
};

struct raw_view {
	struct strpool *names;
	struct idmap by_name;
	struct raw_path *path;
	uint32_t n, cap;
	char *text; /* of the file that is asked for: the last so far */
	nsec_t until; /* snapshots after it do not count */
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

static int begin(struct analysis_pass *p, struct err *e)
{
	const struct view_options *o = p->options;
	struct raw_view *v = p->state;

	v->until = o->at_given ? p->src->info->start + o->at : NSEC_MAX;
	v->names = strpool_new();
	return v->names ? 0 : no_memory(e);
}

static uint64_t hash_of(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

static struct raw_path *find_path(struct raw_view *v, const char *name)
{
	const char *pooled = strpool_add(v->names, name);
	uint32_t i = pooled ? idmap_get(&v->by_name, (uintptr_t)pooled) : IDMAP_NONE;

	if (i != IDMAP_NONE || !pooled)
		return pooled ? &v->path[i] : NULL;
	if (v->n == v->cap) {
		uint32_t cap = v->cap ? 2 * v->cap : 16;
		struct raw_path *grown = reallocarray(v->path, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		v->path = grown;
		v->cap = cap;
	}
	if (idmap_set(&v->by_name, (uintptr_t)pooled, v->n) < 0)
		return NULL;
	v->path[v->n] = (struct raw_path){ .path = pooled };
	return &v->path[v->n++];
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	const struct view_options *o = p->options;
	struct raw_view *v = p->state;

	for (uint32_t i = 0; i < b->rows && b->time[i] <= v->until; i++) {
		struct raw_path *x = find_path(v, batch_text(b, RAW_PATH, i));
		const char *text = batch_text(b, RAW_TEXT, i);

		if (!x)
			return no_memory(e);
		uint64_t hash = hash_of(text);

		x->changes += x->n && hash != x->hash;
		x->hash = hash;
		x->n++;
		x->time = b->time[i];
		x->end = batch_u64(b, RAW_END)[i];
		x->bytes = strlen(text);
		if (!o->file || strcmp(o->file, x->path) != 0)
			continue;
		free(v->text);
		v->text = strdup(text);
		if (!v->text)
			return no_memory(e);
	}
	return 0;
}

static int no_such_file(const struct raw_view *v, const struct view_options *o, struct err *e)
{
	char names[400] = "";
	size_t at = 0;

	for (uint32_t i = 0; i < v->n && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       v->path[i].path);
	return err_set(e, -EINVAL, "--file: no snapshot of '%.200s'%s (there are: %s%s)", o->file,
		       o->at_given ? " by then" : "", v->n ? names : "none",
		       at >= sizeof(names) ? " ..." : "");
}

static void put_row(struct analysis_pass *p, const struct raw_path *x, const char *text)
{
	struct table *t = p->answer->table;

	table_row(t);
	table_set_text(t, PATH, x->path);
	table_set_u64(t, TIME, x->time - p->src->info->start);
	table_set_u64(t, SNAPSHOTS, x->n);
	table_set_u64(t, DIFFERENT, x->changes);
	table_set_u64(t, BYTES, x->bytes);
	table_set_u64(t, TOOK, x->end - min_of(x->end, x->time));
	if (text)
		table_set_text(t, TEXT, text);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	const struct view_options *o = p->options;
	struct raw_view *v = p->state;

	p->answer->table = table_new("raw", "Raw files", columns, N_COLUMNS);
	if (!p->answer->table)
		return no_memory(e);
	if (o->file && !v->text)
		return no_such_file(v, o, e);
	for (uint32_t i = 0; i < v->n; i++) {
		bool asked = o->file && !strcmp(o->file, v->path[i].path);

		if (asked || !o->file)
			put_row(p, &v->path[i], asked ? v->text : NULL);
	}
	if (o->file)
		p->answer->document = table_text(p->answer->table, v->text);
	return !o->file || p->answer->document ? 0 : no_memory(e);
}

static void done(struct analysis_pass *p)
{
	struct raw_view *v = p->state;

	strpool_free(v->names);
	idmap_done(&v->by_name);
	free(v->path);
	free(v->text);
}

static const struct track *const needs[] = { &track_raw, NULL };

const struct analysis analysis_raw = {
	.name = "raw",
	.title = "Raw files",
	.summary = "files of /proc and /sys as they were recorded",
	.help = "kymo record --raw keeps the text of files as it was at each tick. Without --file: "
		"which there are. With it the text of one snapshot is printed and nothing else, so "
		"that programs which read such files can have it: the last one in the window, or "
		"the last by --at. Bytes of 0 (command lines, environments) were recorded as "
		"newlines.",
	.needs = needs,
	.options = view_options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &view_defaults,
	.on_demand = true,
	.state_bytes = sizeof(struct raw_view),
	.begin = begin,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
