/* SPDX-License-Identifier: MIT */
/* A jit-PID.dump. */
#include <stdlib.h>

#include "fuzz.h"
#include "symbol/jitdump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);
	auto_ptr(symbol_table) t = NULL;
	struct symbol_range range;
	struct err e = { 0 };
	size_t found;

	if (!b)
		abort();
	if (jitdump_read(data, n, b, &found, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (found != symbol_builder_count(b) ||
	    symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, &t, &e) < 0)
		abort();
	for (uint64_t at = 0x7f0000000000; at < 0x7f0000010000; at += 97)
		if (symbol_table_find(t, at, &range) && (at < range.start || at >= range.end))
			abort();
	return 0;
}
