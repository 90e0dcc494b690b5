/* SPDX-License-Identifier: MIT */
/*
 * From frames to functions. `struct frames` numbers any triple of two small numbers and a large
 * one; here also the distinct places of all chains, the functions, and the tree of functions.
 */
#include "model/functions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"

struct functions {
	struct function *function;
	size_t n, room;
	struct strpool *text;
	uint32_t *of; /* by node of the profile */
	uint32_t *tree_node; /* the same */
	size_t n_nodes;
	struct frames *tree;
};

/* As it stands in making.place, with its number there. */
struct place {
	uint64_t offset;
	uint32_t module, number;
};

/* While they are made. */
struct making {
	const struct profile *profile;
	struct symbol_source *symbols; /* or NULL */
	struct functions *f;
	struct frames *place; /* module and offset, each once */
	struct place *sorted; /* by module and offset */
	uint32_t *function; /* by place */
	struct frames *known; /* name, module and start of each function */
	struct idmap text; /* number of an interned text, for .known */
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

struct functions *functions_free(struct functions *f)
{
	if (f) {
		free(f->function);
		free(f->of);
		free(f->tree_node);
		strpool_free(f->text);
		frames_free(f->tree);
		free(f);
	}
	return NULL;
}

/* "/usr/lib/libc.so.6" is libc.so.6; what is no path ("[vdso]", "//anon") stays. */
static const char *short_name(const struct module *m)
{
	const char *slash = strrchr(m->path, '/');

	if (!m->path[0])
		return m->kind == MODULE_KERNEL ? "[kernel]" : "[unknown]";
	if (m->path[0] == '[' || !strncmp(m->path, "//", 2) || !slash || !slash[1])
		return m->path;
	return slash + 1;
}

static uint32_t number_of(struct making *m, const char *text)
{
	uint32_t number = idmap_get(&m->text, (uintptr_t)text);

	if (number != IDMAP_NONE)
		return number;
	number = m->text.used;
	return idmap_set(&m->text, (uintptr_t)text, number) < 0 ? FUNCTION_NONE : number;
}

/* The number of @want, new or not; its texts are interned here. */
static int intern(struct making *m, const struct function *want, uint32_t *ret)
{
	struct functions *f = m->f;
	struct function copy = *want;
	void *array = f->function;

	copy.name = strpool_add(f->text, want->name);
	copy.module = strpool_add(f->text, want->module);
	if (!copy.name || !copy.module)
		return -ENOMEM;
	uint32_t name = number_of(m, copy.name), module = number_of(m, copy.module);

	if (name == FUNCTION_NONE || module == FUNCTION_NONE)
		return -ENOMEM;
	uint32_t number = frames_add(m->known, name, module, copy.start);

	if (number == FRAMES_MAX)
		return -ENOMEM;
	*ret = number - 1; /* 0 is the root */
	if (*ret < f->n)
		return 0;
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 256;

		array = reallocarray(array, room, sizeof(*f->function));
		if (!array)
			return -ENOMEM;
		f->function = array;
		f->room = room;
	}
	f->function[f->n++] = copy;
	return 0;
}

static int by_place(const void *a_, const void *b_)
{
	const struct place *a = a_, *b = b_;

	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The distinct places of all frames; f->of holds their numbers for now. */
static int find_places(struct making *m)
{
	const struct frames *frames = profile_frames(m->profile);
	struct functions *f = m->f;

	f->n_nodes = frames_count(frames);
	f->of = malloc(f->n_nodes * sizeof(*f->of));
	f->tree_node = calloc(f->n_nodes, sizeof(*f->tree_node));
	m->place = frames_new();
	if (!f->of || !f->tree_node || !m->place)
		return -ENOMEM;
	f->of[0] = FUNCTION_NONE;
	for (uint32_t i = 1; i < f->n_nodes; i++) {
		const struct frame *at = frames_at(frames, i);

		f->of[i] = frames_add(m->place, 0, at->module, at->offset);
		if (f->of[i] == FRAMES_MAX)
			return -ENOMEM;
	}
	size_t n = frames_count(m->place);

	m->sorted = malloc(n * sizeof(*m->sorted));
	m->function = malloc(n * sizeof(*m->function));
	if (!m->sorted || !m->function)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++) {
		const struct frame *at = frames_at(m->place, i);

		m->sorted[i - 1] = (struct place){ at->offset, at->module, i };
	}
	if (n > 1)
		qsort(m->sorted, n - 1, sizeof(*m->sorted), by_place);
	return 0;
}

/* One place: @found by its name in the recording, else as @s says, else by its offset. */
static int settle_place(struct making *m, const struct place *at,
			const struct profile_symbol *found, const struct symbol *s)
{
	const struct module *module = modules_at(profile_modules(m->profile), at->module);
	struct function want = { .module = s && s->module ? s->module : short_name(module),
				 .kind = module->kind,
				 .known = true };
	char offset[24];

	if (found) {
		want.name = found->name;
		want.start = found->offset;
		/* Names without places: the number says nothing but which name. */
		if (module->kind == MODULE_NAMED)
			want.start = 0;
	} else if (s && s->name) {
		want.name = s->name;
		want.start = s->start;
	} else {
		(void)snprintf(offset, sizeof(offset), "0x%016" PRIx64, at->offset);
		want.name = offset;
		want.start = at->offset;
		want.known = false;
	}
	return intern(m, &want, &m->function[at->number]);
}

/* The @n places of one module. */
static int resolve_module(struct making *m, const struct place *place, size_t n, struct err *e)
{
	uint32_t number = place[0].module;
	const struct module *module = modules_at(profile_modules(m->profile), number);
	auto_free uint64_t *offset = malloc(n * sizeof(*offset));
	auto_free struct symbol *symbol = calloc(n, sizeof(*symbol));
	size_t asked = 0;
	int r = 0;

	if (!offset || !symbol)
		return out_of_memory(e);
	for (size_t i = 0; i < n && m->symbols; i++) {
		if (!profile_symbol(m->profile, number, place[i].offset))
			offset[asked++] = place[i].offset;
	}
	if (asked)
		r = m->symbols->resolve(m->symbols, module, offset, asked, symbol, e);
	asked = 0;
	for (size_t i = 0; i < n && r >= 0; i++) {
		const struct profile_symbol *found =
			profile_symbol(m->profile, number, place[i].offset);
		bool ask = m->symbols && !found;

		if (settle_place(m, &place[i], found, ask ? &symbol[asked] : NULL) < 0)
			return out_of_memory(e);
		asked += ask;
	}
	return r;
}

static int resolve(struct making *m, struct err *e)
{
	size_t n = frames_count(m->place) - 1, end;
	int r = 0;

	m->known = frames_new();
	if (!m->known)
		return out_of_memory(e);
	for (size_t i = 0; i < n && r >= 0; i = end) {
		for (end = i + 1; end < n && m->sorted[end].module == m->sorted[i].module;)
			end++;
		r = resolve_module(m, m->sorted + i, end - i, e);
	}
	return r;
}

/* Callees of one caller that are the same function become one. */
static int plant(struct making *m, struct err *e)
{
	const struct frames *frames = profile_frames(m->profile);
	struct functions *f = m->f;

	f->tree = frames_new();
	if (!f->tree)
		return out_of_memory(e);
	for (uint32_t i = 1; i < f->n_nodes; i++) {
		f->of[i] = m->function[f->of[i]];
		f->tree_node[i] = frames_add(f->tree, f->tree_node[frames_at(frames, i)->parent],
					     f->of[i], 0);
		if (f->tree_node[i] == FRAMES_MAX)
			return out_of_memory(e);
	}
	return 0;
}

int functions_new(const struct profile *p, struct symbol_source *symbols, struct functions **ret,
		  struct err *e)
{
	auto_ptr(functions) f = calloc(1, sizeof(*f));
	struct making m = { .profile = p, .symbols = symbols, .f = f };
	int r = -ENOMEM;

	if (f)
		f->text = strpool_new();
	if (f && f->text)
		r = find_places(&m);
	if (r < 0)
		(void)out_of_memory(e);
	if (r >= 0)
		r = resolve(&m, e);
	if (r >= 0)
		r = plant(&m, e);
	frames_free(m.place);
	frames_free(m.known);
	free(m.sorted);
	free(m.function);
	idmap_done(&m.text);
	if (r < 0)
		return r;
	*ret = steal_ptr(f);
	return 0;
}

size_t functions_count(const struct functions *f)
{
	return f->n;
}

const struct function *functions_at(const struct functions *f, uint32_t number)
{
	return &f->function[number];
}

uint32_t functions_of(const struct functions *f, uint32_t node)
{
	return f->of[node];
}

size_t functions_n_nodes(const struct functions *f)
{
	return f->n_nodes;
}

const struct frames *functions_tree(const struct functions *f)
{
	return f->tree;
}

uint32_t functions_tree_node(const struct functions *f, uint32_t node)
{
	return f->tree_node[node];
}
