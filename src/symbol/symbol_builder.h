/* SPDX-License-Identifier: MIT */
/*
 * From symbols as files have them (unsorted, overlapping, several at one address, some without a
 * size) to a table in which each offset has one name.
 *
 * Which name is shown where there are several is what users of perf know (linux
 * tools/perf/util/symbol.c, symbols__fixup_end() and choose_best_symbol()): a symbol without a size
 * reaches to the next one; at one address the one with a size wins, then a typed one, then not a
 * weak one, then a global one, then fewer leading underscores, then the longer name. Where symbols
 * overlap, the one that begins last.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "symbol/symbol_table.h"

enum symbol_binding { SYMBOL_LOCAL, SYMBOL_GLOBAL, SYMBOL_WEAK };

/* What is known of symbols that begin at one place or overlap, and of those without a size. */
enum symbol_rule {
	SYMBOL_RULE_FILE, /* of a program file */
	SYMBOL_RULE_KERNEL, /* no sizes; "name [module]": a gap between modules is not named */
	SYMBOL_RULE_LATEST, /* what was added last counts: code made at run time, over other code */
};

struct symbol_builder;

struct symbol_builder *symbol_builder_new(enum symbol_rule rule); /* NULL: out of memory */
struct symbol_builder *symbol_builder_free(struct symbol_builder *b);
DEFINE_CLEANUP(symbol_builder, symbol_builder_free)

/*
 * @bytes = 0: not known. @typed: the file says that it is a function or an object, not just a
 * label. @limit: where the segment ends, which a symbol without a size does not leave; 0 = none.
 * Empty names and ranges that wrap are passed over.
 */
int symbol_builder_add(struct symbol_builder *b, uint64_t start, uint64_t bytes, uint64_t limit,
		       enum symbol_binding binding, bool typed, const char *name,
		       size_t name_bytes) must_check;
size_t symbol_builder_count(const struct symbol_builder *b); /* symbols added */

/* A table of what was added; the builder is empty afterwards. */
int symbol_builder_finish(struct symbol_builder *b, enum symbol_extent extent, const uint8_t *id,
			  size_t id_bytes, struct symbol_table **ret, struct err *e) must_check;
