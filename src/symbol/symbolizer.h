/* SPDX-License-Identifier: MIT */
/*
 * The symbol_source of a machine: names for the addresses of a profile out of kallsyms, ELF files
 * and their debug files, the maps of JIT compilers, and a cache.
 *
 *	module			from
 *	MODULE_KERNEL		/proc/kallsyms of the boot that was recorded; else the kallsyms or
 *				vmlinux of that build, moved to where the kernel stood
 *	MODULE_FILE		the file of the recorded build id: its symbol table, else a debug
 *				file's (debug_files.h), else what a stripped file still tells
 *	MODULE_VDSO		this process' own, when it is the same build; else as a file
 *	MODULE_ANON		jit-PID.dump files that the process mapped, /tmp/perf-PID.map
 *	others			nothing
 *
 * Nothing is guessed: a file of another build, the kallsyms of another boot, give no names, and a
 * note says so. Names of JIT code have no time: where code was replaced, the latest name is shown.
 * One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/symbol_source.h"

struct symbolizer_options {
	int root_fd; /* where proc/, sys/ and files are; lent */
	/* Directories with .build-id/ in them, below the root. NULL: /usr/lib/debug and
	 * $HOME/.debug. */
	const char *const *debug_dirs;
	size_t n_debug_dirs;
	/* NULL: symbol_cache_default(). "": none. What cannot be written is not kept. */
	const char *cache_dir;
	bool debuginfod; /* the user agreed to ask the servers in DEBUGINFOD_URLS */
	bool params; /* C++ names with their parameters; perf report leaves them out */
	/* What is recorded runs on this machine now: boot_id need not be given. */
	bool live;
	/* Of the recording; NULL or 0: not known. */
	const char *boot_id; /* /proc/sys/kernel/random/boot_id */
	const char *kernel_build_id; /* where the kernel's module has none: hex */
	uint64_t kernel_text; /* where _text stood */
};

struct symbolizer;

int symbolizer_open(const struct symbolizer_options *o, struct symbolizer **ret,
		    struct err *e) must_check;
struct symbolizer *symbolizer_close(struct symbolizer *s);
DEFINE_CLEANUP(symbolizer, symbolizer_close)

/* Lent, as long as the symbolizer. Its frames() reads DWARF: of the file itself, else of its debug
 * file; not of the kernel. */
struct symbol_source *symbolizer_source(struct symbolizer *s);

/* Take note of the jit-PID.dump files among a profile's modules. Before the first question. */
int symbolizer_learn(struct symbolizer *s, const struct modules *m, struct err *e) must_check;

/* Why names are missing, one sentence each, in the order in which it was noticed. Lent. */
size_t symbolizer_n_notes(const struct symbolizer *s);
const char *symbolizer_note(const struct symbolizer *s, size_t i);
