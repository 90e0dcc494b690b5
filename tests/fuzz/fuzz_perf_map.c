/* SPDX-License-Identifier: MIT */
/* The texts that name addresses: a JIT compiler's map, and kallsyms. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/text_symbols.h"

static void ask(struct symbol_builder *b)
{
	auto_ptr(symbol_table) t = NULL;
	struct symbol_range range;
	struct err e = { 0 };

	if (symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, &t, &e) < 0)
		abort();
	for (uint64_t at = 0x7f0000000000; at < 0x7f0000010000; at += 97) {
		if (!symbol_table_find(t, at, &range))
			continue;
		if (at < range.start || at >= range.end)
			abort();
		for (const char *c = range.name; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(symbol_builder) map = symbol_builder_new(SYMBOL_RULE_LATEST);
	auto_ptr(symbol_builder) kernel = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;

	if (!map || !kernel || text_symbols_perf_map((const char *)data, n, map, &found) < 0 ||
	    text_symbols_kernel((const char *)data, n, 0x1000, kernel, &found) < 0)
		abort();
	ask(map);
	ask(kernel);
	return 0;
}
