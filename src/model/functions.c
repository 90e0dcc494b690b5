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

#define INLINED_MAX 64u

struct functions {
	struct function *function;
	size_t n, room;
	struct function_frame *frame;
	size_t n_frames, room_frames;
	struct strpool *text;
	struct function_site *site;
	size_t n_sites;
	uint32_t *site_of; /* by node of the profile */
	uint32_t *call_site; /* of the parent, by node; NULL: as site_of has it */
	uint32_t *tree_node; /* by node */
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
	enum functions_detail detail;
	struct functions *f;
	/* .parent 1: a call; module and offset: each once. Their numbers are those of sites. */
	struct frames *place;
	struct place *sorted; /* by module and offset */
	struct frames *known; /* name, module and start or source of each function */
	struct frames *source; /* file and line */
	struct idmap text; /* number of an interned text, for .known and .source */
	/* The one before: places are taken in order, so that many have the same. */
	struct function last;
	uint64_t last_start;
	uint32_t last_number;
	const char *module; /* last.module, interned */
	uint32_t module_number;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

struct functions *functions_free(struct functions *f)
{
	if (f) {
		free(f->function);
		free(f->frame);
		free(f->site);
		free(f->site_of);
		free(f->call_site);
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

/* What @want is told from others of its name by: the place in its source, else where it begins. */
static int identify(struct making *m, const struct function *want, uint64_t start, bool *ret_source,
		    uint64_t *ret)
{
	*ret = start;
	*ret_source = want->file != NULL;
	if (!want->file)
		return 0;
	uint32_t file = number_of(m, want->file);

	if (file == FUNCTION_NONE)
		return -ENOMEM;
	uint32_t number = frames_add(m->source, file, want->line, 0);

	if (number == FRAMES_MAX)
		return -ENOMEM;
	*ret = number;
	return 0;
}

/* Texts of one source are the same when they lie at the same place. */
static bool is_last(const struct making *m, const struct function *want, uint64_t start)
{
	return want->known && start == m->last_start && want->name == m->last.name &&
	       want->module == m->last.module && want->file == m->last.file &&
	       want->line == m->last.line && want->no_line == m->last.no_line;
}

static int intern_module(struct making *m, const char *module)
{
	if (m->module && module == m->last.module)
		return 0;
	m->module = strpool_add(m->f->text, module);
	m->module_number = m->module ? number_of(m, m->module) : FUNCTION_NONE;
	return m->module_number == FUNCTION_NONE ? -ENOMEM : 0;
}

/* The number of @want, new or not; its texts are interned here. */
static int intern(struct making *m, const struct function *want, uint64_t start, uint32_t *ret)
{
	struct functions *f = m->f;
	struct function copy = *want;
	void *array = f->function;
	uint64_t identity;
	bool source;

	if (is_last(m, want, start)) {
		*ret = m->last_number;
		return 0;
	}
	if (intern_module(m, want->module) < 0)
		return -ENOMEM;
	copy.name = strpool_add(f->text, want->name);
	copy.module = m->module;
	if (want->file)
		copy.file = strpool_add(f->text, want->file);
	if (want->no_line)
		copy.no_line = strpool_add(f->text, want->no_line);
	if (!copy.name || (want->file && !copy.file) || (want->no_line && !copy.no_line))
		return -ENOMEM;
	uint32_t name = number_of(m, copy.name);

	if (name == FUNCTION_NONE || identify(m, &copy, start, &source, &identity) < 0)
		return -ENOMEM;
	uint32_t number = frames_add(m->known, name, 2 * m->module_number + source, identity);

	if (number == FRAMES_MAX)
		return -ENOMEM;
	*ret = number - 1; /* 0 is the root */
	m->last = *want;
	m->last_start = start;
	m->last_number = *ret;
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

/* ---- places ---- */

/* Was the kernel entered here, rather than a function called? */
static bool enters_kernel(const struct making *m, uint32_t node)
{
	const struct frames *frames = profile_frames(m->profile);
	const struct modules *modules = profile_modules(m->profile);
	const struct frame *at = frames_at(frames, node);

	return modules_at(modules, at->module)->kind == MODULE_KERNEL && at->parent &&
	       modules_at(modules, frames_at(frames, at->parent)->module)->kind != MODULE_KERNEL;
}

static int by_place(const void *a_, const void *b_)
{
	const struct place *a = a_, *b = b_;

	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static struct place place_of(const struct frames *places, uint32_t number)
{
	const struct frame *at = frames_at(places, number);

	return (struct place){ at->offset, at->module, number };
}

/* Callers as places of their own. */
static int find_calls(struct making *m)
{
	const struct frames *frames = profile_frames(m->profile);
	struct functions *f = m->f;

	f->call_site = calloc(f->n_nodes, sizeof(*f->call_site));
	if (!f->call_site)
		return -ENOMEM;
	for (uint32_t i = 1; i < f->n_nodes; i++) {
		uint32_t parent = frames_at(frames, i)->parent;

		if (!parent || enters_kernel(m, i)) {
			f->call_site[i] = f->site_of[parent];
			continue;
		}
		const struct frame *at = frames_at(frames, parent);

		f->call_site[i] = frames_add(m->place, 1, at->module, at->offset);
		if (f->call_site[i] == FRAMES_MAX)
			return -ENOMEM;
	}
	return 0;
}

/* The distinct places of all frames, and their order. */
static int find_places(struct making *m)
{
	const struct frames *frames = profile_frames(m->profile);
	struct functions *f = m->f;
	int r = 0;

	f->n_nodes = frames_count(frames);
	f->site_of = malloc(f->n_nodes * sizeof(*f->site_of));
	f->tree_node = calloc(f->n_nodes, sizeof(*f->tree_node));
	f->tree = frames_new();
	m->place = frames_new();
	if (!f->site_of || !f->tree_node || !f->tree || !m->place)
		return -ENOMEM;
	f->site_of[0] = 0;
	for (uint32_t i = 1; i < f->n_nodes; i++) {
		const struct frame *at = frames_at(frames, i);

		f->site_of[i] = frames_add(m->place, 0, at->module, at->offset);
		if (f->site_of[i] == FRAMES_MAX)
			return -ENOMEM;
	}
	if (m->detail != FUNCTIONS_SYMBOLS)
		r = find_calls(m);
	f->n_sites = frames_count(m->place);
	f->site = malloc(f->n_sites * sizeof(*f->site));
	m->sorted = malloc(f->n_sites * sizeof(*m->sorted));
	if (r < 0 || !f->site || !m->sorted)
		return -ENOMEM;
	for (uint32_t i = 1; i < f->n_sites; i++)
		m->sorted[i - 1] = place_of(m->place, i);
	if (f->n_sites > 1)
		qsort(m->sorted, f->n_sites - 1, sizeof(*m->sorted), by_place);
	return 0;
}

/* ---- their functions ---- */

/* The function called @want as one of @site's. */
static int add_frame(struct making *m, struct function_site *site, const struct function *want,
		     struct function_frame frame)
{
	struct functions *f = m->f;

	if (f->n_frames == f->room_frames) {
		size_t room = max_of(2 * f->room_frames, f->n_sites);
		struct function_frame *grown = reallocarray(f->frame, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		f->frame = grown;
		f->room_frames = room;
	}
	if (frame.file && !(frame.file = strpool_add(f->text, frame.file)))
		return -ENOMEM;
	int r = intern(m, want, site->start, &frame.function);

	if (r < 0)
		return r;
	f->frame[f->n_frames++] = frame;
	site->n++;
	return 0;
}

/* The functions of the source at @site, whose symbol is @want; none: *ret_why. */
static int add_source(struct making *m, struct function_site *site, bool call,
		      const struct function *want, const char **ret_why, struct err *e)
{
	const struct module *module = modules_at(profile_modules(m->profile), site->module);
	struct source_frame source[INLINED_MAX];
	size_t n;
	int r = m->symbols->frames(m->symbols, module, site->offset, call, source,
				   ARRAY_SIZE(source), &n, ret_why, e);

	for (size_t k = 0; k < n && r >= 0; k++) {
		struct function own = *want;
		const struct source_frame *s = &source[k];
		bool line = m->detail == FUNCTIONS_LINES;

		if (s->name) {
			own.name = s->name;
			own.known = true;
		}
		own.file = line ? s->file : s->written;
		own.line = !own.file ? 0 : line ? s->line : s->written_line;
		own.no_line = line && !own.line ? "no line" : NULL;
		if (add_frame(m, site, &own,
			      (struct function_frame){
				      .file = s->file, .line = s->line, .inlined = k + 1 < n }) < 0)
			r = out_of_memory(e);
	}
	return r;
}

/* One place: @found by its name in the recording, else as @s says, else by its offset. */
static int settle_place(struct making *m, const struct place *at,
			const struct profile_symbol *found, const struct symbol *s, struct err *e)
{
	const struct module *module = modules_at(profile_modules(m->profile), at->module);
	struct function_site *site = &m->f->site[at->number];
	struct function want = { .module = s && s->module ? s->module : short_name(module),
				 .kind = module->kind,
				 .known = true };
	const char *why = "not looked for";
	char offset[24];
	int r = 0;

	*site = (struct function_site){ .module = at->module,
					.offset = at->offset,
					.first = (uint32_t)m->f->n_frames };
	if (found) {
		want.name = found->name;
		/* Names without places: the number says nothing but which name. */
		site->start = module->kind == MODULE_NAMED ? 0 : found->offset;
	} else if (s && s->name) {
		want.name = s->name;
		site->start = s->start;
	} else {
		(void)snprintf(offset, sizeof(offset), "0x%016" PRIx64, at->offset);
		want.name = offset;
		site->start = at->offset;
		want.known = false;
	}
	if (m->detail != FUNCTIONS_SYMBOLS && m->symbols && m->symbols->frames)
		r = add_source(m, site, frames_at(m->place, at->number)->parent, &want, &why, e);
	if (r < 0 || site->n)
		return r;
	if (m->detail == FUNCTIONS_LINES)
		want.no_line = why;
	r = add_frame(m, site, &want, (struct function_frame){ .file = NULL });
	return r < 0 ? out_of_memory(e) : 0;
}

/* The @n places of one module. A place that is also a call stands there twice. */
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
		uint64_t at = place[i].offset;

		if (!(asked && offset[asked - 1] == at) && !profile_symbol(m->profile, number, at))
			offset[asked++] = at;
	}
	if (asked)
		r = m->symbols->resolve(m->symbols, module, offset, asked, symbol, e);
	for (size_t i = 0, next = 0; i < n && r >= 0; i++) {
		uint64_t at = place[i].offset;
		const struct profile_symbol *found = profile_symbol(m->profile, number, at);

		next += next < asked && offset[next] < at;
		r = settle_place(m, &place[i], found, m->symbols && !found ? &symbol[next] : NULL,
				 e);
	}
	return r;
}

static int resolve(struct making *m, struct err *e)
{
	size_t n = frames_count(m->place) - 1, end;
	int r = 0;

	m->known = frames_new();
	if (m->detail != FUNCTIONS_SYMBOLS)
		m->source = frames_new();
	if (!m->known || (m->detail != FUNCTIONS_SYMBOLS && !m->source))
		return out_of_memory(e);
	for (size_t i = 0; i < n && r >= 0; i = end) {
		for (end = i + 1; end < n && m->sorted[end].module == m->sorted[i].module;)
			end++;
		r = resolve_module(m, m->sorted + i, end - i, e);
	}
	return r;
}

/* ---- the tree ---- */

/* The frames of @site as callees of each other below @node of @tree: their functions, or
 * themselves. */
static uint32_t grow(const struct functions *f, struct frames *tree, bool by_frame, uint32_t node,
		     uint32_t site)
{
	const struct function_site *at = &f->site[site];

	for (uint32_t k = at->n; k-- > 0 && node != FRAMES_MAX;) {
		const struct function_frame *frame = &f->frame[at->first + k];

		node = frames_add(tree, node, by_frame ? at->first + k : frame->function,
				  frame->inlined);
	}
	return node;
}

/* Callees of one caller that are the same become one. @node is the tree's by @chains'. */
static int plant(const struct functions *f, const struct frames *chains, bool by_frame,
		 struct frames *tree, uint32_t *node)
{
	/* Where each stands: below its caller as that called it, which is not how the caller was
	 * sampled itself. */
	auto_free uint32_t *below = f->call_site ? calloc(f->n_nodes, sizeof(*below)) : NULL;

	if (f->call_site && !below)
		return -ENOMEM;
	for (uint32_t i = 1; i < f->n_nodes; i++) {
		uint32_t parent = frames_at(chains, i)->parent, caller = node[parent];

		if (below) {
			uint32_t site = f->call_site[i];

			if (site != f->site_of[parent])
				caller = grow(f, tree, by_frame, below[parent], site);
			below[i] = caller;
		}
		node[i] = grow(f, tree, by_frame, caller, f->site_of[i]);
		if (node[i] == FRAMES_MAX)
			return -ENOMEM;
	}
	return 0;
}

int functions_plant_frames(const struct functions *f, const struct frames *chains,
			   struct frames **ret_tree, uint32_t **ret_node)
{
	auto_ptr(frames) tree = frames_new();
	auto_free uint32_t *node = calloc(f->n_nodes, sizeof(*node));
	int r = tree && node ? plant(f, chains, true, tree, node) : -ENOMEM;

	if (r < 0)
		return r;
	*ret_tree = steal_ptr(tree);
	*ret_node = steal_ptr(node);
	return 0;
}

int functions_new(const struct profile *p, struct symbol_source *symbols,
		  enum functions_detail detail, struct functions **ret, struct err *e)
{
	auto_ptr(functions) f = calloc(1, sizeof(*f));
	struct making m = { .profile = p, .symbols = symbols, .detail = detail, .f = f };
	int r = -ENOMEM;

	if (f)
		f->text = strpool_new();
	if (f && f->text)
		r = find_places(&m);
	if (r < 0)
		(void)out_of_memory(e);
	if (r >= 0)
		r = resolve(&m, e);
	if (r >= 0 && plant(f, profile_frames(p), false, f->tree, f->tree_node) < 0)
		r = out_of_memory(e);
	frames_free(m.place);
	frames_free(m.known);
	frames_free(m.source);
	free(m.sorted);
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
	return node ? frames_at(f->tree, f->tree_node[node])->module : FUNCTION_NONE;
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

size_t functions_n_sites(const struct functions *f)
{
	return f->n_sites;
}

const struct function_site *functions_site_at(const struct functions *f, uint32_t site)
{
	return &f->site[site];
}

size_t functions_n_frames(const struct functions *f)
{
	return f->n_frames;
}

const struct function_frame *functions_frame_at(const struct functions *f, uint32_t number)
{
	return &f->frame[number];
}

uint32_t functions_site(const struct functions *f, uint32_t node)
{
	return f->site_of[node];
}

uint32_t functions_call_site(const struct functions *f, uint32_t node, uint32_t parent)
{
	return f->call_site ? f->call_site[node] : f->site_of[parent];
}
