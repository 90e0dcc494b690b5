/* SPDX-License-Identifier: MIT */
/*
 * Whoever knows the names of addresses. src/symbol/ gives one that reads kallsyms, ELF files and
 * their debug files; analyses take what they are given, or the names embedded in the recording.
 */
#pragma once

#include <stdbool.h>
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
};

/* A function at a place in its source. Texts live as long as the source of symbols. */
struct source_frame {
	const char *name; /* demangled; NULL = what the symbol says */
	const char *file; /* what is executed, of callers: the call; NULL = not known */
	uint32_t line;
	const char *written; /* where the function itself begins; NULL = not known */
	uint32_t written_line;
};

struct symbol_source {
	/*
	 * Names of the @n ascending offsets of @m, into @ret[0..n). What is not found is no error:
	 * its name is NULL. -errno with words only for want of memory.
	 */
	int (*resolve)(struct symbol_source *s, const struct module *m, const uint64_t *offset,
		       size_t n, struct symbol *ret, struct err *e);
	/*
	 * The functions of the program's source at @offset, or with @call at the call that returns
	 * there: the one that was inlined innermost first, the one of the symbol last. Of more than
	 * @max those before the last are left out. None is no error: *ret_n = 0, and *ret_why says
	 * why in few words. -ENOMEM with words. NULL: there is no source to be known.
	 */
	int (*frames)(struct symbol_source *s, const struct module *m, uint64_t offset, bool call,
		      struct source_frame *ret, size_t max, size_t *ret_n, const char **ret_why,
		      struct err *e);
};
