/* SPDX-License-Identifier: MIT */
/*
 * Tables by build id, in a directory: FILE = symbols/BUILD-ID below it. Files are replaced, never
 * written into, so that what another process has mapped stays whole.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "symbol/symbol_table.h"

/* $XDG_CACHE_HOME/kymo, else $HOME/.cache/kymo, into @ret; -ENOENT when neither is set to an
 * absolute path, -ENAMETOOLONG. */
int symbol_cache_default(char *ret, size_t n) must_check;

/* -ENOENT: not there. -EBADMSG: there, of another version or damaged: make it anew and put it. */
int symbol_cache_get(const char *dir, const uint8_t *id, size_t id_bytes,
		     struct symbol_table **ret) must_check;
/* Makes the directory, in one that exists (or its .cache). -errno (-ENOENT, -EACCES, -EROFS,
 * -ENOSPC
 * ...) when it cannot be kept. */
int symbol_cache_put(const char *dir, const struct symbol_table *t) must_check;
