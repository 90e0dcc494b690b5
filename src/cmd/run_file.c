/* SPDX-License-Identifier: MIT */
/* Opening recordings and what can be read as one. */
#include "cmd/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "model/memory.h"

/* Imported rows of more bytes go to a file. */
#define MEMORY_BYTES ((size_t)16 << 20)

struct run_file {
	struct recording *recording; /* one of both */
	struct memory *memory;
	struct source *source; /* of it */
};

/* ---- imports ---- */

/* Where the rows of an import go. */
struct landing {
	struct sink sink;
	const char *path;
	size_t memory_bytes; /* that .memory may have */
	struct memory *memory; /* until that is full */
	int fd; /* from then on, with .writer; it stays ours */
	struct recording_writer *writer;
};

/* All rows so far, and those to come, into an unnamed recording. */
static int move_to_file(struct landing *l, struct err *e)
{
	l->fd = conversion_unnamed_file(e);
	int own = l->fd < 0 ? -1 : fcntl(l->fd, F_DUPFD_CLOEXEC, 3);

	if (l->fd < 0)
		return l->fd;
	if (own < 0)
		return err_set(e, -errno, "cannot write a temporary file: %s", strerror(errno));
	int r = recording_create_fd(own, l->path, NULL, &l->writer, e);

	if (r >= 0)
		r = memory_move(l->memory, recording_writer_sink(l->writer), e);
	l->memory = memory_free(l->memory);
	return r;
}

static int land(struct sink *sink, const struct batch *b, struct err *e)
{
	struct landing *l = container_of(sink, struct landing, sink);
	int r = 0;

	if (!l->writer && memory_bytes(l->memory) >= l->memory_bytes)
		r = move_to_file(l, e);
	if (r < 0)
		return r;
	return sink_write(l->writer ? recording_writer_sink(l->writer) : memory_sink(l->memory), b,
			  e);
}

static int import(struct landing *l, const struct conversion_options *how,
		  struct import_result *result, struct err *e)
{
	auto_ptr(input) in = NULL;
	int r = input_open(l->path, &in, e);

	if (r >= 0 && !how->importer && !importer_recognise(in))
		r = err_set(e, -EMEDIUMTYPE,
			    "'%s' is no recording, nor of a format that can be read (try: kymo "
			    "convert --help)",
			    l->path);
	if (r >= 0)
		r = conversion_run(in, how, &l->sink, result, e);
	return r < 0 || !l->writer ? r : recording_writer_close(l->writer, e);
}

/* What landed, as a source. */
static int take_landed(struct landing *l, unsigned int flags, struct run_file *f, struct err *e)
{
	int r = 0;

	if (l->writer)
		return recording_open_fd(steal_fd(&l->fd), l->path, flags, &f->recording, e);
	f->memory = steal_ptr(l->memory);
	memory_set_name(f->memory, l->path);
	f->source = memory_source(f->memory);
	if (!f->source)
		r = err_set(e, -ENOMEM, "out of memory");
	return r;
}

static int import_and_open(const char *path, const struct run_file_options *o, struct run_file *f,
			   struct err *e)
{
	struct import_result result = { 0 };
	struct landing l = { .sink.write = land,
			     .path = path,
			     .memory_bytes = o->blocks	       ? 0
					     : o->memory_bytes ? o->memory_bytes
							       : MEMORY_BYTES,
			     .memory = memory_new(),
			     .fd = -1 };

	if (l.memory)
		memory_gather(l.memory);
	int r = l.memory ? import(&l, &o->conversion, &result, e)
			 : err_set(e, -ENOMEM, "out of memory");

	if (r >= 0) {
		conversion_tell(&result);
		if (!result.complete)
			log_warn("%s; showing what came before", result.damage);
		r = take_landed(&l, o->flags, f, e);
	}
	import_result_done(&result);
	recording_writer_free(l.writer);
	memory_free(l.memory);
	if (l.fd >= 0)
		close(l.fd);
	return r;
}

/* ---- both ---- */

static int open_either(const char *path, const struct run_file_options *o, struct run_file *f,
		       struct err *e)
{
	int r = recording_open(path, o->flags, &f->recording, e);

	/* Pipes are no recordings, but importers read them. */
	if (r == -EMEDIUMTYPE || r == -ESPIPE || (r == -ENOENT && !strcmp(path, "-"))) {
		struct err why = { 0 };
		int imported = import_and_open(path, o, f, &why);

		/* What is neither: what a recording lacks is the better word for a .kymo. */
		if (imported != -EMEDIUMTYPE || r != -EMEDIUMTYPE) {
			*e = why;
			r = imported;
		}
	}
	if (r >= 0 && f->recording)
		f->source = recording_source(f->recording);
	return r;
}

int run_file_open(const char *path, const struct run_file_options *o, struct run_file **ret,
		  struct err *e)
{
	static const struct run_file_options by_itself = { 0 };
	auto_ptr(run_file) f = calloc(1, sizeof(*f));
	struct err own = { 0 };

	if (!f)
		return err_set(e, -ENOMEM, "out of memory");
	int r = open_either(path, o ? o : &by_itself, f, &own);

	if (r < 0) {
		if (e)
			*e = own;
		return r;
	}
	*ret = steal_ptr(f);
	return 0;
}

struct run_file *run_file_close(struct run_file *f)
{
	if (f) {
		recording_free(f->recording);
		memory_free(f->memory);
		free(f);
	}
	return NULL;
}

struct source *run_file_source(const struct run_file *f)
{
	return f->source;
}

struct recording *run_file_recording(const struct run_file *f)
{
	return f->recording;
}
