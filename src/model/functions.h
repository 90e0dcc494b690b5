/* SPDX-License-Identifier: MIT */
/*
 * A profile's call chains as functions: each node of its frames has the function that its address
 * lies in, and functions have a tree of their own, in which callees of one caller that are the same
 * function are one node. Made once per profile; what analyses, exporters and the report page share.
 *
 * A place without a name is a function for itself, named by its offset as perf does
 * ("0x0000000000001234"). Names are those of the addresses as they stand in the chain, as perf does
 * with chains by frame pointer (what unwinds with DWARF has stepped back into the call already).
 *
 * With FUNCTIONS_INLINED a node may be several functions: the one that its code belongs to, and
 * those that the compiler inlined there, which stand in the tree as its callees. What the source
 * says of a caller is what it says of the call, not of the place that it returns to; of what a
 * kernel was entered from, and of where a sample was taken, it is what stands there. All copies of
 * a function, inlined or not, are one function.
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

enum functions_detail {
	FUNCTIONS_SYMBOLS, /* what symbol tables tell */
	FUNCTIONS_INLINED, /* and debug information, where there is some */
	FUNCTIONS_LINES, /* the same, and each line of a function is a function for itself */
};

struct function {
	const char *name; /* never NULL */
	const char *module; /* short: "libc.so.6", "[kernel]" */
	const char *file; /* of its source; NULL = not known */
	uint32_t line; /* where it begins; with FUNCTIONS_LINES the line itself; 0 = not known */
	const char *no_line; /* with FUNCTIONS_LINES: why .line is 0 */
	bool known; /* has a name; else .name is its offset */
	enum module_kind kind;
};

/* What stands at a place in the code: a function, or several, of which all but the last were
 * inlined. */
struct function_site {
	uint64_t offset; /* in the module: that of the frame */
	uint64_t start; /* where the symbol begins that it lies in */
	uint32_t module;
	uint32_t first, n; /* its frames, the innermost first: functions_frame_at() */
};

struct function_frame {
	const char *file; /* what is executed, of callers: the call; NULL = not known */
	uint32_t line;
	uint32_t function;
	bool inlined; /* into the next one */
};

struct functions; /* opaque */

/*
 * Functions of all frames of @p: by the names embedded in it, else by @symbols (NULL: those only).
 * Each place is asked for once, those of a module in ascending order. Names are copied: @symbols
 * may go afterwards, @p too. 0 or -errno with words.
 */
int functions_new(const struct profile *p, struct symbol_source *symbols,
		  enum functions_detail detail, struct functions **ret, struct err *e) must_check;
struct functions *functions_free(struct functions *f);
DEFINE_CLEANUP(functions, functions_free)

size_t functions_count(const struct functions *f);
const struct function *functions_at(const struct functions *f, uint32_t number);

/* Nodes that the arrays here go for: those of the profile's frames. */
size_t functions_n_nodes(const struct functions *f);

/* The tree of functions: frame.module is the number of a function, frame.offset 1 where it is
 * inlined into its parent, else 0. */
const struct frames *functions_tree(const struct functions *f);
/* Its node for a node of the profile's frames where a sample was taken; root for root. */
uint32_t functions_tree_node(const struct functions *f, uint32_t node);
/* The function of that. The root: FUNCTION_NONE. */
uint32_t functions_of(const struct functions *f, uint32_t node);

/* Distinct places: numbers are from 1 to below the count. */
size_t functions_n_sites(const struct functions *f);
const struct function_site *functions_site_at(const struct functions *f, uint32_t site);
/* Frames of all sites: numbers are below. */
size_t functions_n_frames(const struct functions *f);
const struct function_frame *functions_frame_at(const struct functions *f, uint32_t number);
/* Of a node of the profile's frames where a sample was taken; root: 0. Then of its @parent, which
 * called it. */
uint32_t functions_site(const struct functions *f, uint32_t node);
uint32_t functions_call_site(const struct functions *f, uint32_t node, uint32_t parent);

/*
 * For those that tell frames apart and not only functions: a tree as functions_tree() is, whose
 * frame.module is the number of a frame, and its nodes by those of @chains (profile_frames()), both
 * the caller's. 0 or -ENOMEM.
 */
int functions_plant_frames(const struct functions *f, const struct frames *chains,
			   struct frames **ret_tree, uint32_t **ret_node) must_check;
