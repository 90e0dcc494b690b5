/* SPDX-License-Identifier: MIT */
/*
 * Source lines and inlined functions out of DWARF, by libdw. A compilation unit is read when an
 * address in it is first asked for (unit_scopes.h), and its line table then too; the others are not
 * touched. Units of split DWARF (.dwo) have lines only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct source_lines;

struct source_place {
	const char *function; /* as DWARF has it: mangled, or a plain name; NULL = not told */
	/* The plain name in a language whose functions have longer ones, with what encloses them.
	 */
	bool plain;
	const char *file; /* what is executed, of callers: the call; NULL = not told */
	uint32_t line;
	const char *written; /* the file in which the function is; NULL = not told */
	uint32_t written_line;
};

/* The file of @fd, which is taken over. -ENOENT: no DWARF in it. */
int source_lines_open(int fd, struct source_lines **ret, struct err *e) must_check;
struct source_lines *source_lines_close(struct source_lines *l);
DEFINE_CLEANUP(source_lines, source_lines_close)

/*
 * What stands at @address (as linked), innermost inlined function first, the function itself last.
 * Of more than @max those before the last are left out. *ret_n = 0: it is not told. Texts live as
 * long as @l. 0 or -ENOMEM.
 */
int source_lines_find(struct source_lines *l, uint64_t address, struct source_place *ret,
		      size_t max, size_t *ret_n) must_check;
