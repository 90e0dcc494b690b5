/* SPDX-License-Identifier: MIT */
/*
 * A profile's call chains as functions: each node of its frames has the function that its address
 * lies in, and functions have a tree of their own, in which callees of one caller that are the same
 * function are one node. Made once per profile; what analyses, exporters and the report page share.
 *
 * A place without a name is a function for itself, named by its offset as perf does
 * ("0x0000000000001234"). Addresses of callers are taken as they stand in the chain, as perf does
 * with chains by frame pointer (what unwinds with DWARF has stepped back into the call already).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/frames.h"
#include "model/profile.h"
#include "model/symbol_source.h"

#define FUNCTION_NONE UINT32_MAX

struct function {
	const char *name; /* never NULL */
	const char *module; /* short: "libc.so.6", "[kernel]" */
	uint64_t start; /* offset in the module */
	bool known; /* has a name; else .name is its offset */
	enum module_kind kind;
};

struct functions; /* opaque */

/*
 * Functions of all frames of @p: by the names embedded in it, else by @symbols (NULL: those only).
 * Each place is asked for once, those of a module in ascending order. Names are copied: @symbols
 * may go afterwards, @p too. 0 or -errno with words.
 */
int functions_new(const struct profile *p, struct symbol_source *symbols, struct functions **ret,
		  struct err *e) must_check;
struct functions *functions_free(struct functions *f);
DEFINE_CLEANUP(functions, functions_free)

size_t functions_count(const struct functions *f);
const struct function *functions_at(const struct functions *f, uint32_t number);

/* Of a node of the profile's frames; the root: FUNCTION_NONE. */
uint32_t functions_of(const struct functions *f, uint32_t node);
/* Nodes that the arrays here go for: those of the profile's frames. */
size_t functions_n_nodes(const struct functions *f);

/* The tree of functions: frame.module is the number of a function, frame.offset 0. */
const struct frames *functions_tree(const struct functions *f);
/* Its node for a node of the profile's frames; root for root. */
uint32_t functions_tree_node(const struct functions *f, uint32_t node);
