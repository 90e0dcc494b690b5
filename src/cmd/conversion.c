/* SPDX-License-Identifier: MIT */
/* Imports, for `kymo convert` and for every command that reads a run. */
#include "cmd/conversion.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/nsec.h"
#include "base/quantity.h"

struct conversion {
	struct recording_writer *writer;
	const char *path;
	nsec_t shown; /* when progress was shown last */
};

static int add_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	struct conversion *c = ctx;

	return recording_writer_meta(c->writer, key, value, e);
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
	int r = recording_writer_meta(c->writer, "kymo.version", KYMO_VERSION, e);

	if (r >= 0)
		r = recording_writer_meta(c->writer, "import.file", c->path, e);
	if (r >= 0)
		r = recording_writer_meta(c->writer, "import.format", importer->name, e);
	if (r >= 0 && label)
		r = recording_writer_meta(c->writer, "label", label, e);
	return r;
}

int conversion_run(struct input *in, const struct conversion_options *o,
		   struct recording_writer *writer, struct import_result *result, struct err *e)
{
	const struct importer *importer = o->importer ? o->importer : importer_recognise(in);
	struct conversion c = { .writer = writer,
				.path = input_name(in),
				.shown = nsec_monotonic() };
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
		r = importer->run(in, recording_writer_sink(writer), &args, result, e);
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

/* ---- opening ---- */

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

static int import_into(int fd, const char *path, const struct conversion_options *how,
		       struct import_result *result, struct err *e)
{
	auto_ptr(input) in = NULL;
	auto_ptr(recording_writer) writer = NULL;
	int r = input_open(path, &in, e);

	if (r >= 0 && !how->importer && !importer_recognise(in))
		r = err_set(e, -EMEDIUMTYPE,
			    "'%s' is no recording, nor of a format that can be read (try: kymo "
			    "convert --help)",
			    path);
	int own = r < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (r >= 0 && own < 0)
		r = err_set(e, -errno, "cannot write a temporary file: %s", strerror(errno));
	if (r >= 0)
		r = recording_create_fd(own, path, NULL, &writer, e);
	if (r >= 0)
		r = conversion_run(in, how, writer, result, e);
	return r < 0 ? r : recording_writer_close(writer, e);
}

static int import_and_open(const char *path, const struct conversion_options *how,
			   unsigned int flags, struct recording **ret, struct err *e)
{
	struct import_result result = { 0 };
	int fd = conversion_unnamed_file(e);
	int r = fd < 0 ? fd : import_into(fd, path, how, &result, e);

	if (r >= 0) {
		conversion_tell(&result);
		if (!result.complete)
			log_warn("%s; showing what came before", result.damage);
		r = recording_open_fd(fd, path, flags, ret, e);
		fd = -1;
	}
	import_result_done(&result);
	if (fd >= 0)
		close(fd);
	return r;
}

int conversion_open(const char *path, unsigned int flags, struct recording **ret, struct err *e)
{
	static const struct conversion_options by_itself = { 0 };

	return conversion_open_as(path, &by_itself, flags, ret, e);
}

int conversion_open_as(const char *path, const struct conversion_options *how, unsigned int flags,
		       struct recording **ret, struct err *e)
{
	struct err own = { 0 };
	int r = recording_open(path, flags, ret, &own);

	/* Pipes are no recordings, but importers read them. */
	if (r == -EMEDIUMTYPE || r == -ESPIPE || (r == -ENOENT && !strcmp(path, "-"))) {
		struct err why = { 0 };
		int imported = import_and_open(path, how, flags, ret, &why);

		/* What is neither: what a recording lacks is the better word for a .kymo. */
		if (imported != -EMEDIUMTYPE || r != -EMEDIUMTYPE) {
			own = why;
			r = imported;
		}
	}
	if (r < 0 && e)
		*e = own;
	return r;
}
