/* SPDX-License-Identifier: MIT */
/* Units by address in a table of our own: not every compiler writes .debug_aranges. What a scope is
 * called is asked for once. */
#include "symbol/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/tasks.h"
#include "symbol/unit_scopes.h"

/* Addresses of a unit; it may have several such ranges. */
struct range {
	uint64_t start, end;
	uint32_t unit;
};

/* What a scope of a unit is called, and where; once it was asked for. */
struct named {
	struct source_place place; /* .file and .line: of the call, of what is inlined */
	bool known;
};

struct unit {
	Dwarf_Off die;
	struct unit_scopes *scopes; /* NULL until an address in it is asked for */
	struct named *named; /* by scope */
	bool long_names; /* the language has names that hold more than DW_AT_name */
};

struct source_lines {
	int fd;
	Elf *elf;
	Dwarf *dwarf;
	struct range *range;
	size_t n, room;
	struct unit *unit;
	size_t n_units, room_units;
};

struct source_lines *source_lines_close(struct source_lines *l)
{
	if (l) {
		dwarf_end(l->dwarf);
		elf_end(l->elf);
		if (l->fd >= 0)
			close(l->fd);
		for (size_t i = 0; i < l->n_units; i++) {
			unit_scopes_free(l->unit[i].scopes);
			free(l->unit[i].named);
		}
		free(l->unit);
		free(l->range);
		free(l);
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

#define RANGES_MAX ((size_t)1 << 24)

/* The ranges of the unit @die; the unit is added when it has any. */
static int add_unit(struct source_lines *l, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t place = 0;
	size_t before = l->n;

	while (l->n < RANGES_MAX && (place = dwarf_ranges(die, place, &base, &start, &end)) > 0) {
		void *array = l->range;
		int r = tasks_ensure(&array, &l->room, l->n + 1, sizeof(*l->range));

		l->range = array;
		if (r < 0)
			return r;
		if (start < end)
			l->range[l->n++] = (struct range){ start, end, (uint32_t)l->n_units };
	}
	if (l->n == before)
		return 0;
	void *array = l->unit;
	int r = tasks_ensure(&array, &l->room_units, l->n_units + 1, sizeof(*l->unit));

	l->unit = array;
	if (r >= 0)
		l->unit[l->n_units++] = (struct unit){ .die = dwarf_dieoffset(die) };
	return r;
}

static int find_units(struct source_lines *l)
{
	Dwarf_Off at = 0, next;
	size_t head;

	while (l->n < RANGES_MAX &&
	       dwarf_nextcu(l->dwarf, at, &next, &head, NULL, NULL, NULL) == 0 && next > at) {
		Dwarf_Die die;
		int r = dwarf_offdie(l->dwarf, at + head, &die) ? add_unit(l, &die) : 0;

		if (r < 0)
			return r;
		at = next;
	}
	if (l->n)
		qsort(l->range, l->n, sizeof(*l->range), by_start);
	return 0;
}

/* libdw takes the length of a text at the end of these without looking where they end. */
static bool texts_end(Elf *elf)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return false;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		GElf_Shdr head;
		const char *name =
			gelf_getshdr(scn, &head) ? elf_strptr(elf, names, head.sh_name) : NULL;

		if (!name ||
		    (strcmp(name, ".debug_str") != 0 && strcmp(name, ".zdebug_str") != 0 &&
		     strcmp(name, ".debug_line_str") != 0 && strcmp(name, ".zdebug_line_str") != 0))
			continue;
		const Elf_Data *data = elf_getdata(scn, NULL);

		if (!data || !data->d_buf || !data->d_size ||
		    ((const char *)data->d_buf)[data->d_size - 1])
			return false;
	}
	return true;
}

int source_lines_open(int fd, struct source_lines **ret, struct err *e)
{
	auto_ptr(source_lines) l = calloc(1, sizeof(*l));

	if (!l) {
		close(fd);
		return err_set(e, -ENOMEM, "out of memory");
	}
	l->fd = fd;
	elf_version(EV_CURRENT);
	/* Not mapped: a file that is cut meanwhile must not be a signal. */
	l->elf = elf_begin(fd, ELF_C_READ, NULL);
	l->dwarf = l->elf ? dwarf_begin_elf(l->elf, DWARF_C_READ, NULL) : NULL;
	if (!l->dwarf || !texts_end(l->elf))
		return err_set(e, -ENOENT, "no debug information that makes sense");
	int r = find_units(l);

	if (r < 0)
		return err_set(e, r, "out of memory");
	*ret = steal_ptr(l);
	return 0;
}

/* ---- looking up ---- */

static struct unit *find_unit(const struct source_lines *l, uint64_t address)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->range[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address < l->range[low - 1].end ? &l->unit[l->range[low - 1].unit] : NULL;
}

/* Languages in which two functions may have the same DW_AT_name. */
static bool has_long_names(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
	case DW_LANG_D:
	case DW_LANG_Rust:
	case DW_LANG_Swift:
		return true;
	}
	return false;
}

static int read_unit(struct unit *u, Dwarf_Die *die)
{
	int r = u->scopes ? 0 : unit_scopes_read(die, &u->scopes);

	if (r < 0 || u->named)
		return r;
	u->named = calloc(unit_scopes_count(u->scopes) + 1, sizeof(*u->named));
	u->long_names = has_long_names(die);
	return u->named ? 0 : -ENOMEM;
}

static void name_function(const struct unit *u, Dwarf_Die *die, struct source_place *ret)
{
	Dwarf_Attribute attr;
	int line;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		ret->function = dwarf_formstring(&attr);
	if (!ret->function) {
		ret->function = dwarf_diename(die);
		ret->plain = u->long_names;
	}
	ret->written = dwarf_decl_file(die);
	if (dwarf_decl_line(die, &line) == 0 && line > 0)
		ret->written_line = (uint32_t)line;
}

/* Where an inlined function was called. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *die, struct source_place *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t n;

	if (dwarf_attr(die, DW_AT_call_line, &attr) && dwarf_formudata(&attr, &line) == 0)
		ret->line = line > UINT32_MAX ? 0 : (uint32_t)line;
	if (dwarf_attr(die, DW_AT_call_file, &attr) && dwarf_formudata(&attr, &file) == 0 &&
	    dwarf_getsrcfiles(unit, &files, &n) == 0 && file < n)
		ret->file = dwarf_filesrc(files, (size_t)file, NULL, NULL);
}

static const struct source_place *name_scope(struct source_lines *l, struct unit *u,
					     Dwarf_Die *unit, uint32_t scope)
{
	struct named *n = &u->named[scope];
	Dwarf_Die die;

	if (!n->known && dwarf_offdie(l->dwarf, unit_scopes_at(u->scopes, scope)->die, &die)) {
		name_function(u, &die, &n->place);
		call_place(unit, &die, &n->place);
	}
	n->known = true;
	return &n->place;
}

int source_lines_find(struct source_lines *l, uint64_t address, struct source_place *ret,
		      size_t max, size_t *ret_n)
{
	struct unit *u = find_unit(l, address);
	const char *file = NULL;
	uint32_t line = 0;
	Dwarf_Die unit;
	size_t n = 0;
	int number;

	*ret_n = 0;
	if (!u || !dwarf_offdie(l->dwarf, u->die, &unit))
		return 0;
	int r = read_unit(u, &unit);
	Dwarf_Line *row = dwarf_getsrc_die(&unit, address);

	if (r < 0)
		return r;
	if (row) {
		file = dwarf_linesrc(row, NULL, NULL);
		if (dwarf_lineno(row, &number) == 0 && number > 0)
			line = (uint32_t)number;
	}
	uint32_t scope = unit_scopes_find(u->scopes, address);

	while (scope != UNIT_SCOPE_NONE && max) {
		const struct source_place *named = name_scope(l, u, &unit, scope);

		n -= n == max;
		ret[n] = *named;
		ret[n].file = file;
		ret[n++].line = line;
		file = named->file;
		line = named->line;
		scope = unit_scopes_at(u->scopes, scope)->parent;
	}
	if (!n && file && max)
		ret[n++] = (struct source_place){ .file = file, .line = line };
	*ret_n = n;
	return 0;
}
