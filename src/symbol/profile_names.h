/* SPDX-License-Identifier: MIT */
/*
 * Names that a recording carries itself (the symbol track): writing them, and a symbol_source that
 * gives them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/profile.h"
#include "model/stream.h"
#include "model/symbol_source.h"

/* Kinds of modules, as bits. */
#define MODULE_KIND_BIT(kind) (1u << (kind))
/* What cannot be named any more after a reboot, or when the process has ended. */
#define MODULE_KINDS_PASSING                                             \
	(MODULE_KIND_BIT(MODULE_KERNEL) | MODULE_KIND_BIT(MODULE_VDSO) | \
	 MODULE_KIND_BIT(MODULE_ANON))
#define MODULE_KINDS_ALL UINT32_MAX

/*
 * Rows of the symbol track, at @time, for the functions that frames lie in, of modules of @kinds,
 * as @names tells. Capture calls it at its end with chain_writer_frames() and _modules(). *ret_rows
 * (or NULL): how many.
 */
int profile_names_write(const struct frames *f, const struct modules *m,
			struct symbol_source *names, uint32_t kinds, nsec_t time, struct sink *sink,
			uint64_t *ret_rows, struct err *e) must_check;

struct profile_names;

/*
 * Names of @p, and where it has none those of @fallback (may be NULL). Of files whose build id is
 * known, @fallback is asked first: what is installed now may have more names. Both are lent.
 */
int profile_names_new(const struct profile *p, struct symbol_source *fallback,
		      struct profile_names **ret, struct err *e) must_check;
struct profile_names *profile_names_free(struct profile_names *n);
DEFINE_CLEANUP(profile_names, profile_names_free)

struct symbol_source *profile_names_source(struct profile_names *n); /* lent */
