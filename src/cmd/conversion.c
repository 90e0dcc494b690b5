/* SPDX-License-Identifier: MIT */
/* Imports, for `kymo convert` and for every command that reads a run. */
#include "cmd/conversion.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/nsec.h"
#include "base/quantity.h"
#include "model/run.h"

struct conversion {
	struct sink *sink;
	const char *path;
	nsec_t shown; /* when progress was shown last */
};

static int add_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	struct conversion *c = ctx;

	return run_meta_write(c->sink, key, value, e);
}

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct conversion *c = ctx;
	nsec_t now = nsec_monotonic();
	char size[QUANTITY_MAX];

	if (now - c->shown < 200 * NSEC_PER_MSEC)
		return;
	c->shown = now;
	if (total)
		log_progress("%s: %s, %u %%", c->path, quantity_size(size, done),
			     (unsigned int)(done * 100 / total));
	else
		log_progress("%s: %s", c->path, quantity_size(size, done));
}

static int write_meta(struct conversion *c, const struct importer *importer, const char *label,
		      struct err *e)
{
	int r = run_meta_write(c->sink, "kymo.version", KYMO_VERSION, e);

	if (r >= 0)
		r = run_meta_write(c->sink, "import.file", c->path, e);
	if (r >= 0)
		r = run_meta_write(c->sink, "import.format", importer->name, e);
	if (r >= 0 && label)
		r = run_meta_write(c->sink, "label", label, e);
	return r;
}

int conversion_run(struct input *in, const struct conversion_options *o, struct sink *sink,
		   struct import_result *result, struct err *e)
{
	const struct importer *importer = o->importer ? o->importer : importer_recognise(in);
	struct conversion c = { .sink = sink, .path = input_name(in), .shown = nsec_monotonic() };
	const struct import_args args = {
		.formats = o->formats,
		.root = o->root,
		.stream = o->stream,
		.meta = add_meta,
		.progress = show_progress,
		.ctx = &c,
	};

	if (!importer)
		return err_set(e, -EMEDIUMTYPE,
			       "'%s' is of no format that can be read (try: kymo convert "
			       "--from-format)",
			       c.path);
	int r = write_meta(&c, importer, o->label, e);

	if (r >= 0)
		r = importer->run(in, sink, &args, result, e);
	log_progress_done();
	return r;
}

void conversion_tell_notes(const struct buf *notes)
{
	for (const char *line = notes->len ? (const char *)notes->data : ""; *line;) {
		const char *end = strchr(line, '\n');

		log_info("%.*s", (int)(end - line), line);
		line = end + 1;
	}
}

void conversion_tell(const struct import_result *result)
{
	char late[QUANTITY_MAX];

	conversion_tell_notes(&result->notes);
	if (result->late)
		log_warn("%s rows came too late to be put in order, entered as losses",
			 quantity_count(late, result->late));
}

int conversion_unnamed_file(struct err *e)
{
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("kymo", MFD_CLOEXEC);
	return fd < 0 ? err_set(e, -errno, "cannot make a temporary file: %s (try: TMPDIR=DIR)",
				strerror(errno))
		      : fd;
}
