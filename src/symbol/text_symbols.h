/* SPDX-License-Identifier: MIT */
/*
 * Symbols from text: /proc/kallsyms and System.map ("ADDRESS TYPE NAME [MODULE]"), and the maps
 * that JIT compilers write to /tmp/perf-PID.map ("START SIZE NAME", linux
 * tools/perf/Documentation/jit-interface.txt). A line that is none is passed over and counted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "symbol/symbol_builder.h"

struct text_symbols {
	uint64_t symbols; /* added */
	uint64_t hidden; /* with address 0: kernel.kptr_restrict */
	uint64_t bad; /* lines that make no sense */
	uint64_t text; /* address of _text, or of _stext; 0 = not there */
};

/*
 * Code and data of a kernel, @delta added to each address (0: as it says). Names are "name" or
 * "name [module]". -ENOMEM only.
 */
int text_symbols_kernel(const char *text, size_t n, uint64_t delta, struct symbol_builder *b,
			struct text_symbols *ret) must_check;
int text_symbols_perf_map(const char *text, size_t n, struct symbol_builder *b,
			  struct text_symbols *ret) must_check;
