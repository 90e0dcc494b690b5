/* SPDX-License-Identifier: MIT */
/*
 * Call chains as a tree of frames, and the modules that frames belong to. Nodes and modules have
 * dense numbers: those of the frame and module tracks. Node 0 is the root: the empty chain. A
 * chain's outermost caller is the root's child; a sample names its leaf.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "model/profile_track.h"

struct frame {
	uint64_t offset;
	uint32_t parent, module;
};

#define FRAMES_MAX UINT32_MAX /* also: out of memory */

struct frames;
struct frames *frames_new(void); /* NULL: out of memory */
struct frames *frames_free(struct frames *f);
DEFINE_CLEANUP(frames, frames_free)

/* The node of @parent's callee at (@module, @offset), added when it is new. FRAMES_MAX: out of
 * memory. */
uint32_t frames_add(struct frames *f, uint32_t parent, uint32_t module, uint64_t offset);
/* Nodes, the root included; numbers are below. */
size_t frames_count(const struct frames *f);
const struct frame *frames_at(const struct frames *f, uint32_t node); /* not the root */

struct module {
	enum module_kind kind;
	uint32_t pid;
	const char *path, *build_id; /* never NULL */
};

struct modules;
struct modules *modules_new(void);
struct modules *modules_free(struct modules *m);
DEFINE_CLEANUP(modules, modules_free)

/* The number of the module that is all this, added when it is new. FRAMES_MAX: out of memory. */
uint32_t modules_add(struct modules *m, const struct module *module);
size_t modules_count(const struct modules *m);
const struct module *modules_at(const struct modules *m, uint32_t number);
