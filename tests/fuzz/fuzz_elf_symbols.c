/* SPDX-License-Identifier: MIT */
/* An ELF file: its symbols, linkage table, and packed symbols, into a table that is then asked. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/debug_files.h"
#include "symbol/demangle.h"
#include "symbol/elf_symbols.h"

/* Ranges lie where they say, and names end within the file. */
static void ask(const struct symbol_table *t)
{
	size_t n;
	const uint8_t *image = symbol_table_image(t, &n);

	for (uint64_t at = 0; at < 1 << 16; at += 61) {
		struct symbol_range range;

		if (!symbol_table_find(t, at, &range))
			continue;
		if (at < range.start || at >= range.end || range.symbol > range.start ||
		    range.number >= symbol_table_count(t) ||
		    (const uint8_t *)range.name + strlen(range.name) >= image + n)
			abort();
		free(demangle_name(range.name, at & 1));
	}
}

static void read_image(const struct elf_image *i, const struct elf_image *placed)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);
	auto_ptr(symbol_table) t = NULL;
	struct err e = { 0 };
	size_t n;

	if (!b || elf_symbols_add(i, placed, SHT_SYMTAB, 0, b, &n) < 0 ||
	    elf_symbols_add(i, placed, SHT_DYNSYM, 0, b, &n) < 0 || elf_symbols_add_plt(i, b) < 0 ||
	    symbol_builder_finish(b, SYMBOLS_FULL, i->build_id, i->build_id_bytes, &t, &e) < 0)
		return;
	ask(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(elf_image) image = NULL;
	auto_ptr(elf_image) mini = NULL;
	auto_buf unpacked;
	struct err e = { 0 };

	buf_init(&unpacked, 1 << 24);
	if (elf_image_open_memory(data, n, &image, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	read_image(image, image);
	read_image(image, NULL);
	for (unsigned int part = DEBUG_PART_PROGRAM; part <= DEBUG_PART_LINES; part++)
		(void)debug_part_is_in(image, part);
	if (elf_symbols_unpack(image, &unpacked) >= 0 &&
	    elf_image_open_memory(unpacked.data, unpacked.len, &mini, &e) >= 0)
		read_image(mini, image);
	return 0;
}
