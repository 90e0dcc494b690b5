/* SPDX-License-Identifier: MIT */
/* Reads the tracing data of perf.data; nothing in it is believed. */
#include "import/perf_tracing.h"

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
	for (uint32_t i = 0; i < f->n; i++)
		free(f->format[i].name);
	free(f->format);
	idmap_done(&f->id);
	memset(f, 0, sizeof(*f));
}

const struct perf_format *perf_formats_find(const struct perf_formats *f, uint64_t id)
{
	uint32_t i = idmap_get(&f->id, id);

	return i == IDMAP_NONE ? NULL : &f->format[i];
}

static int add_format(struct perf_formats *f, const char *subsystem, const char *text, size_t len,
		      struct err *e)
{
	auto_ptr(tracepoint) t = NULL;
	auto_free char *name = NULL;
	struct sched_event event = { 0 };
	int r = tracepoint_parse(text, len, &t, e);

	if (r < 0)
		return r;
	enum sched_event_kind kind = sched_event_kind(subsystem, t->name);

	if (kind) {
		r = sched_event_init(&event, kind, t, e);
		if (r < 0)
			return r;
	}
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
	if (asprintf(&name, "%s:%s", subsystem, t->name) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	r = idmap_set(&f->id, t->id, f->n);
	if (r < 0)
		return r;
	f->format[f->n++] =
		(struct perf_format){ .id = t->id, .name = steal_ptr(name), .event = event };
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

int perf_formats_read(const char *path, bool big, struct perf_formats *f, struct err *e)
{
	static const char *const names[][2] = {
		{ "sched", "sched_switch" },	   { "sched", "sched_wakeup" },
		{ "sched", "sched_wakeup_new" },   { "sched", "sched_waking" },
		{ "sched", "sched_migrate_task" }, { "sched", "sched_process_fork" },
		{ "sched", "sched_process_exec" }, { "sched", "sched_process_exit" },
		{ "task", "task_rename" },
	};
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int found = 0;

	if (dir < 0)
		return err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno));
	f->big = big;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		char file[128];
		auto_buf text;

		buf_init(&text, TRACEPOINT_MAX_BYTES);
		snprintf(file, sizeof(file), "%s/%s/format", names[i][0], names[i][1]);
		int r = file_read_at(dir, file, &text);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return err_set(e, r, "cannot read '%s/%s': %s", path, file, strerror(-r));
		r = add_format(f, names[i][0], buf_str(&text), text.len, e);
		if (r < 0)
			return r;
		found++;
	}
	if (!found)
		return err_set(e, -ENOENT,
			       "no formats of scheduler events below '%s' (try: "
			       "/sys/kernel/tracing/events)",
			       path);
	return 0;
}
