/* SPDX-License-Identifier: MIT */
/* Tables are made when a module is first asked about, and kept. */
#include "symbol/symbolizer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/tasks.h"
#include "symbol/debuginfod.h"
#include "symbol/demangle.h"
#include "symbol/module_symbols.h"
#include "symbol/source_lines.h"
#include "symbol/symbol_cache.h"

#define INLINED_MAX 64u

struct table {
	struct symbol_table *symbols; /* NULL: nothing is known */
	/* The latest range and its name to show, NULL at first: offsets come ascending, many of one
	 * function behind each other. */
	struct symbol_range latest;
	const char *shown;
};

struct entry {
	bool loaded;
	uint32_t table; /* several modules may share one: the memory of one process */
	const char *name; /* to show */
	struct elf_image *image; /* of lines: the mapped file */
	struct source_lines *lines;
	const char *no_lines; /* why .lines is NULL; NULL: not looked for yet */
};

struct symbolizer {
	struct symbol_source source;
	struct symbol_places places;
	bool params;
	char cache[4096];
	struct strpool *text;
	const char **dir;
	struct modules *known;
	struct entry *entry; /* by number in known */
	size_t n_entries;
	struct table *table; /* 0 knows nothing, 1 is the kernel's once it was asked for */
	size_t n_tables, room_tables;
	struct idmap jit; /* pid -> table */
	bool kernel_loaded;
	const char **dump; /* paths of jit-PID.dump */
	size_t n_dumps, room_dumps;
	const char **note;
	size_t n_notes, room_notes;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* ---- setting up ---- */

static int add_text(struct symbolizer *s, const char ***list, size_t *n, size_t *room,
		    const char *text)
{
	void *array = *list;
	const char *kept = strpool_add(s->text, text);
	int r = kept ? tasks_ensure(&array, room, *n + 1, sizeof(**list)) : -ENOMEM;

	*list = array;
	if (r < 0)
		return r;
	(*list)[(*n)++] = kept;
	return 0;
}

static int take_dirs(struct symbolizer *s, const struct symbolizer_options *o)
{
	const char *home = getenv("HOME");
	size_t n = 0, room = 0;
	char path[4096];
	int r = 0;

	for (size_t k = 0; o->debug_dirs && k < o->n_debug_dirs && r >= 0; k++)
		r = add_text(s, &s->dir, &n, &room, o->debug_dirs[k]);
	if (!o->debug_dirs) {
		r = add_text(s, &s->dir, &n, &room, "/usr/lib/debug");
		if (r >= 0 && home && home[0] == '/' &&
		    snprintf(path, sizeof(path), "%s/.debug", home) < (int)sizeof(path))
			r = add_text(s, &s->dir, &n, &room, path);
	}
	s->places.files.dir = s->dir;
	s->places.files.n_dirs = n;
	return r;
}

static int take_options(struct symbolizer *s, const struct symbolizer_options *o)
{
	s->params = o->params;
	s->places.files.root_fd = o->root_fd;
	s->places.files.debuginfod = o->debuginfod;
	s->places.kernel_text = o->kernel_text;
	s->places.cache = s->cache;
	if (!o->cache_dir) {
		if (symbol_cache_default(s->cache, sizeof(s->cache)) < 0)
			s->cache[0] = 0;
	} else if (strlen(o->cache_dir) < sizeof(s->cache)) {
		memcpy(s->cache, o->cache_dir, strlen(o->cache_dir) + 1);
	}
	const char *boot = o->boot_id;
	char now[64];

	if (!boot && o->live &&
	    file_read_line_at(o->root_fd, "proc/sys/kernel/random/boot_id", now, sizeof(now)) >= 0)
		boot = now;
	if (boot && !(s->places.boot_id = strpool_add(s->text, boot)))
		return -ENOMEM;
	if (o->kernel_build_id &&
	    !(s->places.kernel_build_id = strpool_add(s->text, o->kernel_build_id)))
		return -ENOMEM;
	int r = take_dirs(s, o);

	if (r >= 0 && o->debuginfod && !debuginfod_available())
		r = add_text(s, &s->note, &s->n_notes, &s->room_notes,
			     "debuginfod is not asked: DEBUGINFOD_URLS is empty, or libdebuginfod "
			     "is not installed");
	return r;
}

static int resolve(struct symbol_source *source, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e);
static int frames(struct symbol_source *source, const struct module *m, uint64_t offset, bool call,
		  struct source_frame *ret, size_t max, size_t *ret_n, const char **ret_why,
		  struct err *e);

int symbolizer_open(const struct symbolizer_options *o, struct symbolizer **ret, struct err *e)
{
	auto_ptr(symbolizer) s = calloc(1, sizeof(*s));

	if (!s)
		return out_of_memory(e);
	s->source.resolve = resolve;
	s->source.frames = frames;
	s->text = strpool_new();
	s->known = modules_new();
	s->n_tables = 2;
	void *array = NULL;
	int r = tasks_ensure(&array, &s->room_tables, s->n_tables, sizeof(*s->table));

	s->table = array;
	if (!s->text || !s->known || r < 0 || take_options(s, o) < 0)
		return out_of_memory(e);
	*ret = steal_ptr(s);
	return 0;
}

struct symbolizer *symbolizer_close(struct symbolizer *s)
{
	if (s) {
		for (size_t k = 0; k < s->n_entries; k++) {
			source_lines_close(s->entry[k].lines);
			elf_image_close(s->entry[k].image);
		}
		for (size_t k = 0; k < s->n_tables && s->table; k++) {
			symbol_table_free(s->table[k].symbols);
		}
		free(s->entry);
		free(s->table);
		free(s->dump);
		free(s->note);
		free(s->dir);
		idmap_done(&s->jit);
		modules_free(s->known);
		strpool_free(s->text);
		free(s);
	}
	return NULL;
}

struct symbol_source *symbolizer_source(struct symbolizer *s)
{
	return &s->source;
}

size_t symbolizer_n_notes(const struct symbolizer *s)
{
	return s->n_notes;
}

const char *symbolizer_note(const struct symbolizer *s, size_t i)
{
	return s->note[i];
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int symbolizer_learn(struct symbolizer *s, const struct modules *m, struct err *e)
{
	for (size_t k = 0; k < modules_count(m); k++) {
		const char *path = modules_at(m, (uint32_t)k)->path, *name = base_name(path);
		size_t n = strlen(name);

		if (path[0] == '/' && n > 9 && !strncmp(name, "jit-", 4) &&
		    !strcmp(name + n - 5, ".dump") &&
		    add_text(s, &s->dump, &s->n_dumps, &s->room_dumps, path) < 0)
			return out_of_memory(e);
	}
	return 0;
}

/* ---- loading ---- */

static int add_table(struct symbolizer *s, struct symbol_table *t, uint32_t *ret)
{
	void *array = s->table;
	int r = tasks_ensure(&array, &s->room_tables, s->n_tables + 1, sizeof(*s->table));

	s->table = array;
	if (r < 0) {
		symbol_table_free(t);
		return r;
	}
	*ret = (uint32_t)s->n_tables;
	s->table[s->n_tables++] = (struct table){ .symbols = t };
	return 0;
}

static int load_kernel(struct symbolizer *s, const struct module *m, uint32_t *ret, char *words)
{
	*ret = 1;
	if (s->kernel_loaded)
		return 0;
	s->kernel_loaded = true;
	return module_symbols_kernel(&s->places, m, &s->table[1].symbols, words);
}

/* All that one process made at run time shares a table. */
static int load_jit(struct symbolizer *s, uint32_t pid, uint32_t *ret, char *words)
{
	uint32_t known = idmap_get(&s->jit, pid);
	const char *dump[64];
	char name[32];
	size_t n = 0;

	if (known != IDMAP_NONE) {
		*ret = known;
		return 0;
	}
	snprintf(name, sizeof(name), "jit-%u.dump", pid);
	for (size_t k = 0; k < s->n_dumps && n < ARRAY_SIZE(dump); k++)
		if (!strcmp(base_name(s->dump[k]), name))
			dump[n++] = s->dump[k];
	struct symbol_table *t = NULL;
	int r = module_symbols_jit(&s->places, pid, dump, n, &t, words);

	if (r >= 0 && t)
		r = add_table(s, t, ret);
	if (r >= 0)
		r = idmap_set(&s->jit, pid, *ret);
	return r;
}

static int load(struct symbolizer *s, const struct module *m, struct entry *entry)
{
	struct symbol_table *t = NULL;
	char words[MODULE_WORDS] = "";
	const char *name = m->path;
	int r = 0;

	switch (m->kind) {
	case MODULE_KERNEL:
		name = "[kernel]";
		r = load_kernel(s, m, &entry->table, words);
		break;
	case MODULE_FILE:
		name = base_name(m->path);
		r = module_symbols_file(&s->places, m, &t, words);
		break;
	case MODULE_VDSO:
		name = "[vdso]";
		r = module_symbols_vdso(&s->places, m, &t, words);
		break;
	case MODULE_ANON:
		r = load_jit(s, m->pid, &entry->table, words);
		if (entry->table)
			name = "[jit]";
		else if (name[0] == '/' || !name[0])
			name = "[anon]";
		break;
	case MODULE_UNKNOWN:
	case MODULE_GUEST:
	case MODULE_NAMED:
		break;
	}
	if (r >= 0 && t)
		r = add_table(s, t, &entry->table);
	if (r >= 0 && words[0])
		r = add_text(s, &s->note, &s->n_notes, &s->room_notes, words);
	entry->name = strpool_add(s->text, name);
	entry->loaded = true;
	return r < 0 || !entry->name ? -ENOMEM : 0;
}

static int get_entry(struct symbolizer *s, const struct module *m, struct entry **ret,
		     struct err *e)
{
	uint32_t number = modules_add(s->known, m);
	void *array = s->entry;
	int r = number == FRAMES_MAX ? -ENOMEM
				     : tasks_ensure(&array, &s->n_entries, (size_t)number + 1,
						    sizeof(*s->entry));

	s->entry = array;
	if (r < 0)
		return out_of_memory(e);
	struct entry *entry = &s->entry[number];

	if (!entry->loaded && load(s, modules_at(s->known, number), entry) < 0)
		return out_of_memory(e);
	*ret = entry;
	return 0;
}

/* ---- names ---- */

static const char *show_name(struct symbolizer *s, const char *name)
{
	auto_free char *text = demangle_name(name, s->params);

	return strpool_add(s->text, text ? text : name);
}

/* "name [module]" of kallsyms. */
static int split_kernel(struct symbolizer *s, const char *name, struct symbol *ret)
{
	const char *module = strstr(name, " [");

	if (!module)
		return 0;
	ret->name = strpool_add_n(s->text, name, (size_t)(module - name));
	ret->module = strpool_add(s->text, module + 1);
	return ret->name && ret->module ? 0 : -ENOMEM;
}

static int name_place(struct symbolizer *s, struct table *t, bool kernel, uint64_t offset,
		      struct symbol *ret)
{
	struct symbol_range range = t->latest;

	if (!t->shown || offset < range.start || offset >= range.end) {
		if (!t->symbols || !symbol_table_find(t->symbols, offset, &range))
			return 0;
		const char *shown = show_name(s, range.name);

		if (!shown)
			return -ENOMEM;
		t->latest = range;
		t->shown = shown;
	}
	ret->name = t->shown;
	ret->start = range.symbol;
	ret->bytes = range.end - range.symbol;
	return kernel ? split_kernel(s, range.name, ret) : 0;
}

static int resolve(struct symbol_source *source, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e)
{
	struct symbolizer *s = container_of(source, struct symbolizer, source);
	bool kernel = m->kind == MODULE_KERNEL;
	struct entry *entry;
	int r = get_entry(s, m, &entry, e);

	for (size_t k = 0; k < n && r >= 0; k++) {
		ret[k] = (struct symbol){ .module = entry->name };
		r = name_place(s, &s->table[entry->table], kernel, offset[k], &ret[k]);
	}
	return r < 0 ? out_of_memory(e) : 0;
}

/* ---- source ---- */

static const char *no_source(enum module_kind kind)
{
	switch (kind) {
	case MODULE_FILE:
		return NULL;
	case MODULE_KERNEL:
		return "kernel";
	case MODULE_VDSO:
		return "vdso";
	case MODULE_ANON:
		return "made at run time";
	case MODULE_UNKNOWN:
	case MODULE_GUEST:
	case MODULE_NAMED:
		break;
	}
	return "no file";
}

static int open_lines(struct symbolizer *s, const struct module *m, struct entry *entry)
{
	char words[MODULE_WORDS];
	auto_ptr(elf_image) debug = NULL;

	entry->no_lines = no_source(m->kind);
	if (entry->no_lines)
		return 0;
	entry->no_lines = "file not here";
	int r = module_file_open(&s->places, m, &entry->image, words);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	entry->no_lines = "no debug information";
	const struct elf_image *i = entry->image;

	if (!debug_part_is_in(i, DEBUG_PART_LINES)) {
		r = debug_files_find(&s->places.files, DEBUG_PART_LINES, i->build_id,
				     i->build_id_bytes, i, m->path, &debug);
		if (r < 0)
			return r == -ENOMEM ? r : 0;
	}
	int fd = fcntl(debug ? debug->fd : i->fd, F_DUPFD_CLOEXEC, 0);

	r = fd < 0 ? 0 : source_lines_open(fd, &entry->lines, NULL);
	return r == -ENOMEM ? r : 0;
}

/* The function itself is called as in its source, too: the compiler names parts and copies of it
 * otherwise ("f.part.0"). But not where that leaves out what it belongs to ("Tree::grow"). */
static const char *source_name(struct symbolizer *s, const struct source_place *p, bool inlined)
{
	return p->function && (inlined || !p->plain) ? show_name(s, p->function) : NULL;
}

static int frames(struct symbol_source *source, const struct module *m, uint64_t offset, bool call,
		  struct source_frame *ret, size_t max, size_t *ret_n, const char **ret_why,
		  struct err *e)
{
	struct symbolizer *s = container_of(source, struct symbolizer, source);
	struct source_place place[INLINED_MAX];
	struct entry *entry;
	uint64_t address;
	size_t n = 0;
	int r = get_entry(s, m, &entry, e);

	if (r >= 0 && !entry->no_lines)
		r = open_lines(s, m, entry);
	if (r >= 0 && entry->lines && elf_image_address(entry->image, offset, &address))
		r = source_lines_find(entry->lines, address - call, place,
				      min_of(max, (size_t)INLINED_MAX), &n);
	for (size_t k = 0; k < n && r >= 0; k++) {
		const struct source_place *p = &place[k];

		ret[k] = (struct source_frame){ .name = source_name(s, p, k + 1 < n),
						.file = p->file,
						.line = p->line,
						.written = p->written,
						.written_line = p->written_line };
		if (!ret[k].name && k + 1 < n)
			ret[k].name = "[inlined]";
	}
	if (r < 0)
		return out_of_memory(e);
	*ret_n = n;
	*ret_why = entry->lines ? "not told by debug information" : entry->no_lines;
	return 0;
}
