/* SPDX-License-Identifier: MIT */
/* By module, its offsets ascending, so that a source is asked once per module. */
#include "symbol/profile_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 2048u
#define PART 4096u /* offsets asked at once */

/* ---- writing ---- */

struct place {
	uint64_t offset;
	uint32_t module;
};

struct names_writer {
	struct sink *sink;
	struct batch *rows;
	nsec_t time;
	uint64_t n;
	/* Of the row before. */
	uint32_t module;
	uint64_t start, end;
	const char *name;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int give(struct names_writer *w, struct err *e)
{
	int r = sink_write(w->sink, w->rows, e);

	batch_clear(w->rows);
	return r;
}

static int add_row(struct names_writer *w, uint32_t module, uint64_t start, uint64_t bytes,
		   const char *name, struct err *e)
{
	struct batch *b = w->rows;
	int r = batch_full(b) ? give(w, e) : 0;

	if (r < 0)
		return r;
	int64_t text = batch_add_text(b, name);

	if (text == -E2BIG) {
		r = give(w, e);
		text = r < 0 ? r : batch_add_text(b, name);
	}
	if (r < 0)
		return r;
	if (text < 0)
		return err_set(e, -ENOMEM, "out of memory");
	b->time[b->rows] = w->time;
	batch_u32(b, SYMBOL_MODULE)[b->rows] = module;
	batch_u64(b, SYMBOL_OFFSET)[b->rows] = start;
	batch_u32(b, SYMBOL_BYTES)[b->rows] = (uint32_t)min_of(bytes, (uint64_t)UINT32_MAX);
	((uint32_t *)b->col[SYMBOL_NAME])[b->rows] = (uint32_t)text;
	b->rows++;
	w->n++;
	w->module = module;
	w->start = start;
	w->end = start + bytes;
	w->name = name;
	return 0;
}

/*
 * A reader takes the last row at or before an offset. So a function that goes on behind another
 * that lies within it gets one more row there.
 */
static int write_symbol(struct names_writer *w, uint32_t module, uint64_t offset,
			const struct symbol *s, struct err *e)
{
	bool same_module = w->name && w->module == module;

	if (!s->name)
		return 0;
	if (same_module && s->name == w->name && offset < w->end)
		return 0;
	uint64_t start = same_module && s->start <= w->start ? offset : s->start;
	uint64_t end = s->bytes ? s->start + s->bytes : offset + 1;

	return add_row(w, module, start, max_of(end, offset + 1) - start, s->name, e);
}

/* The offsets of one module. */
static int write_module(struct names_writer *w, const struct modules *m,
			struct symbol_source *names, const struct place *p, size_t n, struct err *e)
{
	static const size_t part = PART;
	auto_free uint64_t *offset = calloc(part, sizeof(*offset));
	auto_free struct symbol *symbol = calloc(part, sizeof(*symbol));
	int r = 0;

	if (!offset || !symbol)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t done = 0; done < n && r >= 0; done += part) {
		size_t now = min_of(n - done, part);

		for (size_t k = 0; k < now; k++)
			offset[k] = p[done + k].offset;
		r = names->resolve(names, modules_at(m, p->module), offset, now, symbol, e);
		for (size_t k = 0; k < now && r >= 0; k++)
			r = write_symbol(w, p->module, offset[k], &symbol[k], e);
	}
	return r;
}

int profile_names_write(const struct frames *f, const struct modules *m,
			struct symbol_source *names, uint32_t kinds, nsec_t time, struct sink *sink,
			uint64_t *ret_rows, struct err *e)
{
	auto_free struct place *place = calloc(frames_count(f), sizeof(*place));
	auto_ptr(batch) rows = batch_new(&track_symbol, ROWS);
	struct names_writer w = { .sink = sink, .rows = rows, .time = time };
	size_t n = 0, kept = 0;
	int r = 0;

	if (!place || !rows)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t node = 1; node < frames_count(f); node++) {
		const struct frame *frame = frames_at(f, node);
		uint32_t kind = (uint32_t)modules_at(m, frame->module)->kind;

		if (kind < 32 && kinds & MODULE_KIND_BIT(kind))
			place[n++] = (struct place){ frame->offset, frame->module };
	}
	qsort(place, n, sizeof(*place), by_place);
	for (size_t k = 0; k < n; k++)
		if (!kept || by_place(&place[kept - 1], &place[k]) != 0)
			place[kept++] = place[k];
	for (size_t k = 0, end; k < kept && r >= 0; k = end) {
		for (end = k + 1; end < kept && place[end].module == place[k].module;)
			end++;
		r = write_module(&w, m, names, place + k, end - k, e);
	}
	if (r >= 0)
		r = give(&w, e);
	if (r >= 0 && ret_rows)
		*ret_rows = w.n;
	return r;
}

/* ---- reading ---- */

struct profile_names {
	struct symbol_source source;
	const struct profile *profile;
	struct symbol_source *fallback;
	struct modules *numbers; /* the profile's, for their numbers */
};

static const char *module_name(const struct module *m)
{
	const char *slash = strrchr(m->path, '/');

	if (m->kind == MODULE_KERNEL)
		return "[kernel]";
	return m->kind == MODULE_FILE && slash && slash[1] ? slash + 1 : m->path;
}

/* Whether the symbol table on disk is better than what the recording says. */
static bool ask_first(const struct profile_names *n, const struct module *m)
{
	return n->fallback && m->kind == MODULE_FILE && m->build_id[0];
}

static int resolve(struct symbol_source *source, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e)
{
	struct profile_names *names = container_of(source, struct profile_names, source);
	uint32_t number = FRAMES_MAX;
	bool asked = ask_first(names, m), missing = false;
	int r = asked ? names->fallback->resolve(names->fallback, m, offset, n, ret, e) : 0;

	if (r < 0)
		return r;
	/* A module that the profile does not have gets a number that it does not use. */
	number = modules_add(names->numbers, m);
	if (number == FRAMES_MAX)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t k = 0; k < n; k++) {
		const struct profile_symbol *s;

		if (!asked)
			ret[k] = (struct symbol){ .module = module_name(m) };
		s = ret[k].name ? NULL : profile_symbol(names->profile, number, offset[k]);
		if (s) {
			ret[k].name = s->name;
			ret[k].start = s->offset;
			ret[k].bytes = s->bytes;
		}
		missing = missing || !ret[k].name;
	}
	if (asked || !missing || !names->fallback)
		return 0;
	/* The others one by one: those that are known stay. */
	for (size_t k = 0; k < n && r >= 0; k++)
		if (!ret[k].name)
			r = names->fallback->resolve(names->fallback, m, &offset[k], 1, &ret[k], e);
	return r;
}

int profile_names_new(const struct profile *p, struct symbol_source *fallback,
		      struct profile_names **ret, struct err *e)
{
	auto_ptr(profile_names) n = calloc(1, sizeof(*n));
	const struct modules *m = profile_modules(p);

	if (!n || !(n->numbers = modules_new()))
		return err_set(e, -ENOMEM, "out of memory");
	n->source.resolve = resolve;
	n->profile = p;
	n->fallback = fallback;
	for (size_t k = 0; k < modules_count(m); k++)
		if (modules_add(n->numbers, modules_at(m, (uint32_t)k)) == FRAMES_MAX)
			return err_set(e, -ENOMEM, "out of memory");
	*ret = steal_ptr(n);
	return 0;
}

struct profile_names *profile_names_free(struct profile_names *n)
{
	if (n) {
		modules_free(n->numbers);
		free(n);
	}
	return NULL;
}

struct symbol_source *profile_names_source(struct profile_names *n)
{
	return &n->source;
}
