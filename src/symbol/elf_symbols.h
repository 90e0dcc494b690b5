/* SPDX-License-Identifier: MIT */
/*
 * The symbols of ELF files into a builder, at their offsets in the file that is mapped (as samples
 * have them). Sources: System V ABI, chapter 4 (symbol tables); for the procedure linkage table the
 * processor supplements.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "symbol/elf_image.h"
#include "symbol/symbol_builder.h"

/*
 * Symbols of code of the table of type @table (SHT_SYMTAB or SHT_DYNSYM) in @symbols. @placed is
 * the file that is mapped, whose segments tell offsets: @symbols itself, or the file whose debug
 * file
 * @symbols is; NULL: a kernel, whose symbols stand at their addresses. @delta is added to all.
 * *ret_n: how many. Damaged tables give what is whole. -errno for want of memory, or
 * of reading.
 */
int elf_symbols_add(const struct elf_image *symbols, const struct elf_image *placed, uint32_t table,
		    uint64_t delta, struct symbol_builder *b, size_t *ret_n) must_check;

/* The value of a symbol of .symtab. -ENOENT: there is none of that name. */
int elf_symbols_value(const struct elf_image *image, const char *name, uint64_t *ret) must_check;

/* NAME@plt for the entries of the procedure linkage tables; *ABS*+0xADDRESS@plt, as objdump writes
 * it, for those that go where the function at ADDRESS chooses. */
int elf_symbols_add_plt(const struct elf_image *image, struct symbol_builder *b) must_check;

/* The symbol table that is packed into .gnu_debugdata, an ELF file in xz form, appended to @b:
 * distributions leave it in stripped files. -ENOENT: has none. -EBADMSG: damaged or too large. */
int elf_symbols_unpack(const struct elf_image *image, struct buf *b) must_check;
