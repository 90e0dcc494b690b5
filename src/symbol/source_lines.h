/* SPDX-License-Identifier: MIT */
/*
 * Source lines and inlined functions out of DWARF, by libdw. The tree of a compilation unit is
 * searched for each address: on demand, not for whole profiles.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct source_lines;

struct source_place {
	const char *function; /* as DWARF has it: mangled, or a plain name; NULL = not told */
	const char *file; /* NULL = not told */
	uint32_t line;
};

/* The file of @fd, which is taken over. -ENOENT: no DWARF in it. */
int source_lines_open(int fd, struct source_lines **ret, struct err *e) must_check;
struct source_lines *source_lines_close(struct source_lines *l);
DEFINE_CLEANUP(source_lines, source_lines_close)

/* What stands at @address (as linked), innermost inlined function first; the count, at most @max;
 * 0 when it is not told. Texts live as long as @l. */
size_t source_lines_find(struct source_lines *l, uint64_t address, struct source_place *ret,
			 size_t max);
