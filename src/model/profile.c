/* SPDX-License-Identifier: MIT */
/* Reading the tracks that samples refer to. Files may say anything, so numbers are checked here,
 * once, and trusted by all analyses. */
#include "model/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strpool.h"
#include "model/tasks.h"

struct symbol_row {
	uint32_t module;
	struct profile_symbol symbol;
};

struct profile {
	struct profile_event *event;
	size_t n_events, room_events;
	struct frames *frames;
	struct modules *modules;
	struct strpool *text;
	struct symbol_row *symbol; /* by module and offset */
	size_t n_symbols, room_symbols;
};

struct profile *profile_free(struct profile *p)
{
	if (p) {
		frames_free(p->frames);
		modules_free(p->modules);
		strpool_free(p->text);
		free(p->event);
		free(p->symbol);
		free(p);
	}
	return NULL;
}

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

static int take_events(struct profile *p, const struct batch *b, struct err *e)
{
	void *array = p->event;
	int r = tasks_ensure(&array, &p->room_events, p->n_events + b->rows, sizeof(*p->event));

	p->event = array;
	if (r < 0)
		return out_of_memory(e);
	for (uint32_t i = 0; i < b->rows; i++) {
		struct profile_event *v = &p->event[p->n_events++];

		*v = (struct profile_event){
			.number = batch_u16(b, EVENT_NUMBER)[i],
			.name = strpool_add(p->text, batch_text(b, EVENT_NAME, i)),
			.unit = strpool_add(p->text, batch_text(b, EVENT_UNIT, i)),
			.note = strpool_add(p->text, batch_text(b, EVENT_NOTE, i)),
			.type = batch_u32(b, EVENT_TYPE)[i],
			.config = batch_u64(b, EVENT_CONFIG)[i],
			.period = batch_u64(b, EVENT_PERIOD)[i],
			.freq = batch_u32(b, EVENT_FREQ)[i],
			.flags = batch_u32(b, EVENT_FLAGS)[i],
		};
		if (!v->name || !v->unit || !v->note)
			return out_of_memory(e);
	}
	return 0;
}

static int take_modules(struct profile *p, const struct batch *b, struct err *e)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		const struct module m = {
			.kind = (enum module_kind)batch_u8(b, MODULE_KIND)[i],
			.pid = batch_u32(b, MODULE_PID)[i],
			.build_id = batch_text(b, MODULE_BUILD_ID, i),
			.path = batch_text(b, MODULE_PATH, i),
		};
		size_t next = modules_count(p->modules);
		uint32_t number = modules_add(p->modules, &m);

		if (number == FRAMES_MAX)
			return out_of_memory(e);
		if (number != next || number != batch_u32(b, MODULE_NUMBER)[i])
			return err_set(e, -EBADMSG, "module %u is out of order",
				       batch_u32(b, MODULE_NUMBER)[i]);
	}
	return 0;
}

static int take_frames(struct profile *p, const struct batch *b, struct err *e)
{
	const uint32_t *node = batch_u32(b, FRAME_NODE), *parent = batch_u32(b, FRAME_PARENT);
	const uint32_t *module = batch_u32(b, FRAME_MODULE);

	for (uint32_t i = 0; i < b->rows; i++) {
		size_t next = frames_count(p->frames);

		if (node[i] != next || parent[i] >= next || module[i] >= modules_count(p->modules))
			return err_set(e, -EBADMSG, "frame %u is out of order", node[i]);
		uint32_t got =
			frames_add(p->frames, parent[i], module[i], batch_u64(b, FRAME_OFFSET)[i]);

		if (got == FRAMES_MAX)
			return out_of_memory(e);
		if (got != next)
			return err_set(e, -EBADMSG, "frame %u stands there twice", node[i]);
	}
	return 0;
}

static int take_symbols(struct profile *p, const struct batch *b, struct err *e)
{
	void *array = p->symbol;
	int r = tasks_ensure(&array, &p->room_symbols, p->n_symbols + b->rows, sizeof(*p->symbol));

	p->symbol = array;
	if (r < 0)
		return out_of_memory(e);
	for (uint32_t i = 0; i < b->rows; i++) {
		struct symbol_row *s = &p->symbol[p->n_symbols++];

		s->module = batch_u32(b, SYMBOL_MODULE)[i];
		s->symbol = (struct profile_symbol){
			.offset = batch_u64(b, SYMBOL_OFFSET)[i],
			.bytes = batch_u32(b, SYMBOL_BYTES)[i],
			.name = strpool_add(p->text, batch_text(b, SYMBOL_NAME, i)),
		};
		if (!s->symbol.name)
			return out_of_memory(e);
	}
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct symbol_row *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->symbol.offset < y->symbol.offset ? -1 : x->symbol.offset > y->symbol.offset;
}

static int read_track(struct profile *p, struct source *src, const struct track *t,
		      int (*take)(struct profile *, const struct batch *, struct err *),
		      struct err *e)
{
	const struct query q = { .tracks = track_bit(t) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		r = take(p, b, e);
	return r;
}

int profile_load(struct source *src, struct profile **ret, struct err *e)
{
	auto_ptr(profile) p = calloc(1, sizeof(*p));

	if (!p)
		return out_of_memory(e);
	p->frames = frames_new();
	p->modules = modules_new();
	p->text = strpool_new();
	if (!p->frames || !p->modules || !p->text)
		return out_of_memory(e);
	int r = read_track(p, src, &track_event, take_events, e);

	if (r >= 0)
		r = read_track(p, src, &track_module, take_modules, e);
	if (r >= 0)
		r = read_track(p, src, &track_frame, take_frames, e);
	if (r >= 0)
		r = read_track(p, src, &track_symbol, take_symbols, e);
	if (r < 0)
		return r;
	if (p->n_symbols)
		qsort(p->symbol, p->n_symbols, sizeof(*p->symbol), by_place);
	*ret = steal_ptr(p);
	return 0;
}

size_t profile_n_events(const struct profile *p)
{
	return p->n_events;
}

const struct profile_event *profile_event_at(const struct profile *p, size_t i)
{
	return &p->event[i];
}

const struct profile_event *profile_event(const struct profile *p, uint16_t number)
{
	for (size_t i = 0; i < p->n_events; i++)
		if (p->event[i].number == number)
			return &p->event[i];
	return NULL;
}

const struct frames *profile_frames(const struct profile *p)
{
	return p->frames;
}

const struct modules *profile_modules(const struct profile *p)
{
	return p->modules;
}

const struct profile_symbol *profile_symbol(const struct profile *p, uint32_t module,
					    uint64_t offset)
{
	size_t low = 0, high = p->n_symbols;

	/* The last that begins at or before the place. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct symbol_row *s = &p->symbol[mid];

		if (s->module < module || (s->module == module && s->symbol.offset <= offset))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || p->symbol[low - 1].module != module)
		return NULL;
	const struct profile_symbol *s = &p->symbol[low - 1].symbol;

	return s->bytes && offset - s->offset >= s->bytes ? NULL : s;
}
