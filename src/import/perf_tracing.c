/* SPDX-License-Identifier: MIT */
/* Reads the tracing data of perf.data; nothing in it is believed. */
#include "import/perf_tracing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "import/perf_attr.h"

#define FORMATS_MAX 65536u

void perf_formats_done(struct perf_formats *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		free(f->format[i].name);
		free(f->format[i].why);
	}
	free(f->format);
	idmap_done(&f->id);
	memset(f, 0, sizeof(*f));
}

struct perf_format *perf_formats_find(const struct perf_formats *f, uint64_t id)
{
	uint32_t i = idmap_get(&f->id, id);

	return i == IDMAP_NONE ? NULL : &f->format[i];
}

static int ensure_room(struct perf_formats *f, struct err *e)
{
	if (f->n == FORMATS_MAX)
		return err_set(e, -EBADMSG, "more than %u tracepoints", FORMATS_MAX);
	if (f->n == f->cap) {
		uint32_t cap = f->cap ? f->cap * 2 : 64;
		struct perf_format *format = reallocarray(f->format, cap, sizeof(*format));

		if (!format)
			return -ENOMEM;
		f->format = format;
		f->cap = cap;
	}
	return 0;
}

static int add_format(struct perf_formats *f, const char *subsystem, const char *text, size_t len,
		      struct err *e)
{
	auto_ptr(tracepoint) t = NULL;
	auto_free char *name = NULL;
	auto_free char *why = NULL;
	struct trace_event event;
	struct err unread = { 0 };
	int r = tracepoint_parse(text, len, &t, e);

	if (r < 0)
		return r;
	if (asprintf(&name, "%s:%s", subsystem, t->name) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	r = trace_event_init(&event, subsystem, name + strlen(subsystem) + 1, t, &unread);
	/*
	 * What the scheduler's tracepoints lack is damage, their fields are the same everywhere.
	 * The kvm subsystem's differ from machine to machine: one that is not understood is named.
	 */
	if (r < 0 && trace_event_reader(subsystem, t->name) == TRACE_READER_SCHED)
		return err_set(e, r, "%s", unread.text);
	if (r < 0 && !(why = strdup(err_text(&unread, r))))
		return -ENOMEM;
	r = ensure_room(f, e);
	if (r < 0)
		return r;
	r = idmap_set(&f->id, t->id, f->n);
	if (r < 0)
		return r;
	f->format[f->n++] = (struct perf_format){
		.id = t->id, .name = steal_ptr(name), .event = event, .why = steal_ptr(why)
	};
	return 0;
}

/* A place in the tracing data. */
struct place {
	const uint8_t *begin, *p, *end;
	bool big;
	const char *what; /* for words */
};

static int cut(const struct place *at, struct err *e)
{
	return err_set(e, -EBADMSG, "tracing data end within %s at their byte %zu", at->what,
		       (size_t)(at->p - at->begin));
}

static int take_u32(struct place *at, uint32_t *ret, struct err *e)
{
	if (at->end - at->p < 4)
		return cut(at, e);
	*ret = perf_u32(at->p, at->big);
	at->p += 4;
	return 0;
}

/* A length of @width bytes and as many bytes behind it. */
static int take_bytes(struct place *at, unsigned int width, const char **ret, size_t *ret_n,
		      struct err *e)
{
	uint64_t n;

	if ((size_t)(at->end - at->p) < width)
		return cut(at, e);
	n = width == 4 ? perf_u32(at->p, at->big) : perf_u64(at->p, at->big);
	at->p += width;
	if (n > (size_t)(at->end - at->p))
		return cut(at, e);
	*ret = (const char *)at->p;
	*ret_n = (size_t)n;
	at->p += n;
	return 0;
}

static int take_text(struct place *at, const char **ret, struct err *e)
{
	const uint8_t *nul = memchr(at->p, 0, (size_t)(at->end - at->p));

	if (!nul)
		return cut(at, e);
	*ret = (const char *)at->p;
	at->p = nul + 1;
	return 0;
}

static int take_header(struct place *at, const char *name, struct err *e)
{
	const char *text = NULL;
	size_t n = 0;
	int r = take_text(at, &text, e);

	if (r < 0)
		return r;
	if (strcmp(text, name))
		return err_set(e, -EBADMSG, "tracing data have no '%s'", name);
	return take_bytes(at, 8, &text, &n, e);
}

static int take_formats(struct place *at, const char *subsystem, struct perf_formats *f,
			struct err *e)
{
	uint32_t count = 0;
	int r = take_u32(at, &count, e);

	for (uint32_t i = 0; r >= 0 && i < count; i++) {
		const char *text = NULL;
		size_t n = 0;

		r = take_bytes(at, 8, &text, &n, e);
		if (r >= 0)
			r = add_format(f, subsystem, text, n, e);
	}
	return r;
}

int perf_tracing_parse(const uint8_t *p, size_t n, struct perf_formats *f, struct err *e)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	struct place at = { .begin = p, .p = p, .end = p + n, .what = "their header" };
	const char *text = NULL;
	uint32_t systems = 0;

	if (n < sizeof(magic) || memcmp(p, magic, sizeof(magic)))
		return err_set(e, -EBADMSG, "tracing data do not begin with their magic");
	at.p += sizeof(magic);
	int r = take_text(&at, &text, e);

	if (r < 0)
		return r;
	if (at.end - at.p < 6)
		return cut(&at, e);
	at.big = f->big = at.p[0] != 0;
	at.p += 6;
	r = take_header(&at, "header_page", e);
	if (r < 0)
		return r;
	r = take_header(&at, "header_event", e);
	if (r < 0)
		return r;
	at.what = "the formats of events";
	r = take_formats(&at, "ftrace", f, e);
	if (r < 0)
		return r;
	r = take_u32(&at, &systems, e);
	for (uint32_t i = 0; r >= 0 && i < systems; i++) {
		r = take_text(&at, &text, e);
		if (r >= 0)
			r = take_formats(&at, text, f, e);
	}
	/* Symbols and names of tasks follow: not needed, events name their tasks. */
	return r < 0 ? r : 0;
}

/* The format of one event of @path; what is none, as the files 'enable' and 'filter', is passed
 * over. */
static int read_format(int dir, const char *path, const char *subsystem, const char *name,
		       struct perf_formats *f, struct err *e)
{
	char file[512];
	auto_buf text;

	buf_init(&text, TRACEPOINT_MAX_BYTES);
	if (name[0] == '.' || trace_event_reader(subsystem, name) == TRACE_READER_NONE)
		return 0;
	snprintf(file, sizeof(file), "%s/%s/format", subsystem, name);
	int r = file_read_at(dir, file, &text);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return err_set(e, r, "cannot read '%s/%s': %s", path, file, strerror(-r));
	return add_format(f, subsystem, buf_str(&text), text.len, e);
}

/* The folder of @subsystem need not be there. */
static int read_subsystem(int dir, const char *path, const char *subsystem, struct perf_formats *f,
			  struct err *e)
{
	auto_close int fd = openat(dir, subsystem, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (!list)
		return err_set(e, -errno, "cannot open '%s/%s': %s", path, subsystem,
			       strerror(errno));
	steal_fd(&fd);
	while (r >= 0 && (entry = readdir(list)))
		r = read_format(dir, path, subsystem, entry->d_name, f, e);
	closedir(list);
	return r < 0 ? r : 0;
}

int perf_formats_read(const char *path, bool big, struct perf_formats *f, struct err *e)
{
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t before = f->n;

	if (dir < 0)
		return err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno));
	f->big = big;
	const char *subsystem;

	for (unsigned int i = 0; (subsystem = trace_event_subsystem(i)); i++) {
		int r = read_subsystem(dir, path, subsystem, f, e);

		if (r < 0)
			return r;
	}
	if (f->n == before)
		return err_set(e, -ENOENT,
			       "no formats of scheduler or KVM events below '%s' (try: "
			       "/sys/kernel/tracing/events)",
			       path);
	return 0;
}
