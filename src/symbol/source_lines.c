/* SPDX-License-Identifier: MIT */
/* Units by address in a table of our own: not every compiler writes .debug_aranges. */
#include "symbol/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/tasks.h"

struct unit {
	uint64_t start, end;
	Dwarf_Off die;
};

struct source_lines {
	int fd;
	Elf *elf;
	Dwarf *dwarf;
	struct unit *unit;
	size_t n, room;
};

struct source_lines *source_lines_close(struct source_lines *l)
{
	if (l) {
		dwarf_end(l->dwarf);
		elf_end(l->elf);
		if (l->fd >= 0)
			close(l->fd);
		free(l->unit);
		free(l);
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

#define UNITS_MAX ((size_t)1 << 24)

static int find_units(struct source_lines *l)
{
	Dwarf_Off at = 0, next;
	size_t head;

	while (l->n < UNITS_MAX &&
	       dwarf_nextcu(l->dwarf, at, &next, &head, NULL, NULL, NULL) == 0 && next > at) {
		Dwarf_Addr base, start, end;
		Dwarf_Die die;
		ptrdiff_t place = 0;

		if (dwarf_offdie(l->dwarf, at + head, &die)) {
			while (l->n < UNITS_MAX &&
			       (place = dwarf_ranges(&die, place, &base, &start, &end)) > 0) {
				void *array = l->unit;
				int r = tasks_ensure(&array, &l->room, l->n + 1, sizeof(*l->unit));

				l->unit = array;
				if (r < 0)
					return r;
				if (start < end)
					l->unit[l->n++] = (struct unit){ start, end, at + head };
			}
		}
		at = next;
	}
	if (l->n)
		qsort(l->unit, l->n, sizeof(*l->unit), by_start);
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

static bool find_unit(const struct source_lines *l, uint64_t address, Dwarf_Die *ret)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->unit[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address < l->unit[low - 1].end &&
	       dwarf_offdie(l->dwarf, l->unit[low - 1].die, ret);
}

static const char *function_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(die);
}

/* Where an inlined function was called. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *die, struct source_place *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t n;

	ret->file = NULL;
	ret->line = 0;
	if (dwarf_attr(die, DW_AT_call_line, &attr) && dwarf_formudata(&attr, &line) == 0)
		ret->line = line > UINT32_MAX ? 0 : (uint32_t)line;
	if (dwarf_attr(die, DW_AT_call_file, &attr) && dwarf_formudata(&attr, &file) == 0 &&
	    dwarf_getsrcfiles(unit, &files, &n) == 0 && file < n)
		ret->file = dwarf_filesrc(files, (size_t)file, NULL, NULL);
}

size_t source_lines_find(struct source_lines *l, uint64_t address, struct source_place *ret,
			 size_t max)
{
	struct source_place at = { 0 };
	Dwarf_Die unit, *outer = NULL, *scopes = NULL;
	size_t n = 0;

	if (!find_unit(l, address, &unit))
		return 0;
	Dwarf_Line *line = dwarf_getsrc_die(&unit, address);
	int number;

	if (line) {
		at.file = dwarf_linesrc(line, NULL, NULL);
		if (dwarf_lineno(line, &number) == 0 && number > 0)
			at.line = (uint32_t)number;
	}
	int found = dwarf_getscopes(&unit, address, &scopes);

	/* The scopes of where the innermost function stands now, not of where it was written. */
	if (found > 0) {
		int depth = dwarf_getscopes_die(&scopes[0], &outer);

		for (int k = 0; k < depth && n < max; k++) {
			int tag = dwarf_tag(&outer[k]);

			if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
				continue;
			at.function = function_name(&outer[k]);
			ret[n++] = at;
			if (tag == DW_TAG_subprogram)
				break;
			call_place(&unit, &outer[k], &at);
		}
	}
	free(scopes);
	free(outer);
	if (!n && at.file && max)
		ret[n++] = at;
	return n;
}
