/* SPDX-License-Identifier: MIT */
/*
 * Whoever knows the names of addresses. src/symbol/ gives one that reads kallsyms, ELF files and
 * their debug files; analyses take what they are given, or the names embedded in the recording.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/frames.h"

struct symbol {
	const char *name; /* demangled; NULL = not known. Lives as long as the source */
	const char *module; /* short name to show: "libc.so.6", "[kernel]", "[ext4]" */
	uint64_t start; /* offset where it begins */
	uint64_t bytes; /* [start, start + bytes) has the name; 0 = not known */
	const char *file; /* source file and line, or NULL and 0 */
	uint32_t line;
};

struct symbol_source {
	/*
	 * Names of the @n ascending offsets of @m, into @ret[0..n). What is not found is no error:
	 * its name is NULL. -errno with words only for want of memory.
	 */
	int (*resolve)(struct symbol_source *s, const struct module *m, const uint64_t *offset,
		       size_t n, struct symbol *ret, struct err *e);
};
