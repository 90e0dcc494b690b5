/* SPDX-License-Identifier: MIT */
/*
 * The table of one module, from wherever it is to be had. Used by symbolizer.c, which keeps what
 * it got.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/frames.h"
#include "symbol/debug_files.h"
#include "symbol/symbol_table.h"
#include "symbol/symbolizer.h"

struct symbol_places {
	struct debug_files files;
	const char *cache; /* "" = none */
	const char *boot_id, *kernel_build_id; /* of the recording, or NULL */
	uint64_t kernel_text; /* 0 = not known */
};

#define MODULE_WORDS 512

/*
 * The table of @m; *ret = NULL when there is none, and @words (MODULE_WORDS bytes) then says why,
 * "" when there is nothing to say. Words may also stand beside a table that is not the full one.
 * -ENOMEM only.
 */
int module_symbols_file(const struct symbol_places *p, const struct module *m,
			struct symbol_table **ret, char *words) must_check;
int module_symbols_vdso(const struct symbol_places *p, const struct module *m,
			struct symbol_table **ret, char *words) must_check;
/* The image that the kernel mapped into this process, or NULL. */
const uint8_t *module_symbols_own_vdso(size_t *ret_n);
int module_symbols_kernel(const struct symbol_places *p, const struct module *m,
			  struct symbol_table **ret, char *words) must_check;
/* Code made at run time by process @pid; @dump: paths of its jitdump files. */
int module_symbols_jit(const struct symbol_places *p, uint32_t pid, const char *const *dump,
		       size_t n_dumps, struct symbol_table **ret, char *words) must_check;

/* The file that was mapped, checked against the recorded build id. -ENOENT with @words. */
int module_file_open(const struct symbol_places *p, const struct module *m, struct elf_image **ret,
		     char *words) must_check;
